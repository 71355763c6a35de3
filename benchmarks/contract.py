"""Runs the whole contract on the embedded server: how long it takes, and how much of that is requests."""

import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.measure import Row, print_table
from pytest_threadcopy import embedded

if TYPE_CHECKING:
    from pytest_threadcopy.wire.traffic import Traffic

SECONDS_AT_MOST = 30
SHARE_AT_MOST = 0.15


class Watch:
    """A pytest plugin that counts the tests, and stores the traffic of the fixture ``deployment``."""

    traffic: "Traffic"
    tests = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        """Store the traffic of the fixture ``deployment``."""
        value = yield
        if fixturedef.argname == "deployment":
            self.traffic = value.client.transport.traffic
        return value

    def pytest_runtest_logfinish(self) -> None:
        """Count a test."""
        self.tests += 1


def main() -> None:
    """Run the contract in this process, on a server that is started before, and print its figures."""
    watch = Watch()
    with embedded.EmbeddedServer() as server:
        # No other plugins, since their time would count.
        arguments = ["--disable-plugin-autoload", "-p", "pytest_threadcopy.plugin", "-p", "no:cacheprovider"]
        # The server imports a part of the package before pytest can rewrite asserts; this part has none.
        arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning", "--quiet", "--tb=no"]
        arguments += ["--pyargs", "pytest_threadcopy.contract", "--deployment-url", server.url]
        arguments += ["--threadcopy-waivers", str(Path(embedded.__file__).with_name("known_violations.toml"))]
        start = time.perf_counter()
        code = pytest.main(arguments, plugins=[watch])
        whole = time.perf_counter() - start
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit("the run of the contract broke off")
    outside = whole - watch.traffic.seconds
    print_table(
        f"The contract on langgraph-api {server.version}: {watch.tests} tests in one process",
        [
            Row(
                f"the whole without the server's start, against {SECONDS_AT_MOST} s",
                f"{whole:.1f} s",
                whole / SECONDS_AT_MOST,
                1,
            ),
            Row(
                "time outside requests, as a share of the whole",
                f"{outside:.2f} s",
                outside / whole,
                SHARE_AT_MOST,
            ),
            Row("requests", str(watch.traffic.requests)),
            Row("runs", str(watch.traffic.runs)),
        ],
    )


if __name__ == "__main__":
    main()
