"""How the benchmarks measure time, and how they print their tables."""

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple


class Row(NamedTuple):
    """One row of a table: its label, the measured value, its ratio, and the limit of the ratio."""

    label: str
    measured: str
    ratio: float | None = None
    at_most: float | None = None


def medians(
    calls: Mapping[str, Callable[[], object]],
    repetitions: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median seconds of each call.

    The calls alternate, so that a slow moment of the machine slows all of them. Garbage is collected between
    calls only. For calls that neither wait nor start threads, ``clock`` is best ``time.process_time``: on a
    busy machine, other processes interrupt the longer of two calls more often.
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
    return {name: median(times) for name, times in seconds.items()}


def milliseconds(seconds: float) -> str:
    """Write a time in milliseconds."""
    return f"{seconds * 1000:,.1f} ms"


def print_table(title: str, rows: list[Row]) -> None:
    """Print a table in Markdown, as the README shows it."""
    print(f"\n**{title}**\n")
    print("| | measured | ratio | at most | |")
    print("|---|---:|---:|---:|---|")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:,.2f}"
        at_most, verdict = "", ""
        if row.at_most is not None and row.ratio is not None:
            at_most, verdict = f"{row.at_most:g}", "met" if row.ratio <= row.at_most else "**missed**"
        print(f"| {row.label} | {row.measured} | {ratio} | {at_most} | {verdict} |")
