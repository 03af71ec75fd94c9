"""Attackers and colleagues: the console's fixtures, and browsers of everybody."""

from __future__ import annotations

import pytest

from tests.console.conftest import Browser as Browser
from tests.console.conftest import case_id as case_id
from tests.console.conftest import console as console
from tests.console.conftest import eva as eva
from tests.console.conftest import mine as mine
from tests.console.conftest import sara as sara
from tests.console.conftest import stranger as stranger
from tests.console.conftest import tom as tom


@pytest.fixture
def noor(console) -> Browser:
    """A coordinator."""
    return Browser(console, "noor")


@pytest.fixture
def ruben(console) -> Browser:
    """An administrator."""
    return Browser(console, "ruben")
