"""The phone in headless Chromium, at 360 px and on a desk, against the real reception and the stand-in API."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpline import inbox
from helpline.db import schema
from helpline.messages import Button, Identity, OutboundMessage
from helpline.whatsapp import render
from tests.conftest import wait_until

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
ARTEFACTS = Path(__file__).parents[2] / "artefacts"
SMALL, WIDE = {"width": 360, "height": 740}, {"width": 1280, "height": 860}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser, world) -> Iterator[object]:
    context = browser.new_context(viewport=SMALL, has_touch=True, device_scale_factor=2)
    context.set_default_timeout(15_000)
    made = context.new_page()
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    made.goto(world.url)
    yield made
    context.close()
    assert faults == []


def _say(world, message: OutboundMessage, key: str) -> None:
    identity = Identity(phone=key) if key.isdecimal() else Identity(bsuid=key)
    for payload in render.render(message, identity, outbox_id="1"):
        world.client.send(payload)


def _picture(page, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.wait_for_timeout(400)  # the bubbles' short entrance
    page.screenshot(path=str(ARTEFACTS / f"{name}.png"))


def _stored(world, number: int):
    def read():
        with world.service.engine.connect() as conn:
            rows = conn.execute(sa.select(schema.inbox.c.body_sealed).order_by(schema.inbox.c.id)).scalars().all()
        return [inbox.unpack(world.service.vault.open(row)) for row in rows] if len(rows) >= number else None

    return wait_until(read, what=f"{number} stored messages")


def _open(page, name: str) -> None:
    page.locator("#people li", has_text=name).locator("button").click()


def _write(page, text: str) -> None:
    page.fill("#text", text)
    page.click("#send")


def test_conversation_at_360_pixels(page, world) -> None:
    _picture(page, "phone-360-list")
    _open(page, "Amina")
    _write(page, "Hello, I have no place to sleep tonight")
    sent = _stored(world, 1)[0]
    page.wait_for_selector(".row.mine[data-status=delivered]")
    world.client.typing(sent.message_id)
    page.wait_for_selector(".row.typing")
    page.wait_for_selector(".row.mine[data-status=read]")
    choices = (Button("Near me", "/near"), Button("Talk to a person", "/person"))
    _say(
        world,
        OutboundMessage("Night shelters are open to *everybody* when it freezes.\nhttps://example.org", choices),
        "31600000101",
    )
    page.wait_for_selector(".choices button")
    assert page.locator(".bubble b").inner_text() == "everybody"
    link = page.locator(".bubble a")
    assert (link.get_attribute("href"), link.get_attribute("rel")) == ("https://example.org", "noopener noreferrer")
    assert page.locator(".row.typing").count() == 0
    page.get_by_role("button", name="Near me").click()
    assert _stored(world, 2)[1].reply_id == "/near"
    page.wait_for_selector(".choices button[disabled]")
    _say(
        world,
        OutboundMessage("Where are you? Send your location, or type the town.", request_location=True),
        "31600000101",
    )
    page.locator(".choices button:not([disabled])").click()
    page.get_by_role("button", name="Utrecht").click()
    pin = _stored(world, 3)[2]
    assert (pin.location.latitude, pin.location.longitude) == (52.09, 5.12), "a pin is kept to about a kilometre"
    assert pin.context["id"].startswith("wamid.")
    page.wait_for_selector(".map")
    _picture(page, "phone-360-chat")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_list_is_opened_and_a_row_chosen(page, world) -> None:
    _open(page, "Mateo")
    rows = tuple(Button(f"Opción {n}", f"/o{n}", f"Explicación {n}") for n in range(1, 8))
    _say(world, OutboundMessage("¿Sobre qué quiere saber más?", rows, list_title="Temas"), "31600000104")
    page.get_by_role("button", name="Temas").click()
    page.wait_for_selector("#options:not([hidden])")
    _picture(page, "phone-360-list-open")
    page.get_by_role("button", name="Opción 6").click()
    chosen = _stored(world, 1)[0]
    assert (chosen.kind, chosen.reply_id) == ("list_reply", "/o6")


def test_arabic_runs_from_right_to_left(page, world) -> None:
    _open(page, "يوسف")
    _write(page, "مرحبا، أحتاج إلى طبيب ولا أملك أوراق إقامة")
    _stored(world, 1)
    answer = "يمكنك زيارة *طبيب عام* حتى بدون أوراق إقامة.\n\nاتصل بالرقم 112 إذا كان الأمر خطيرا."
    _say(
        world, OutboundMessage(answer, (Button("أقرب طبيب", "/near"), Button("تحدث مع شخص", "/person"))), "31600000102"
    )
    page.wait_for_selector(".choices button")
    direction = "node => getComputedStyle(node).direction"
    for bubble in page.locator(".bubble p").all():
        assert bubble.evaluate(direction) == "rtl"
    box, text = page.locator(".row.mine .bubble").bounding_box(), page.locator(".row.mine p").bounding_box()
    assert box["x"] + box["width"] > 340 and text["x"] >= box["x"]
    _picture(page, "phone-360-arabic")


def test_voice_image_document_without_a_microphone(page, world) -> None:
    _open(page, "Fatoumata")
    page.click("#send")  # no microphone here: the recorded sample goes
    _stored(world, 1)
    page.click("#attach")
    page.set_input_files("#image", {"name": "brief.png", "mimeType": "image/png", "buffer": _png()})
    _stored(world, 2)
    page.set_input_files("#document", {"name": "lettre.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"})
    kinds = [one.kind for one in _stored(world, 3)]
    assert kinds == ["voice", "image", "document"]
    page.wait_for_selector(".picture")
    wait_until(lambda: page.evaluate("document.querySelector('.picture').naturalWidth > 0"))
    wait_until(lambda: page.evaluate("document.querySelector('audio').duration > 1"))
    assert page.locator(".document").inner_text() == "lettre.pdf"
    _picture(page, "phone-360-media")


def test_on_a_desk_list_and_conversation_stand_side_by_side(page, world) -> None:
    page.set_viewport_size(WIDE)
    page.reload()
    _say(world, OutboundMessage("Dag Noor, we helpen u graag."), "NL.10000000000000000108")
    page.wait_for_selector("#people .unread:not(:empty)")
    _write(page, "Can I see a doctor?")
    _stored(world, 1)
    _say(
        world,
        OutboundMessage(
            "Yes. Every person in the Netherlands may see a doctor, also without papers.",
            (
                Button("Find one near me", "/near"),
                Button("What does it cost?", "/cost"),
                Button("Talk to a person", "/p"),
            ),
        ),
        "31600000101",
    )
    page.wait_for_selector(".choices button")
    _picture(page, "phone-1280")
    assert page.locator(".people").is_visible() and page.locator(".chat").is_visible()
    _open(page, "Noor")
    page.wait_for_selector("#people .unread:not(:empty)", state="detached")


def test_keyboard_alone_is_enough(page, world) -> None:
    page.locator("#people button").first.focus()
    page.keyboard.press("Enter")
    page.focus("#text")
    page.keyboard.type("met de toetsen")
    page.keyboard.press("Enter")
    assert _stored(world, 1)[0].text == "met de toetsen"


def test_what_a_message_says_is_never_html(page, world) -> None:
    _open(page, "Amina")
    _write(page, "<img src=x onerror=alert(1)> <b>x</b> *<i>y</i>*")
    page.wait_for_selector(".row.mine")
    assert page.locator(".bubble img").count() == 0
    assert page.locator(".bubble p b").inner_text() == "<i>y</i>"


def _png() -> bytes:
    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (320, 240), (120, 150, 170)).save(held, "PNG")
    return held.getvalue()
