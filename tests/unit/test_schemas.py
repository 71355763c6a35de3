"""``assert_valid``: its messages, and the place of its schemas."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_threadcopy import schemas
from pytest_threadcopy.schemas import SchemaViolation, assert_valid, find_problems

Json = dict[str, Any]
STATE = {"values": {}, "next": [], "tasks": [], "checkpoint": {"checkpoint_id": "c1"}}


def test_the_message_names_path_rule_and_value() -> None:
    with pytest.raises(SchemaViolation) as raised:
        assert_valid([STATE, STATE | {"tasks": [{"id": 7, "name": "ask"}]}], "history")

    assert str(raised.value) == (
        'not a valid history, problems found: 1\n  $[1].tasks[0].id: 7 breaks type: "string"'
    )


def test_the_message_describes_a_pattern_in_words() -> None:
    with pytest.raises(SchemaViolation, match="'noon' breaks pattern: an RFC 3339 time with its offset"):
        assert_valid({"thread_id": "t1", "created_at": "noon"}, "thread")


def test_the_message_describes_an_any_of_in_words() -> None:
    with pytest.raises(SchemaViolation, match="anyOf: a refusal says why in detail, in message or in error"):
        assert_valid({"oops": 1}, "error")


def test_the_message_stays_short_and_says_how_many_more() -> None:
    faulty = STATE | {"next": "x" * 10_000, "tasks": {f"key {i}" * 100: "y" * 10_000 for i in range(100)}}

    with pytest.raises(SchemaViolation) as raised:
        assert_valid([faulty] * 1000, "history")

    assert len(raised.value.problems) == 2000
    assert str(raised.value).endswith("and 1995 more")
    assert len(str(raised.value)) < 2000


@pytest.mark.parametrize(
    ("changed", "is_about_form"),
    [
        ({"created_at": None}, True),
        ({"created_at": 1763838000.1}, True),
        ({"created_at": "2026-11-22T10:00:00"}, True),
        ({"status": "success"}, True),
        ({"config": {"configurable": {"thread_id": ""}}}, True),
        ({"config": []}, False),
        ({"metadata": "none"}, False),
        ({"status": ["idle"]}, False),
        ({"created_at": {}}, False),
    ],
)
def test_a_problem_says_whether_it_is_about_form(changed: Json, is_about_form: bool) -> None:
    problems = find_problems({"thread_id": "t1", **changed}, "thread")
    assert {problem.is_about_form for problem in problems} == {is_about_form}


def test_the_pattern_of_a_problem_is_the_same_place_in_any_state() -> None:
    (problem,) = find_problems([STATE, STATE | {"tasks": [{"id": 7, "name": "ask"}]}], "history")
    assert problem.pattern == "$[*].tasks[*].id"


def test_an_unknown_name_is_refused_with_the_known_names() -> None:
    with pytest.raises(ValueError, match=r"'treads'.*error, history, report, thread, thread_state"):
        assert_valid({}, "treads")


def test_a_failure_points_at_the_users_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from pytest_threadcopy.schemas import assert_valid

        def test_copy():
            assert_valid({}, "thread")
        """
    )

    result = pytester.runpytest("-p", "no:asyncio")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*'thread_id' is a required property*"])
    result.stdout.no_fnmatch_line("*schemas.py:*: SchemaViolation")


@pytest.mark.parametrize("name", sorted(schemas._schemas()))
def test_each_schema_is_valid_and_has_a_description(name: str) -> None:
    schema = schemas._schemas()[name]

    Draft202012Validator.check_schema(schema)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f"/{name}.json")
    assert schema["title"]
    assert schema["description"]


def test_schemas_inside_the_wheel_come_before_those_of_the_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "schema_files").mkdir()
    (tmp_path / "schema_files" / "extra.json").write_text(json.dumps({"$id": "extra.json"}), encoding="utf-8")
    monkeypatch.setattr(schemas, "files", lambda package: tmp_path)

    assert schemas._schemas.__wrapped__() == {"extra": {"$id": "extra.json"}}


def test_references_are_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a network connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    schemas._validator.cache_clear()

    assert_valid([STATE], "history")
    assert_valid({"thread_id": "t1"}, "thread")
