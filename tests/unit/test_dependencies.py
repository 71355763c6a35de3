"""Which module knows which other (CONTRIBUTING, "Dependencies point one way")."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "pytest_threadcopy"
IMPORTS = re.compile(r"^\s*(?:from|import) pytest_threadcopy\.([\w.]+)", re.MULTILINE)
COMPARISON = {
    f"histories.{name}"
    for name in ("comparison", "alignment", "side", "outlines", "difference", "thread_ids")
}


def known_by() -> dict[str, set[str]]:
    """Return for each module of the package those that it imports, also inside its functions."""
    return {
        file.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", "."): set(
            IMPORTS.findall(file.read_text(encoding="utf-8"))
        )
        for file in PACKAGE.rglob("*.py")
    }


def test_the_contract_and_the_report_are_known_by_themselves_and_the_plugin_alone() -> None:
    above = ("contract.", "report.")
    knowing = {
        module
        for module, known in known_by().items()
        if any(one.startswith(above) for one in known) and not module.startswith(above)
    }
    assert knowing == {"plugin"}


def test_the_comparison_knows_nothing_but_json() -> None:
    known = known_by()
    assert set().union(*(known[module] for module in COMPARISON)) <= COMPARISON
