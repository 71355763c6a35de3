"""Takes secrets and control characters out of all that pytest shows of a run.

A deployment may repeat the headers of a request, and its answers reach tracebacks, warnings, logs and
captured output. The hooks clean each of them where it is made, in each process, before other plugins see it.
"""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_threadcopy.private import filter_debug_log, filter_traceback
from pytest_threadcopy.text.logs import RedactedLogs
from pytest_threadcopy.text.terminal import visible

_COLOURS = re.compile(r"(\x1b\[[0-9;]*m)")
_OUR_PROPERTIES = "threadcopy_"


class SecretHiding:
    """Hooks that redact each text and take the control characters out of it.

    Args:
        config: The configuration of this pytest session.
        redact: Takes the secrets out of a text.
    """

    def __init__(self, config: pytest.Config, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._logs = RedactedLogs(self._cleaned)
        filter_debug_log(config, redact)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_unconfigure(self) -> Generator[None, object, object]:
        """Clean errors until the end, then stop cleaning logs."""
        try:
            with self._cleaned_errors():
                return (yield)
        except KeyboardInterrupt:  # pytest no longer handles it here, and Python would print a traceback
            raise SystemExit(int(pytest.ExitCode.INTERRUPTED)) from None
        finally:
            self._logs.remove()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Clean the errors of this late hook: Python prints them, not pytest."""
        with self._cleaned_errors():
            return (yield)

    @contextmanager
    def _cleaned_errors(self) -> Iterator[None]:
        try:
            yield
        except BaseException as raised:  # it is raised again, cleaned, with its causes
            error: BaseException | None = raised
            cleaned = set[int]()
            while error and id(error) not in cleaned:  # an error can be its own cause
                cleaned.add(id(error))
                error.args = tuple(map(self._cleaned, error.args))
                error = error.__cause__ or error.__context__
            raise

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Clean the report of a test."""
        report = yield
        self._clean(report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Clean the report again: pytest adds captured output to that of a subtest only now."""
        self._clean(report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Clean the report of a collection."""
        report = yield
        self._clean(report)
        return report

    def _clean(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        for name in ("longrepr", "sections", "wasxfail"):
            if hasattr(report, name):
                setattr(report, name, self._cleaned(getattr(report, name)))
        if isinstance(report, pytest.TestReport):
            report.user_properties = [
                (name, value)  # cleaned already
                if name.startswith(_OUR_PROPERTIES)
                else (self._cleaned_text(name), self._cleaned(value))
                for name, value in report.user_properties
            ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        """Clean the traceback of a crash: it shows the arguments of functions."""
        self._cleaned(excrepr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Clean the traceback of a Ctrl-C, which pytest makes when it shows it."""
        filter_traceback(excinfo, self._cleaned)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: Any) -> None:
        """Clean a warning."""
        text = str(warning_message.message)
        cleaned = self._cleaned_text(text)
        if cleaned != text:
            warning_message.message = cleaned

    def _cleaned(self, value: Any) -> Any:
        """Return a value with every text in it cleaned. Change pytest's view of an error in place."""
        if isinstance(value, str):
            return self._cleaned_text(value)
        if type(value) is list and all(isinstance(one, str) for one in value):
            return (
                self._cleaned_text("\n".join(value)).split("\n") if value else value
            )  # the lines of one text
        if type(value) in (list, tuple, set, frozenset):
            return type(value)(map(self._cleaned, value))
        if type(value) is dict:
            return {self._cleaned(key): self._cleaned(one) for key, one in value.items()}
        if isinstance(value, bytes | int | float) and type(value) is not bool:
            text = str(value)
            cleaned = self._cleaned_text(text)
            return value if cleaned == text else cleaned
        if hasattr(value, "toterminal"):
            attributes = vars(value)
            for name, one in attributes.items():
                attributes[name] = one if isinstance(one, int) else self._cleaned(one)  # a line number stays
        return value

    def _cleaned_text(self, text: str) -> str:
        # Colours stay: other plugins colour their assertions.
        parts = _COLOURS.split(self._redact(text))
        return "".join(part if _COLOURS.fullmatch(part) else visible(part, keep="\n\t\r") for part in parts)
