"""The pytest plugin: its options, and the hooks that it adds once a deployment is named."""

import pytest

from pytest_threadcopy.options import add_options, read_options


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the fixtures, and where a deployment is named the rest of the plugin."""
    config.addinivalue_line(
        "markers",
        "threadcopy(id, level): the requirement of the thread-copy contract that a test states, "
        "and its level (MUST, SHOULD or MAY).",
    )
    pytest.register_assert_rewrite("pytest_threadcopy.contract")
    config.pluginmanager.import_plugin("pytest_threadcopy.fixtures")
    values = read_options(config)
    if values["deployment_url"] is None:
        return
    from pytest_threadcopy.outcomes import Outcomes
    from pytest_threadcopy.report.files import FileReports
    from pytest_threadcopy.report.run import RunReport
    from pytest_threadcopy.report.terminal import TerminalReport
    from pytest_threadcopy.session import DeploymentSession
    from pytest_threadcopy.settings import read_settings

    session = DeploymentSession(config, read_settings(config, values))
    config.pluginmanager.register(session, "threadcopy-session")
    config.pluginmanager.register(Outcomes(config, session), "threadcopy-outcomes")
    if not session.is_worker:
        run = RunReport(session)
        config.pluginmanager.register(run, "threadcopy-run")
        config.pluginmanager.register(TerminalReport(run), "threadcopy-terminal")
        config.pluginmanager.register(FileReports(run), "threadcopy-files")
