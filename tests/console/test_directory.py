"""The directory's pages: found in any spelling, changed by those who may, never over somebody else's change."""

import dataclasses
import io

import pytest
import sqlalchemy as sa

from benchmarks.desk_people import make_service
from benchmarks.screenshots import CHROMIUM, FLAGS, PHONE, served, sign_in
from helpline import directory, settings
from helpline.console import app
from helpline.db import schema
from helpline.directory import editing, upload
from helpline.errors import InputError, SettingsError
from tests.conftest import count
from tests.console.conftest import SAME, Browser
from tests.console.directory_pages import GOOD, day, hidden, names, put, send, stored


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("cafe", ["Café Zuid"]), ("CAFÉ", ["Café Zuid"]), ("عيادة", ["عِيادة الشمال"]),
        ("عيادة الشمال", ["عِيادة الشمال"]),
        ("den haag", ["Café Zuid"]), ("لاهاي", ["Café Zuid"]), ("La Haye", ["Café Zuid"]), ("eten", ["Café Zuid"]),
        ("dokter groningen", ["عِيادة الشمال"]), ("eten لاهاي", ["Café Zuid"]), ("kruispost", []),
    ],
)  # fmt: skip
def test_search_finds_name_town_and_kind_in_any_spelling_and_script(service, sara, asked, found):
    put(service, "Café Zuid", kind="food", town="Den Haag")
    put(service, "عِيادة الشمال", town="Groningen")
    assert names(sara, f"?q={asked}") == found


def test_filters_by_kind_town_and_state(service, sara):
    put(service, "Soon", review_by=day(14))
    put(service, "Later", review_by=day(15), kind="food", town="Breda")
    put(service, "Gone", review_by=day(-1))
    put(service, "Never", reviewed_on=None, review_by=None)
    put(service, "Closed down", retired=True, review_by=day(-3))
    assert names(sara) == ["Gone", "Later", "Never", "Soon"]
    assert names(sara, "?state=expiring") == ["Soon"]
    assert names(sara, "?state=expired") == ["Never", "Gone"]
    assert names(sara, "?state=unverified") == ["Never"]
    assert names(sara, "?state=retired") == ["Closed down"]
    assert names(sara, "?kind=food") == names(sara, "?town=Breda") == ["Later"]
    assert names(sara, "?kind=nonsense&state=nonsense&page=x") == ["Gone", "Later", "Never", "Soon"]
    page = sara.get("/directory").text
    assert "1 expires within 14 days" in page and "2 services have expired" in page


def test_long_lists_come_in_pages(service, sara):
    for number in range(55):
        put(service, f"Service {number:02}")
    assert (len(names(sara)), names(sara, "?page=2")[0], names(sara, "?page=999999999999")) == (50, "Service 50", [])


def test_agents_read_and_check_but_do_not_edit(service, sara):
    service_id = put(service, review_by=day(-5))
    page = sara.get(f"/directory/{service_id}").text
    assert "Checked today" in page and "/edit" not in page and "Retire" not in page
    answer = sara.post(f"/directory/{service_id}/checked", updated_at=str(stored(service, service_id).updated_at))
    assert answer.status_code == 303
    row = stored(service, service_id)
    assert (row.reviewed_on, row.review_by, row.edited_at) == (day(0), day(30), None)
    for path in (f"{service_id}/edit", "new", "import", "drafts"):
        assert sara.get(f"/directory/{path}").status_code == 403
    for path in (f"{service_id}/edit", f"{service_id}/retire", "new", "import/apply", "drafts/1/dismiss"):
        assert sara.post(f"/directory/{path}").status_code == 403


def test_checking_from_the_list_returns_to_the_list_and_nowhere_else(service, sara):
    service_id = put(service, review_by=day(3))
    seen = stored(service, service_id).updated_at
    answer = sara.post(f"/directory/{service_id}/checked", updated_at=str(seen), back="/directory?state=expiring")
    assert answer.headers["Location"] == "/directory?state=expiring&done=checked"
    for back in ("https://evil.example/directory", "//evil.example/directory", "/cases", "/\\evil.example"):
        seen = stored(service, service_id).updated_at
        answer = sara.post(f"/directory/{service_id}/checked", updated_at=str(seen), back=back)
        assert answer.headers["Location"] == f"/directory/{service_id}?done=checked"


def test_nobody_vouches_for_facts_they_did_not_see(service, sara, eva):
    service_id = put(service, review_by=day(-5))
    seen = stored(service, service_id).updated_at
    eva.post(f"/directory/{service_id}/edit", **GOOD, updated_at=str(seen))
    answer = sara.post(f"/directory/{service_id}/checked", updated_at=str(seen))
    assert answer.status_code == 409 and "Example street 1" in answer.text
    assert stored(service, service_id).reviewed_on is None


def test_what_a_person_checked_is_not_unchecked_by_an_older_list(service, sara):
    text = "name,kind,town,phone,reviewed_on\nOne,food,Utrecht,030-0000000,2026-01-01\n"
    files = {"list.csv": text.encode()}
    with service.engine.begin() as conn:
        directory.apply(conn, directory.plan(conn, upload.read(files)))
        row = conn.execute(sa.select(schema.services)).one()
        editing.checked_today(conn, row.id, row.updated_at)
    with service.engine.begin() as conn:
        assert directory.plan(conn, upload.read(files)).changed == ()
        newer = {"list.csv": text.replace("0000000", "0000001").encode()}
        fields = [name for name, _, _ in directory.plan(conn, upload.read(newer)).changed[0].fields]
        assert {"phones", "reviewed_on"} <= set(fields)


def test_upload_shows_the_plan_first_and_then_does_it(service, eva):
    head = "name,kind,town,phone\n"
    first = send(eva, head + "One,food,Utrecht,030-0000000\nTwo,food,Utrecht,\nBad,circus,Utrecht,\n", "kitchens")
    assert first.status_code == 200 and "2 new" in first.text and "Line 4" in first.text
    assert count(service.engine, schema.services) == 0
    assert eva.post("/directory/import/apply", **hidden(first.text)).status_code == 303
    assert names(eva) == ["One", "Two"]
    second = send(eva, head + "One,food,Utrecht,030-0000001\n", "kitchens")
    assert "1 changed" in second.text and "1 retired" in second.text
    assert "<del" in second.text and "030-0000001</ins>" in second.text and names(eva) == ["One", "Two"]
    eva.post("/directory/import/apply", **hidden(second.text))
    assert names(eva) == ["One"] and names(eva, "?state=retired") == ["Two"]
    assert "would change nothing" in send(eva, head + "One,food,Utrecht,030-0000001\n", "kitchens").text


def test_a_plan_that_is_no_longer_true_is_shown_again_and_not_done(service, eva):
    page = send(eva, "name,kind,town\nOne,food,Utrecht\nTwo,food,Utrecht\n").text
    put(service, "One", key="csv-list/one-utrecht-food", kind="food", town="Utrecht")
    answer = eva.post("/directory/import/apply", **hidden(page))
    assert answer.status_code == 409 and "changed since" in answer.text and names(eva) == ["One"]
    assert eva.post("/directory/import/apply", **hidden(answer.text)).status_code == 303
    assert names(eva) == ["One", "Two"]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("", "list.csv", "empty"), ("a,b\n1,2\n", "list.csv", "lacks the column"), ("{", "x.json", "not JSON"),
        ("[1]", "x.json", "neither"), ("{}", "../../etc/passwd", "neither"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_explained_without_a_path(eva, content, name, said):
    answer = send(eva, content, name=name)
    assert answer.status_code == 400 and said in answer.text and "/tmp" not in answer.text


def test_a_damaged_or_swollen_upload_is_refused(eva):
    bomb = upload.pack({"list.csv": b"name,kind\n" + b"x" * 50_000_000})
    for packed in ("", "AAAA", "not base64!", "eJwDAAAAAAE=", bomb):
        assert eva.post("/directory/import/apply", packed=packed, fingerprint="x").status_code == 400
    assert eva.post("/directory/import/apply").status_code == 400
    with pytest.raises(InputError):
        upload.read({f"{n}.csv": b"name,kind\n" for n in range(upload.MOST_FILES + 1)})


def test_an_upload_that_is_too_large_says_so(eva):
    answer = send(eva, "x" * (upload.LARGEST + 10_000))
    assert answer.status_code == 413 and "too large" in answer.text


def test_several_sheets_at_once_are_one_list(service, eva):
    sheets = {
        "Offers.json": '{"values": [["#ID","#SUBCATEGORY","#NAME","#VISIBLE","#ADDRESS"],'
        '["1","1","Made-up soup","Show","Example street 1, Utrecht"]]}',
        "Sub-Categories.json": '{"values": [["#ID","#CATEGORY","#NAME"],["1","1","Food"]]}',
    }
    body = {"files": [(io.BytesIO(text.encode()), name) for name, text in sheets.items()], "origin": "hia-utrecht"}
    page = eva.client.post("/directory/import", data=body, headers=SAME)
    assert "Made-up soup" in page.text and "Food" in page.text
    eva.post("/directory/import/apply", **hidden(page.text))
    assert names(eva, "?kind=food") == ["Made-up soup"]


def test_draft_answers_are_listed_and_dismissed_for_good(service, eva):
    row = {"key": "hia-x/q-1", "language": "nl", "question": "Waar?", "answer": "<b>Daar</b>", "source": "x",
           "updated_on": None, "state": "draft", "created_at": 1}  # fmt: skip
    with service.engine.begin() as conn:
        draft_id = conn.execute(sa.insert(schema.draft_answers).values(**row)).inserted_primary_key[0]
    page = eva.get("/directory/drafts").text
    assert "Waar?" in page and "&lt;b&gt;Daar" in page
    assert "Draft answers" in eva.get("/directory").text
    assert eva.post(f"/directory/drafts/{draft_id}/dismiss").status_code == 303
    assert "Waar?" not in eva.get("/directory/drafts").text
    assert count(service.engine, schema.draft_answers, schema.draft_answers.c.state == "dismissed") == 1


def test_what_lists_hold_is_never_markup_on_the_page(service, sara):
    bad = "<script>alert(1)</script>"
    service_id = put(service, bad, address=bad, website="javascript:alert(1)", phones=bad, source=bad, town=bad)
    for path in ("/directory", "/directory/map", f"/directory/{service_id}"):
        page = sara.get(path).text
        assert bad not in page and 'href="javascript' not in page


def test_map_asks_nobody_unless_tiles_are_set(service, console, sara):
    put(service)
    answer = sara.get("/directory/map")
    assert "img-src 'self' blob:;" in answer.headers["Content-Security-Policy"] and "data-tiles" not in answer.text
    assert answer.text.count('class="point') == 1
    tiles = dataclasses.replace(service.settings, directory_tiles_url="https://{s}.tiles.example/{z}/{x}/{y}.png")
    tiled = Browser(app.create(dataclasses.replace(service, settings=tiles)), "sara")
    answer = tiled.get("/directory/map")
    policy = answer.headers["Content-Security-Policy"]
    assert "img-src https://*.tiles.example 'self' blob:;" in policy and "script-src 'self';" in policy
    assert "tiles.example" not in tiled.get("/directory").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "address",
    ["http://t.example/{z}/{x}/{y}", "https://t.example/{z}/{x}", "https://t.example; script-src *//{z}/{x}/{y}", "*"],
)
def test_tiles_come_over_https_and_say_nothing_else(address):
    with pytest.raises(SettingsError):
        settings.read({"DIRECTORY_TILES_URL": address})


def test_pages_have_no_inline_script_or_style_and_speak_dutch(service, eva):
    service_id = put(service)
    eva.post("/language", language="nl")
    for path in ("", "/map", "/new", "/import", "/drafts", f"/{service_id}", f"/{service_id}/edit"):
        page = eva.get(f"/directory{path}").text
        assert "<style" not in page and "style=" not in page and "onclick" not in page and "<script>" not in page
        assert 'lang="nl"' in page and "Hulpgids" in page


def test_numbers_that_no_service_has_are_not_found(eva):
    for path in ("/directory/0", "/directory/99", f"/directory/{2**63}", f"/directory/{2**70}/edit"):
        assert eva.get(path).status_code == 404
    assert eva.post(f"/directory/{2**63}/retire", updated_at="1").status_code == 404
    assert eva.post(f"/directory/drafts/{2**70}/dismiss").status_code == 303


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not on this machine")
def test_map_and_list_in_a_real_browser_fit_a_phone_and_ask_only_us(tmp_path):
    from playwright.sync_api import sync_playwright

    opened = make_service(f"sqlite:///{tmp_path}/desk.db")
    with opened.engine.begin() as conn:
        directory.import_starter(conn)
    with served(opened) as base, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(locale="en-GB", viewport=PHONE).new_page()
        asked, faults = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        sign_in(page, base, "noor")
        for path in ("", "?state=expired", "/map", "/1", "/1/edit", "/new", "/import", "/drafts"):
            page.goto(f"{base}/directory{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.goto(f"{base}/directory/map?q=kruispost")
        page.wait_for_selector("#map canvas")
        box = page.locator("#map").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.click(".leaflet-popup a >> text=Kruispost")
        assert page.inner_text("h1") == "Kruispost"
        browser.close()
    assert faults == [] and all(url.startswith((base, "blob:", "data:")) for url in asked)
    opened.engine.dispose()
