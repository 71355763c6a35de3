"""Runs the plugin against one behaviour at one place, and returns how the run ended."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.lab.hostile.behaviour import Behaviour, Ending, Place
from tests.lab.hostile.layer import Layer
from tests.lab.hostile.wire import ask, serving
from tests.lab.runs import CONTRACT, start_pytest

LIMITS = ("--threadcopy-timeout=3", "--threadcopy-run-timeout=5", "--threadcopy-total-timeout=60")
"""The options of every run of the gallery. A behaviour's own options come later, and win."""

LONGEST = 60.0
"""Seconds until a run is killed and its test fails."""

_CRASH = re.compile(
    r"Traceback \(most recent|INTERNALERROR|Unhandled|Exception in thread"
    r"|\b(Key|Type|Attribute|Index|Value|Recursion|Assertion|Unicode\w+|JSONDecode|Memory|OS)Error: "
    r"|^\S+\.py:\d+: (?!PytestWarning)",  # a place in the code, as pytest ends each level of a traceback
    re.MULTILINE,
)
"""Signs of a crash in the output: a traceback, or the name of an exception."""


@dataclass(frozen=True)
class Ended:
    """A run that ended: its result, the outcomes and reasons of its report, and the threads that it left."""

    result: pytest.RunResult
    outcomes: Mapping[str, str]
    reasons: str
    left: set[str]

    @property
    def output(self) -> str:
        """The whole output of the run."""
        return f"{self.result.stdout}\n{self.result.stderr}"


def run_scene(behaviour: Behaviour, place: Place, real: str) -> Ended:
    """Run the requirements of a scene's ending against the behaviour, in front of the real server."""
    ending = behaviour.endings[place]
    layer = Layer(real, behaviour.spoil, place)
    with serving(layer) as server, tempfile.TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{server.port}"
        return run_against(url, Path(folder), ending, *behaviour.options, created=layer.created, real=real)


def run_against(
    url: str, folder: Path, ending: Ending, *options: str, created: set[str], real: str, **environment: str
) -> Ended:
    """Run the requirements that an ending names on the deployment at a URL."""
    wanted = " or ".join(ending.outcomes) or "NEW-01 or SAME-01"
    report = folder / "report.json"
    started = time.monotonic()
    arguments = ("-k", wanted, "--deployment-url", url, f"--threadcopy-report={report}", *LIMITS, *options)
    with start_pytest(folder, *CONTRACT, *arguments, **environment) as process:
        try:
            out, err = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    result = pytest.RunResult(
        process.returncode, out.splitlines(), err.splitlines(), time.monotonic() - started
    )
    rows = []
    if report.exists():
        (deployment,) = json.loads(report.read_text())["deployments"]
        rows = [row for row in deployment["requirements"] if row["id"] in wanted]
    outcomes = {row["id"]: row["outcome"] for row in rows}
    return Ended(result, outcomes, "\n".join(row["reason"] for row in rows), _delete_leftovers(real, created))


def _delete_leftovers(real: str, created: set[str]) -> set[str]:
    """Return the threads that the real server still has, and delete them."""
    host = urlsplit(real).netloc
    return {one for one in created if ask(host, "DELETE", f"/threads/{one}").status < 300}


def assert_ended(ended: Ended, ending: Ending) -> None:
    """Assert that a run ended as it must."""
    output = ended.output
    crash = _CRASH.search(output)
    assert not crash, f"{crash and crash[0]} in:\n{output}"
    assert "\x1b" not in output
    assert ended.result.ret == ending.code, output
    assert ending.says in " ".join(f"{output}\n{ended.reasons}".split()), output
    if not ending.outcomes:
        assert output.count("ERROR: ") == 1, output
        assert set(ended.outcomes.values()) <= {"untestable"}, output
    else:
        assert dict(ended.outcomes) == dict(ending.outcomes), output
    if ending.leaves is None:
        return
    printed = {thread_id for thread_id in ended.left if thread_id in output}
    assert ended.left == printed, f"left behind and not printed: {ended.left - printed}\n{output}"
    assert bool(ended.left) == ending.leaves, f"left behind: {ended.left}\n{output}"
