"""Every behaviour and every way: importing their modules registers them."""

from types import ModuleType

from tests.lab.hostile import bodies, connections, proxy_ways, slowness, statuses, threads, tls_ways
from tests.lab.hostile.behaviour import BEHAVIOURS, Behaviour, Place
from tests.lab.hostile.ways import WAYS

__all__ = ["BEHAVIOURS", "GROUPS", "SCENES", "WAYS"]

_TITLES = {
    "Time": slowness,
    "Connections": connections,
    "Errors": statuses,
    "Bodies": bodies,
    "Threads and runs": threads,
}
_REGISTER_WAYS = (tls_ways, proxy_ways)


def _behaviours_of(module: ModuleType) -> list[Behaviour]:
    return [one for one in BEHAVIOURS.values() if one.spoil.__module__ == module.__name__]


GROUPS = {title: _behaviours_of(module) for title, module in _TITLES.items()}
"""The behaviours by the titles of the page."""

SCENES: dict[str, tuple[Behaviour, Place]] = {
    f"{behaviour.name}-{place.name.lower()}": (behaviour, place)
    for group in GROUPS.values()
    for behaviour in group
    for place in behaviour.endings
}
"""Each behaviour at each of its places, by the name of its test."""
