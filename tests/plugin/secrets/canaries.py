"""Secrets with a known start and end: the plugin gets them in every way, and tests search its output."""

import re
from base64 import b64encode
from itertools import chain
from pathlib import Path
from urllib.parse import quote, urlsplit


class Canary:
    """A secret whose two ends can be found, even if its middle was escaped.

    Args:
        name: A few letters and digits that appear nowhere else.
        middle: Characters that some formats escape.
    """

    def __init__(self, name: str, middle: str = "") -> None:
        self.name = name
        self.text = f"{name}head{middle}{name}tail"


KEY = Canary("qk1x", "\"\\<&>'%$`")
TOKEN = Canary("bt2x")
COOKIE = Canary("ck3x")
CUSTOM = Canary("cu4x")
SECOND = Canary("sd5x")
PASSWORD = Canary("pw6x", "@:/ %")
MARKED = Canary("mk7x", ' "n&m" Zoë ✓ ')
MARKED_BY_ENVIRONMENT = Canary("me8x")
CANARIES = (KEY, TOKEN, COOKIE, CUSTOM, SECOND, PASSWORD, MARKED, MARKED_BY_ENVIRONMENT)
USER = "someone"

HEADERS = {
    "x-api-key": KEY.text,
    "authorization": f"Bearer {TOKEN.text}",
    "cookie": f"theme=dark; session={COOKIE.text}; lang=en",
    "x-custom": CUSTOM.text,
}
"""The headers of the first identity."""
_BASIC = b64encode(f"{USER}:{PASSWORD.text}".encode()).decode()
_PARTS = re.compile(
    "|".join(
        [re.escape(part) for part in (_BASIC[:20], _BASIC[-20:])]
        + [f"{canary.name}[ht]" for canary in CANARIES]
    )
)


def with_password(url: str) -> str:
    """Return a URL with user info in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{USER}:{quote(PASSWORD.text, safe='')}@{parts.netloc}").geturl()


def give(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Write the secrets into a folder; return the options that name the files, and the environment."""
    files = {
        "--threadcopy-headers": "\n".join(f"{name}: {value}" for name, value in HEADERS.items()),
        "--threadcopy-secrets": MARKED.text,
    }
    options = []
    for option, content in files.items():
        file = folder / f"given{option}"
        file.write_text(content, encoding="utf-8")
        options += [option, str(file)]
    environment = {
        "DEPLOYMENT_SECOND_HEADERS": f"x-api-key: {SECOND.text}",
        "THREADCOPY_SECRETS": MARKED_BY_ENVIRONMENT.text,
    }
    return options, environment


def found_in(text: str) -> list[str]:
    """Return the places of canaries in a text, also of those that line breaks split."""
    matches = _PARTS.finditer(text), _PARTS.finditer("".join(text.split()))
    return list(
        dict.fromkeys(
            match.string[max(0, match.start() - 60) : match.end() + 20] for match in chain(*matches)
        )
    )


def found_below(folder: Path) -> dict[str, list[str]]:
    """Return the places of canaries in the files below a folder, by file; files of `give` do not count."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("given")]
    places = {str(file.relative_to(folder)): found_in(_text(file)) for file in files}
    return {name: canaries for name, canaries in places.items() if canaries}


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
