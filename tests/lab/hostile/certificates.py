"""Certificates, made by openssl."""

import ssl
import subprocess
from pathlib import Path

import pytest

_KEY = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=hostile"
_SIGN = "openssl x509 -req -in request.pem -signkey key.pem -extfile names.txt -out certificate.pem"


def certificate(folder: Path, *, name: str = "IP:127.0.0.1", days: int = 1) -> Path:
    """Make a self-signed certificate for a name, and its key beside it.

    Args:
        folder: The folder for its files.
        name: The name that it is valid for, as openssl writes it.
        days: How many days it is valid from now on; a negative number makes an expired certificate.
    """
    (folder / "names.txt").write_text(f"subjectAltName={name}")
    try:
        for command in (f"{_KEY} -keyout key.pem -out request.pem", f"{_SIGN} -days {days}"):
            subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.fail("the tests need openssl")
    return folder / "certificate.pem"


def tls_context(certificate: Path) -> ssl.SSLContext:
    """Return the TLS context of a server with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context
