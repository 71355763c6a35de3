"""The places where an answer is not valid against the deployment's OpenAPI document."""

import json
from typing import Any

import pytest

from pytest_threadcopy.contract.steps.openapi import OpenApi
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import Answer

THREAD = {
    "type": "object",
    "properties": {"thread_id": {"type": "string"}, "values": {"type": "object", "nullable": True}},
    "required": ["thread_id"],
}


def openapi(schema: Any, *, path: str = "/threads/{thread_id}", code: str = "200") -> OpenApi:
    """Return a document that describes ``GET`` of one path."""
    answer = {"content": {"application/json": {"schema": schema}}}
    return OpenApi(
        {
            "openapi": "3.1.0",
            "paths": {path: {"get": {"responses": {code: answer}}}},
            "components": {"schemas": {"Thread": THREAD}},
        }
    )


def get(body: Any, status: int = 200) -> Answer:
    return Answer("GET", "http://localhost/threads/1", status, {}, json.dumps(body).encode(), str)


A_THREAD = {"$ref": "#/components/schemas/Thread"}


def test_a_valid_answer_has_no_problems() -> None:
    assert openapi(A_THREAD).problems("/threads/{}", get({"thread_id": "1", "values": {}})) == {}


def test_a_problem_names_the_place_and_its_value() -> None:
    problems = openapi(A_THREAD).problems("/threads/{}", get({"thread_id": 1}))
    assert problems == {"thread_id": '1, but the document describes type: "string"'}


def test_equal_problems_of_list_items_are_one_problem() -> None:
    threads = openapi({"type": "array", "items": A_THREAD})
    problems = threads.problems("/threads/{}", get([{"thread_id": "1"}, {"thread_id": 2}, {"thread_id": 3}]))
    assert problems == {"[*].thread_id": '2, but the document describes type: "string"'}


def test_a_nullable_value_of_openapi_3_0_may_be_null() -> None:
    assert openapi(A_THREAD).problems("/threads/{}", get({"thread_id": "1", "values": None})) == {}


@pytest.mark.parametrize("words", [{"enum": ["idle"]}, {"allOf": [A_THREAD]}, {"$ref": A_THREAD["$ref"]}])
def test_a_nullable_value_may_be_null_beside_other_keywords(words: Any) -> None:
    status = openapi({"properties": {"status": {**words, "nullable": True}}})
    assert status.problems("/threads/{}", get({"status": None})) == {}
    assert status.problems("/threads/{}", get({"status": "odd"})) != {}


def test_a_problem_inside_a_nullable_value_names_its_own_place() -> None:
    status = openapi({"properties": {"of": {"allOf": [A_THREAD], "nullable": True}}})
    assert list(status.problems("/threads/{}", get({"of": {"thread_id": 1}})) or {}) == ["of.thread_id"]


@pytest.mark.parametrize(("exclusive", "problems"), [(True, True), (False, False)])
def test_a_limit_may_be_exclusive_as_in_openapi_3_0(exclusive: bool, problems: bool) -> None:
    step = openapi({"properties": {"step": {"type": "integer", "minimum": 0, "exclusiveMinimum": exclusive}}})
    assert bool(step.problems("/threads/{}", get({"step": 0}))) == problems


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Nothing"},
        {"$ref": "https://schemas.invalid/thread.json"},
        {"properties": {"thread_id": {"pattern": r"^\p{L}+$"}}},
        {"type": "thread"},
    ],
    ids=["no such schema", "a schema elsewhere", "a regular expression of JavaScript", "an unknown type"],
)
def test_a_document_that_cannot_be_read_is_untestable(schema: Any) -> None:
    with pytest.raises(Untestable, match=r"/openapi\.json cannot be applied to /threads/{}"):
        openapi(schema).problems("/threads/{}", get({"thread_id": "1"}))


def test_a_bug_of_the_plugin_does_not_make_a_document_untestable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def raise_error(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("pytest_threadcopy.contract.steps.openapi.show_pattern", raise_error)
    with pytest.raises(ZeroDivisionError):
        openapi(A_THREAD).problems("/threads/{}", get({"thread_id": 1}))


def test_an_undescribed_status_is_a_problem() -> None:
    problems = openapi(A_THREAD).problems("/threads/{}", get({"thread_id": "1"}, status=201))
    assert problems == {"status": "201, but the document describes only 200"}


def test_a_status_may_be_described_by_its_class_or_by_default() -> None:
    for code in ("2XX", "default"):
        document = openapi(A_THREAD, code=code)
        assert document.problems("/threads/{}", get({"thread_id": "1"}, status=201)) == {}
        assert document.problems("/threads/{}", get({}, status=201))


def test_a_deployments_paths_may_begin_with_a_prefix() -> None:
    document = openapi(A_THREAD, path="/api/v1/threads/{id}")
    assert document.problems("/threads/{}", get({})) != {}


def test_a_path_that_the_document_does_not_describe_has_no_result() -> None:
    assert openapi(A_THREAD).problems("/threads/{}/state", get({})) is None
    assert openapi({}).problems("/threads/{}", get({})) is None
    assert OpenApi({"paths": None}).problems("/threads/{}", get({})) is None
