import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.servers.guide.languages import Guide, PythonGuide, ScriptGuide, State

HERE = Path(__file__).parent


@pytest.fixture(
    scope="session", params=["embedded_url", "javascript_url"], ids=["embedded", "javascript_server"]
)
def server_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture(scope="session")
def javascript_script(javascript_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """guide.mjs beside a node_modules folder, where its import finds the SDK, as in a user's project."""
    project = tmp_path_factory.mktemp("javascript_guide")
    (project / "node_modules").symlink_to(javascript_modules / "node_modules", target_is_directory=True)
    return Path(shutil.copy(HERE / "guide.mjs", project))


@pytest.fixture(scope="module", params=["python", "javascript", "curl"])
def guide(request: pytest.FixtureRequest, server_url: str) -> Guide:
    if request.param == "python":
        return PythonGuide(server_url)
    if request.param == "javascript":
        script = request.getfixturevalue("javascript_script")
        return ScriptGuide("node", script, server_url, "Assertion failed\nThe histories are the same.")
    return ScriptGuide("bash", HERE / "guide.sh", server_url, "The histories are different.")


@pytest.fixture(scope="module")
def metadata(server_url: str) -> Iterator[dict[str, str]]:
    """A tag for threads. At the end, every thread with this tag is deleted, copies too."""
    tag = {"made_by": f"tests/servers/guide {uuid4()}"}
    yield tag
    with httpx.Client(base_url=server_url) as http:
        for thread in http.post("/threads/search", json={"metadata": tag, "limit": 1000}).json():
            http.delete(f"/threads/{thread['thread_id']}").raise_for_status()


@pytest.fixture(scope="module")
def thread_id(guide: Guide, metadata: dict[str, str]) -> str:
    """The id of the guide's source: a thread with one run."""
    thread_id = guide.create(metadata)
    guide.run(thread_id)
    return thread_id


@pytest.fixture(scope="module")
def copied_thread_id(guide: Guide, thread_id: str) -> str:
    """The id of its copy, for tests that only read."""
    return guide.copy(thread_id)


@pytest.fixture(scope="module")
def original_history(guide: Guide, thread_id: str) -> list[State]:
    return guide.history(thread_id)


@pytest.fixture(scope="module")
def copied_history(guide: Guide, copied_thread_id: str) -> list[State]:
    return guide.history(copied_thread_id)


@pytest.fixture(scope="module")
def empty_thread_ids(guide: Guide, metadata: dict[str, str]) -> tuple[str, str]:
    """The ids of a thread that never ran, and of its copy."""
    thread_id = guide.create(metadata)
    return thread_id, guide.copy(thread_id)


@pytest.fixture(scope="module")
def long_thread_id(server_url: str, metadata: dict[str, str]) -> str:
    """The id of a thread of 12 checkpoints, made without a run."""
    superstep = {"updates": [{"values": {"counter": 1}, "as_node": "greet"}]}
    thread = {"metadata": {**metadata, "graph_id": "threadcopy_plain"}, "supersteps": [superstep] * 12}
    response = httpx.post(f"{server_url}/threads", json=thread).raise_for_status()
    return str(response.json()["thread_id"])
