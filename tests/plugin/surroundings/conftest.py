"""A project whose tests have each outcome, and a deployment for it."""

from collections.abc import Iterator

import pytest

from tests.lab.runs import ThreadStore, thread_store

PROJECT = """
import pytest

requirement = pytest.mark.threadcopy

@requirement("NEW-01", "MUST")
def test_kept(deployment_client):
    deployment_client.threads.create()

@requirement("NEW-02", "SHOULD")
def test_should_be_kept(deployment):
    assert 201 == 200, "it answered 201"

@requirement("NEW-03", "MUST")
def test_not_kept(deployment):
    assert 19 == 20, "only 19 copies"

def test_of_the_users():
    pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A user's project: requirements that pass, deviate and are violated, and another test."""
    pytester.makepyfile(test_it=PROJECT)
    return pytester


@pytest.fixture
def store() -> Iterator[ThreadStore]:
    """A deployment that stores threads and nothing else."""
    with thread_store() as served:
        yield served
