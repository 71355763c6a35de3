"""The one place in which a test that runs on several deployments keeps its snapshots."""

from collections.abc import Iterable
from typing import Any, ClassVar

import pytest
from syrupy.location import PyTestLocation

from pytest_threadcopy.private import parameters_of, rename, scheduler_by_scope


class SharedLocation(PyTestLocation):
    """A test's location without the deployment that it runs on: ``test_x[staging-a]`` is ``test_x[a]``.

    ``deployments`` are the names of this session's deployments, if there are several.
    """

    deployments: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        super().__post_init__()
        rename(self, self._shared_name())

    def _shared_name(self) -> str:
        name, *rest = self.item.name.removesuffix("]").split("[", 1)
        ids = "".join(rest)
        # In the controller of xdist, syrupy rebuilds the tests from their names: they have no parameters.
        parameters = parameters_of(self.item)
        mine = self.deployments if not parameters else {parameters.get("deployment")}
        for deployment in self.deployments & mine:
            if ids == deployment:
                return name
            if ids.startswith(f"{deployment}-"):
                return f"{name}[{ids.removeprefix(deployment)[1:]}]"
        return self.item.name

    @property
    def nodeid(self) -> str:
        """The test's node id without the deployment."""
        return self.item.nodeid.removesuffix(self.item.name) + str(self.nodename)

    @property
    def is_first(self) -> bool:
        """Whether this is the first test of the run that uses this place."""
        if self.nodename == self.item.name:
            return True
        module = self.item.getparent(pytest.Module)
        items = (item for item in self.item.session.items if item.getparent(pytest.Module) is module)
        return next(item for item in items if SharedLocation(item) == self) is self.item

    # Syrupy finds the snapshots that it has not yet written by their location.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharedLocation) and self.nodeid == other.nodeid

    def __hash__(self) -> int:
        return hash(self.nodeid)


class SharedSnapshots:
    """Hooks that let several deployments, which have these names, share snapshots."""

    def __init__(self, deployments: Iterable[str]) -> None:
        SharedLocation.deployments = frozenset(deployments)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """With ``--snapshot-update``, let one worker run a test on all deployments, one after another.

        Otherwise a deployment could be compared before another has written the snapshot.
        """
        if config.getoption("dist") == "each" or not config.getoption("update_snapshots", False):
            return None
        return scheduler_by_scope(config, log, lambda nodeid: nodeid.partition("[")[0])
