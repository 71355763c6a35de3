"""Ctrl-C takes effect at once, during any wait."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.adverse.conftest import Serve
from tests.lab.hostile.wire import Request

SCRIPT = """
import sys
from pytest_threadcopy.wire.transport import Transport
transport = Transport(sys.argv[1])
print("asking", flush=True)
{call}
"""
CALLS = {
    "a request": 'transport.send("GET", "/x")',
    "a stream": 'list(transport.lines("POST", "/x", json={}))',
}


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_ctrl_c_interrupts_a_request_at_once(serve: Serve, call: str) -> None:
    server = serve(Request.hang)
    command = [sys.executable, "-c", SCRIPT.format(call=call), f"http://127.0.0.1:{server.port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "asking\n"
        while not server.requests:
            time.sleep(0.02)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert time.monotonic() - began < 2
    assert errors.rstrip().endswith("KeyboardInterrupt")
