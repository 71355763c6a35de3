"""The summary of a run as lines for a terminal, made from the report document."""

from pytest_threadcopy.report.document import (
    Deployment,
    Report,
    ResultRow,
    ended,
    group_of,
    obstacle,
    of_group,
    of_level,
    reached,
    was_tested,
)
from pytest_threadcopy.report.marks import LISTED, OPEN, OUTCOMES, word
from pytest_threadcopy.report.terminal.parts import (
    GROUP_CELLS,
    TITLE_CELLS,
    Line,
    Span,
    fraction,
    heading,
    identity,
    legend,
    letters,
    plain,
    sentence,
    untestable,
    verdict_line,
    verdict_lines,
)
from pytest_threadcopy.report.terminal.several import by_label, summary_of_several
from pytest_threadcopy.report.verdict_text import learned
from pytest_threadcopy.requirements import GROUPS, Level
from pytest_threadcopy.text.terminal import one_line, pad, shorten, width, wrap

_COLUMN_CELLS = 7
_LEARNED_LINES = 4
_LETTERS_CELLS = 12


def summary_lines(report: Report, cells: int) -> list[Line]:
    """Return the findings of a run in lines of at most ``cells`` cells, which must be 60 or more."""
    deployments = report["deployments"]
    several = len(deployments) > 1
    lines = summary_of_several(deployments, cells) if several else _summary_of_one(deployments[0], cells)
    return [_without_end_space(line) for line in lines]


def _summary_of_one(deployment: Deployment, cells: int) -> list[Line]:
    lines = identity(deployment, "deployment", cells)
    learned_line = one_line(learned(deployment["capabilities"]))
    lines += plain(wrap(learned_line, cells, "  ", "  ", most=_LEARNED_LINES))
    if was_tested(deployment):
        rows = reached(deployment["requirements"])
        lines += [[], *_groups(rows, cells)]
        total = len(deployment["requirements"])
        lines += plain([f"  not run: {total - len(rows)} of {total} requirements"] * (len(rows) < total))
        for outcome in LISTED:
            if of_outcome := ended(rows, outcome):
                lines += [heading(len(of_outcome), outcome)]
                lines += plain(sentence(row, cells) for row in of_outcome)
        lines += untestable({"": rows}, cells)
    return [*lines, [], *verdict_lines(deployment, "verdict", cells)]


def _groups(rows: list[ResultRow], cells: int) -> list[Line]:
    """Return a line for each group that was reached: how many of each level passed, how the others ended."""
    levels = [level for level in Level if of_level(rows, level)]
    room = cells - 2 - GROUP_CELLS - _COLUMN_CELLS * len(levels) - 2 - _LETTERS_CELLS
    title_cells = min(TITLE_CELLS, room)
    head = "".join(level.rjust(_COLUMN_CELLS) for level in levels)
    lines = plain([" " * (2 + GROUP_CELLS + title_cells) + head + "  not passed"])
    for group in dict.fromkeys(map(group_of, rows)):
        part = of_group(rows, group)
        counts = "".join(fraction(of_level(part, level)).rjust(_COLUMN_CELLS) for level in levels)
        title = pad(GROUPS.get(group, ""), title_cells)
        lines.append([Span(f"  {pad(group, GROUP_CELLS)}{title}{counts}  "), *letters(part, _LETTERS_CELLS)])
    return lines + legend(rows, cells)


def brief_lines(report: Report, cells: int) -> list[Line]:
    """Return the short summary, as with ``-q``: the requirements to act on, and the verdicts."""
    named = by_label(report["deployments"])
    where = {label: f" on {label}" if len(named) > 1 else "" for label in named}
    lines: list[Line] = []
    for outcome in OPEN:
        for label, deployment in named.items():
            for row in ended(reached(deployment["requirements"]), outcome):
                text = f" {row['id']}{where[label]}: {one_line(row['title'])}"
                start = Span(word(outcome), OUTCOMES[outcome].colour)
                lines.append([start, Span(shorten(text, cells - len(outcome)))])
    for label, deployment in named.items():
        line = verdict_line(deployment, f"verdict{where[label]}")
        if why := obstacle(deployment):
            room = cells - sum(width(span.text) for span in line)
            line.append(Span(shorten(f": {one_line(why)}", room)))
        lines.append(line)
    return lines


def _without_end_space(line: Line) -> Line:
    *before, last = line or [Span("")]
    last = last._replace(text=last.text.rstrip(" "))
    return [*before, last] if last.text or not before else _without_end_space(before)
