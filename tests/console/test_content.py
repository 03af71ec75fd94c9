"""Answers in the console: from a word typed to a word live, seen as people see it, by whoever may do it."""

import io
import re

import pytest
import sqlalchemy as sa

from helpline import accounts, clock, content
from helpline.content import changes
from helpline.db import schema
from tests.console.conftest import SAME, Browser

HELLO = "/content/utter_greet/nl"
RIGHT = "/content/utter_health_right_to_care/nl"


@pytest.fixture
def engine(sqlite_engine):
    return sqlite_engine


@pytest.fixture
def desk(with_texts):
    return with_texts


@pytest.fixture
def browser(desk):
    return lambda name: Browser(desk, name)


def fields(page: str) -> dict[str, str]:
    return dict(
        re.findall(r'<input type="hidden" name="(seen_change|seen_live|exactly|base|packed)" value="([^"]*)"', page)
    )


def write(browser, path, text, **more):
    page = browser.get(path).text
    seen = {name: value for name, value in fields(page).items() if name in ("seen_change", "seen_live")}
    return browser.post(path, **{**seen, "text": text, **more})


def act(browser, path, verb, **more):
    return browser.post(f"{path}/{verb}", **{**fields(browser.get(path).text), **more})


def test_text_goes_from_draft_to_live_by_two_people(browser, service):
    eva, ruben = browser("eva"), browser("ruben")
    text = 'Zeg dat je geen verzekering hebt.\nDit is algemene informatie; een mens kan je helpen: schrijf "mens".'
    assert write(eva, RIGHT, text).status_code == 303
    assert act(eva, RIGHT, "submit").status_code == 303
    assert act(eva, RIGHT, "approve").status_code == 409
    assert "Somebody else must approve it" in eva.get(RIGHT).text
    assert "Approve exactly this text" in ruben.get(RIGHT).text
    assert act(ruben, RIGHT, "approve").status_code == 303
    assert act(eva, RIGHT, "publish").status_code == 303
    assert service.answers.get("utter_health_right_to_care", "nl").text == text
    assert "It is live." in eva.get(f"{RIGHT}?done=published").text


def test_second_editor_gets_both_texts_together_and_nothing_is_lost(browser, service):
    eva, ruben = browser("eva"), browser("ruben")
    page = fields(eva.get(HELLO).text)
    base = re.search(r'name="base" value="(.*?)">', eva.get(HELLO).text, re.DOTALL)[1]
    first = {**page, "base": base, "text": f"Eerste regel\n{base}"}
    second = {**page, "base": base, "text": f"{base}\nLaatste regel"}
    assert eva.post(HELLO, **first).status_code == 303
    refused = ruben.post(HELLO, **second)
    assert refused.status_code == 409
    assert "Eva saved this text while you were writing" in refused.text
    merged = re.search(r'<textarea id="text".*?>\n(.*?)</textarea>', refused.text, re.DOTALL)[1]
    assert merged.startswith("Eerste regel") and merged.endswith("Laatste regel")
    assert write(ruben, HELLO, merged).status_code == 303
    with service.engine.connect() as conn:
        assert changes.of(conn, "utter_greet", "nl").text.count("regel") == 2


def test_unknown_variable_is_told_and_not_saved(browser, service):
    answer = write(browser("eva"), HELLO, "Je kreeg {bedrag}")
    assert answer.status_code == 400
    assert "Nobody fills in {bedrag}" in answer.text and "Je kreeg {bedrag}" in answer.text
    with service.engine.connect() as conn:
        assert changes.of(conn, "utter_greet", "nl") is None


def test_harmful_sentence_is_kept_as_a_draft_and_goes_no_further(browser):
    eva = browser("eva")
    write(eva, HELLO, "Ga naar een politiebureau.")
    refused = act(eva, HELLO, "submit")
    assert refused.status_code == 409
    assert "sends people to an authority first" in refused.text


def test_preview_shows_list_and_messages_as_they_are_sent(browser):
    eva = browser("eva")
    buttons = {"title": ["Een", "Twee", "Drie", "Vier"], "payload": ["/find_food_help"] * 4, "description": [""] * 4}
    answer = eva.client.post(f"{HELLO}/preview", data={"text": "*Kies* er een", **buttons}, headers=SAME)
    assert "<b>Kies</b>" in answer.text
    assert "rows-of-list" not in answer.text  # four times the same way is one way
    known = re.findall(r'<option value="(/[a-z_]+)"', eva.get(HELLO).text)
    buttons["payload"] = list(dict.fromkeys(known))[:4]
    answer = eva.client.post(f"{HELLO}/preview", data={"text": "*Kies* er een", **buttons}, headers=SAME)
    assert answer.text.count('<li dir="auto"><b>') == 4
    assert "4 buttons become a list" in answer.text
    long = "\n\n".join(["Een alinea van een folder met nummer +31 70 000 00 00. " * 14] * 12)
    answer = eva.client.post(f"{HELLO}/preview", data={"text": long}, headers=SAME)
    assert answer.text.count('class="said"') == 3 and "Cannot go live" in answer.text
    assert (
        "Cannot go live" not in eva.client.post(f"{HELLO}/preview", data={"text": long, "split": 1}, headers=SAME).text
    )


def test_preview_escapes_what_an_editor_typed(browser):
    answer = browser("eva").client.post(
        f"{HELLO}/preview", data={"text": "<script>alert(1)</script> {x}"}, headers=SAME
    )
    assert "<script>" not in answer.text and "&lt;script&gt;" in answer.text


def test_arabic_field_runs_from_right_to_left_with_its_language(browser):
    page = browser("eva").get("/content/utter_greet/ar").text
    area = re.search(r'<textarea id="text"[^>]*>', page)[0]
    assert 'lang="ar"' in area and 'dir="rtl"' in area


def test_fact_changed_once_is_changed_in_every_answer_and_language(browser, service):
    eva, ruben = browser("eva"), browser("ruben")
    path = "/content/fact:juridisch_loket_phone/*"
    assert write(eva, path, "0800-0000").status_code == 303
    assert act(ruben, path, "approve").status_code == 303
    assert act(ruben, path, "publish").status_code == 303
    said = [service.answers.get("utter_legal_residence", code).text for code in content.SPOKEN]
    assert all("0800-0000" in text and "0800-8020" not in text for text in said)
    assert "\u20660800-0000\u2069" in said[content.SPOKEN.index("ar")]


def test_fact_that_is_the_same_everywhere_is_missing_nowhere(browser):
    page = browser("eva").get("/content/fact:iom_phone/*").text
    assert page.count("as in every language") == len(content.SPOKEN)
    assert "state-dot missing" not in page
    assert "People read English" not in browser("eva").get("/content/fact:iom_phone/nl").text


def test_checking_a_fact_lets_it_hold_for_thirty_days_more(browser, service):
    eva = browser("eva")
    clock.shift(60 * 86400)
    eva = browser("eva")
    assert "grew old on" in eva.get("/content/facts").text
    version = re.search(r'name="version" value="(\d+)"', eva.get("/content/facts/iom_phone").text)[1]
    assert eva.post("/content/facts/iom_phone/checked", version=version).status_code == 303
    assert service.answers.facts()["iom_phone"].stage(clock.today()) == "good"
    assert eva.post("/content/facts/iom_phone/checked", version=version).status_code == 409


def test_new_fact_needs_its_keeper_and_then_a_value(browser, service):
    eva = browser("eva")
    sheet = {"name": "Red Cross phone", "kind": "phone", "label": "Red Cross", "owner": "Eva", "source": "website",
             "reviewed_on": clock.today().isoformat(), "review_by": "", "on_expiry": "hide"}  # fmt: skip
    assert eva.post("/content/facts/new", **{**sheet, "owner": ""}).status_code == 400
    added = eva.post("/content/facts/new", **sheet)
    assert added.headers["Location"] == "/content/fact:red_cross_phone/*?done=added"
    assert write(eva, "/content/fact:red_cross_phone/*", "070-0000000").status_code == 303
    assert eva.post("/content/facts/new", **sheet).status_code == 400


def test_matrix_finds_texts_in_any_spelling_and_filters_by_state(browser, service):
    eva = browser("eva")
    page = eva.get("/content?q=medecin").text
    assert "utter_health_right_to_care/en" in page and "Médecin" in page
    assert "utter_health_right_to_care" in eva.get("/content?q=العَلاج").text
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.answers).where(
            schema.answers.c.key == "utter_greet", schema.answers.c.language == "en"
        ).values(text="Hi there"))  # fmt: skip
        conn.execute(sa.update(schema.content_version).values(version=schema.content_version.c.version + 1))
    page = eva.get("/content?state=outdated&language=fr").text
    assert "/content/utter_greet/fr" in page and "utter_health_right_to_care" not in page
    assert "The English text has changed" in eva.get("/content/utter_greet/fr").text


def test_safety_text_is_shown_and_offers_no_change(browser):
    page = browser("ruben").get("/content/utter_safety_medical/en").text
    assert "cannot be changed or switched off here" in page and "<textarea" not in page
    assert (
        browser("ruben").post("/content/utter_safety_medical/en", text="x", seen_change="0", seen_live="1").status_code
        == 403
    )


def test_translator_writes_the_languages_they_read_and_decides_nothing(browser, service):
    tom = browser("tom")
    assert write(tom, "/content/utter_greet/fr", "Bonjour à tous").status_code == 303
    for path in ("/content/utter_greet/ar", "/content/utter_greet/en"):
        assert tom.post(path, text="x", seen_change="0", seen_live="1").status_code == 403
    for verb in ("approve", "publish", "send-back", "confirm"):
        assert tom.post(f"/content/utter_greet/fr/{verb}").status_code == 403
    assert tom.post("/content/four-eyes", rule="none").status_code == 403
    assert tom.post("/content/facts/iom_phone/checked", version="1").status_code == 403


@pytest.mark.parametrize(
    ("name", "may_read", "may_write"), [("vera", True, False), ("sara", False, False), ("eva", True, True)]
)
def test_who_may_read_and_who_may_write(browser, name, may_read, may_write):
    one = browser(name)
    for path in ("/content", "/content/review", "/content/facts", "/content/sheets", HELLO, f"{HELLO}/history",
                 "/content/sheets/answers.csv"):  # fmt: skip
        assert one.get(path).status_code == (200 if may_read else 403), path
    answer = one.post(HELLO, text="x", seen_change="0", seen_live="1")
    assert answer.status_code == (303 if may_write else 403)


@pytest.mark.parametrize("path", [
    "/content/passwd/en", "/content/utter_x/xx", "/content/utter_X/en", "/content/utter_greet/*",
    "/content/facts/nothing", "/content/utter_nothing_there/nl/history",
])  # fmt: skip
def test_what_cannot_exist_is_not_found(browser, path):
    assert browser("ruben").get(path).status_code == 404


def test_typed_words_are_kept_and_the_colleague_is_told(browser):
    eva, ruben = browser("eva"), browser("ruben")
    page = {name: value for name, value in fields(eva.get(HELLO).text).items() if name != "base"}
    eva.post(f"{HELLO}/typed", **page, text="Half een zin", changed="1")
    told = ruben.post(f"{HELLO}/typed", **page, text="").json
    assert told == {"others": "Eva is editing this text now.", "stale": ""}
    assert "did not save it" in eva.get(HELLO).text
    assert "Half een zin" in eva.get(f"{HELLO}?typed=1").text
    write(ruben, HELLO, "Dag")
    assert eva.post(f"{HELLO}/typed", **page, text="Half").json["stale"]


def test_earlier_version_comes_back_as_the_draft(browser, service):
    eva = browser("eva")
    write(eva, HELLO, "Eén")
    write(eva, HELLO, "Twee")
    page = eva.get(f"{HELLO}/history").text
    assert re.findall(r"Version (\d+)", page)[:3] == ["3", "2", "1"] and "<ins>Twee</ins>" in page
    seen = {name: value for name, value in fields(page).items() if name.startswith("seen")}
    assert eva.post(f"{HELLO}/restore", number="2", **seen).status_code == 303
    with service.engine.connect() as conn:
        assert changes.of(conn, "utter_greet", "nl").text == "Eén"


def test_four_eyes_rule_is_the_administrators(browser):
    eva, ruben = browser("eva"), browser("ruben")
    assert eva.post("/content/four-eyes", rule="all").status_code == 403
    assert ruben.post("/content/four-eyes", rule="everything").status_code == 400
    assert ruben.post("/content/four-eyes", rule="all").status_code == 303
    write(eva, HELLO, "Dag")
    assert act(eva, HELLO, "approve").status_code == 409


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exported_table_given_back_unchanged_changes_nothing(browser, kind):
    eva = browser("eva")
    table = eva.get(f"/content/sheets/answers.{kind}").data
    answer = eva.client.post("/content/sheets", data={"file": (io.BytesIO(table), f"x.{kind}")}, headers=SAME)
    assert answer.status_code == 200 and "The file changes nothing" in answer.text
    assert "0 cells not taken over" in answer.text


def test_ticked_rows_of_a_table_become_drafts(browser, service):
    eva = browser("eva")
    text = eva.get("/content/sheets/answers.csv?language=nl").data.decode("utf-8-sig")
    old = service.answers._texts["utter_language_changed"]["nl"].text
    changed = text.replace(old, "Ik schrijf Nederlands.").encode("utf-8-sig")
    page = eva.client.post("/content/sheets", data={"file": (io.BytesIO(changed), "x.csv")}, headers=SAME).text
    assert "1 changed" in page
    form = {"packed": fields(page)["packed"], "name": "x.csv", "take": "utter_language_changed nl"}
    assert eva.post("/content/sheets/keep", **form).status_code == 303
    with service.engine.connect() as conn:
        kept = changes.of(conn, "utter_language_changed", "nl")
    assert (kept.text, kept.origin, kept.state) == ("Ik schrijf Nederlands.", "sheet", "draft")


def test_every_page_speaks_dutch_too(browser, service):
    ruben = browser("ruben")
    ruben.post("/language", language="nl", next="/")
    write(ruben, HELLO, "Dag")
    for path in ("/content", "/content/review", "/content/facts", "/content/facts/iom_phone", "/content/sheets", HELLO,
                 f"{HELLO}/history", "/content/facts/new"):  # fmt: skip
        page = ruben.get(path)
        assert page.status_code == 200 and "Antwoorden" in page.text, path


def test_accounts_of_the_demo_have_the_duties_these_tests_rely_on():
    assert {one.username: one.duties for one in accounts.DEMO}["tom"] == "translate"
