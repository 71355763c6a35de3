"""Hostile behaviours: each is a function whose docstring says what it does, with the endings of its runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.lab.hostile.wire import Reply, Request


class Place(StrEnum):
    """Which requests meet a behaviour; the real server answers the others."""

    EVERYWHERE = "every request"
    COPY = "copying"
    """Each copy except the first: by the first copy, the plugin finds out whether it can copy threads."""
    COPIED = "the copy's history"
    COPYING = "copying, and another copy's history"
    """NEW-01 meets it when it copies, and SAME-01 when it reads: one run tests two places."""
    HISTORY = "every history"
    LATER = "everything after the first copy"
    CREATE = "making a thread"
    RUN = "runs"
    DELETE = "deleting"
    SEARCH = "search"
    ASSISTANTS = "the list of assistants"
    INFO = "/info and /openapi.json"
    STATE = "every state"
    THREAD = "every thread object"


@dataclass(frozen=True)
class Ending:
    """How a run must end.

    ``outcomes`` has the outcome of each tested requirement by its id; it is empty if the deployment cannot be
    tested. ``says`` is a part of the output. ``leaves`` says whether threads are left, whose ids the run must
    then print; it is None if the run cannot know of its threads.
    """

    outcomes: Mapping[str, str] = field(default_factory=dict)
    says: str = ""
    leaves: bool | None = False

    @property
    def code(self) -> int:
        """The exit code of pytest."""
        if not self.outcomes:
            return 4
        return int(bool({"violated", "error"} & set(self.outcomes.values())))


def cannot_be_tested(says: str, *, leaves: bool | None = False) -> Ending:
    """Return the ending with one message and exit code 4."""
    return Ending(says=says, leaves=leaves)


def ends(new_01: str, same_01: str | None = None, says: str = "", *, leaves: bool | None = False) -> Ending:
    """Return the ending with these outcomes of NEW-01 and SAME-01; the second is by default the first."""
    return Ending({"NEW-01": new_01, "SAME-01": same_01 or new_01}, says, leaves)


FINE = ends("passed")

Forward = Callable[[], Reply]
Spoil = Callable[[Request, Forward], None]
Register = Callable[[Spoil], Spoil]


@dataclass(frozen=True)
class Behaviour:
    """One way to misbehave, and how a run against it must end at each place where it is met.

    pytest gets the ``options`` after the short time limits of the gallery.
    """

    name: str
    sentence: str
    spoil: Spoil
    endings: Mapping[Place, Ending]
    options: tuple[str, ...] = ()


BEHAVIOURS: dict[str, Behaviour] = {}


def _behaviour(endings: Mapping[Place, Ending], *options: str) -> Register:
    def register(spoil: Spoil) -> Spoil:
        name = getattr(spoil, "__name__", "")
        assert name not in BEHAVIOURS, f"two behaviours are called {name}"
        sentence = " ".join(str(spoil.__doc__).split())
        BEHAVIOURS[name] = Behaviour(name, sentence, spoil, endings, options)
        return spoil

    return register


def network(says: str, *options: str, elsewhere: Mapping[Place, Ending] | None = None) -> Register:
    """Register a fault of the network: it never leads to a verdict about a copy."""
    return _behaviour(
        {
            Place.EVERYWHERE: cannot_be_tested(says, leaves=None),
            Place.COPYING: ends("error", says=says),
            **(elsewhere or {}),
        },
        *options,
    )


def harmless(*options: str, at: Place = Place.EVERYWHERE) -> Register:
    """Register a behaviour that is odd and does not prevent the tests."""
    return _behaviour({at: FINE}, *options)


def word(says: str, *options: str) -> Register:
    """Register an answer of the deployment itself: if only answers about a copy are so, it is a violation."""
    return _behaviour(
        {
            Place.EVERYWHERE: cannot_be_tested(says, leaves=None),
            Place.COPYING: ends("violated", says=says),
        },
        *options,
    )


def at(endings: Mapping[Place, Ending], *options: str) -> Register:
    """Register a behaviour with an ending of its own at each place."""
    return _behaviour(endings, *options)
