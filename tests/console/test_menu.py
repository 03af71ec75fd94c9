"""The main menu says where one is, also on the pages under its entries."""

import re

import pytest

from helpline.console import menu
from helpline.console.app import FEATURES


@pytest.fixture
def engine(sqlite_engine):
    return sqlite_engine


@pytest.fixture
def ruben(browser):
    """An administrator, who has most of the menu, and the starter texts."""
    return browser("ruben")


def current(browser, path):
    page = browser.get(path).text
    bar = re.search(r'<nav class="menu".*?</nav>', page, re.DOTALL)[0]
    return re.findall(r'<a href="([^"]*)"[^>]*aria-current="page"', bar), "has-current" in bar


UNDER = {
    "/content": (
        "/content", "/content/utter_greet/nl", "/content/utter_greet/nl/history", "/content/review", "/content/facts",
        "/content/links", "/content/sheets",
    ),
    "/intents": ("/intents", "/lessons", "/ask", "/releases"),
    "/team": ("/shifts", "/problems"),
    "/insights": ("/insights",),
}  # fmt: skip


def test_page_under_an_entry_shows_that_entry_as_the_current_one(ruben):
    shown = {path: current(ruben, path)[0] for paths in UNDER.values() for path in paths}
    assert shown == {path: [entry] for entry, paths in UNDER.items() for path in paths}


def test_no_page_has_two_current_entries(ruben):
    bar = re.search(r'<nav class="menu".*?</nav>', ruben.get("/content").text, re.DOTALL)[0]
    offered = [path for path in re.findall(r'<a href="([^"]*)"', bar) if path != "/team"]
    assert len(offered) > 6
    for path in offered:
        assert len(current(ruben, path)[0]) <= 1, path
    hidden = [path for path in offered if current(ruben, path)[1]]
    assert hidden and set(hidden) < set(offered)


def test_every_module_named_under_an_entry_is_there():
    assert {module.bp.name for module in FEATURES} >= set(menu.UNDER)
