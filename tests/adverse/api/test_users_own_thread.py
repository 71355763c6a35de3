"""The client reads and copies a thread that the user names, and never changes it."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.wire.transport import DeploymentError
from tests.adverse.conftest import TAG, Connect
from tests.lab.hostile.wire import Reply, Request

USERS = "the user's"


@pytest.fixture
def guarded(connect: Connect) -> tuple[Client, list[str]]:
    """A client of a deployment that answers every copy with the id of the user's own thread."""
    requests: list[str] = []

    def answer(request: Request) -> None:
        requests.append(f"{request.method} {request.path}")
        request.answer(Reply.of({"thread_id": USERS}))

    return Client(connect(answer), tag=TAG, foreign=[USERS]), requests


def test_a_copy_that_names_the_users_thread_does_not_own_that_thread(
    guarded: tuple[Client, list[str]],
) -> None:
    client, requests = guarded
    client.threads.copy("a copy of it")
    assert client.threads.delete_made() == []
    assert requests == ["POST /threads/a%20copy%20of%20it/copy"]


FORM = "0b8f5c6e-6d6c-4c53-9a0f-7c1d2e3f4a5b"


@pytest.mark.parametrize("spelling", [FORM.upper(), FORM.replace("-", "")])
def test_the_users_thread_is_the_same_however_its_id_is_written(connect: Connect, spelling: str) -> None:
    client = Client(connect(lambda request: request.answer(Reply.of({"thread_id": FORM}))), tag=TAG)
    guarded = Client(client.transport, tag=TAG, foreign=[spelling])
    guarded.threads.copy("a copy of it")
    assert not guarded.threads.made
    with pytest.raises(DeploymentError, match="it is read and copied, not changed"):
        guarded.threads.delete(FORM)
    client.threads.copy(spelling)  # without this setting, the answer still names the source
    assert not client.threads.made


CHANGES: dict[str, Callable[[Client], Any]] = {
    "delete": lambda client: client.threads.delete(USERS),
    "update": lambda client: client.threads.update(USERS, metadata={}),
    "update_state": lambda client: client.threads.update_state(USERS, {}),
    "runs.wait": lambda client: client.runs.wait(USERS, "assistant"),
    "runs.stream": lambda client: list(client.runs.stream(USERS, "assistant")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_users_thread_is_never_changed(
    guarded: tuple[Client, list[str]], change: Callable[[Client], Any]
) -> None:
    client, requests = guarded
    with pytest.raises(DeploymentError, match="it is read and copied, not changed"):
        change(client)
    assert requests == []
