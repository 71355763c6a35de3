"""Measures the cost of the plugin to a pytest run that does not use it: the time of its imports."""

import os
import re
import subprocess
import sys
import tempfile
from statistics import median

from benchmarks.measure import Row, milliseconds, print_table

REPETITIONS = 9
AT_MOST = 0.002

RUN = "import sys, pytest; pytest.main(['--collect-only', *sys.argv[1:]])"
LIST = f"{RUN}; print(*sys.modules, file=sys.stderr)"
PLUGIN = ["-p", "pytest_threadcopy.plugin"]
EAGER = ["httpx", "jsonschema", "syrupy"]
_TIMED = re.compile(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", re.MULTILINE)


def python(folder: str, *arguments: str) -> str:
    """Run Python in a folder, with only the named pytest plugins; return its stderr."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    # From the second run on, the modules are compiled, like installed ones, but in another folder.
    environment |= {"PYTHONPYCACHEPREFIX": f"{folder}/compiled", "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stderr


def costs(folder: str, names: list[str]) -> dict[str, float]:
    """Import these modules after a pytest run; return the median seconds of each imported module.

    Pytest itself does not import them here, since Python does not time the imports of pytest's own importer.
    """
    code = f"{RUN}; print('done', file=sys.stderr); import {', '.join(names)}"
    runs = []
    for _ in range(1 + REPETITIONS):
        timed = _TIMED.findall(python(folder, "-X", "importtime", "-c", code).partition("done\n")[2])
        runs.append({name: int(microseconds) / 1e6 for microseconds, name in timed})
    return {name: median(run[name] for run in runs[1:]) for name in runs[0]}


def main() -> None:
    """Measure, and print every module that a pytest run imports because of the plugin."""
    with tempfile.TemporaryDirectory() as folder:
        without = python(folder, "-c", LIST).split()
        with_plugin = python(folder, "-c", LIST, *PLUGIN).split()
        plugin_costs = costs(folder, [name for name in with_plugin if name not in without])
        eager = sum(costs(folder, EAGER).values())
    total = sum(plugin_costs.values())
    print_table(
        "Imports at the start of a pytest run",
        [
            *(Row(f"`{name}`", milliseconds(seconds)) for name, seconds in plugin_costs.items()),
            Row("all that the plugin imports, against 2 ms", milliseconds(total), total / AT_MOST, 1),
            Row(
                "httpx, jsonschema and syrupy, which it does not import", milliseconds(eager), eager / AT_MOST
            ),
        ],
    )


if __name__ == "__main__":
    main()
