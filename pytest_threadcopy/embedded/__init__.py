"""The real LangGraph server, in memory, on this machine: what ``--deployment-url embedded`` tests.

``python -m pytest_threadcopy.embedded`` runs it in the foreground.
"""

from pytest_threadcopy.embedded.server import EmbeddedServer, EmbeddedServerError

__all__ = ["EmbeddedServer", "EmbeddedServerError"]
