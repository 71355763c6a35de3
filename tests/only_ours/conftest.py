"""The reference server for these tests alone: threads of strangers stay on it."""

from collections.abc import Iterator

import pytest

from pytest_threadcopy.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def embedded_url() -> Iterator[str]:
    """The reference server as it is."""
    with EmbeddedServer() as server:
        yield server.url
