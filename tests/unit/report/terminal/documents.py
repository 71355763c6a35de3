"""Report documents for the tests: of a small contract, and any that the schema allows."""

from functools import partial
from typing import Any

from hypothesis import strategies as st

from pytest_threadcopy.report.document import Deployment
from pytest_threadcopy.requirements import GROUPS, Level, Outcome, Requirement, Verdict
from tests.lab.sample_reports import MISSED, sample_deployment, unchecked_report

Json = dict[str, Any]
CAPABILITIES: Json = {
    "no_copy": "",
    "history": {"method": "GET", "page": 100, "before": "GET before=ID"},
    "sources": "by_updates",
    "streaming": False,
    "unstable": [],
    "roles": {"plain": "agent", "interrupting": "threadcopy_interrupting"},
}
ROWS = [
    Requirement(id_, Level(level), title, 'guide ("a new thread")')
    for id_, level, title in (
        ("NEW-01", "MUST", "Copy answers with a thread of another id."),
        ("NEW-02", "SHOULD", "The code of a successful copy is 200."),
        ("NEW-08", "MAY", "The runs of the source are not listed as runs of the copy."),
        ("SAME-01", "MUST", "The whole history is equal, newest to oldest, except for thread ids."),
        ("SAME-02", "MUST", "A long history is copied whole, every checkpoint past the first page too."),
        ("CONT-04", "MUST", "An interrupted copy resumes to what the source resumes to."),
        ("ROB-10", "MUST", "Another's private thread cannot be copied."),
        ("ROB-11", "MUST", "An anonymous copy is refused."),
    )
]
"""A contract that is small enough to write its whole summary into a test."""

small_deployment = partial(sample_deployment, rows=ROWS, capabilities=CAPABILITIES)


VIOLATED = {"outcome": "violated"}
NO_IDENTITY = {
    "outcome": "untestable",
    "reason": "this takes two identities: give the headers of the second with --threadcopy-second-headers",
}
FAILED = small_deployment(
    outcomes={
        "NEW-02": {"outcome": "deviated"},
        "SAME-02": VIOLATED,
        "CONT-04": {"outcome": "error"},
        "ROB-10": NO_IDENTITY,
        "ROB-11": NO_IDENTITY,
    },
)
PASSED = small_deployment("embedded", url="embedded")
ONE_GROUP = small_deployment(outcomes={row.id: MISSED for row in ROWS if row.id != "SAME-01"})
WAIVED = small_deployment(
    outcomes={
        "NEW-02": {"outcome": "waived"},
        "SAME-01": {"outcome": "stale-waiver"},
        "ROB-10": NO_IDENTITY,
    },
)
NO_COPY = small_deployment(
    outcomes={row.id: {"outcome": "untestable", "reason": "no copy"} for row in ROWS},
    verdict="not-implemented",
    capabilities=CAPABILITIES | {"no_copy": "POST /threads/ID/copy answered 404: Not Found"},
)
LOCKED = small_deployment(
    "prod",
    {row.id: {"outcome": "untestable", "reason": "prod cannot be tested"} for row in ROWS},
    verdict="no-verdict",
    url="https://prod.example",
    server={"name": "unknown server", "version": None},
    capabilities={},
    problem="POST https://prod.example/threads answered 401: who are you?",
)


text = st.text(
    st.one_of(st.characters(), st.sampled_from(" \n\t\x1b\x07\u202e\u3000\ufe0f漢👩\u200d")), max_size=60
)
words = text.filter(bool)
reasons = st.one_of(words, st.sampled_from(["give it an identity", "deploy " + "x" * 200]))


@st.composite
def rows(draw: st.DrawFn) -> Json:
    """Return a requirement that the schema allows."""
    level = draw(st.sampled_from(Level))
    not_of_this_level = Outcome.DEVIATED if level is Level.MUST else Outcome.VIOLATED
    outcome = draw(st.sampled_from(Outcome).filter(lambda one: one is not not_of_this_level))
    group = draw(st.one_of(st.sampled_from(list(GROUPS)), st.just("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
    id_ = f"{group}-{draw(st.integers(0, 99)):02}"
    return {
        "id": id_,
        "level": level,
        "title": draw(words),
        "source": draw(words),
        "outcome": outcome,
        "reason": "" if outcome is Outcome.PASSED else draw(reasons),
        "seconds": 0.5,
        "requests": 3,
        "steps": draw(st.lists(words, max_size=3)),
        "reproduction": draw(st.dictionaries(st.sampled_from(["curl", "python", "javascript"]), words)),
        "comparisons": [],
    }


@st.composite
def deployments(draw: st.DrawFn) -> Deployment:
    """Return a deployment that the schema allows."""
    capabilities: Json = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "no_copy": text,
                "history": st.fixed_dictionaries(
                    {},
                    optional={
                        "method": st.sampled_from(["GET", "POST", None]),
                        "page": st.none() | st.integers(1),
                        "before": st.none() | text,
                    },
                ),
                "sources": st.none() | text,
                "search": st.none() | st.booleans(),
                "unstable": st.lists(text),
                "roles": st.dictionaries(text, text),
            },
        )
    )
    return sample_deployment(
        draw(words),
        verdict=draw(st.sampled_from(Verdict)),
        url=draw(words),
        server={"name": draw(words), "version": draw(st.none() | words)},
        capabilities=capabilities,
        problem=draw(text),
        requirements=draw(st.lists(rows() | rows().map(lambda row: row | MISSED), min_size=1, max_size=10)),
    )


reports = st.lists(deployments(), min_size=1, max_size=5).map(lambda some: unchecked_report(*some))
