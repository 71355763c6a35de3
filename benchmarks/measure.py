"""How the benchmarks measure, and how they print what they found."""

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple


class Row(NamedTuple):
    """One line of a table: what was measured, what it came to, and what it must be at most."""

    what: str
    measured: str
    ratio: float | None = None
    at_most: float | None = None


def medians(
    calls: Mapping[str, Callable[[], object]],
    repetitions: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median seconds of each call.

    The calls take turns, so that a machine that slows down meanwhile slows all of them, and garbage is
    collected between them only. What neither waits nor starts threads is best timed by
    ``time.process_time``: on a busy machine the longer of two calls is interrupted more often.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repetitions):
        for name, call in calls.items():
            gc.collect()
            gc.disable()
            try:
                start = clock()
                call()
                seconds[name].append(clock() - start)
            finally:
                gc.enable()
    return {name: median(found) for name, found in seconds.items()}


def milliseconds(seconds: float) -> str:
    """Write a time in milliseconds."""
    return f"{seconds * 1000:,.1f} ms"


def print_table(title: str, rows: list[Row]) -> None:
    """Print a table in Markdown, as the README keeps it."""
    print(f"\n**{title}**\n")
    print("| | measured | ratio | at most | |")
    print("|---|---:|---:|---:|---|")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:,.2f}"
        at_most, said = "", ""
        if row.at_most is not None and row.ratio is not None:
            at_most, said = f"{row.at_most:g}", "met" if row.ratio <= row.at_most else "**missed**"
        print(f"| {row.what} | {row.measured} | {ratio} | {at_most} | {said} |")
