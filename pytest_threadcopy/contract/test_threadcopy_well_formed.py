"""FORM: responses keep their schema."""

from datetime import UTC, datetime

import pytest

from pytest_threadcopy.contract.steps.openapi import OpenApi
from pytest_threadcopy.contract.steps.reading import assert_same
from pytest_threadcopy.contract.steps.responses import responses_about_copies
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.reproduction.violation import Compared, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json, SchemaViolation, find_problems
from pytest_threadcopy.wire.transport import ApiError

requirement = pytest.mark.threadcopy
_SHOWN = 3


@requirement("FORM-01", "MUST")
def test_form_01_responses_about_the_copy_are_valid(steps: Steps, readable: Source, sources: Sources) -> None:
    """The copy's response, thread, state and history are valid against the plugin's schemas.

    A value that is also missing, null or in another form in the same read of the source is no fault of the
    copy: the deployment shows all threads in this way.

    Source: openapi, corrected where faithful deployments differ from it (schemas/).
    """
    for response in responses_about_copies(steps, readable, sources):
        problems = find_problems(response.of_copy, response.schema)
        of_source = find_problems(response.of_source, response.schema) if problems else []
        shared = {(problem.pattern, problem.rule) for problem in of_source if problem.is_about_form}
        only_of_copy = [problem for problem in problems if (problem.pattern, problem.rule) not in shared]
        if shared:
            places = ", ".join(sorted({f"{pattern} ({rule})" for pattern, rule in shared})[:_SHOWN])
            steps.note(f"{response.where} violates its schema for both source and copy, at {places}")
        if only_of_copy:
            raise SchemaViolation(response.schema, only_of_copy)


@requirement("FORM-02", "SHOULD")
def test_form_02_responses_about_the_copy_keep_the_deployments_openapi(
    steps: Steps, readable: Source, sources: Sources
) -> None:
    """The deployment's responses about the copy are valid against its own /openapi.json.

    Source: openapi.
    """
    transport = steps.client.transport
    published = transport.send("GET", "/openapi.json")
    try:
        document = published.json() if published.status == 200 else None
    except ApiError:
        document = None
    if not isinstance(document, dict):
        raise Untestable(f"the deployment publishes no /openapi.json: GET answers {published.status}")
    openapi = OpenApi(document)
    source = sources.shared("interrupting") if sources.plays("interrupting") else readable
    answer = steps.copy_answer(source.thread_id)
    copy_id = steps.id_in(answer)
    checked = {"/threads/{}/copy": openapi.problems("/threads/{}/copy", answer)}
    for path in ("/threads/{}", "/threads/{}/state", "/threads/{}/history"):
        answer = transport.send("GET", path.format(copy_id), params={"limit": 10})
        checked[path] = openapi.problems(path, answer)
    if all(problems is None for problems in checked.values()):
        raise Untestable("the deployment's /openapi.json does not describe its answers about threads")
    violations = [
        f"{path} {place} is {problem}"
        for path, problems in checked.items()
        for place, problem in (problems or {}).items()
    ]
    expect(
        not violations,
        f"answers about copy {copy_id} break the deployment's own /openapi.json in {len(violations)} places: "
        f"{'; '.join(violations[:_SHOWN])}",
        copy_id,
    )


@requirement("FORM-03", "SHOULD")
def test_form_03_timestamps(steps: Steps, readable: Source) -> None:
    """The copy is made after its source, and changed after that; its checkpoints keep their times.

    Source: openapi.
    """
    source_id, copy_id = readable.thread_id, steps.copy(readable.thread_id)
    source, copied = steps.threads.get(source_id), steps.threads.get(copy_id)
    made_source, made = (_time(thread, "created_at") for thread in (source, copied))
    changed_source, changed = (_time(thread, "updated_at") for thread in (source, copied))
    if made_source:
        expect(made, f"created_at of copy {copy_id} is no timestamp: {copied.get('created_at')}", copy_id)
        expect(
            made and made >= made_source,
            f"copy {copy_id} was made at {made}, before its source, made at {made_source}",
            copy_id,
        )
    if made and changed_source:
        expect(changed, f"updated_at of copy {copy_id} is no timestamp: {copied.get('updated_at')}", copy_id)
        expect(
            changed and changed >= made,
            f"copy {copy_id} was changed at {changed}, before it was made at {made}",
            copy_id,
        )
    expected, seen = steps.both(
        source_id, copy_id, lambda thread: [state.get("created_at") for state in steps.history(thread)]
    )
    expect(seen or not expected, f"the history of copy {copy_id} is empty: nothing was compared", copy_id)
    problem = f"checkpoints of copy {copy_id} have other times than those of its source"
    assert_same(expected, seen, problem, Compared(source_id, copy_id))
    if not made_source:
        raise Untestable("the thread object of the source shows no created_at that can be read")


def _time(thread: Json, key: str) -> datetime | None:
    """Return the time under a key of a thread object, or None where that is no timestamp."""
    try:
        time = datetime.fromisoformat(str(thread.get(key)))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
