"""A proxy that refuses or cuts off a run on a copy causes no violation."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from pytest_threadcopy.contract.steps.reading import together
from pytest_threadcopy.requirements import Untestable
from tests.lab.faults.matrix import run_contract
from tests.lab.faults.verdicts import Findings
from tests.lab.hostile.wire import Reply, Request, ask, serving

Spoil = Callable[[Request], Reply | None]


def _runs(request: Request) -> bool:
    return request.path.endswith("/runs/wait")


def _refused(request: Request) -> Reply | None:
    return Reply.of({"detail": "no healthy upstream"}, 503) if _runs(request) else None


def _cut(request: Request) -> Reply | None:
    if _runs(request):
        request.reset()
    return None


def _no_history(request: Request) -> Reply | None:
    return Reply.of([]) if request.path.endswith("/history") else None


WAYS: dict[str, tuple[str, Spoil]] = {
    "refused": ("CONT-02", _refused),
    "cut": ("CONT-11", _cut),
    "no history": ("CONT-01", _no_history),
}


def _run(real: str, row: str, spoil: Spoil) -> Findings:
    """Test a requirement on a server with spoiled answers about copies."""
    copies: list[str] = []

    def answer(request: Request) -> None:
        spoiled = spoil(request) if request.path.split("/")[2:3] in [[copy] for copy in copies] else None
        reply = spoiled or ask(urlsplit(real).netloc, request.method, request.target, request.content)
        if request.path.endswith("/copy"):
            copies.append(reply.body["thread_id"])
        request.answer(reply)

    with serving(answer) as server:
        return run_contract(f"http://127.0.0.1:{server.port}", select=row)


@pytest.fixture(scope="module")
def runs(faithful_url: str) -> Iterator[dict[str, Future[Findings]]]:
    with ThreadPoolExecutor() as pool:
        yield {name: pool.submit(_run, faithful_url, row, spoil) for name, (row, spoil) in WAYS.items()}


def test_a_proxy_that_refuses_the_copys_run_is_no_violation(runs: dict[str, Future[Findings]]) -> None:
    findings = runs["refused"].result()
    assert findings.outcomes["CONT-02"] == "error"
    assert "503" in findings.reasons["CONT-02"]


def test_a_copy_whose_run_is_cut_off_is_not_stuck(runs: dict[str, Future[Findings]]) -> None:
    findings = runs["cut"].result()
    assert findings.outcomes["CONT-11"] == "error"
    assert "stuck" not in findings.reasons["CONT-11"]


def test_a_copy_whose_history_stays_empty_is_a_violation_with_a_message(
    runs: dict[str, Future[Findings]],
) -> None:
    findings = runs["no history"].result()
    assert findings.outcomes["CONT-01"] == "violated"
    assert "is empty, after an update too" in findings.reasons["CONT-01"]


def test_of_two_calls_at_once_a_violation_is_raised_before_an_untestable_one() -> None:
    def untestable() -> None:
        raise Untestable("no model")

    def violated() -> None:
        raise AssertionError("it is lost")

    with pytest.raises(AssertionError, match="it is lost"):
        together(untestable, violated)
