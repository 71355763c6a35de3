"""Values that a deployment may be tempted to change."""

from pytest_threadcopy.schemas import Json

VALUES: Json = {
    "scripts": "naïve Ελληνικά русский 漢字 عربى हिन्दी 👩‍👩‍👧 e\u0301 \u00e9",
    "controls": 'tab\t, newline\n, quote", backslash\\, \u0001, \u2028',
    "null": None,
    "empty": ["", [], {}, [[]], [{}], [None], {"nothing": None}],
    "deep": [[[[[[[[[[{"a": {"b": {"c": {"d": "e"}}}}]]]]]]]]]],
    "integers": [0, -1, 2**31, 2**53 - 1, 2**53 + 1, -(2**53) - 1, 2**63 - 1],
    "floats": [1.0, 0.5, 1e-7, 1.7976931348623157e308, -2.5, -0.0],
    "booleans": [True, False, 1, 0],
    "numerals": ["12", "-0.50", "1e3", "0x10", "NaN"],
    "words": ["true", "False", "null", "None", "undefined"],
    "times": ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.120+01:00", "2026-11-22"],
    "json": ['{"a": 1}', "[1, 2]", '"quoted"'],
    "markup": "a < b > c && d &amp; <b>bold</b> <script>alert('1')</script> <!-- c --> %41 {{d}} ${e}",
    "spaces": [" leading", "trailing ", " ", "\n\n", "two  spaces", "\u00a0"],
    "repeated": [1, 1, "a", "a", [], [], {"a": 1}, {"a": 1}],
    "keys": {"": 1, "a.b": 2, "$set": 3, "Upper": 4, "upper": 5, "a b": 6, "0": 7, "-": 8, "é": 9},
    "long": "0123456789abcdef" * 65_536 + "g",
    "thread_id": "not a thread",
    "checkpoint": {"thread_id": "nor this", "checkpoint_id": None},
}
"""Scripts, nulls, numbers, texts that look like other types, markup, a long text, keys of the deployment."""
