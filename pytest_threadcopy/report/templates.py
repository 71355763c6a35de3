"""The templates of the reports, in which each text is escaped unless it is marked as markup."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template


def load_template(
    path: Path, text: Callable[[str], str], *, filters: Mapping[str, object], names: Mapping[str, object]
) -> Template:
    """Return a template that can use these filters and names; ``text`` is called for each text in it."""

    def finalized(value: object) -> object:
        return text(str(value)) if isinstance(value, str) and not hasattr(value, "__html__") else value

    environment = Environment(
        loader=FileSystemLoader(path.parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    environment.globals |= names
    return environment.get_template(path.name)
