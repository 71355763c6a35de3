"""The real deployments that the tests run the whole contract on, each started from its published package."""

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
    """A running deployment: its address, the versions of its packages, and the environment for its test."""

    url: str
    versions: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Deployment:
    """A deployment to test.

    ``explained`` names the files of waivers that explain its failures, each with commands that show it.
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
        "`langgraph dev` with its own checkpointer, as `--deployment-url embedded` starts it. Runs on "
        "`embedded` waive the MUSTs that fail here: `pytest_threadcopy/embedded/known_violations.toml` lists "
        "them.",
        partial(_reference, {}),
        IN_MEMORY,
    ),
    Deployment(
        "sqlite",
        "LangGraph's server on SQLite",
        "The same server on `AsyncSqliteSaver`, which has no `acopy_thread`: the server then copies "
        "checkpoint by checkpoint, through `aput` and `aput_writes`. The saver makes its tables at the first "
        "checkpoint. Before that, a request that deletes a thread is a 500 (`no such table: checkpoints`). "
        "To prevent this, mount the saver with `await saver.setup()`, as `tests/lab/servers/sqlite_saver.py` "
        "does. On any custom checkpointer that has to wait, two deletions at once leave one of the two "
        "threads, and delete a third thread that neither request named. So a run deletes one thread at a "
        "time, across all its processes (`tests/adverse/only_ours/test_deletions.py`).",
        partial(_reference, _on_checkpointer("sqlite_saver.py"), "langgraph-checkpoint-sqlite"),
        (REFERENCE, EXPLAINED / "sqlite.toml"),
    ),
    Deployment(
        "faithful",
        "LangGraph's server on a checkpointer that copies properly",
        "The same server on an in-memory checkpointer with an `acopy_thread` of 15 lines "
        "(`tests/lab/servers/faithful_saver.py`). The failures here come from the HTTP layer of the server.",
        partial(_reference, _on_checkpointer("faithful_saver.py")),
        (REFERENCE,),
    ),
    Deployment(
        "two_users",
        "LangGraph's server behind an auth handler",
        "The server in memory behind the auth handler of `tests/lab/servers/two_users_auth.py`. The handler "
        "writes the owner into each new thread, and hides the thread from others. The contract ran as "
        "`alice`, with `bob` as the second identity. Before the commands, let curl name the user: "
        f"{AS_ALICE}.",
        partial(_reference, AUTH, environment=_identities("bob")),
        IN_MEMORY,
    ),
    Deployment(
        "auditor",
        "LangGraph's server behind an auth handler, read by another",
        "The same, with a second identity that may read the threads of all users, but write only to its own. "
        f"Before the commands, let curl name the user: {AS_ALICE}.",
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
        "A server of another project, on PostgreSQL from Debian. It has no route for copying: "
        "`curl -i -X POST $URL/threads/$ID/copy` is a 404 for a thread that exists, like every unknown "
        "route. The contract reports this once, and not as a failure of each requirement.",
        _aegra,
        (),
    ),
)
