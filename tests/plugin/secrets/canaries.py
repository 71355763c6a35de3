"""Secrets that are known by sight: given to the plugin in every way, and looked for in all that it says."""

import re
from base64 import b64encode
from itertools import chain
from pathlib import Path
from urllib.parse import quote, urlsplit


class Canary:
    """A secret of which each end is found, whatever its middle was turned into.

    Args:
        name: A few letters and digits that nothing else has.
        middle: What is escaped in one medium or another.
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
"""What the first identity sends."""
_BASIC = b64encode(f"{USER}:{PASSWORD.text}".encode()).decode()
_PARTS = re.compile(
    "|".join(
        [re.escape(part) for part in (_BASIC[:20], _BASIC[-20:])] + [f"{one.name}[ht]" for one in CANARIES]
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
    """Return where canaries are in a text, or where they would be, were it not wrapped."""
    found = _PARTS.finditer(text), _PARTS.finditer("".join(text.split()))
    return list(dict.fromkeys(one.string[max(0, one.start() - 60) : one.end() + 20] for one in chain(*found)))


def found_below(folder: Path) -> dict[str, list[str]]:
    """Return which canaries are in the files below a folder, but for those that `give` wrote, by the file."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("given")]
    found = {str(file.relative_to(folder)): found_in(_text(file)) for file in files}
    return {name: canaries for name, canaries in found.items() if canaries}


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
