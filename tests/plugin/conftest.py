"""The fixtures that tests of the plugin share."""

from collections.abc import Iterator

import pytest

from tests.lab.runs import ThreadStore, thread_store


@pytest.fixture
def store() -> Iterator[ThreadStore]:
    """A deployment that stores threads and nothing else."""
    with thread_store() as served:
        yield served
