"""No requirement fails on a faithful deployment, however odd it is."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.lab.faults.matrix import run_contract
from tests.lab.faults.verdicts import Findings
from tests.lab.hostile.wire import Reply, Request, ask, serving
from tests.lab.odd import reads, refusals, runs  # noqa: F401 - importing them registers their oddities
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
def findings_of(request: pytest.FixtureRequest, faithful_url: str) -> Iterator[dict[str, Future[Findings]]]:
    """The run of the contract on each selected oddity, at the same time."""
    chosen = [
        ODDITIES[str(item.callspec.params["name"])]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.function is test_no_requirement_fails_on_an_odd_deployment
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {oddity.name: pool.submit(_run, oddity, faithful_url) for oddity in chosen}


@pytest.mark.parametrize("name", ODDITIES)
def test_no_requirement_fails_on_an_odd_deployment(
    findings_of: dict[str, Future[Findings]], name: str
) -> None:
    oddity, findings = ODDITIES[name], findings_of[name].result()
    expected = {row: "untestable" if row in oddity.untestable else "passed" for row in oddity.rows}
    outcomes = {row: findings.outcomes.get(row, "not reached") for row in oddity.rows}
    assert outcomes == expected, findings.reasons
