"""The pages of the team in a real browser: a phone, dark mode, assistive tools, no script; and how fast an alarm is."""

import dataclasses
import time

import pytest

from benchmarks.desk_people import wrote
from benchmarks.screenshots import PHONE
from helpline import clock, colleagues, handoff, notices, presence, problems, shifts, translating
from helpline.db import schema
from helpline.notices import sending
from helpline.shifts import roster
from helpline.worker.jobs import JOBS
from tests.console.test_browser_pages import AXE, FULLY
from tests.notices.conftest import Receiver

pytestmark = pytest.mark.slow
OURS = FULLY.replace("axe.run(document", "axe.run({include: [['.team'], ['.team-panel']]}")
"""Our part of each page; test_browser_pages.py looks at whole ones."""
PATHS = ("/shifts", "/shifts/end", "/roster", "/asked", "/asked/{ask}", "/problems", "/translating", "/notices")


@pytest.fixture
def busy(desk):
    """A team with a roster, a shift, questions, texts to translate and notices: (service, paths, address)."""
    opened, _, base = desk
    with opened.engine.begin() as conn:
        who = {row.username: row.id for row in conn.execute(schema.accounts.select())}
        for weekday in range(7):
            roster.add(conn, who["noor"], 540, 1320, weekday=weekday)
            roster.add(conn, who["sara"], 540, 1020, weekday=weekday, languages="ar")
        roster.add(conn, who["sara"], 0, 1440, day=clock.today().isoformat(), works=False)
        for name in ("noor", "sara"):
            shifts.begin(conn, who[name], clock.now() + 3600)
            presence.seen(conn, who[name])
        case = conn.execute(schema.cases.select().where(schema.cases.c.state == "active")).first()
        conn.execute(schema.cases.update().where(schema.cases.c.id == case.id).values(account_id=who["noor"]))
        ask = colleagues.ask(conn, opened.vault, case.id, who["sara"], "Is this right?", to=who["noor"])
        colleagues.reply(conn, opened.vault, ask, who["noor"], "I think so. " * 20)
        problems.add(conn, who["sara"], "Averyveryverylongquestionwithoutanyspace" * 4)
        translating.ask(conn, opened.vault, case.id, who["sara"], "in-1", "أين أجد طبيباً؟", ("ar", "en"))
        translating.ask(conn, opened.vault, case.id, who["noor"], "draft", "Come on Monday.", ("en", "ar"))
        notices.put(conn, "urgent", "team", "seen", language="ar", seconds=60, path=f"/cases/{case.id}")
    return opened, [path.format(ask=ask) for path in (*PATHS, f"/cases/{case.id}")], base


def test_no_page_is_wider_than_a_phone_and_axe_finds_nothing_serious(busy, page_of):
    _, paths, base = busy
    script = AXE.read_text(encoding="utf-8")
    for options in ({"viewport": PHONE, "color_scheme": "light"}, {"color_scheme": "dark"}):
        page = page_of("noor", **options)
        for path in paths:
            page.goto(base + path)
            if "viewport" in options:
                assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            page.evaluate(script)
            bad = [v for v in page.evaluate(OURS)["violations"] if v["impact"] in ("serious", "critical")]
            assert not bad, (path, options, [(v["id"], v["nodes"][0]["html"][:200]) for v in bad])


def test_a_shift_is_ended_without_script_by_keyboard_alone(busy, page_of):
    opened, _, base = busy
    page = page_of("noor", java_script_enabled=False)
    page.goto(f"{base}/shifts/end")
    for radio in page.query_selector_all("input[value=released]"):
        radio.focus()
        page.keyboard.press("Space")
    for line in page.query_selector_all("input[name^=line-]"):
        line.focus()
        page.keyboard.type("Needs an answer about the doctor")
    page.keyboard.press("Enter")
    page.wait_for_url("**/shifts?ended=yes")
    said = page.inner_text("main")
    assert "every case has its line" in said and "Needs an answer about the doctor" in said
    with opened.engine.connect() as conn:
        assert [one.name for one in shifts.on_shift(conn)] == ["Sara"]


def test_an_urgent_message_is_an_alarm_on_the_screen_and_at_the_targets_well_within_a_minute(busy, page_of):
    opened, _, base = busy
    receiver = Receiver()
    chosen = dataclasses.replace(opened.settings, notices=f"team=teams+{receiver.url}/t")
    page = page_of("noor")
    page.goto(f"{base}/cases")
    shown = page.get_attribute("#board", "data-urgent")
    began = time.monotonic()
    with opened.engine.begin() as conn:
        contact_id = wrote(conn, opened, "31600009999", "help")
        handoff.emergency(conn, opened, contact_id, "medical", language="ar")
    sending.send_due(dataclasses.replace(opened, settings=chosen))
    posted = time.monotonic() - began
    page.wait_for_selector(f"#board:not([data-urgent='{shown}'])", timeout=30_000)
    print(f"posted after {posted:.2f} s, on the screen after {time.monotonic() - began:.1f} s")
    titles = [body["attachments"][0]["content"]["body"][0]["text"] for body in receiver.bodies()]
    receiver.server.shutdown()
    assert any(title.startswith("Urgent case") for title in titles)
    assert next(job.every for job in JOBS if job.name == "notices") <= 5
