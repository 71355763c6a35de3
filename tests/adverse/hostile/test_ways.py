"""A run reaches the deployment on each way, or one message says why it cannot."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab.hostile.catalogue import WAYS
from tests.lab.hostile.gallery import Ended, assert_ended, run_against
from tests.lab.hostile.layer import Layer
from tests.lab.hostile.ways import SECRET

_AT_ONCE = 6


def _run(name: str, folder: Path, real: str) -> Ended:
    layer = Layer(real)
    with WAYS[name].open(layer, folder) as way:
        return run_against(
            way.url,
            folder,
            WAYS[name].ending,
            *way.options,
            created=layer.created,
            real=real,
            **way.environment,
        )


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, untouched_url: str
) -> Iterator[dict[str, Future[Ended]]]:
    """The run of each selected way, at the same time."""
    chosen = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test_a_run_ends_as_it_must
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {
            name: pool.submit(_run, name, tmp_path_factory.mktemp("way"), untouched_url) for name in chosen
        }


@pytest.mark.parametrize("name", WAYS)
def test_a_run_ends_as_it_must(runs: dict[str, Future[Ended]], name: str) -> None:
    ended = runs[name].result()
    assert_ended(ended, WAYS[name].ending)
    assert SECRET not in ended.output
