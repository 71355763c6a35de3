"""Certificates that a server should not have, made by openssl."""

import ssl
import subprocess
from pathlib import Path

import pytest

_KEY = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=hostile"
_SIGN = "openssl x509 -req -in request.pem -signkey key.pem -extfile names.txt -out certificate.pem"


def certificate(folder: Path, *, name: str = "IP:127.0.0.1", days: int = 1) -> Path:
    """Make a self-signed certificate for a name; its key stands beside it.

    Args:
        folder: Where to put it.
        name: Whom it is for, as openssl writes it.
        days: How long it is valid from now on; a negative number for one that has expired.
    """
    (folder / "names.txt").write_text(f"subjectAltName={name}")
    try:
        for command in (f"{_KEY} -keyout key.pem -out request.pem", f"{_SIGN} -days {days}"):
            subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.fail("the tests need openssl")
    return folder / "certificate.pem"


def speaking(certificate: Path) -> ssl.SSLContext:
    """Return how a server with this certificate speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context
