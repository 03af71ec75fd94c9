"""The recorded payloads become exactly the events that EXPECTED.json promises."""

import json
from pathlib import Path

import pytest

from helpline.whatsapp import webhook

FIXTURES = Path(__file__).parent.parent / "fixtures" / "whatsapp"
EXPECTED = json.loads((FIXTURES / "EXPECTED.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_sample_becomes_the_expected_events(name: str) -> None:
    assert list(webhook.describe_file(FIXTURES / name)) == EXPECTED[name]["events"]


def test_every_sample_has_an_expectation() -> None:
    assert {path.name for path in FIXTURES.glob("*.json")} - {"EXPECTED.json"} == set(EXPECTED)
