"""A run against each behaviour ends as the gallery says: in time, with a message, and without a crash."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.lab.hostile.catalogue import SCENES
from tests.lab.hostile.gallery import Ended, assert_ended, run_scene

_AT_ONCE = 6


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, untouched_url: str) -> Iterator[dict[str, Future[Ended]]]:
    """The run of each selected scene, at the same time, since a run waits most of the time."""
    chosen = [
        str(item.callspec.params["scene"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test_a_run_ends_as_it_must
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {scene: pool.submit(run_scene, *SCENES[scene], untouched_url) for scene in chosen}


@pytest.mark.parametrize("scene", SCENES)
def test_a_run_ends_as_it_must(runs: dict[str, Future[Ended]], scene: str) -> None:
    behaviour, place = SCENES[scene]
    assert_ended(runs[scene].result(), behaviour.endings[place])
