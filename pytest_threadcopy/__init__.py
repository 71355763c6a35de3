"""Tests, from a URL, whether a LangGraph-compatible deployment copies (forks) threads correctly.

The names below are loaded when first used: a pytest run that does not use the plugin pays for none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_threadcopy.histories.comparison import (
        Comparison,
        HistoriesDiffer,
        assert_histories_equal,
        compare_histories,
    )
    from pytest_threadcopy.histories.difference import Difference
    from pytest_threadcopy.schemas import SchemaViolation, assert_valid

_HOMES = {
    "Comparison": "histories.comparison",
    "Difference": "histories.difference",
    "HistoriesDiffer": "histories.comparison",
    "SchemaViolation": "schemas",
    "assert_histories_equal": "histories.comparison",
    "assert_valid": "schemas",
    "compare_histories": "histories.comparison",
}

__all__ = [
    "Comparison",
    "Difference",
    "HistoriesDiffer",
    "SchemaViolation",
    "assert_histories_equal",
    "assert_valid",
    "compare_histories",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
