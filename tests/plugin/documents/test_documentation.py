"""The tests run every command and snippet of the README."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [line for language, text in BLOCKS if language == "console" for line in text.splitlines()]


def test_readmes_own_tests_pass(pytester: pytest.Pytester, embedded_url: str) -> None:
    pytester.makepyfile(next(text for text in PYTHON if "def test_" in text))
    run = ("--deployment-url", embedded_url, "-p", "no:cacheprovider", "test_readmes_own_tests_pass.py")
    pytester.runpytest_subprocess(*run, "--snapshot-update").assert_outcomes(passed=2)
    pytester.runpytest_subprocess(*run).assert_outcomes(passed=2)


def test_readmes_comparison_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    exec(next(text for text in PYTHON if "compare_histories" in text), {})
    assert capsys.readouterr().out in [text for language, text in BLOCKS if language == "text"]


def test_readmes_waiver_is_valid(tmp_path: Path) -> None:
    from pytest_threadcopy.config.waivers import read_waivers

    file = tmp_path / "waivers.toml"
    file.write_text(next(text for language, text in BLOCKS if language == "toml"))
    assert [waiver.id for waiver in read_waivers(file, {"CONT-03"})] == ["CONT-03"]


def test_the_readme_lists_every_option() -> None:
    from pytest_threadcopy.config.options import OPTIONS

    rows = re.findall(r"^\| `(--[\w-]+)[^|]*\| ([^|]*)\|", README, re.MULTILINE)
    assert [flag for flag, _ in rows] == [option.flag for option in OPTIONS]
    for (_, environment), option in zip(rows, OPTIONS, strict=True):
        assert not option.env or f"`{option.env}`" in environment


def test_the_readmes_two_commands_are_in_the_gate() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line.partition("#")[0].removeprefix("$ ").strip() for line in COMMANDS[:2]] == [
        "make contract",
        "make test",
    ]
    assert {"make contract", "make test"} <= set(gate)


def test_readmes_other_commands_are_known() -> None:
    # Other tests run these: test_contract.py, plugin/test_several_deployments.py and test_embedded.py. CI
    # installs the wheel.
    assert COMMANDS[2:] == [
        '$ pip install "pytest-threadcopy[embedded]"',
        "$ pytest --deployment-url https://your.deployment.example",
        "$ pytest --deployment-url staging=https://staging.example "
        "--deployment-url production=https://prod.example",
        "$ python -m pytest_threadcopy.embedded",
    ]


def test_readme_counts_the_requirements() -> None:
    from pytest_threadcopy.session.catalogue import read_catalogue

    assert f"{len(read_catalogue())} requirements" in README


def test_readme_counts_the_faults() -> None:
    from tests.lab.faults.catalogue import FAULTS

    assert f"of {len(FAULTS)} faults" in README


def test_comparison_works_outside_of_pytest() -> None:
    code = (
        next(text for text in PYTHON if "compare_histories" in text)
        + "import sys; assert 'pytest' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
