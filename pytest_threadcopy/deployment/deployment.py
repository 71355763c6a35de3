"""The deployment under test: its server, its assistants, and clients under each identity."""

import math
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.api.journal import Entry, Journal, write_nothing
from pytest_threadcopy.api.owned_threads import LostThread
from pytest_threadcopy.api.run_id import MADE_BY, TAG
from pytest_threadcopy.config.settings import Settings
from pytest_threadcopy.deployment.roles import Roles
from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.record import Record
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.deletion_lock import DeletionLock
from pytest_threadcopy.wire.traffic import UnderWay
from pytest_threadcopy.wire.transport import ApiError, DeploymentError, Limits, NoAnswer, Transport

if TYPE_CHECKING:
    from pytest_threadcopy.reproduction.explain import Explanation

_CLEANING_SECONDS = 60.0
"""For this long after the time limit of the whole run, threads may still be deleted."""
_NO_SERVER = {502, 503}


class CannotBeTested(DeploymentError):
    """The deployment cannot be tested at all; the message says why, and how to change that."""


@dataclass(frozen=True)
class Server:
    """A deployment's answer to ``GET /info``: the server's name, and its version if the answer has one."""

    name: str = "unknown server"
    version: str | None = None


class Deployment:
    """A deployment, with a client for each identity of the settings.

    Args:
        settings: The settings, with the URL of the embedded server if that is the deployment.
        run: The id of this test run, the value of the `TAG` on each thread that is made.
        ends_at: The time at which the run ends, in monotonic seconds; by default its time begins now.
        journal: The journal of the threads that are made and deleted.

    ``record`` keeps the requests of a test, from which `explain` explains its failure.
    """

    def __init__(
        self, settings: Settings, run: str, *, ends_at: float = math.inf, journal: Journal | None = None
    ) -> None:
        self.url = settings.address.url
        self.settings = settings
        self.run = run
        self._journal = journal
        self._clients: dict[str, Client] = {}
        self._ours = set[str]()
        self._killed: list[Entry] = []
        self.no_assistants = ""
        host = quote(f"{settings.address.host} {settings.address.port}", safe="")
        lock = DeletionLock(journal.file_beside(f"{host}.lock") if journal else "")
        limits = settings.timeout, settings.total_timeout, settings.redirects, settings.in_flight
        self.limits = Limits(*limits, ends_at=ends_at, deletions=lock)
        self.record = Record(self._address())
        self.client = self._client(settings.headers)
        self._capabilities: Mapping[str, Any] = {}

    @property
    def capabilities(self) -> Mapping[str, Any]:
        """What the deployment can do (the probe's `Capabilities`); empty before it was probed."""
        return self._capabilities

    @capabilities.setter
    def capabilities(self, capabilities: Mapping[str, Any]) -> None:
        self._capabilities = capabilities
        history = capabilities.get("history", {})
        if method := history.get("method"):
            self.client.threads.dialect.first_page[False] = (method, history.get("page"))
        if before := history.get("before"):
            self.client.threads.dialect.before[False] = before

    @cached_property
    def server(self) -> Server:
        """The server of the deployment; many deployments do not name it."""
        info: Any = None
        with suppress(DeploymentError):
            answer = self.client.transport.send("GET", "/info")
            info = answer.json() if answer.status == 200 else None
        if not isinstance(info, dict):
            return Server()
        name = "langgraph-api" if self.settings.address.is_embedded else info.get("name")
        version = info.get("version") if isinstance(info.get("version"), str) else None
        return Server(name if isinstance(name, str) else "server", version)

    @cached_property
    def assistants(self) -> list[Json]:
        """The assistants that the deployment lists; if it refuses, ``no_assistants`` says why."""
        try:
            return list(self.client.assistants.search())
        except DeploymentError as error:
            self.no_assistants = str(error)
            return []

    @cached_property
    def roles(self) -> Roles:
        """The assistants that play the roles of the contract."""
        return Roles(self.client, self.settings, self.assistants)

    @cached_property
    def second_client(self) -> Client | None:
        """A client under the second identity, None if the user gives none."""
        headers = self.settings.second_headers
        return self._client(headers, who="second") if headers else None

    @cached_property
    def anonymous_client(self) -> Client | None:
        """A client without headers, None if the user gives no headers to leave out."""
        return self._client({}, who="anonymous") if self.settings.headers else None

    def _client(self, headers: Mapping[str, str], who: str = "first") -> Client:
        settings = self.settings
        transport = Transport(
            self.url,
            headers=headers,
            limits=self.limits,
            verify=settings.verify,
            redact=settings.redact,
            note=self.record.noting(who),
        )
        self._clients[who] = Client(
            transport,
            tag={**MADE_BY, TAG: self.run},
            run_timeout=settings.run_timeout,
            foreign=[settings.thread_id] if settings.thread_id else [],
            ours=self._ours,
            write_entry=self._journal.writer(settings.name, who) if self._journal else write_nothing,
        )
        return self._clients[who]

    def _address(self) -> PublicAddress:
        """Return the address of this deployment for scripts."""
        settings, address = self.settings, self.settings.address
        return PublicAddress(
            str(httpx.URL(address.public_url)).rstrip("/"),
            embedded_port=address.port if address.is_embedded else None,
            headers={"first": list(settings.headers), "second": list(settings.second_headers)},
            has_user_info=bool(address.userinfo),
            insecure=settings.verify is False,
            ca_bundle=isinstance(settings.verify, str),
            run_timeout=settings.run_timeout,
            tag=TAG,
            redact=settings.redact,
        )

    def explain(self, error: BaseException | None) -> "Explanation":
        """Return how ``error``, which the running test raised, came about. This raises no error."""
        from pytest_threadcopy.reproduction.explain import explain

        return explain(self.record, error)

    @property
    def requests(self) -> int:
        """The number of requests sent, under all identities."""
        return sum(client.transport.traffic.requests for client in self._clients.values())

    @property
    def under_way(self) -> list[UnderWay]:
        """The requests under way, and those whose threads are searched for, under all identities."""
        clients, now = list(self._clients.values()), time.time()
        sent = [one for client in clients for one in client.transport.traffic.under_way()]
        lost = [one for client in clients if client.threads.is_searching for one in list(client.threads.lost)]
        return sent + [UnderWay("POST", one.path, now - one.since, one.until - one.since) for one in lost]

    def check(self) -> None:
        """Make and delete a thread, so that a wrong address is reported once, and not by each test.

        Raises:
            CannotBeTested: The deployment is unreachable, refuses our identity, or has another API.
        """
        try:
            thread = self.client.threads.create()
            with suppress(ApiError):  # a thread that cannot be deleted is reported at the end
                self.client.threads.delete(thread["thread_id"])
        except NoAnswer as error:
            raise CannotBeTested(f"{error}. Is the deployment running, and is this its address?") from error
        except ApiError as error:
            if error.status in _NO_SERVER:  # a proxy answered: one search for the thread is enough
                threads = self.client.threads
                threads.lost = [replace(one, until=one.since) for one in threads.lost]
            message = f"{error}. {_advice(error)}"
            if error.status < 300:
                message = f"{self.client.transport.url} is no LangGraph-compatible API: {message}"
            raise CannotBeTested(message) from error

    def close(self, *, find_tagged: bool = True, deletes: bool = True) -> list[Entry]:
        """Delete the threads that were made here and close the connections; return ``leftovers``.

        With ``find_tagged``, search first for the run's threads that another process made, or whose request
        broke off. If the deployment does not answer the first identity, the others are not tried. Without
        ``deletes`` nothing is deleted.
        """
        identities = [client.threads for client in self._clients.values()] if deletes else []
        is_silent = False
        try:
            if find_tagged:
                self.limits.allow(_CLEANING_SECONDS)
                with suppress(KeyboardInterrupt):  # the known threads are still deleted
                    for threads in identities:
                        is_answered = threads.find_lost()
                        is_silent = threads is identities[0] and not (is_answered or threads.lost)
                        if is_silent:
                            break
            for number, threads in enumerate(identities):
                # A process that does not search keeps the sources: a late copy of a deleted one gets no tag.
                if (find_tagged or not threads.lost) and not (number and is_silent):
                    self.limits.allow(_CLEANING_SECONDS)
                    made = len(threads.made)
                    is_silent = len(threads.delete_made()) == made and is_silent
        finally:
            for client in self._clients.values():
                client.transport.close()
        return self.leftovers

    @property
    def leftovers(self) -> list[Entry]:
        """Entries for the threads made here and not deleted, and for the requests that may have made one."""
        entries = list[Entry]()
        for who, client in self._clients.items():
            entries += [{"who": who, "made": thread_id} for thread_id in client.threads.made]
            entries += [{"who": who, **asdict(one)} for one in client.threads.lost]
        return entries + self._killed

    def take_over(self, leftovers: Iterable[Entry]) -> None:
        """Take over the leftovers of an earlier deployment or another process, each under its identity."""
        second = self.second_client  # made now, so that its threads are searched for too
        for entry in leftovers:
            anonymous = self.anonymous_client if entry["who"] == "anonymous" else None
            client = second if entry["who"] == "second" else anonymous
            threads = (client or self.client).threads
            if "made" in entry:
                threads.own(entry["made"])
            elif "killed" in entry:
                threads.search_until = max(threads.search_until, entry["until"])
                self._killed.append(entry)
            else:
                request = {name: entry[name] for name in ("path", "since", "until", "begun")}
                threads.lost.append(LostThread(**request))


def _advice(error: ApiError) -> str:
    if error.status in (401, 403):
        key = "put an API key into the environment as DEPLOYMENT_API_KEY"
        return f"It asks who we are: {key}, or headers into a file and name it with --threadcopy-headers."
    if 300 <= error.status < 400:
        return "It redirects: name the address that it redirects to."
    question = "is this its address, with its path?"
    return f"A LangGraph-compatible API answers POST /threads with a thread: {question}"
