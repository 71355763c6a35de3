"""What the tests of the plugin share."""

from collections.abc import Iterator

import pytest

from tests.lab.runs import ThreadStore, thread_store


@pytest.fixture
def store() -> Iterator[ThreadStore]:
    """A deployment that keeps threads and nothing more."""
    with thread_store() as served:
        yield served
