"""The made-up months of the demo: loaded once, into a new database only, harmless, something to see on every page."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace

import pytest
import sqlalchemy as sa

from helpline import accounts, alerts, content, directory, outbox, settings
from helpline.console import access, app
from helpline.db import schema
from helpline.db.engine import connect
from helpline.db.vault import Vault
from helpline.demo import figures, loading
from helpline.errors import Refused
from helpline.insights import counting, tables
from helpline.service import Service
from tests.conftest import SECRET, count
from tests.console.conftest import Browser
from tests.people import message, write


@pytest.fixture(scope="module")
def loaded(tmp_path_factory, sqlite_template):
    """The demo's database, made once: what it said of itself, and the file."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(sqlite_template, path)
    service = opened(path)
    with service.engine.begin() as conn:
        content.import_starter(conn)
        directory.import_starter(conn)
        accounts.ensure_demo(conn)
    said = loading.load(service)
    service.engine.dispose()
    return path, said


def opened(path) -> Service:
    engine = connect(f"sqlite:///{path}")
    chosen = settings.read({"SECRET_KEY": SECRET, "DATABASE_URL": f"sqlite:///{path}"})
    return Service(chosen, engine, Vault(SECRET), content.Answers(engine))


@pytest.fixture
def shown(loaded, tmp_path):
    """A copy of it."""
    shutil.copy(loaded[0], tmp_path / "demo.db")
    service = opened(tmp_path / "demo.db")
    yield service
    service.engine.dispose()


def rows(service):
    with service.engine.connect() as conn:
        return {
            table.name: conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in schema.metadata.sorted_tables
        }


def test_it_is_loaded_once(shown):
    before = rows(shown)
    assert loading.load(shown) == "there already"
    assert rows(shown) == before


def test_a_database_somebody_wrote_to_stays_as_it_is(service):
    with service.engine.begin() as conn:
        accounts.ensure_demo(conn)
        write(conn, service, message("hello"))
    assert loading.load(service).startswith("left out")
    assert count(service.engine, schema.insights) == 0 and count(service.engine, schema.contacts) == 1


def test_production_refuses_it(service):
    made = Service(replace(service.settings, environment="production"), service.engine, service.vault, service.answers)
    with pytest.raises(Refused):
        loading.load(made)
    assert count(service.engine, schema.contacts) == 0


def test_every_made_up_contact_says_so_and_has_no_number(shown):
    with shown.engine.connect() as conn:
        assert all(alias.startswith("Demo ") for alias in conn.execute(sa.select(schema.contacts.c.alias)).scalars())
        kinds = conn.execute(sa.select(schema.contact_identities.c.kind).distinct()).scalars().all()
        sealed = conn.execute(sa.select(schema.contact_identities.c.value_sealed)).scalars().all()
    assert kinds == ["bsuid"] and all(shown.vault.open(one).startswith("NL.DEMO") for one in sealed)


def test_nothing_of_it_waits_to_be_sent_told_or_counted(shown):
    with shown.engine.connect() as conn:
        assert not outbox.is_due(conn) and outbox.waiting(conn) == (0, 0)
    assert count(shown.engine, schema.notices) == 0
    assert counting.run(shown) == 0
    with shown.engine.begin() as conn:
        assert tables.months(conn) == [] and len(tables.months(conn, demo=True)) >= 2


def test_insights_show_the_made_up_months_and_lead_to_the_real_ones(shown):
    browser = Browser(app.create(shown), "noor")
    page = browser.get("/insights").text
    assert "made up for the demonstration" in page and 'id="chart-topics"' in page and "demo=0" in page
    real = browser.get("/insights?demo=0").text
    assert "There is nothing to count yet" in real and 'name="demo" value="0"' in real


def test_its_urgent_case_rings_no_alarm(shown):
    with shown.engine.begin() as conn:
        urgent = conn.execute(sa.select(schema.cases).where(schema.cases.c.urgent)).all()
        assert [(case.state, case.acknowledged_at is not None) for case in urgent] == [("active", True)]
        alerts.tend(conn)
        assert alerts.ringing(conn) == 0


def test_open_cases_are_of_every_state_and_of_several_languages(shown):
    with shown.engine.connect() as conn:
        cases = conn.execute(sa.select(schema.cases).where(schema.cases.c.state != "closed")).all()
        staff = {one.id: one.username for one in accounts.listed(conn)}
    assert {case.state for case in cases} == {"waiting", "active", "parked"}
    assert {"ar", "en", "fr", "es", "ti"} <= {case.language for case in cases}
    assert {staff[case.account_id] for case in cases if case.state == "active"} == {"sara", "tom", "noor"}


def test_no_message_is_older_than_messages_are_kept(shown):
    with shown.engine.connect() as conn:
        oldest = conn.execute(sa.select(sa.func.min(schema.inbox.c.received_at))).scalar_one()
        first_case = conn.execute(sa.select(sa.func.min(schema.cases.c.opened_at))).scalar_one()
        now = conn.execute(sa.select(sa.func.max(schema.cases.c.opened_at))).scalar_one()
    assert now - oldest < 30 * 86400 < now - first_case


def test_the_figures_of_a_day_are_always_the_same():
    today = dt.date(2026, 11, 25)
    made = figures.made(today)
    assert made == figures.made(today) and all(fact.demo for fact in made)
    assert len({counting.date_of(fact.day).month for fact in made if fact.measure == "message"}) == 3


CHOOSING = ("/cases", "/assistant")
"""Pages with a list whose other half waits for a choice."""
WITHOUT = ("/content/links",)
"""The texts we start with give no link."""


@pytest.mark.parametrize(
    "who", ["sara", "noor", pytest.param("eva", marks=pytest.mark.slow), pytest.param("ruben", marks=pytest.mark.slow)]
)
def test_every_page_renders_and_none_is_empty(shown, who):
    console = app.create(shown)
    browser, seen = Browser(console, who), 0
    for rule in console.url_map.iter_rules():
        if "GET" not in rule.methods or rule.arguments or rule.endpoint in access.PUBLIC:
            continue
        answer = browser.get(rule.rule)
        assert answer.status_code in (200, 204, 302, 303, 400, 403, 404), (rule.rule, answer.status_code)
        seen += answer.status_code == 200
        if rule.rule not in CHOOSING + WITHOUT:
            assert b'class="empty' not in answer.data, rule.rule
    assert seen > 8


def test_every_open_case_can_be_read_by_the_safeguarding_duty(shown):
    browser = Browser(app.create(shown), "sara")
    with shown.engine.connect() as conn:
        ids = conn.execute(sa.select(schema.cases.c.id).where(schema.cases.c.state != "closed")).scalars().all()
    for one in ids:
        page = browser.get(f"/cases/{one}")
        assert page.status_code == 200 and "Made up for the demonstration" in page.text
