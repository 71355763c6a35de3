"""Behaviours that answer with an error: of access, of load, of a proxy, or of the server itself."""

import time
from email.utils import formatdate
from threading import Lock

from tests.lab.hostile.behaviour import (
    FINE,
    Forward,
    Place,
    at,
    cannot_be_tested,
    ends,
    harmless,
    network,
    word,
)
from tests.lab.hostile.wire import Reply, Request

_LOGIN = b"<!doctype html><title>Sign in</title><form action=/login><input name=user></form>"
_SLOW = "--threadcopy-timeout=20"


def _page(status: int, **headers: str) -> Reply:
    return Reply(status, _LOGIN, {"content-type": "text/html"} | headers)


@network("answered 401")
def asks_who_we_are(request: Request, forward: Forward) -> None:
    """Answers 401."""
    request.answer(Reply.of({"detail": "Unauthorized"}, 401, www_authenticate="Bearer"))


@network(
    "answered 403",
    elsewhere={
        Place.ASSISTANTS: ends("untestable", says="answered 403"),
        Place.HISTORY: ends("untestable", says="answered 403"),
        Place.SEARCH: FINE,
        Place.INFO: FINE,
        Place.DELETE: ends("passed", says="could not be deleted", leaves=True),
    },
)
def forbids_it(request: Request, forward: Forward) -> None:
    """Answers 403."""
    request.answer(Reply.of({"detail": "Forbidden"}, 403))


@network("answered 407")
def asks_for_the_proxys_password(request: Request, forward: Forward) -> None:
    """Answers 407, like a proxy."""
    request.answer(_page(407))


@network("answered 408")
def gave_up_waiting_for_us(request: Request, forward: Forward) -> None:
    """Answers 408."""
    request.answer(_page(408))


@network("answered 425")
def finds_it_too_early(request: Request, forward: Forward) -> None:
    """Answers 425."""
    request.answer(_page(425))


@network("answered 429")
def has_always_too_much_to_do(request: Request, forward: Forward) -> None:
    """Answers 429 for ever, without `Retry-After`."""
    request.answer(Reply.of({"detail": "Too Many Requests"}, 429))


@network("answered 429")
def wants_to_be_asked_in_an_hour(request: Request, forward: Forward) -> None:
    """Answers 429 with `Retry-After: 3600`."""
    request.answer(Reply.of({"detail": "Too Many Requests"}, 429, retry_after="3600"))


@network("answered 429")
def does_not_know_when(request: Request, forward: Forward) -> None:
    """Answers 429 with a `Retry-After` that is neither a number nor a date."""
    request.answer(Reply.of({"detail": "Too Many Requests"}, 429, retry_after="-inf"))


class _Limit:
    """Lets at most ``rate`` requests through in each second."""

    def __init__(self, rate: int) -> None:
        self._rate, self._lock, self._times = rate, Lock(), list[float]()

    def lets_through(self) -> bool:
        now = time.monotonic()
        with self._lock:
            self._times = [when for when in self._times if now - when < 1]
            allowed = len(self._times) < self._rate
            self._times += [now] * allowed
        return allowed


_two_a_second, _two_a_second_untold, _by_date = _Limit(2), _Limit(2), _Limit(2)


@harmless(_SLOW)
def takes_two_requests_a_second(request: Request, forward: Forward) -> None:
    """Takes two requests a second, and answers the others 429 with `Retry-After: 1`."""
    if _two_a_second.lets_through():
        request.answer(forward())
    else:
        request.answer(Reply.of({"detail": "Too Many Requests"}, 429, retry_after="1"))


@harmless(_SLOW)
def takes_two_requests_a_second_and_does_not_say_so(request: Request, forward: Forward) -> None:
    """Takes two requests a second, and answers the others 429 without `Retry-After`."""
    if _two_a_second_untold.lets_through():
        request.answer(forward())
    else:
        request.answer(Reply.of({"detail": "Too Many Requests"}, 429))


@harmless(_SLOW)
def takes_two_requests_a_second_and_tells_a_date(request: Request, forward: Forward) -> None:
    """Takes two requests a second, and answers the others 429 with a date as `Retry-After`."""
    if _by_date.lets_through():
        request.answer(forward())
    else:
        date = formatdate(time.time() + 1, usegmt=True)
        request.answer(Reply.of({"detail": "Too Many Requests"}, 429, retry_after=date))


@word("answered 500")
def fails(request: Request, forward: Forward) -> None:
    """Answers 500, and resets the connection afterwards, like the reference server."""
    request.answer(Reply.of({"detail": "Internal Server Error"}, 500))
    request.reset()


@network("answered 502")
def is_behind_a_proxy_that_cannot_reach_it(request: Request, forward: Forward) -> None:
    """Answers 502 with a page."""
    request.answer(_page(502))


@network("answered 503")
def is_being_maintained(request: Request, forward: Forward) -> None:
    """Answers 503 with a login page."""
    request.answer(_page(503))


@network("answered 503")
def is_being_maintained_for_an_hour(request: Request, forward: Forward) -> None:
    """Answers 503 with a login page and `Retry-After: 3600`."""
    request.answer(_page(503, **{"retry-after": "3600"}))


_starting: set[str] = set()


@at(
    {
        Place.COPIED: FINE,
        Place.COPY: ends("error", says="answered 503"),  # the plugin cannot know whether a thread was made
    },
    _SLOW,
)
def starts_up(request: Request, forward: Forward) -> None:
    """Answers the first request to each URL 503 with `Retry-After: 1`, and later ones correctly."""
    if request.target in _starting:
        request.answer(forward())
    else:
        _starting.add(request.target)
        request.answer(_page(503, **{"retry-after": "1"}))


@network("answered 504")
def is_behind_a_proxy_that_gives_up(request: Request, forward: Forward) -> None:
    """Answers 504 at once, and carries out the request."""
    forward()
    request.answer(_page(504))


@network("redirects to")
def redirects_to_itself(request: Request, forward: Forward) -> None:
    """Redirects each request to its own address."""
    request.answer(Reply(307, b"", {"location": request.target}))


@network("redirects", "--threadcopy-redirects=3")
def redirects_to_itself_and_is_followed(request: Request, forward: Forward) -> None:
    """Redirects each request to its own address; the user allows three redirects."""
    request.answer(Reply(307, b"", {"location": request.target}))


@network("http://elsewhere.invalid/login")
def redirects_to_another_host(request: Request, forward: Forward) -> None:
    """Redirects each request to a host that does not exist."""
    request.answer(Reply(302, _LOGIN, {"location": "http://elsewhere.invalid/login?next=%2F"}))


@network("redirects")
def redirects_to_nowhere(request: Request, forward: Forward) -> None:
    """Redirects each request without an address."""
    request.answer(Reply(301, b""))


@at(
    {
        Place.EVERYWHERE: cannot_be_tested("a body that is no JSON", leaves=None),
        Place.COPYING: ends("violated", "error", "a body that is no JSON"),
    }
)
def answers_a_login_page(request: Request, forward: Forward) -> None:
    """Answers 200 with a login page in HTML."""
    request.answer(_page(200))
