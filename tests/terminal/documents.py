"""Report documents to be told: small ones that are written down, and any that the schema allows."""

from collections import Counter
from typing import Any

from hypothesis import strategies as st

from pytest_threadcopy.report.run import NOT_REACHED
from pytest_threadcopy.requirements import GROUPS, Level, Outcome, Verdict

Json = dict[str, Any]
CAPABILITIES: Json = {
    "no_copy": "",
    "history": {"method": "GET", "page": 100, "before": "GET before=ID"},
    "sources": "by_updates",
    "streaming": False,
    "unstable": [],
    "roles": {"plain": "agent", "interrupting": "threadcopy_interrupting"},
}
ROWS = (
    ("NEW-01", "MUST", "Copy answers with a thread of another id."),
    ("NEW-02", "SHOULD", "The code of a successful copy is 200."),
    ("NEW-08", "MAY", "The runs of the source are not listed as runs of the copy."),
    ("SAME-01", "MUST", "The whole history is equal, newest to oldest, but for structural thread ids."),
    ("SAME-02", "MUST", "A long history is copied whole, every checkpoint past the first page too."),
    ("CONT-04", "MUST", "An interrupted copy resumes to what the source resumes to."),
    ("ROB-10", "MUST", "Another's private thread cannot be copied."),
    ("ROB-11", "MUST", "An anonymous copy is refused."),
)


def row(id_: str, level: str, title: str, outcome: str = "passed", reason: str = "") -> Json:
    """Return a requirement of a document."""
    return {
        "id": id_,
        "level": level,
        "title": title,
        "source": 'guide ("a new thread")',
        "outcome": outcome,
        "reason": reason or ("" if outcome == Outcome.PASSED else "it answered 500"),
        "seconds": 0.5,
        "requests": 3,
        "steps": [],
        "reproduction": {},
        "comparisons": [],
    }


def deployment(verdict: str, endings: Json, **more: Any) -> Json:
    """Return a deployment of a document: its verdict, and what did not pass, by id: outcome and reason."""
    rows = [row(*one, *endings.get(one[0], ())) for one in ROWS]
    given = {
        "name": "staging",
        "url": "https://staging.example",
        "server": {"name": "langgraph-api", "version": "0.16.7"},
        "capabilities": CAPABILITIES,
        "problem": "",
        "verdict": verdict,
        "requirements": rows,
    } | more
    return given | {"counts": _counts(given["requirements"])}


def report(*deployments: Json) -> Json:
    """Return a report document on these deployments."""
    return {
        "report": 1,
        "plugin": {"version": "1.0"},
        "started": "2001-02-03T04:05:06.789+00:00",
        "seconds": 1.5,
        "deployments": list(deployments),
    }


def _counts(rows: list[Json]) -> Json:
    counts = {level: Counter(one["outcome"] for one in rows if one["level"] == level) for level in Level}
    return {level: {outcome: counts[level][outcome] for outcome in Outcome} for level in Level}


text = st.text(
    st.one_of(st.characters(), st.sampled_from(" \n\t\x1b\x07\u202e\u3000\ufe0f漢👩\u200d")), max_size=60
)
words = text.filter(bool)
reasons = st.one_of(
    words, st.just(NOT_REACHED), st.sampled_from(["give it an identity", "deploy " + "x" * 200])
)


@st.composite
def rows(draw: st.DrawFn) -> Json:
    """Return a requirement that the schema allows."""
    level = draw(st.sampled_from(Level))
    not_of_this_level = Outcome.DEVIATED if level is Level.MUST else Outcome.VIOLATED
    outcome = draw(st.sampled_from(Outcome).filter(lambda one: one is not not_of_this_level))
    group = draw(st.one_of(st.sampled_from(list(GROUPS)), st.just("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
    id_ = f"{group}-{draw(st.integers(0, 99)):02}"
    told = row(id_, level, draw(words), outcome, draw(reasons))
    return told | {
        "source": draw(words),
        "steps": draw(st.lists(words, max_size=3)),
        "reproduction": draw(st.dictionaries(st.sampled_from(["curl", "python", "javascript"]), words)),
    }


@st.composite
def deployments(draw: st.DrawFn) -> Json:
    """Return a deployment that the schema allows."""
    found: Json = draw(
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
    return deployment(
        draw(st.sampled_from(Verdict)),
        {},
        name=draw(words),
        url=draw(words),
        server={"name": draw(words), "version": draw(st.none() | words)},
        capabilities=found,
        problem=draw(text),
        requirements=draw(st.lists(rows(), min_size=1, max_size=10)),
    )


reports = st.lists(deployments(), min_size=1, max_size=5).map(lambda some: report(*some))
