"""Hides secrets in 1 MB of text: in a text without a secret, and in a text of repeated starts of cookies."""

import json
import string
import time
from collections.abc import Callable
from functools import partial
from random import Random

from benchmarks.measure import Row, medians, milliseconds, print_table
from pytest_threadcopy.text.secrets import Redactor

SIZE = 1_000_000
AT_MOST_WITHOUT_SECRETS = 0.005
AT_MOST_WITH_STARTS = 1.0
COOKIES = 60


def main() -> None:
    """Measure, and print each time against its limit."""
    choice = Random(7)
    tokens = ["".join(choice.choices(string.ascii_letters + string.digits, k=40)) for _ in range(COOKIES)]
    messages = [{"id": number, "content": 'Where to go? Read "this".\n'} for number in range(SIZE // 50)]
    redact = Redactor(f"key-{token}" for token in tokens[:8])
    redact_cookies = Redactor()
    for number, token in enumerate(tokens):
        redact_cookies.learn(f"session-{number:02}-{token}")
    without = {"JSON": json.dumps(messages)[:SIZE], "indented JSON": json.dumps(messages, indent=1)[:SIZE]}
    starts = {text: (text * (SIZE // len(text)))[:SIZE] for text in ("session-", "session-1", "sess...")}
    dashed, long = Redactor(), Redactor()
    dashed.learn("-".join(["ab"] * 31) + "-END1")
    for token in tokens:
        long.learn("AAAA" + token * 97)
    near: dict[str, Callable[[], str]] = {
        "a cookie with 30 dashes, almost": partial(dashed, "-".join(["ab"] * 31) + "-END2 END1"),
        "`A` repeated, the start of 60 long cookies": partial(long, "A" * SIZE),
    }
    calls: dict[str, Callable[[], str]] = {name: partial(redact, text) for name, text in without.items()}
    calls |= {name: partial(redact_cookies, text) for name, text in starts.items()}
    calls.update(near)
    seconds = medians(calls, repetitions=5, clock=time.process_time)
    print_table(
        "Hiding secrets in 1 MB",
        [
            *(_row(f"{name} without a secret", seconds[name], AT_MOST_WITHOUT_SECRETS) for name in without),
            *(
                _row(f"`{name}` repeated, the start of {COOKIES} cookies", seconds[name], AT_MOST_WITH_STARTS)
                for name in starts
            ),
            *(_row(name, seconds[name], AT_MOST_WITH_STARTS) for name in near),
        ],
    )


def _row(label: str, seconds: float, at_most: float) -> Row:
    return Row(f"{label}, against {milliseconds(at_most)}", milliseconds(seconds), seconds / at_most, 1)


if __name__ == "__main__":
    main()
