"""``python -m pytest_threadcopy.embedded [--port N]``: the embedded server in the foreground.

The first line on standard output is its URL, so that a script can read it; everything else goes to standard
error. Ctrl-C or SIGTERM stops it.
"""

import argparse
import signal
import sys

from pytest_threadcopy.embedded.server import EmbeddedServer, EmbeddedServerError


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")


def main() -> int:
    """Run the server. Return 0 if a signal stopped it, 1 if it ended by itself, 2 if it did not come up."""
    parser = argparse.ArgumentParser(
        prog="python -m pytest_threadcopy.embedded",
        description="Run the LangGraph server in memory, with the scenario kit's graphs, in the foreground.",
    )
    parser.add_argument("--port", type=_port, default=0, help="default: a free one")
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same end as Ctrl-C
    try:
        with EmbeddedServer(port=port) as server:
            print(server.url, flush=True)
            print(f"langgraph-api {server.version}, in memory. Ctrl-C stops it.", file=sys.stderr)
            server.wait()
            print(f"The server ended by itself. The end of its log:\n{server.log_tail()}", file=sys.stderr)
            return 1
    except EmbeddedServerError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
