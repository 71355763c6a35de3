"""A pytest plugin that gives every embedded server the fault ``copies_are_gone_after_a_restart``.

The contract can restart the embedded server alone, so this server must have the fault.
"""

from starlette.applications import Starlette
from starlette.middleware import Middleware

from pytest_threadcopy.embedded import EmbeddedServer
from tests.lab.faults.gateway import Gateway
from tests.lab.faults.server import ROOT

app = Starlette(middleware=[Middleware(Gateway, fault="copies_are_gone_after_a_restart")])

_CONFIG = {"dependencies": [".", str(ROOT)], "http": {"app": f"{__name__}:app"}}
EmbeddedServer.__init__.__defaults__ = (_CONFIG, 0)
