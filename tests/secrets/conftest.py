"""A real browser, as the tests of the page have it."""

from tests.page import conftest

browser, open_page = conftest.browser, conftest.open_page
