"""The whole contract on each real deployment ends as recorded."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab.deployments.findings import Json, changes, finding_of, recorded, run_contract
from tests.lab.deployments.record import AT_ONCE
from tests.lab.deployments.servers import DEPLOYMENTS, Deployment, Served

Reports = Callable[[Deployment], tuple[Json, Served]]
NAMES = [deployment.name for deployment in DEPLOYMENTS]


@pytest.fixture(scope="session")
def reports(request: pytest.FixtureRequest, javascript_modules: Path) -> Iterator[Reports]:
    """A function from a deployment to its report. All runs that the selected tests need begin at once."""

    def make(deployment: Deployment) -> tuple[Json, Served]:
        with deployment.start() as served:
            return run_contract(served), served

    # A test names its deployment by the parameter ``deployment``.
    specs = [getattr(item, "callspec", None) for item in request.session.items]
    selected = {spec.params["deployment"].name for spec in specs if spec and "deployment" in spec.params}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {one.name: pool.submit(make, one) for one in DEPLOYMENTS if one.name in selected}
        yield lambda deployment: begun[deployment.name].result()


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_the_contract_ends_as_recorded(deployment: Deployment, reports: Reports) -> None:
    report, served = reports(deployment)
    reasons = {row["id"]: row["reason"] for row in report["deployments"][0]["requirements"]}
    changed = changes(recorded(deployment.name), finding_of(report, served), reasons)
    command = f"python -m tests.lab.deployments.record {deployment.name}"
    assert not changed, "\n".join([*changed, f"If this is right, record it: {command}"])
