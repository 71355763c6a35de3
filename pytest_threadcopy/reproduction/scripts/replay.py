"""A script without its language: the requests in order, and the answers that it shows at its end."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from pytest_threadcopy.api.routes import quoted
from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.evidence.evidence import Evidence
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.provenance import Path, asked_with, place_in, scalars_of
from pytest_threadcopy.reproduction.evidence.slicing import Slice
from pytest_threadcopy.reproduction.evidence.views import View
from pytest_threadcopy.reproduction.scripts.step_text import step_of
from pytest_threadcopy.reproduction.scripts.templates import Ref, Templates, Text

BY_HAND = "by hand"
"""The value of our tag in a script, in place of the id of a test run."""
_LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class Call:
    """One request of a script.

    ``remarks`` are comments on the request, ``path`` and ``body`` are templates, and ``own`` is the template
    of its thread's id. ``made`` is the variable for the thread that the request makes, ``picks`` has
    variables for values of its answer, with their places, and ``answers`` has variables for the whole answer,
    with their views. ``is_exact`` says that JavaScript and jq would round a number of the request or the
    answer, or that an SDK would hide the status. A script does not wait for a request that ``goes_on``,
    until another one ``awaits`` it.
    """

    exchange: Exchange
    remarks: list[str]
    path: Text
    rest: tuple[Text, ...]
    params: dict[str, Text]
    body: Any
    own: Text
    made: str | None = None
    picks: dict[str, Path] = field(default_factory=dict)
    answers: dict[str, View] = field(default_factory=dict)
    is_exact: bool = False
    posts_history: bool = False
    goes_on: bool = False
    awaits: bool = False

    @property
    def creates(self) -> bool:
        """Whether the request makes a thread that is no copy: a script cannot go on without that thread."""
        return self.made is not None and not self.exchange.path.endswith("/copy")

    def target(self, variable: Callable[[Ref], str]) -> str:
        """Return the path and the query of the request, with variables as ``variable`` writes them."""
        query = "&".join(
            f"{quote(key, safe='')}={value.written(partial(quote, safe=''), variable)}"
            for key, value in self.params.items()
        )
        path = self.path.written(partial(quote, safe="/%"), variable)
        return f"{path}?{query}" if query else path


@dataclass(frozen=True)
class Replay:
    """The requests of a script, and the variables of the answers that it shows: two to compare, or one."""

    address: PublicAddress
    calls: list[Call]
    shown_variables: list[tuple[str, ...]]
    seen: list[str]
    """What was seen when the test failed, as remarks below the requests."""

    @property
    def identities(self) -> list[str]:
        """The identities that send requests, the first identity first."""
        return sorted({call.exchange.who for call in self.calls}, key=["first", "second", "anonymous"].index)

    @property
    def secrets(self) -> list[str]:
        """The environment variables from which a script takes its headers."""
        variables = [one for who in self.identities for one in self.address.variables(who).values()]
        return variables + ["DEPLOYMENT_USER_INFO"] * self.address.has_user_info

    @property
    def awaits_at_end(self) -> bool:
        """Whether a run goes on until the last request is answered."""
        return any(call.goes_on for call in self.calls) and not any(call.awaits for call in self.calls)

    @property
    def makes_odd_ids(self) -> bool:
        """Whether the id of a thread that the script makes must be quoted in a URL."""
        made = [call.exchange.made or "" for call in self.calls if call.made]
        return any(quoted(thread_id) != thread_id for thread_id in made)

    @property
    def views(self) -> set[str]:
        """The kinds of the views in which answers are shown."""
        return {view.kind for call in self.calls for view in call.answers.values()}


def replay_of(failure: Slice, address: PublicAddress, seen: list[str]) -> Replay:
    """Return the script that shows a failure again. ``seen`` are the lines of the error's message."""
    threads = _thread_names(failure.exchanges)
    answers, shown_variables = _answer_names(failure.evidence, threads)
    exact = {id(one) for item in failure.evidence if _needs_exactness(item) for one in item.exchanges}
    posts_history = any(
        (one.method, one.rest) == ("POST", "history")
        and not (isinstance(one.body, dict) and "checkpoint" in one.body)
        for one in failure.exchanges
    )
    going_on = failure.going_on
    wanted = {value for one in failure.exchanges for value in asked_with(one)} - set(threads)
    known: dict[str, str] = {}
    values: dict[str, str] = {}
    calls = []
    for exchange in failure.exchanges:
        templates = Templates(known, values)
        wanted -= asked_with(exchange) - values.keys()  # a value that no earlier answer has is our own
        call = Call(
            exchange,
            remarks=[step_of(exchange, address.redact)],
            path=_path_template(exchange.path, templates),
            rest=tuple(templates.text(unquote(part)) for part in exchange.rest.split("/")),
            params={str(key): templates.text(str(value)) for key, value in exchange.params.items()},
            body=templates.of(_by_hand(exchange.body, address)),
            own=templates.text(exchange.thread_id or ""),
            made=threads.get(exchange.made or "") if exchange.made not in known else None,
            answers=answers.get(id(exchange), {}),
            is_exact=id(exchange) in exact or _is_rounded(exchange.body),
            posts_history=posts_history,
            goes_on=going_on is not None and exchange is going_on.run,
            awaits=going_on is not None and exchange is going_on.next,
        )
        call.remarks.extend(templates.remarks)
        for value in sorted(wanted - values.keys()) if not call.goes_on else ():
            place = place_in(exchange, value) if value.encode() in (exchange.answer or b"") else None
            if place:
                values[value] = _free(_value_name(place), {*values.values(), *threads.values()})
                call.picks[values[value]] = place
        if exchange.made and call.made:
            known[exchange.made] = call.made
        calls.append(call)
    return Replay(
        address, calls, shown_variables, ["Seen when the test failed:", *(f"  {line}" for line in seen)]
    )


def _path_template(path: str, templates: Templates) -> Text:
    """Return the template of a path: segments with variables, and all other text quoted for a URL."""
    parts: list[Any] = []
    for segment in path.split("/"):
        pieces = templates.text(unquote(segment)).parts
        parts += [*(piece if isinstance(piece, Ref) else quoted(str(piece)) for piece in pieces), "/"]
    return Text(tuple(parts[:-1]))


def _by_hand(body: Any, address: PublicAddress) -> Any:
    """Return the body of a request without the value of our tag, and without secrets."""
    if isinstance(body, dict):
        return {
            address.redact(key): BY_HAND if key == address.tag else _by_hand(value, address)
            for key, value in body.items()
        }
    if isinstance(body, list):
        return [_by_hand(value, address) for value in body]
    return address.redact(body) if isinstance(body, str) else body


def _thread_names(exchanges: list[Exchange]) -> dict[str, str]:
    copied = {one.thread_id for one in exchanges if one.is_copy}
    names: dict[str, str] = {}
    for exchange in exchanges:
        if exchange.made and exchange.made not in names:
            part = "COPY" if exchange.is_copy else "SOURCE" if exchange.made in copied else "THREAD"
            names[exchange.made] = _free(part, set(names.values()))
    return names


def _answer_names(
    evidence: list[Evidence], threads: dict[str, str]
) -> tuple[dict[int, dict[str, View]], list[tuple[str, ...]]]:
    """Return the views of each exchange by variable, and the variables of each evidence."""
    names: dict[int, dict[str, View]] = {}
    shown_variables = []
    for item in evidence:
        same_thread = item.is_pair and len({one.thread_id for one in item.exchanges}) == 1
        names_of_item = []
        for place, exchange in enumerate(item.exchanges):
            views = names.setdefault(id(exchange), {})
            name = next((known for known, view in views.items() if view == item.view), None)
            if name is None:
                whose = threads.get(exchange.thread_id or "", "THREAD" if exchange.thread_id else "")
                route = exchange.rest.split("/")[0 if exchange.thread_id else -1]
                what = re.sub(r"[^A-Z]+", "_", route.upper()).strip("_") or "OBJECT"
                when = ("BEFORE", "AFTER")[place] if same_thread else ""
                taken = set[str]().union(*names.values())
                name = _free("_".join(filter(None, (whose, what, when))), taken)
                views[name] = item.view
            names_of_item.append(name)
        shown_variables.append(tuple(names_of_item))
    return names, shown_variables


def _value_name(place: Path) -> str:
    last = str(place[-1])
    return last.upper() if re.fullmatch(r"[a-z]{1,20}(_[a-z]{1,20}){0,2}_id", last) else "VALUE"


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _needs_exactness(item: Evidence) -> bool:
    """Whether an SDK hides a part of the answers that are shown, or rounds their numbers."""
    if item.is_pair:
        return any(one.succeeded and (one.status != 200 or _is_rounded(one.value)) for one in item.exchanges)
    return any(one.status != 200 or isinstance(one.value, str) for one in item.exchanges)


def _is_rounded(value: Any) -> bool:
    """Whether a JSON value has numbers that JavaScript changes: large ones, or 1.0."""
    return any(
        one.is_integer() if isinstance(one, float) else isinstance(one, int) and abs(one) > _LARGEST_EXACT
        for _, one in scalars_of(value)
    )
