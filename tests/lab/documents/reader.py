"""A reader of a page below docs/: runs its commands and compares their output with the page."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from pytest_threadcopy.embedded.server import (
    FOREIGN_PREFIXES,
    OWN_VARIABLES,
    START_SECONDS,
    answers,
    free_port,
)
from tests.lab.documents.pages import Block, commands
from tests.lab.runs import FOREIGN_PREFIXES as OUTER_PREFIXES
from tests.lab.runs import OTHER_PLUGINS

WHO = ("AUTHOR", "COMMITTER")


class Reader:
    """Follows a page in a folder, with the server on a free port in place of port 2024.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.folder.mkdir()
        self._notes = folder
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None
        foreign = (*FOREIGN_PREFIXES, *OUTER_PREFIXES, "GIT_")
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
            **OWN_VARIABLES,
            **{f"GIT_{who}_{what}": "reader@example.com" for who in WHO for what in ("NAME", "EMAIL")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "COLUMNS": "80",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTEST_ADDOPTS": " ".join(option for option in OTHER_PLUGINS if "asyncio" not in option),
        }

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_server()

    def do(self, block: Block) -> None:
        """Write the file of a block, or run its commands and compare what they print."""
        if block.file:
            (self.folder / block.file).write_text(self._here(block.text))
            return
        for command, expected in commands(block):
            if command.startswith("langgraph dev"):
                self._serve(command)
            elif command.startswith("export "):
                name, _, value = self._here(command).removeprefix("export ").partition("=")
                self._environment[name] = value
            elif not command.startswith("pip install"):
                printed = self.run(command)
                assert shows(expected, printed), f"{command} printed:\n" + "\n".join(printed)

    def run(self, command: str) -> list[str]:
        """Run a command and return the lines that it prints."""
        done = subprocess.run(
            ["bash", "-c", f"{self._here(command)}; pwd >{self._notes}/folder"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        self.folder = Path((self._notes / "folder").read_text().strip())
        return done.stdout.splitlines()

    def _serve(self, command: str) -> None:
        """Start the server, after stopping the one that runs."""
        self._stop_server()
        log = self._notes / "server.log"
        with log.open("wb") as output:
            self._server = subprocess.Popen(
                f"exec {command} --port {self._port}",
                shell=True,
                cwd=self.folder,
                env=self._environment,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + START_SECONDS
        while not answers(self._port):
            assert self._server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)

    def _stop_server(self) -> None:
        if self._server:
            self._server.terminate()
            self._server.wait(START_SECONDS)

    def _here(self, text: str) -> str:
        return text.replace(":2024", f":{self._port}")


def shows(expected: list[str], printed: list[str]) -> bool:
    """Tell whether these lines were printed, in order; a line ``...`` stands for any lines."""
    pattern = "".join("(?:.*\n)*?" if line == "..." else re.escape(f"{_steady(line)}\n") for line in expected)
    return bool(re.fullmatch(pattern, "".join(f"{_steady(line)}\n" for line in printed)))


def _steady(line: str) -> str:
    """Return a line without what differs from run to run: durations, and the length of rulers."""
    return re.sub(r"([=_-])\1{3,}", r"\1", re.sub(r"in \d+\.\d+s", "in 0.00s", line)).rstrip()
