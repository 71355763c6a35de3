"""Stands in front of the real server, and lets a behaviour answer the requests at its place."""

import re
from threading import Lock
from urllib.parse import urlsplit

from tests.lab.hostile.behaviour import Forward, Place, Spoil
from tests.lab.hostile.wire import Reply, Request, ask

_ROUTES = {
    Place.COPY: r"POST /threads/[^/]+/copy",
    Place.HISTORY: r"(GET|POST) /threads/[^/]+/history",
    Place.CREATE: r"POST /threads",
    Place.RUN: r"POST /threads/[^/]+/runs/(wait|stream)",
    Place.DELETE: r"DELETE /threads/[^/]+",
    Place.SEARCH: r"POST /threads/search",
    Place.ASSISTANTS: r"POST /assistants/search",
    Place.INFO: r"GET /(info|openapi\.json)",
    Place.STATE: r"GET /threads/[^/]+/state.*",
    Place.THREAD: r"(GET|PATCH) /threads/[^/]+",
}


def _answer(request: Request, forward: Forward) -> None:
    request.answer(forward())


class Layer:
    """Lets the behaviour answer the requests at its place, and the real server all others.

    Args:
        real: The address of the real server.
        spoil: The behaviour; by default there is none.
        place: The requests that the behaviour answers.

    Attributes:
        created: The ids of the threads that the real server created.
        copies: Those of them that are copies.
    """

    def __init__(self, real: str, spoil: Spoil = _answer, place: Place = Place.EVERYWHERE) -> None:
        self._host = urlsplit(real).netloc
        self._spoil = spoil
        self._place = place
        self._lock = Lock()
        self.created: set[str] = set()
        self.copies: set[str] = set()
        # The paths of the copy requests, in order: by the first, the plugin finds out whether it can copy.
        self._copied: list[str] = []

    def __call__(self, request: Request) -> None:
        """Answer one request."""
        if self._meets(request):
            self._spoil(request, lambda: self.forward(request))
        else:
            request.answer(self.forward(request))

    def _meets(self, request: Request) -> bool:
        line = f"{request.method} {request.path}"
        is_copy = re.fullmatch(_ROUTES[Place.COPY], line) is not None
        with self._lock:
            if is_copy and request.path not in self._copied:
                self._copied.append(request.path)
        match self._place:
            case Place.EVERYWHERE:
                return True
            case Place.LATER:
                return len(self._copied) > 1
            case Place.COPY:
                return is_copy and request.path != self._copied[0]
            case Place.COPYING if is_copy:
                return request.path in self._copied[1:2]
            case Place.COPIED | Place.COPYING:
                return any(line.endswith(f"/threads/{copy}/history") for copy in self.copies)
        return re.fullmatch(_ROUTES[self._place], line) is not None

    def forward(self, request: Request) -> Reply:
        """Send a request on to the real server, and note the thread that it makes."""
        reply = ask(self._host, request.method, request.target, request.content)
        is_copy = request.path.endswith("/copy")
        if request.method == "POST" and (is_copy or request.path == "/threads") and reply.status == 200:
            self.created.add(reply.body["thread_id"])
            if is_copy:
                self.copies.add(reply.body["thread_id"])
        return reply
