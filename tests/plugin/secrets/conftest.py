"""The fixtures of a real browser."""

from tests.lab.browser import browser, open_page

__all__ = ["browser", "open_page"]
