"""Runs generated scripts, as a user does who pastes them, all three at once."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

COMMANDS = {
    "curl": ("bash", "see.sh"),
    "python": (sys.executable, "see.py"),
    "javascript": ("node", "see.mjs"),
}
SECONDS = 60
NO_DIFFERENCE = "no difference"


def run_scripts(
    scripts: Mapping[str, str], folder: Path, url: str, environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Run the scripts on the deployment at a URL; return the output of each, with errors, by its language."""
    running = {}
    for language, script in scripts.items():
        program, name = COMMANDS[language]
        (folder / name).write_text(script, encoding="utf-8")
        running[language] = subprocess.Popen(
            [program, name],
            cwd=folder,
            env={**os.environ, **(environment or {}), "DEPLOYMENT_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return {language: process.communicate(timeout=SECONDS)[0] for language, process in running.items()}


def one_by_one(
    run: Callable[..., dict[str, str]], scripts: Mapping[str, str], url: str, environment: Mapping[str, str]
) -> dict[str, str]:
    """Run the scripts one after another, because they would disturb each other."""
    return {
        language: run({language: script}, url, environment)[language] for language, script in scripts.items()
    }


def outcome(output: str) -> str:
    """Return the result of a script that compares, ``differs`` or ``same``; without a result, its output."""
    if "Traceback" in output or "at file:" in output:
        return output
    if NO_DIFFERENCE in output:
        return "same"
    return "differs" if "@@ -" in output or "actual - expected" in output else output


DIFFERS = dict.fromkeys(COMMANDS, "differs")
SAME = dict.fromkeys(COMMANDS, "same")
