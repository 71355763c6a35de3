"""A report in which each text of a deployment or a user holds markup, escape sequences and templates."""

from pytest_threadcopy.report.document import Report
from pytest_threadcopy.schemas import Json
from tests.lab.page_documents import branched, compared, copied, violated
from tests.lab.sample_reports import sample_deployment, sample_report

HOSTILE = (
    "<script>alert(1)</script><img src=http://x.example/i onerror=alert(2)>&lt;\"'--><!--"
    "\x1b[31m\u202egnp\x00\ud800{{ 7 * 7 }}"
)


def hostile_report() -> Report:
    """Return the report."""
    states = branched("source")
    for state in states:
        state["metadata"]["source"] = HOSTILE
        state["next"] = [HOSTILE]
        state["checkpoint"]["checkpoint_id"] += HOSTILE
        state["checkpoint"]["checkpoint_ns"] = HOSTILE
    copy = copied(states, HOSTILE)
    copy[0]["values"][HOSTILE] = 1
    violation = violated(HOSTILE, compared(states, copy), compared(states, copy[2:]))
    violation |= {
        "steps": [HOSTILE],
        "reproduction": dict.fromkeys(("curl", "python", "javascript"), HOSTILE),
    }
    capabilities = {
        "history": {"method": "GET", "page": 100, "before": HOSTILE},
        "sources": HOSTILE,
        "unstable": [HOSTILE],
        "assistants": [HOSTILE],
        "roles": {HOSTILE: HOSTILE},
        "problems": {HOSTILE: HOSTILE},
    }
    fields: Json = {
        "url": HOSTILE,
        "server": {"name": HOSTILE, "version": HOSTILE},
        "capabilities": capabilities,
        "problem": HOSTILE,
    }
    return sample_report(
        sample_deployment(HOSTILE, {"SAME-01": violation}, **fields),
        sample_deployment("other", **fields | {"verdict": "no-verdict"}),
        sample_deployment("third", verdict="not-implemented", capabilities={"no_copy": HOSTILE}),
    )
