"""``make`` installs the programs that it needs where it can, and else names them in one message."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SYSTEM = ROOT / ".ci" / "system"
COMMANDS = ("python3", "node", "npm", "curl", "jq", "git", "openssl", "tmux", "chromium", "initdb")
PACKAGES = "python3 python3-venv nodejs npm curl jq git openssl tmux chromium"
APT = 'echo "$*" >>"$LOG"\n[ "$1" = update ] || for name in $STUBS; do printf "#!/bin/sh\\n" >"$BIN/$name"; '
APT += 'chmod +x "$BIN/$name"; done'

Machine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Run the script on a machine with these commands, and those that the script itself uses."""
    folder = tmp_path / "bin"
    folder.mkdir()
    # The commands that the script itself uses come from the real machine.
    for name in ("bash", "grep", "chmod"):
        (folder / name).symlink_to(str(shutil.which(name)))

    def write(name: str, text: str = "") -> None:
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    def run(
        target: str, *commands: str, root: bool = False, apt: str | None = None, picked: str = ""
    ) -> subprocess.CompletedProcess[str]:
        for name in commands:
            write(name)
        write("id", f"echo {0 if root else 1000}")
        if apt is not None:
            write("apt-get", apt)
        environment = {
            "PATH": str(folder),
            "BIN": str(folder),
            "STUBS": " ".join(COMMANDS),
            "LOG": str(tmp_path / "apt.log"),
            "HOME": str(tmp_path),
            "K": picked,
            "OS_RELEASE": str(tmp_path / "os-release"),
        }
        return subprocess.run(
            ["bash", str(SYSTEM), target], env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_a_machine_that_has_all_installs_nothing(machine: Machine) -> None:
    result = machine("deployments", *COMMANDS, root=True, apt="exit 1")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_contract_needs_only_python(machine: Machine) -> None:
    assert machine("contract", "python3").returncode == 0
    assert machine("test", "python3").returncode == 1


def test_all_that_is_missing_is_named_in_one_message(machine: Machine) -> None:
    result = machine("test", apt="exit 1")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "make test needs what this machine lacks:",
        "  Python 3.11 or later, with venv",
        "  Node 18 or later",
        *(f"  {name}" for name in ("npm", "curl", "jq", "git", "openssl", "tmux", "Chromium")),
        f"Debian and Ubuntu have it in these packages: {PACKAGES}",
    ]


def test_root_installs_all_that_is_missing_at_once(machine: Machine, tmp_path: Path) -> None:
    result = machine("test", root=True, apt=APT)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "apt.log").read_text().splitlines() == ["update -qq", f"install -y -qq {PACKAGES}"]


def test_ubuntus_chromium_has_another_name(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text("NAME=Ubuntu\nID=ubuntu\n")
    machine("test", *COMMANDS[:-2], root=True, apt=APT)
    assert "install -y -qq chromium-browser" in (tmp_path / "apt.log").read_text()


def test_a_python_without_a_package_is_named_although_the_rest_can_be_installed(machine: Machine) -> None:
    result = machine("deployments", *COMMANDS[1:], root=True, apt="exit 0")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-2:] == [
        "No package of Debian 12 has Python 3.12 or 3.13 for Aegra, with venv: install it yourself",
        "Debian and Ubuntu have the rest in these packages: python3 python3-venv",
    ]


@pytest.mark.parametrize("picked", ["", "aegra", "Aegra", "not sqlite"])
def test_deployments_need_aegras_programs_if_aegra_is_picked(machine: Machine, picked: str) -> None:
    assert "for Aegra" in machine("deployments", picked=picked).stderr


def test_deployments_without_aegra_do_not_need_its_programs(machine: Machine) -> None:
    assert "for Aegra" not in machine("deployments", picked="sqlite").stderr


@pytest.mark.parametrize("goals", [["test"], ["nightly"], ["-j2", "test"], ["-j2", "nightly"]])
def test_make_checks_the_longest_list_first(goals: list[str]) -> None:
    command = ["make", "--no-print-directory", "--always-make", "--dry-run", *goals]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0] == f"bash .ci/system {'deployments' if 'nightly' in goals else 'test'}"


def test_make_test_says_what_it_leaves_out_before_pytest_runs() -> None:
    command = ["make", "--no-print-directory", "--dry-run", "test"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert output.index("does not run the contract on Aegra") < output.index("pytest -n 2")


def test_a_program_that_cannot_be_installed_is_named(machine: Machine) -> None:
    result = machine("test", *COMMANDS[:-2], root=True, apt="exit 100")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "apt-get failed",
        "make test needs what this machine lacks:",
        "  Chromium",
        "Debian and Ubuntu have it in these packages: chromium",
    ]
