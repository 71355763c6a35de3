"""The jinja2 templates of the scripts, which stand beside this file."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **variables: Any) -> str:
    """Return a script. No variable may be a text of the deployment that is not quoted for the language."""
    return _scripts().get_template(template).render(variables)


@cache
def _scripts() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        # A script is no HTML: the writer of each language quotes values for that language.
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
