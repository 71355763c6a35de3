"""``pytest --threadcopy-list``: the requirements of the contract, for people."""

import textwrap
from itertools import groupby

from pytest_threadcopy.requirements import GROUPS
from pytest_threadcopy.session.catalogue import read_catalogue

_WIDTH = 80
_HEAD = """\
The thread-copy contract: {count} requirements.
A MUST binds, a SHOULD is expected, a MAY informs. Where each comes from:
  guide     LangGraph's how-to "Copying Threads"
  docs      LangSmith's page "Use threads"
  openapi   what deployments publish of themselves at /openapi.json
  protocol  the Agent Protocol"""


def list_requirements() -> int:
    """Print every requirement of the contract by group: its id, level, sentence and source.

    No deployment is needed. No line is longer than 80 columns.

    Returns:
        The exit code for pytest, 0.
    """
    catalogue = read_catalogue()
    print(_HEAD.format(count=len(catalogue)))
    for group, rows in groupby(catalogue, key=lambda row: row.group):
        print(f"\n{group}: {GROUPS[group]}")
        for row in rows:
            print(_indented(f"{row.id} ({row.level}): {row.title}", "  "))
            print(_indented(f"from {row.source}", "    "))
    return 0


def _indented(text: str, indent: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent="    ", break_on_hyphens=False
    )
