"""The real deployments that the whole contract is run on, each started from its published package."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pytest_threadcopy.config.waivers import KNOWN_VIOLATIONS
from pytest_threadcopy.embedded import EmbeddedServer
from tests.lab.servers import aegra, javascript_server

HERE = Path(__file__).parent
SERVERS = HERE.parent / "servers"
RECORDS = HERE.parents[1] / "servers"
EXPLAINED = RECORDS / "explained"


@dataclass(frozen=True)
class Served:
    """A deployment that is running: its address, what it consists of, and the environment to test it in."""

    url: str
    versions: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Deployment:
    """A deployment to test.

    ``explained`` are the files of waivers that explain what it breaks, each with commands to see it.
    """

    name: str
    title: str
    about: str
    start: Callable[[], AbstractContextManager[Served]]
    explained: tuple[Path, ...]


@contextmanager
def _reference(
    config: Mapping[str, Any], *packages: str, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    names = ("langgraph-api", "langgraph-runtime-inmem", "langgraph", *packages)
    with EmbeddedServer(config) as server:
        yield Served(server.url, {name: version(name) for name in names}, environment or {})


@contextmanager
def _javascript() -> Iterator[Served]:
    aegra.CACHE.mkdir(exist_ok=True)
    project = javascript_server.install(aegra.CACHE / "npm.lock")
    names = ("@langchain/langgraph-api", "@langchain/langgraph")
    packages = (project / "node_modules" / name / "package.json" for name in names)
    versions = {
        name: json.loads(file.read_text())["version"] for name, file in zip(names, packages, strict=True)
    }
    with (
        tempfile.TemporaryDirectory(prefix="threadcopy-javascript-") as folder,
        javascript_server.javascript_server(project, Path(folder)) as url,
    ):
        yield Served(url, versions)


@contextmanager
def _aegra() -> Iterator[Served]:
    python = aegra.install()
    with aegra.aegra_server(python) as url:
        yield Served(url, aegra.versions(python))


def _identities(second: str) -> Mapping[str, str]:
    return {"DEPLOYMENT_HEADERS": "x-user: alice", "DEPLOYMENT_SECOND_HEADERS": f"x-user: {second}"}


def _on_checkpointer(file: str) -> Mapping[str, Any]:
    return {"checkpointer": {"path": f"{(SERVERS / file).as_posix()}:make"}}


AUTH = {"auth": {"path": f"{(SERVERS / 'two_users_auth.py').as_posix()}:auth"}}
REFERENCE = EXPLAINED / "reference.toml"
IN_MEMORY = (KNOWN_VIOLATIONS, EXPLAINED / "in_memory.toml", REFERENCE)
AS_ALICE = "`curl() { command curl -H 'x-user: alice' \"$@\"; }`"

DEPLOYMENTS = (
    Deployment(
        "in_memory",
        "LangGraph's server in memory",
        "`langgraph dev`, as `--deployment-url embedded` starts it: with the checkpointer that it brings. "
        "Runs on `embedded` take as known the MUSTs that it breaks: they stand in "
        "`pytest_threadcopy/embedded/known_violations.toml`.",
        partial(_reference, {}),
        IN_MEMORY,
    ),
    Deployment(
        "sqlite",
        "LangGraph's server on SQLite",
        "The same server on `AsyncSqliteSaver`, which has no `acopy_thread`: the server then copies in its "
        "own way, checkpoint by checkpoint through `aput` and `aput_writes`. The saver makes its tables at "
        "the first checkpoint only, and deleting a thread before that is a 500 (`no such table: "
        "checkpoints`): mount it with `await saver.setup()`, as `tests/lab/servers/sqlite_saver.py` does. "
        "Of two threads that are deleted at once one stays, and a thread that nobody named is gone: on "
        "whatever checkpointer of one's own that has to wait. So one deletion is under way at a time, "
        "among all processes of a run (`tests/adverse/only_ours/test_deletions.py`).",
        partial(_reference, _on_checkpointer("sqlite_saver.py"), "langgraph-checkpoint-sqlite"),
        (REFERENCE, EXPLAINED / "sqlite.toml"),
    ),
    Deployment(
        "faithful",
        "LangGraph's server on a checkpointer that copies properly",
        "The same server on an in-memory checkpointer with an `acopy_thread` of 15 lines "
        "(`tests/lab/servers/faithful_saver.py`). What this breaks is the server's HTTP layer's doing.",
        partial(_reference, _on_checkpointer("faithful_saver.py")),
        (REFERENCE,),
    ),
    Deployment(
        "two_users",
        "LangGraph's server behind an auth handler",
        "The server in memory behind the auth handler of `tests/lab/servers/two_users_auth.py`, which stamps "
        "each new thread with its owner, and hides it from others. Tested as `alice`, with `bob` as the "
        f"second identity. The commands work here once curl says who asks: {AS_ALICE}.",
        partial(_reference, AUTH, environment=_identities("bob")),
        IN_MEMORY,
    ),
    Deployment(
        "auditor",
        "LangGraph's server behind an auth handler, read by another",
        "The same, with a second identity that may read everybody's threads, and write to its own alone. "
        f"Again with {AS_ALICE}.",
        partial(_reference, AUTH, environment=_identities("auditor")),
        (*IN_MEMORY, EXPLAINED / "auditor.toml"),
    ),
    Deployment(
        "javascript",
        "LangGraph's server in JavaScript",
        "`langgraphjs dev` from `@langchain/langgraph-cli`, with the kit in JavaScript.",
        _javascript,
        (EXPLAINED / "javascript.toml",),
    ),
    Deployment(
        "aegra",
        "Aegra on PostgreSQL",
        "A server of another make, on PostgreSQL from Debian. It has no route for copying: "
        "`curl -i -X POST $URL/threads/$ID/copy` is a 404 for a thread that is there, as any route is that "
        "nobody has. The contract finds that out once, and says so in place of a failure for each "
        "requirement.",
        _aegra,
        (),
    ),
)
