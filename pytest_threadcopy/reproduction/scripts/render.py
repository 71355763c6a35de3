"""Fills in the jinja2 templates of the scripts, which stand beside this file."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_threadcopy.reproduction.evidence.views import OWN
from pytest_threadcopy.reproduction.scripts.replay import Replay

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, replay: Replay, **language: Any) -> str:
    """Return the script of a replay. ``language`` has the functions with which the template quotes values."""
    return _scripts().get_template(template).render(language, replay=replay, OWN=OWN)


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
