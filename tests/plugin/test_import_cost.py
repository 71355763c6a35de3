"""An import of the package imports no heavy library."""

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("httpx", "jsonschema", "syrupy")

LIST_MODULES = """
import sys, pytest
code = pytest.main(sys.argv[1:])
print("modules:", *sys.modules)
sys.exit(code)
"""


def modules_of_a_run(folder: Path) -> set[str]:
    """Run pytest in a folder with this plugin alone, and return the names of the imported modules."""
    process = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, "-p", "pytest_threadcopy.plugin"],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "DEPLOYMENT_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return set(process.stdout.rpartition("modules:")[2].split())


def test_a_run_that_does_not_use_the_plugin_imports_no_heavy_library(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert 1 + 1 == 2\n", encoding="utf-8")

    modules = modules_of_a_run(tmp_path)

    assert "pytest_threadcopy.plugin" in modules
    assert modules.isdisjoint(HEAVY)


def test_a_run_that_does_not_use_the_plugin_imports_only_its_options_and_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert 1 + 1 == 2\n", encoding="utf-8")

    modules = modules_of_a_run(tmp_path)

    assert {name for name in modules if name.startswith("pytest_threadcopy")} == {
        "pytest_threadcopy",
        "pytest_threadcopy.config",
        "pytest_threadcopy.config.address",
        "pytest_threadcopy.config.options",
        "pytest_threadcopy.config.parsing",
        "pytest_threadcopy.plugin",
        "pytest_threadcopy.session",
        "pytest_threadcopy.session.fixtures",
    }


def test_neither_the_package_nor_its_snapshots_import_a_heavy_library() -> None:
    code = "import sys, pytest_threadcopy.snapshots; print(*sys.modules)"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert set(printed.split()).isdisjoint(HEAVY)


def test_it_works_outside_pytest_and_needs_nothing_but_the_standard_library() -> None:
    script = (
        "import sys; from pytest_threadcopy import assert_histories_equal as check\n"
        "check([{'values': 1}], [{'values': 1}])\n"
        "print(sorted({'pytest', 'httpx', 'jsonschema', 'syrupy'} & set(sys.modules)))\n"
        "check([{'values': 1}], [{'values': True}])"
    )
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert process.stdout == "[]\n"
    assert "HistoriesDiffer: the histories differ in 1 place" in process.stderr


def test_importing_the_module_does_not_import_jsonschema() -> None:
    code = "import sys, pytest_threadcopy.schemas; sys.exit('jsonschema' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
