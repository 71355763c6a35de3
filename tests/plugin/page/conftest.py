"""A real browser, as the tests of the page have it."""

from tests.lab.browser import browser, open_page

__all__ = ["browser", "open_page"]
