"""Annotations on GitHub: few, and never a command of a deployment."""

import re

import pytest

from pytest_threadcopy.report.annotations import annotations
from pytest_threadcopy.report.document import Deployment
from pytest_threadcopy.requirements import Verdict
from tests.lab.sample_reports import HOSTILE, MISSED, Json, sample_deployment, sample_report

COMMAND = re.compile(r"\s*::([\w-]+)(?: title=(.*?))?::(.*)")


def annotations_of(*deployments: Deployment) -> list[tuple[str, str, str]]:
    """Return the kind, title and message of each annotation, as GitHub's runner reads them."""
    read = []
    for line in annotations(sample_report(*deployments)):
        command = COMMAND.fullmatch(line)
        assert command, line
        read.append((command[1], decoded(command[2]), decoded(command[3])))
    return read


def decoded(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def many(outcome: str, level: str) -> Json:
    rows = sample_deployment()["requirements"]
    return {row["id"]: {"outcome": outcome} for row in rows if row["level"] == level}


@pytest.mark.parametrize(
    ("id_", "outcome", "kind"),
    [
        ("CONT-03", "violated", "error"),
        ("CONT-03", "stale-waiver", "error"),
        ("CONT-03", "error", "error"),
        ("CONT-12", "deviated", "warning"),
    ],
)
def test_a_failure_is_annotated_with_id_outcome_deployment_and_reason(
    id_: str, outcome: str, kind: str
) -> None:
    deployment = sample_deployment(outcomes={id_: {"outcome": outcome, "reason": "100%, a\nand b"}})
    title = next(row["title"] for row in deployment["requirements"] if row["id"] == id_)
    expected = (f"{id_} {outcome.replace('-', ' ')} (staging)", f"{title}\n100%, a\nand b")
    assert annotations_of(deployment) == [(kind, *expected)]


@pytest.mark.parametrize("outcome", ["passed", "waived"])
def test_passed_and_known_requirements_are_not_annotated(outcome: str) -> None:
    assert annotations_of(sample_deployment(outcomes={"CONT-03": {"outcome": outcome}})) == []


def test_musts_that_cannot_be_tested_are_one_notice() -> None:
    identities, kit = ({"outcome": "untestable", "reason": why} for why in ("two identities", "the kit"))
    outcomes = {"ROB-10": identities, "CONT-04": kit, "CONT-07": kit, "ROB-12": identities}
    assert annotations_of(sample_deployment(outcomes=outcomes)) == [
        ("notice", "3 MUST not tested (staging)", "CONT-04, CONT-07: the kit\nROB-10: two identities")
    ]


def test_unreached_requirements_are_not_annotated() -> None:
    assert annotations_of(sample_deployment(outcomes={"ROB-10": MISSED})) == []


def test_ten_of_a_kind_are_annotated_one_by_one() -> None:
    ten = dict(list(many("violated", "MUST").items())[:10])
    assert [
        title.partition(" ")[0] for _, title, _ in annotations_of(sample_deployment(outcomes=ten))
    ] == list(ten)


def test_beyond_ten_the_last_annotation_counts_the_rest() -> None:
    outcomes = many("violated", "MUST") | many("deviated", "SHOULD")
    printed = annotations_of(sample_deployment("one", outcomes), sample_deployment("two", outcomes))
    for kind, each in (("error", 44), ("warning", 18)):
        titles = [title for its_kind, title, _ in printed if its_kind == kind]
        assert len(titles) == 10
        assert titles[-1] == f"{2 * each - 9} more"


@pytest.mark.parametrize(
    ("verdict", "fields"),
    [
        (Verdict.NO_VERDICT, {"problem": "connection refused"}),
        (Verdict.NOT_IMPLEMENTED, {"capabilities": {"no_copy": "connection refused"}}),
    ],
)
def test_a_deployment_that_cannot_be_tested_is_one_error(verdict: Verdict, fields: Json) -> None:
    deployment = sample_deployment(outcomes=many("untestable", "MUST"), verdict=verdict, **fields)
    title = f"{verdict.replace('-', ' ')} (staging)"
    assert annotations_of(deployment) == [("error", title, "connection refused")]


def test_a_deployment_forges_no_command_and_no_property() -> None:
    hostile = f"a,file=/etc/passwd::error::{HOSTILE}"
    outcomes = {"CONT-03": {"outcome": "violated", "reason": hostile}}
    deployment = sample_deployment(hostile, outcomes)
    (line,) = annotations(sample_report(deployment))
    assert line.isprintable()
    properties, _, _ = line.removeprefix("::error ").partition("::")
    assert properties.startswith("title=CONT-03 violated (a%2Cfile=/etc/passwd%3A%3Aerror%3A%3A")
    assert "," not in properties
