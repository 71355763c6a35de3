"""The pytest plugin: its options, and the hooks that it adds once a deployment is named."""

import os

import pytest

from pytest_threadcopy.config.options import CLEANUP, LIST, add_options, read_options

# Before a conftest.py, given by its path, can import the package: too late is an error in strict projects.
pytest.register_assert_rewrite("pytest_threadcopy.contract")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    add_options(parser)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Do what is asked for in place of running tests."""
    if config.getoption(LIST):
        from pytest_threadcopy.session.catalogue import list_requirements

        return list_requirements()
    if config.getoption(CLEANUP):
        from pytest_threadcopy.session.cleanup import clean_up

        return clean_up(config)
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the fixtures, and where a deployment is named the rest of the plugin."""
    config.addinivalue_line(
        "markers",
        "threadcopy(id, level): the requirement of the thread-copy contract that a test states, "
        "and its level (MUST, SHOULD or MAY).",
    )
    config.pluginmanager.import_plugin("pytest_threadcopy.session.fixtures")
    values = read_options(config)
    if not values["deployment_url"]:
        return
    if not __debug__ and config.getoption("assertmode", "plain") == "plain":
        raise pytest.UsageError(
            "python -O leaves out the asserts that pytest does not rewrite, and every test would pass: "
            "run it without -O, or without --assert=plain and -p no:assertion"
        )
    from pytest_threadcopy.config.settings import read_settings
    from pytest_threadcopy.report.files import FileReports
    from pytest_threadcopy.report.run import RunReport
    from pytest_threadcopy.report.terminal.hooks import TerminalReport
    from pytest_threadcopy.session.catalogue import read_catalogue
    from pytest_threadcopy.session.outcomes import Outcomes
    from pytest_threadcopy.session.secret_hiding import SecretHiding
    from pytest_threadcopy.session.session import DeploymentSession

    catalogue = read_catalogue()
    session = DeploymentSession(config, read_settings(config, values, [row.id for row in catalogue]))
    config.pluginmanager.register(SecretHiding(config, session.redact), "threadcopy-hiding")
    config.pluginmanager.register(session, "threadcopy-session")
    outcomes = Outcomes(config, session, catalogue, strict=values["threadcopy_strict"])
    config.pluginmanager.register(outcomes, "threadcopy-outcomes")
    if len(session.targets) > 1:
        from pytest_threadcopy.snapshots.shared_location import SharedSnapshots

        config.pluginmanager.register(SharedSnapshots(session.targets), "threadcopy-snapshots")
    if not session.is_worker:
        run = RunReport(session)
        config.pluginmanager.register(run, "threadcopy-run")
        files = FileReports(run, values["threadcopy_report"])
        config.pluginmanager.register(files, "threadcopy-files")
        config.pluginmanager.register(TerminalReport(run, files), "threadcopy-terminal")
        if os.environ.get("GITHUB_ACTIONS") == "true":
            from pytest_threadcopy.report.annotations import Annotations

            config.pluginmanager.register(Annotations(run), "threadcopy-annotations")
