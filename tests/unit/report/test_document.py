"""The types of the report document are those of its schema."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from pytest_threadcopy.deployment.probe import Capabilities, HistoryReads
from pytest_threadcopy.report.document import (
    IN_MEMORY,
    NOT_REACHED,
    Checkpoint,
    Comparison,
    Deployment,
    Plugin,
    Report,
    ResultRow,
    Server,
    Side,
    as_json,
    counts_of,
    reached,
)
from pytest_threadcopy.report.marks import OUTCOMES, VERDICTS
from pytest_threadcopy.requirements import Level, Outcome, Verdict
from pytest_threadcopy.schemas import Json, SchemaViolation, assert_valid
from tests.lab.page_documents import chain, compared, copied
from tests.lab.sample_reports import MISSED, sample_deployment, unchecked_report

SCHEMA: Json = json.loads((Path(__file__).parents[3] / "schemas" / "report.json").read_text(encoding="utf-8"))
DEFS = SCHEMA["$defs"]
TYPES = [
    (Report, SCHEMA),
    (Plugin, SCHEMA["properties"]["plugin"]),
    (Deployment, DEFS["deployment"]),
    (Server, DEFS["deployment"]["properties"]["server"]),
    (Capabilities, DEFS["capabilities"]),
    (HistoryReads, DEFS["capabilities"]["properties"]["history"]),
    (ResultRow, DEFS["requirement"]),
    (Comparison, DEFS["comparison"]),
    (Side, DEFS["side"]),
    (Checkpoint, DEFS["checkpoint"]),
]
by_type = pytest.mark.parametrize(("typed", "schema"), TYPES, ids=[typed.__name__ for typed, _ in TYPES])


@by_type
def test_a_type_has_the_keys_of_its_schema(typed: type, schema: Json) -> None:
    assert set(typed.__annotations__) - set(IN_MEMORY) == set(schema["properties"])


@by_type
def test_the_keys_that_are_required_are_those_of_the_schema(typed: type, schema: Json) -> None:
    assert typed.__dict__["__required_keys__"] == set(schema.get("required", ()))


@by_type
def test_a_key_can_be_null_if_the_schema_says_so(typed: type, schema: Json) -> None:
    hints = get_type_hints(typed, localns={"Capabilities": Capabilities})
    nullable = {key for key, hint in hints.items() if type(None) in get_args(hint)}
    assert nullable == {key for key, value in schema["properties"].items() if None in _values(value)}


def _values(schema: Json) -> Iterator[object]:
    yield from schema.get("enum", ())
    if "null" in schema.get("type", ()):
        yield None


def test_the_table_of_outcomes_has_every_outcome_of_the_schema() -> None:
    assert set(OUTCOMES) == set(Outcome) == set(DEFS["outcome"]["enum"])


def test_the_table_of_verdicts_has_every_verdict_of_the_schema() -> None:
    assert set(VERDICTS) == set(Verdict) == set(DEFS["deployment"]["properties"]["verdict"]["enum"])


def test_a_requirement_is_reached_whatever_its_reason_says() -> None:
    untestable = {"outcome": "untestable", "reason": NOT_REACHED}
    deployment = sample_deployment(outcomes={"NEW-01": untestable, "NEW-02": MISSED})
    ids = [row["id"] for row in reached(deployment["requirements"])]
    assert "NEW-01" in ids
    assert "NEW-02" not in ids


def test_a_file_has_no_key_that_is_for_the_memory_alone() -> None:
    deployment = sample_deployment(outcomes={"NEW-02": MISSED})
    deployment["requirements"][0]["waiver"] = "a known violation"
    deployment["requirements"][1]["comparisons"] = [compared(chain("source", 2), copied(chain("source", 2)))]
    report = unchecked_report(deployment)
    with pytest.raises(SchemaViolation):
        assert_valid(report, "report")
    assert_valid(as_json(report), "report")


def test_requirements_are_counted_by_level_and_outcome() -> None:
    rows = sample_deployment(outcomes={"NEW-01": {"outcome": "violated"}})["requirements"]
    counts = counts_of(rows)
    assert counts[Level.MUST][Outcome.VIOLATED] == 1
    assert sum(sum(by_outcome.values()) for by_outcome in counts.values()) == len(rows)
