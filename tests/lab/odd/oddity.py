"""The form of an oddity: a function whose docstring says what is odd.

An oddity affects sources and copies alike, so a deployment with an oddity still copies threads correctly.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.lab.hostile.wire import Reply, Request

Json = Any
Forward = Callable[..., Reply]
"""Sends the request on to the real server; ``method``, ``target`` and ``content`` may replace its own."""
Answer = Callable[[Request, Forward], Reply]

STATES = r"GET /threads/([^/]+)/state(/[^/]+)?|(GET|POST) /threads/([^/]+)/history"
HISTORY = r"(GET|POST) /threads/[^/]+/history"
THREAD = r"(GET|PATCH) /threads/[^/]+|POST /threads|POST /threads/[^/]+/copy"
UPDATE = r"POST /threads/[^/]+/state"
RUN = r"POST /threads/[^/]+/runs(/wait|/stream)?"


@dataclass(frozen=True)
class Oddity:
    """One way to be odd, and the outcomes of the contract on it.

    ``rows`` names the requirements to test. Those in ``untestable`` must be untestable, and the others must
    pass. ``options`` are options of pytest.
    """

    name: str
    sentence: str
    answer: Answer
    rows: tuple[str, ...]
    untestable: frozenset[str]
    options: tuple[str, ...]


ODDITIES: dict[str, Oddity] = {}


def odd(
    *rows: str, untestable: Iterable[str] = (), options: Iterable[str] = ()
) -> Callable[[Answer], Answer]:
    """Register a function that answers each request, most of them by asking the real server.

    Args:
        rows: The requirements to test.
        untestable: Those of them that cannot be tested here.
        options: Further options of pytest.
    """

    def register(answer: Answer) -> Answer:
        name = getattr(answer, "__name__", "")
        assert name not in ODDITIES, f"two oddities are called {name}"
        assert set(untestable) <= set(rows), f"{name} names untestable requirements that are not tested"
        sentence = " ".join(str(answer.__doc__).split())
        ODDITIES[name] = Oddity(name, sentence, answer, rows, frozenset(untestable), tuple(options))
        return answer

    return register


def odd_answer(
    route: str, *rows: str, untestable: Iterable[str] = (), options: Iterable[str] = ()
) -> Callable[[Callable[[Json, Request], Json]], None]:
    """Register a function that takes the JSON of an answer and the request, and returns the JSON to send.

    ``route`` is a regular expression of ``METHOD /path``. Refusals stay unchanged.
    """

    def register(change: Callable[[Json, Request], Json]) -> None:
        def answer(request: Request, forward: Forward) -> Reply:
            reply = forward()
            if reply.status >= 300 or not asks(request, route):
                return reply
            return Reply.of(change(reply.body, request), reply.status)

        answer.__name__, answer.__doc__ = getattr(change, "__name__", ""), change.__doc__
        odd(*rows, untestable=untestable, options=options)(answer)

    return register


def odd_state(
    *rows: str, untestable: Iterable[str] = (), options: Iterable[str] = ()
) -> Callable[[Callable[[Json, str], object]], None]:
    """Register a function that changes each thread state in an answer; it gets the thread's id too."""

    def register(change: Callable[[Json, str], object]) -> None:
        def of_each(answer: Json, request: Request) -> Json:
            for state in answer if isinstance(answer, list) else [answer]:
                for one in list(_with_subgraphs(state)):
                    change(one, request.path.split("/")[2])
            return answer

        of_each.__name__, of_each.__doc__ = getattr(change, "__name__", ""), change.__doc__
        odd_answer(STATES, *rows, untestable=untestable, options=options)(of_each)

    return register


def asks(request: Request, route: str) -> bool:
    """Return whether a request matches a route, a regular expression of ``METHOD /path``."""
    return re.fullmatch(route, f"{request.method} {request.path}") is not None


def refusal(status: int, detail: str) -> Reply:
    """Return a refusal as deployments word it."""
    return Reply.of({"detail": detail}, status)


def _with_subgraphs(state: Json) -> Iterator[Json]:
    yield state
    for task in state.get("tasks") or []:
        if isinstance(task.get("state"), dict) and "values" in task["state"]:
            yield from _with_subgraphs(task["state"])
