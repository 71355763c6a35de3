"""No faithful deployment is accused of anything, however odd it is."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.lab.faults.matrix import run_contract
from tests.lab.faults.verdicts import Findings
from tests.lab.hostile.wire import Reply, Request, ask, serving
from tests.lab.odd import reads, refusals, runs  # noqa: F401 - importing them registers what stands in them
from tests.lab.odd.oddity import ODDITIES, Oddity

_AT_ONCE = 5


def _run(oddity: Oddity, real: str) -> Findings:
    host = urlsplit(real).netloc

    def answer(request: Request) -> None:
        def forward(**changed: Any) -> Reply:
            unchanged = {"method": request.method, "target": request.target, "content": request.content}
            return ask(host, **unchanged | changed)

        request.answer(oddity.answer(request, forward))

    with serving(answer) as server:
        return run_contract(
            f"http://127.0.0.1:{server.port}", select=" or ".join(oddity.rows), arguments=oddity.options
        )


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest, faithful_url: str) -> Iterator[dict[str, Future[Findings]]]:
    """What the contract finds of each oddity that was selected, all at work together."""
    chosen = [
        ODDITIES[str(item.callspec.params["name"])]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test_an_odd_deployment_raises_no_alarm
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {oddity.name: pool.submit(_run, oddity, faithful_url) for oddity in chosen}


@pytest.mark.parametrize("name", ODDITIES)
def test_an_odd_deployment_raises_no_alarm(found: dict[str, Future[Findings]], name: str) -> None:
    oddity, findings = ODDITIES[name], found[name].result()
    expected = {row: "untestable" if row in oddity.untestable else "passed" for row in oddity.rows}
    outcomes = {row: findings.outcomes.get(row, "not reached") for row in oddity.rows}
    assert outcomes == expected, findings.reasons
