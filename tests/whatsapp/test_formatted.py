"""The preview and the phone: what is typed, what is sent, and what WhatsApp makes of the marks in it."""

from pathlib import Path

import pytest
import yaml

from helpline.messages import Identity, OutboundMessage
from helpline.whatsapp import formatted
from helpline.whatsapp.render import render

GOLDEN = yaml.safe_load((Path(__file__).parents[1] / "fixtures" / "whatsapp" / "formatting.yml").read_text("utf-8"))


@pytest.mark.parametrize("one", GOLDEN, ids=lambda one: one["typed"][:30])
def test_marks_are_sent_and_shown_as_in_the_golden_file(one):
    payload = render(OutboundMessage(one["typed"]), Identity(phone="31600000000"))[0]
    assert payload["text"]["body"] == one["sent"]
    assert formatted.html(payload["text"]["body"]) == one["shown"]


def test_golden_file_holds_forty_inputs():
    assert len({one["typed"] for one in GOLDEN}) >= 40


def test_everything_said_is_in_the_tree_once_and_in_order():
    def said(node):
        return node if isinstance(node, str) else "".join(map(said, node.children))

    for one in GOLDEN:
        words = "".join(said(node) for node in formatted.parse(one["sent"]))
        kept = [letter for letter in one["sent"] if letter.isalpha()]
        assert [letter for letter in words if letter.isalpha()] == kept
