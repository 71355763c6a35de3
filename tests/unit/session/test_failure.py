"""The text in place of a traceback if a requirement fails."""

import io
from dataclasses import replace
from typing import Any

import pytest

from pytest_threadcopy.requirements import Level, Outcome, Result
from pytest_threadcopy.session.failure import Failure, failure_text

FAILED = Result(
    "SAME-01",
    Level.MUST,
    "The whole history is equal, newest to oldest, except for structural thread ids.",
    'guide ("the same history as the existing thread")',
    outcome=Outcome.VIOLATED,
    reason="copy 9ab3 of source 1f2e differs\n"
    "history[0]: checkpoint 7, next null\n"
    "  values.n\n"
    "    original: 1\n"
    "    copy:     2",
    steps=["created thread 1f2e of assistant agent with 4 supersteps", "copied it to 9ab3: 200"],
    reproduction={
        "javascript": "console.log(await client.threads.getHistory(copy));\n",
        "curl": 'curl -s "$DEPLOYMENT_URL/threads/$COPY/history?limit=100" \\\n\t| jq -S .\n',
        "python": "print(client.threads.get_history(copy))\n",
    },
)
BARE = Result(
    "NEW-02",
    Level.SHOULD,
    "The code is 200.",
    'guide ("a new thread")',
    outcome=Outcome.DEVIATED,
    reason="it answered 201",
)
WHOLE = """\
SAME-01 (MUST): The whole history is equal, newest to oldest, except for structural thread ids.
Source: guide ("the same history as the existing thread")

What was done:
  1. created thread 1f2e of assistant agent with 4 supersteps
  2. copied it to 9ab3: 200

What was expected, and what was seen:
  copy 9ab3 of source 1f2e differs
  history[0]: checkpoint 7, next null
    values.n
      original: 1
      copy:     2

--- See it yourself with cURL (in bash, with jq) -------------------------------
curl -s "$DEPLOYMENT_URL/threads/$COPY/history?limit=100" \\
\t| jq -S .

--- See it yourself with the Python SDK (langgraph-sdk) ------------------------
print(client.threads.get_history(copy))

--- See it yourself with the JavaScript SDK (@langchain/langgraph-sdk) ---------
console.log(await client.threads.getHistory(copy));
"""


def test_the_text_has_the_sentence_the_steps_the_result_and_the_scripts() -> None:
    assert failure_text(FAILED) == WHOLE


def test_a_short_text_has_only_the_script_in_curl() -> None:
    assert failure_text(FAILED, short=True) == WHOLE[: WHOLE.index("\n--- See it yourself with the Python")]


def test_an_unknown_part_is_left_out() -> None:
    assert failure_text(BARE) == (
        "NEW-02 (SHOULD): The code is 200.\n"
        'Source: guide ("a new thread")\n'
        "\n"
        "What was expected, and what was seen:\n"
        "  it answered 201\n"
    )


def test_a_script_is_left_as_it_is_however_long_its_lines_are() -> None:
    line = f"    curl -d '{'x' * 200}'"
    assert f"\n{line}\n" in failure_text(replace(FAILED, reproduction={"curl": line}))


@pytest.mark.parametrize("key", ["title", "reason", "source", "steps", "reproduction"])
def test_an_escape_sequence_is_shown_as_text_in_every_part(key: str) -> None:
    hostile = "\x1b]0;owned\x07"
    value: Any = {"steps": [hostile], "reproduction": {"curl": hostile}}.get(key, hostile)
    text = failure_text(replace(FAILED, **{key: value}))
    assert r"\x1b]0;owned\x07" in text
    assert "\x1b" not in text


def test_pytest_is_given_the_first_line_for_its_short_summary() -> None:
    failure = Failure(WHOLE, "test_it.py", 6)
    assert failure.reprcrash.message == WHOLE.splitlines()[0]
    assert str(failure) == WHOLE


def test_pytest_is_given_the_whole_text_for_the_failures() -> None:
    class Writer(io.StringIO):
        def line(self, text: str) -> None:
            self.write(text)

    writer = Writer()
    Failure(WHOLE, "test_it.py", 6).toterminal(writer)
    assert writer.getvalue() == WHOLE
