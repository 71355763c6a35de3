"""What the tests of the plugin share."""

import os
from collections.abc import Iterator

import pytest

from .runs import FOREIGN_PREFIXES, OTHER_PLUGINS, ThreadStore, thread_store


@pytest.fixture(autouse=True)
def nothing_of_the_outer_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep from a run inside a test what the environment tells the outer one, and plugins of others."""
    for name in list(os.environ):
        if name.startswith(FOREIGN_PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(OTHER_PLUGINS))


@pytest.fixture
def store() -> Iterator[ThreadStore]:
    """A deployment that keeps threads and nothing more."""
    with thread_store() as served:
        yield served
