"""The reference server for these tests alone: what a run could not remove stays on it."""

from collections.abc import Iterator

import pytest

from pytest_threadcopy.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def embedded_url() -> Iterator[str]:
    """The reference server as it is."""
    with EmbeddedServer() as server:
        yield server.url
