"""A pytest plugin: with it loaded, every embedded server that is started has the fault of a restart.

Only the embedded server can be restarted by the contract, so that the fault must be in that one.
"""

from starlette.applications import Starlette
from starlette.middleware import Middleware

from pytest_threadcopy.embedded import EmbeddedServer
from tests.lab.faults.gateway import Gateway
from tests.lab.faults.server import ROOT

app = Starlette(middleware=[Middleware(Gateway, fault="copies_are_gone_after_a_restart")])

_CONFIG = {"dependencies": [".", str(ROOT)], "http": {"app": f"{__name__}:app"}}
EmbeddedServer.__init__.__defaults__ = (_CONFIG, 0)
