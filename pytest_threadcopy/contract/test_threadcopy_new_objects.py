"""NEW: the thread object of the copy."""

from typing import Any

import pytest

from pytest_threadcopy.contract.steps.reading import assert_same, interrupts_of, tasks_of
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.histories.difference import MISSING, differences, show_value
from pytest_threadcopy.histories.thread_ids import rewrite_thread_ids
from pytest_threadcopy.reproduction.violation import OF_OBJECTS, Compared, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json

requirement = pytest.mark.threadcopy
_STATED = ("status", "values", "interrupts")


@requirement("NEW-06", "SHOULD")
def test_new_06_thread_metadata_is_on_the_copy(steps: Steps, plain: Source) -> None:
    """The source's thread metadata is on the copy; text in it that names the source stays verbatim.

    Source: docs, "identical to the original thread".
    """
    source_id = plain.thread_id
    note = {
        "about": source_id,
        "said": f"a copy of {source_id}?",
        "kept": [1, 2.5, True, None],
        # The deployment has keys of these names: here they are the user's.
        "thread_id": source_id,
        "checkpoint": {"thread_id": source_id},
        "configurable": {"thread_id": source_id},
    }
    steps.annotate(source_id, {"threadcopy_note": note})
    copy_id = steps.copy(source_id)
    expected = _metadata(steps, source_id)
    if expected.get("threadcopy_note") != note:
        raise Untestable("the thread object of the source does not show the metadata that it was given")
    _has_metadata(steps, source_id, copy_id, expected)
    patch = {"threadcopy_patched": True}
    steps.annotate(source_id, patch)
    steps.threads.update(copy_id, metadata=patch)
    patched = {**expected, **patch}
    stable = {key: value for key, value in _metadata(steps, source_id).items() if patched.get(key) == value}
    _has_metadata(steps, source_id, copy_id, stable, ", once both are patched alike")


def _metadata(steps: Steps, thread_id: str) -> Json:
    """Return the metadata of a thread object, without the id of the thread."""
    metadata = steps.threads.get(thread_id).get("metadata") or {}
    return {key: value for key, value in metadata.items() if key != "thread_id"}


def _has_metadata(steps: Steps, source_id: str, copy_id: str, expected: Json, when: str = "") -> None:
    """Assert that a copy's metadata have at least the expected keys, with the expected values."""
    seen = _metadata(steps, copy_id)
    asked = {key: seen[key] for key in expected if key in seen}
    what = f"the metadata of copy {copy_id} are not those of its source {source_id}{when}"
    assert_same(expected, asked, what, Compared(source_id, copy_id))


@requirement("NEW-07", "SHOULD")
def test_new_07_thread_object_agrees_with_its_state(steps: Steps, readable: Source, sources: Sources) -> None:
    """The copy's thread object agrees with its own state: status, values, interrupts and config.

    Source: openapi.
    """
    source = sources.shared("interrupting") if sources.plays("interrupting") else readable
    source_id, answer = source.thread_id, steps.copy_answer(source.thread_id)
    copy_id = steps.id_in(answer)
    _answer_agrees_with_thread(steps, source_id, copy_id, answer.json())
    on_copy, on_source = (_disagreements(steps, thread) for thread in (copy_id, source_id))
    if len(on_source) == len(_STATED):
        raise Untestable(
            f"the source's thread object does not agree with its state: {'; '.join(on_source.values())}"
        )
    problems = [problem for key, problem in on_copy.items() if key not in on_source]
    config, of_source = (_config(steps, thread) for thread in (copy_id, source_id))
    if next(differences(of_source, config), None):
        problems.append(f"config: {show_value(config)}, but the source's is {show_value(of_source)}")
    expect(
        not problems,
        f"the thread object of copy {copy_id} does not agree with its state: {'; '.join(problems)}",
        Compared(source_id, copy_id, OF_OBJECTS),
    )
    lifetime = _lifetime(steps, source_id)
    if lifetime and source.ours:  # a user may set the lifetime of a thread, and not mean its copies
        steps.alike(
            lifetime,
            _lifetime(steps, copy_id),
            f"copy {copy_id} is not kept for as long as its source {source_id}",
            Compared(source_id, copy_id),
            again=lambda: _lifetime(steps, source_id),
        )


def _answer_agrees_with_thread(steps: Steps, source_id: str, copy_id: str, answer: Json) -> None:
    """Assert that the answer to a copy agrees with its thread object, where both have a value."""
    keys = _metadata(steps, source_id)  # other metadata may be about the copying, and change

    def comparable(thread: Json) -> Json:
        metadata, values = thread.get("metadata"), thread.get("values")
        by_key = metadata if isinstance(metadata, dict) else {}
        parts = {f"metadata.{key}": by_key[key] for key in keys if key in by_key}
        return parts | ({"values": values} if values else {})

    answered = comparable(answer)

    def in_thread_object() -> Json:
        thread = comparable(steps.threads.get(copy_id))
        return {key: value for key, value in thread.items() if key in answered}

    expected = in_thread_object()
    steps.alike(
        expected,
        {key: answered[key] for key in expected},
        f"the answer to the copy differs from the thread object of copy {copy_id}",
        Compared(source_id, copy_id, OF_OBJECTS),
        again=in_thread_object,
    )


def _lifetime(steps: Steps, thread_id: str) -> Json:
    """Return the lifetime that a thread object shows for its thread, without the time at which it ends."""
    ttl = steps.threads.get(thread_id).get("ttl")
    parts = ttl if isinstance(ttl, dict) else {"ttl": ttl}
    return {
        key: value
        for key, value in parts.items()
        if value is not None and "expire" not in key and not key.endswith("_at")
    }


def _config(steps: Steps, thread_id: str) -> Any:
    """Return the config of a thread object, without the id of the thread."""
    thread = rewrite_thread_ids(steps.threads.get(thread_id), lambda *_: None)
    return thread.get("config", MISSING)


def _disagreements(steps: Steps, thread_id: str) -> dict[str, str]:
    """Return a message for each key at which a thread object does not agree with the thread's state."""
    thread, state = steps.threads.get(thread_id), steps.threads.get_state(thread_id)
    interrupts = thread.get("interrupts") or {}
    listed = (
        [one for task in interrupts.values() for one in task] if isinstance(interrupts, dict) else interrupts
    )
    ending = "error" if any(task.get("error") for task in tasks_of(state)) else "idle"
    expected = {
        "status": "interrupted" if interrupts_of(state) else ending,
        "values": state.get("values"),
        "interrupts": [interrupt.get("value") for interrupt in interrupts_of(state)],
    }
    seen = {
        "status": thread.get("status"),
        "values": thread.get("values", MISSING),
        "interrupts": [interrupt.get("value") for interrupt in listed],
    }
    return {
        key: f"{key}: {show_value(seen[key])}, but its state has {show_value(expected[key])}"
        for key in _STATED
        if next(differences(expected[key], seen[key]), None)
    }
