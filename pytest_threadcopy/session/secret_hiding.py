"""Takes secrets, and what a terminal would obey, out of all that pytest shows of a run.

Whatever a deployment repeats of what it was sent can end in a traceback, a warning, a log or a captured
output. So these are gone through where they come about, in each process, before anybody else sees them.
"""

import logging
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_threadcopy.session.pytest_private import filter_debug_log, filter_traceback
from pytest_threadcopy.text.redactor import IN_FORCE, Redactor
from pytest_threadcopy.text.secrets import ON_COOKIE
from pytest_threadcopy.text.terminal import visible

_COLOURS = re.compile(r"(\x1b\[[0-9;]*m)")
_OUR_PROPERTIES = "threadcopy_"


class SecretHiding:
    """Hooks that let nothing through but what ``redact`` returns.

    Args:
        config: Pytest's.
        redact: Takes the secrets out of a text.
    """

    def __init__(self, config: pytest.Config, redact: Redactor) -> None:
        self._redact = redact
        IN_FORCE.append(redact)
        ON_COOKIE.append(redact.learn)
        self._make_record = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self._record)
        filter_debug_log(config, redact)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_unconfigure(self) -> Generator[None, object, object]:
        """Let logs and snapshots be as they were."""
        try:
            with self._hidden_in_errors():
                return (yield)
        except KeyboardInterrupt:  # nobody handles that any more, and a traceback tells nothing
            raise SystemExit(int(pytest.ExitCode.INTERRUPTED)) from None
        finally:
            logging.setLogRecordFactory(self._make_record)
            IN_FORCE.remove(self._redact)
            ON_COOKIE.remove(self._redact.learn)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Go through what is raised when all is over, which Python shows, and not pytest."""
        with self._hidden_in_errors():
            return (yield)

    @contextmanager
    def _hidden_in_errors(self) -> Iterator[None]:
        try:
            yield
        except BaseException as raised:  # whatever it is, with what led to it: it goes on, without secrets
            error: BaseException | None = raised
            seen = set[int]()
            while error and id(error) not in seen:  # one can be its own cause
                seen.add(id(error))
                error.args = tuple(map(self._gone_through, error.args))
                error = error.__cause__ or error.__context__
            raise

    def _record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make_record(*args, **kwargs)
        try:
            told = record.getMessage()
        except Exception:  # noqa: BLE001 (a mistake of the user's, which whoever handles the record will tell)
            record.msg, record.args = self._gone_through(record.msg), self._gone_through(record.args)
        else:
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
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Go through it once more: that of a subtest gets its captured output only after it was made."""
        self._go_through(report)

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
        if isinstance(report, pytest.TestReport):
            report.user_properties = [
                (name, value)  # which was gone through already, under a name that is needed as it is
                if name.startswith(_OUR_PROPERTIES)
                else (self._shown(name), self._gone_through(value))
                for name, value in report.user_properties
            ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        """Go through the traceback of a crash, which has the arguments of functions in it."""
        self._gone_through(excrepr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Take the secrets out of the traceback of a Ctrl-C, which pytest makes when it shows it."""
        filter_traceback(excinfo, self._gone_through)

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
        if type(value) in (list, tuple, set, frozenset):
            return type(value)(map(self._gone_through, value))
        if type(value) is dict:
            return {self._gone_through(key): self._gone_through(one) for key, one in value.items()}
        if isinstance(value, bytes | int | float) and type(value) is not bool:
            told = str(value)
            shown = self._shown(told)
            return value if shown == told else shown
        if hasattr(value, "toterminal"):
            attributes = vars(value)
            for name, one in attributes.items():
                attributes[name] = one if isinstance(one, int) else self._gone_through(one)  # a line's number
        return value

    def _shown(self, text: str) -> str:
        # Colours stay: assertions of other plugins are coloured.
        parts = _COLOURS.split(self._redact(text))
        return "".join(part if _COLOURS.fullmatch(part) else visible(part, keep="\n\t\r") for part in parts)
