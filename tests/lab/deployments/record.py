"""``python -m tests.lab.deployments.record [NAME ...]``: record what the contract finds on deployments.

It starts each deployment, runs the contract and writes ``tests/servers/expected/NAME.json``, and then
``docs/deployments.md`` from all of these files. Explain each failure by hand in ``tests/servers/explained/``,
with commands that show it.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from tests.lab.deployments.findings import Finding, finding_of, record, run_contract
from tests.lab.deployments.page import write_page
from tests.lab.deployments.servers import DEPLOYMENTS, Deployment

AT_ONCE = 2


def find(deployment: Deployment) -> Finding:
    """Start a deployment, and return what the contract finds on it."""
    with deployment.start() as served:
        return finding_of(run_contract(served), served)


def main() -> int:
    """Record the deployments that the command line names, or all."""
    chosen = [one for one in DEPLOYMENTS if one.name in sys.argv[1:] or len(sys.argv) == 1]
    if len(sys.argv) > 1 and len(chosen) < len(sys.argv) - 1:
        print(f"the deployments are {', '.join(one.name for one in DEPLOYMENTS)}", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for deployment, finding in zip(chosen, pool.map(find, chosen), strict=True):
            record(deployment.name, finding)
            print(f"{deployment.name}: {finding.verdict}")
    write_page()
    return 0


if __name__ == "__main__":
    sys.exit(main())
