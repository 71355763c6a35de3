"""The pytest plugin: its options, and the hooks that it adds once a deployment is named."""

import os

import pytest

from pytest_threadcopy.config.options import CLEANUP, LIST, add_options, read_options

# Now, before a conftest.py can import the contract: after that, pytest warns, and a strict project fails.
pytest.register_assert_rewrite("pytest_threadcopy.contract")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    add_options(parser)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """List the requirements, or clean up deployments, where an option asks for that and for no tests."""
    if config.getoption(LIST):
        from pytest_threadcopy.session.catalogue import list_requirements

        return list_requirements()
    if config.getoption(CLEANUP):
        from pytest_threadcopy.session.cleanup import clean_up

        return clean_up(config)
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the fixtures; where a deployment is named, register the other hooks too."""
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

    register = config.pluginmanager.register
    catalogue = read_catalogue()
    session = DeploymentSession(config, read_settings(config, values, [row.id for row in catalogue]))
    register(SecretHiding(config, session.redact), "threadcopy-hiding")
    register(session, "threadcopy-session")
    register(Outcomes(config, session, catalogue, strict=values["threadcopy_strict"]), "threadcopy-outcomes")
    if len(session.targets) > 1:
        from pytest_threadcopy.snapshots.shared_location import SharedSnapshots

        register(SharedSnapshots(session.targets), "threadcopy-snapshots")
    if not session.is_worker:
        register(run := RunReport(session), "threadcopy-run")
        register(files := FileReports(run, values["threadcopy_report"]), "threadcopy-files")
        register(TerminalReport(run, files), "threadcopy-terminal")
        if os.environ.get("GITHUB_ACTIONS") == "true":
            from pytest_threadcopy.report.annotations import Annotations

            register(Annotations(run), "threadcopy-annotations")
