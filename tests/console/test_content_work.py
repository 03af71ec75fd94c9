"""Who is to do which text, imported answers that become ours, and links that lead nowhere."""

import dataclasses
import re

import pytest
import sqlalchemy as sa

from helpline import accounts, clock
from helpline.content import links, tasks
from helpline.db import schema
from tests.console.test_content import act, fields, write

HELLO = "/content/utter_greet/nl"


@pytest.fixture
def engine(sqlite_engine):
    return sqlite_engine


def account_id(service, username):
    with service.engine.connect() as conn:
        return next(one.id for one in accounts.listed(conn) if one.username == username)


def test_text_given_to_a_colleague_stands_on_their_list_until_it_is_live(browser, service):
    eva, ruben = browser("eva"), browser("ruben")
    given = eva.post(f"{HELLO}/assign", account=account_id(service, "ruben"))
    assert given.status_code == 303
    assert "for Ruben" in eva.get(HELLO).text
    assert "1 text is yours to do" in ruben.get("/content").text
    yours = ruben.get("/content/review").text
    assert re.search(r'id="yours".*?/content/utter_greet/nl', yours, re.DOTALL)
    assert 'id="given"' in eva.get("/content/review").text
    write(eva, HELLO, "Dag! Waar kunnen we mee helpen?")
    act(ruben, HELLO, "approve")
    act(ruben, HELLO, "publish")
    assert "yours to do" not in ruben.get("/content").text


def test_text_found_right_is_nobodys_any_more(browser, service):
    ruben = browser("ruben")
    ruben.post(f"{HELLO}/assign", account=account_id(service, "ruben"))
    act(ruben, HELLO, "confirm")
    with service.engine.connect() as conn:
        assert tasks.of(conn, "utter_greet", "nl") is None


def test_text_is_given_on_and_taken_back(browser, service):
    eva, ruben = account_id(service, "eva"), account_id(service, "ruben")
    page = browser("eva")
    page.post(f"{HELLO}/assign", account=ruben)
    page.post(f"{HELLO}/assign", account=eva)
    with service.engine.connect() as conn:
        assert tasks.mine(conn, ruben) == []
        assert [(one.key, one.language) for one in tasks.mine(conn, eva)] == [("utter_greet", "nl")]
    page.post(f"{HELLO}/assign", account="")
    with service.engine.connect() as conn:
        assert tasks.all_open(conn) == []


@pytest.mark.parametrize("wrong", ["999999", str(2**70), "x", "-1"])
def test_text_is_given_to_nobody_who_may_not_do_it(browser, service, wrong):
    browser("eva").post(f"{HELLO}/assign", account=wrong)
    with service.engine.connect() as conn:
        assert tasks.all_open(conn) == []


def test_agent_without_a_duty_gives_and_gets_no_texts(browser, service):
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.accounts).where(schema.accounts.c.username == "sara").values(duties=""))
    eva, sara = browser("eva"), browser("sara")
    assert eva.post(f"{HELLO}/assign", account=account_id(service, "sara")).status_code == 400
    assert sara.post(f"{HELLO}/assign", account=account_id(service, "eva")).status_code == 403


def test_translator_is_given_their_languages_only(browser, service):
    with service.engine.begin() as conn:
        sara = sa.update(schema.accounts).where(schema.accounts.c.username == "sara")
        conn.execute(sara.values(duties="translate", languages="nl,ar"))
    eva, sara = browser("eva"), account_id(service, "sara")
    assert eva.post(f"{HELLO}/assign", account=sara).status_code == 303
    assert eva.post("/content/utter_greet/fr/assign", account=sara).status_code == 400
    assert eva.post("/content/utter_greet/en/assign", account=sara).status_code == 400


@pytest.fixture
def listed(service):
    """One question and answer of an imported list; its id."""
    values = {
        "key": "list:1", "language": "en", "question": "Can I get <b>soup</b>?", "source": "Red Cross list",
        "answer": "Yes, at the church.\nEvery Friday at noon.", "updated_on": "2026-10-01", "state": "draft",
        "created_at": clock.now(),
    }  # fmt: skip
    with service.engine.begin() as conn:
        return int(conn.execute(sa.insert(schema.draft_answers).values(**values)).inserted_primary_key[0])


def test_imported_answer_becomes_a_new_one_of_ours(browser, service, listed):
    eva = browser("eva")
    assert "1 imported answer waits" in eva.get("/content").text
    assert f"/content/imported/{listed}" in eva.get("/directory/drafts").text
    assert "Every Friday at noon" in eva.get(f"/content/imported/{listed}").text
    begun = eva.post(f"/content/imported/{listed}", answer="", name="Soup kitchen", language="en")
    assert begun.headers["Location"] == f"/content/utter_soup_kitchen/en?draft={listed}"
    page = eva.get(begun.headers["Location"]).text
    assert "Yes, at the church.\nEvery Friday at noon.</textarea>" in page
    assert "Can I get &lt;b&gt;soup&lt;/b&gt;?" in page
    assert f'name="draft" value="{listed}"' in page
    with service.engine.connect() as conn:
        assert conn.execute(sa.select(schema.draft_answers.c.state)).scalar() == "draft"
    seen = {name: value for name, value in fields(page).items() if name in ("seen_change", "seen_live")}
    saved = eva.post("/content/utter_soup_kitchen/en", text="Soup at the church.", draft=listed, **seen)
    assert saved.status_code == 303
    with service.engine.connect() as conn:
        assert conn.execute(sa.select(schema.draft_answers.c.state)).scalar() == "taken"
    assert "imported answer" not in eva.get("/content").text
    assert "dealt with" in eva.get(f"/content/imported/{listed}").text


def test_imported_answer_stands_below_the_text_there_is(browser, listed):
    eva = browser("eva")
    begun = eva.post(f"/content/imported/{listed}", answer="utter_thanks", name="", language="en")
    page = eva.get(begun.headers["Location"]).text
    before = re.search(
        r"<textarea id=\"text\".*?>\n?(.*?)</textarea>", eva.get("/content/utter_thanks/en").text, re.DOTALL
    )
    assert f"{before[1]}\n\nYes, at the church." in page


@pytest.mark.parametrize(
    ("answer", "name", "language"),
    [
        ("", "", "en"),
        ("", "../x", "en"),
        ("fact:desk", "", "en"),
        ("utter_thanks", "", "xx"),
        ("utter_emergency_now", "", "en"),
        ("", "soup", ""),
    ],
)
def test_imported_answer_goes_nowhere_it_cannot(browser, listed, answer, name, language):
    refused = browser("eva").post(f"/content/imported/{listed}", answer=answer, name=name, language=language)
    assert refused.status_code == 400
    assert "Choose an answer" in refused.text


def test_unknown_imported_answer_is_not_found(browser):
    eva = browser("eva")
    assert eva.get("/content/imported/999").status_code == 404
    assert eva.get(f"/content/imported/{2**70}").status_code == 404
    assert eva.get(f"{HELLO}?draft={2**70}").status_code == 200
    assert eva.get(f"{HELLO}?draft=x").status_code == 200


@pytest.fixture
def linked(browser):
    """An editor with a draft that gives a link."""
    eva = browser("eva")
    write(eva, HELLO, "Kijk op https://soup.example.org/friday.")
    return eva


def test_links_are_listed_with_their_texts_and_nobody_looks_by_default(linked):
    page = linked.get("/content/links").text
    assert "https://soup.example.org/friday" in page
    assert HELLO in page
    assert "LINK_HOSTS" in page
    assert linked.post("/content/links").status_code == 409


def test_editor_asks_and_reads_what_was_found(linked, console, service):
    console.extensions["helpline"] = dataclasses.replace(
        service, settings=dataclasses.replace(service.settings, link_hosts="example.org")
    )
    assert "Look whether they work" in linked.get("/content/links").text
    assert linked.post("/content/links").status_code == 303
    assert "still to be looked at" in linked.get("/content/links").text
    url = "https://soup.example.org/friday"
    with service.engine.begin() as conn:
        while (one := links.claim(conn)) is not None:
            links.found(conn, one, "gone" if one == url else "works", "http_404" if one == url else "")
    page = linked.get("/content/links").text
    assert "no such page (404)" in page
    assert page.index(url) == page.index("https://")
    assert "1 link in the answers does not work" in linked.get("/content").text
    assert f"The link {url} did not work" in linked.get(HELLO).text


def test_link_nobody_gives_any_more_is_forgotten(linked, service):
    with service.engine.begin() as conn:
        links.ask(conn)
        links.claim(conn)
        links.found(conn, "https://soup.example.org/friday", "gone", "http_404")
        assert len(links.bad(conn)) == 1
    write(linked, HELLO, "Kijk niet.")
    with service.engine.begin() as conn:
        links.ask(conn)
        assert links.bad(conn) == []


def rows_of(page):
    return set(re.findall(r'<th scope="row"><a href="/content/(utter_\w+)/en">', page))


def test_texts_are_filtered_by_whose_they_are(browser, service):
    eva = browser("eva")
    eva.post(f"{HELLO}/assign", account=account_id(service, "ruben"))
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.content_facts).values(owner=""))
        fact = sa.update(schema.content_facts).where(schema.content_facts.c.name == "juridisch_loket_phone")
        conn.execute(fact.values(owner="Legal team"))
    page = eva.get("/content?owner=ruben").text
    assert rows_of(page) == {"utter_greet"} and '<option value="Ruben" selected>' in page
    assert rows_of(eva.get("/content?owner=Ruben&language=nl").text) == {"utter_greet"}
    assert rows_of(eva.get("/content?owner=Ruben&language=fr").text) == set()
    kept = rows_of(eva.get("/content?owner=legal+team").text)
    assert "utter_legal_residence" in kept and "utter_greet" not in kept
    found = eva.get("/content?owner=Legal+team&q=0800").text
    assert "/content/facts/juridisch_loket_phone" in found
    assert "/content/facts/juridisch_loket_phone" not in eva.get("/content?owner=Ruben&q=0800").text


@pytest.mark.parametrize("wrong", ["Nobody Here", "<b>x</b>", "%00", "%27%20or%201=1"])
def test_owner_nobody_knows_is_said_and_finds_nothing(browser, wrong):
    answer = browser("eva").get(f"/content?owner={wrong}")
    assert answer.status_code == 200
    if wrong != "%00":
        assert "Nobody called" in answer.text and rows_of(answer.text) == set()
    assert "<b>x</b>" not in answer.text
