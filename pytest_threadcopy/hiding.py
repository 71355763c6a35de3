"""Takes secrets, and what a terminal would obey, out of all that pytest shows of a run.

Whatever a deployment repeats of what it was sent can end in a traceback, a warning, a log or a captured
output. So these are gone through where they come about, in each process, before anybody else sees them.
"""

import logging
import re
from collections.abc import Callable, Generator
from typing import Any

import pytest

from pytest_threadcopy.report.cells import visible

_COLOURS = re.compile(r"(\x1b\[[0-9;]*m)")
_OUR_PROPERTIES = "threadcopy_"


class Hiding:
    """Hooks that let nothing through but what ``redact`` returns.

    Args:
        config: Pytest's.
        redact: Returns a text without the secrets in it.
    """

    def __init__(self, config: pytest.Config, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._make_record = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self._record)
        # ``--debug`` writes down what every hook is called with.
        write = getattr(config.trace.root, "_writer", None)
        if write:
            config.trace.root.setwriter(lambda text: write(redact(text)))

    def pytest_unconfigure(self) -> None:
        """Let logs be as they were."""
        logging.setLogRecordFactory(self._make_record)

    def _record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make_record(*args, **kwargs)
        told = record.getMessage()
        shown = self._shown(told)
        if shown != told:
            record.msg, record.args = shown, None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._shown(logging.Formatter().formatException(record.exc_info))
        return record

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Go through the report of a test."""
        report = yield
        self._go_through(report)
        report.user_properties = [
            (name, value if name.startswith(_OUR_PROPERTIES) else self._gone_through(value))
            for name, value in report.user_properties
        ]
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Go through the report of a collection."""
        report = yield
        self._go_through(report)
        return report

    def _go_through(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        for name in ("longrepr", "sections", "wasxfail"):
            if hasattr(report, name):
                setattr(report, name, self._gone_through(getattr(report, name)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        """Go through the traceback of a crash, which has the arguments of functions in it."""
        self._gone_through(excrepr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Go through that of a Ctrl-C, which is made by whoever shows it."""
        make = excinfo.getrepr
        vars(excinfo)["getrepr"] = lambda *args, **kwargs: self._gone_through(make(*args, **kwargs))

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: Any) -> None:
        """Go through a warning."""
        told = str(warning_message.message)
        shown = self._shown(told)
        if shown != told:
            warning_message.message = shown

    def _gone_through(self, value: Any) -> Any:
        """Return a value with every text in it gone through; what pytest makes of errors changes in place."""
        if isinstance(value, str):
            return self._shown(value)
        if type(value) is list and all(isinstance(one, str) for one in value):
            return self._shown("\n".join(value)).split("\n") if value else value  # the lines of one text
        if type(value) in (list, tuple):
            return type(value)(map(self._gone_through, value))
        if type(value).__module__.startswith(("_pytest._code", "_pytest.fixtures", __package__)):
            attributes = vars(value)
            for name, one in attributes.items():
                attributes[name] = self._gone_through(one)
        return value

    def _shown(self, text: str) -> str:
        # Colours stay: assertions of other plugins are coloured.
        parts = _COLOURS.split(self._redact(text))
        return "".join(part if _COLOURS.fullmatch(part) else visible(part, keep="\n\t\r") for part in parts)
