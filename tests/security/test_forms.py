"""Whatever is posted or asked, the console answers calmly: no fault, no SQL of the asker's, no formula in a file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpline import accounts, cells, clock
from helpline.console import media
from helpline.content import table_files
from helpline.db import schema
from helpline.db.columns import metadata
from tests.console.conftest import SAME, Browser
from tests.security import pages

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "helpline" / "console"
HTML = "".join(one.read_text() for one in TEMPLATES.rglob("*.html"))
CODE = "".join(one.read_text() for one in TEMPLATES.glob("*.py"))
READ = re.compile(r'request\.(?:form|values|args)\.get(?:list)?\("(\w+)"')
FIELDS = sorted({*re.findall(r'\bname="([a-z_]+)"', HTML), *READ.findall(CODE)})
"""Every field that a form of ours has, or that a page reads."""
NASTY = [
    "", "0", "-1", "1", "9" * 40, "99999999999999999999999999", "1e309", "NaN", "\0", "\ud800", "a" * 70_000,
    "' OR '1'='1", "'; DROP TABLE accounts; --", "%", "_", "\\", "../../etc/passwd", "{{7*7}}", "=1+1",
    "2026-02-30", "25:99", "<script>", "\u202e\u200b", "ßİı", "yes", "en", "ar", "[]", '{"a":',
    "1\r\nSet-Cookie: x=1", "utter_greet", "٣",
]  # fmt: skip
values = st.one_of(st.sampled_from(NASTY), st.text(max_size=60))


def open_routes(console, method):
    """Paths of a method, with the number of something that is there."""
    for rule in sorted(console.url_map.iter_rules(), key=lambda rule: rule.rule):
        if method not in rule.methods or rule.endpoint in (
            "static",
            "signin.leave",
            "signin.enter",
            "oidc.back",
            "oidc.start",
        ):
            continue
        path = re.sub(r"<int:\w+>", "1", rule.rule)
        path = path.replace("<any(xlsx, csv):kind>", "csv").replace("<language>", "en").replace("<key>", "utter_greet")
        yield rule.endpoint, re.sub(r"<\w+>", "find_food", path)


on_one_database = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""Enough to find what a form upsets; SQL is tested on both."""


@pytest.fixture
def busy(console, service):
    """A console with a case in it, and somebody of each role."""
    console.extensions["whatsapp"] = None
    pages.attack(service, "hello")
    browsers = {}
    with service.engine.begin() as conn:
        for role in accounts.ROLES:
            accounts.add(conn, f"{role}-all", role, role, accounts.DEMO[0].password, duties=",".join(accounts.DUTIES))
    for role in ("administrator", "coordinator", "editor"):
        browsers[role] = Browser(console, f"{role}-all")
    browsers["coordinator"].post("/cases/1/claim")
    return console, browsers, service


def test_every_field_of_every_form_is_among_those_that_are_tried():
    assert len(FIELDS) > 40 and {"text", "username", "q", "reason", "role"} <= set(FIELDS)


@on_one_database
@pytest.mark.slow
@settings(max_examples=2, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_no_form_is_upset_by_what_is_posted(busy, data):
    console, browsers, _ = busy
    before = clock._offset
    for endpoint, path in open_routes(console, "POST"):
        form = {
            name: data.draw(values, label=name) for name in data.draw(st.sets(st.sampled_from(FIELDS), max_size=14))
        }
        body = {name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}
        role = "coordinator" if endpoint.startswith(("cases", "composer", "queue", "many")) else "administrator"
        answer = browsers[role].client.post(path, data=body, headers=SAME)
        assert answer.status_code < 500, (endpoint, path, form)
    clock._offset = before


@on_one_database
@pytest.mark.slow
@settings(max_examples=2, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_no_page_is_upset_by_what_is_asked(busy, data):
    console, browsers, _ = busy
    for endpoint, path in open_routes(console, "GET"):
        if endpoint in ("media.show", "ask.page", "ask.fix"):  # these ask WhatsApp or the model
            continue
        names = data.draw(st.sets(st.sampled_from(FIELDS), max_size=8))
        asked = {name: data.draw(values).encode("utf-8", "surrogatepass")[:2000] for name in names}
        for browser in browsers.values():
            answer = browser.client.get(path, query_string=asked)
            assert answer.status_code < 500, (endpoint, path, asked)


@on_one_database
@pytest.mark.parametrize("kind", ["json", "bytes", "multipart", "many"])
def test_a_body_that_is_no_form_is_refused_calmly(busy, kind):
    console, browsers, _ = busy
    sent = {
        "json": {"data": b'{"text": "x"}', "content_type": "application/json"},
        "bytes": {"data": b"\xff\xfe\x00" * 500, "content_type": "application/x-www-form-urlencoded"},
        "multipart": {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
        "many": {
            "data": b"&".join(b"a%d=1" % n for n in range(5000)),
            "content_type": "application/x-www-form-urlencoded",
        },
    }[kind]
    for endpoint, path in list(open_routes(console, "POST"))[:: 3 if kind == "json" else 7]:
        answer = browsers["administrator"].client.post(path, headers=SAME, **sent)
        assert answer.status_code < 500, (endpoint, path)


@on_one_database
def test_a_body_that_never_ends_is_cut(busy):
    _, browsers, _ = busy
    answer = browsers["coordinator"].client.post("/cases/1/note", data={"text": "x" * 3_000_000}, headers=SAME)
    assert answer.status_code == 413


INJECTIONS = ["' OR '1'='1", "x' UNION SELECT password_hash FROM accounts --"]


@pytest.mark.parametrize("wrong", INJECTIONS)
def test_no_parameter_is_read_as_sql(console, service, wrong):
    pages.attack(service, "a plain question")
    noor, ruben = Browser(console, "noor"), Browser(console, "ruben")
    with service.engine.connect() as conn:
        before = {
            t.name: conn.execute(sa.select(sa.func.count()).select_from(t)).scalar_one() for t in metadata.sorted_tables
        }
    asked = dict.fromkeys(FIELDS, wrong)
    asked_of = (
        (noor, "/cases /cases/live /search /cases/many /looks /directory /problems /translating /roster /answers"),
        (ruben, "/content /content/facts /intents /directory /looks"),
    )
    for browser, listed in asked_of:
        paths = listed.split()
        for path in paths:
            answer = browser.client.get(path, query_string=asked)
            assert answer.status_code in (200, 302, 303, 400, 404), (path, answer.status_code)
            assert "argon2" not in answer.text, path
    found = noor.client.get("/search", query_string={"q": wrong})
    assert "a plain question" not in found.text
    ruben.post("/persons/export", contact=wrong, who=wrong, person=wrong)
    with service.engine.connect() as conn:
        after = {
            t.name: conn.execute(sa.select(sa.func.count()).select_from(t)).scalar_one() for t in metadata.sorted_tables
        }
    changed = {name for name, number in before.items() if after[name] < number}
    assert changed == set()


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil.example")', "'=1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_file_we_hand_out_begins_like_a_formula(formula):
    made = cells.as_csv([["key", formula]])
    [row] = list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")))
    assert row[1][0] not in "=+-@\t\r"
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(table_files.write_xlsx([["key", formula]]))).active
    assert sheet.cell(1, 2).data_type == "s"
    # What was made harmless comes back as it was written.
    assert table_files.read("a.csv", made)[0][1].lstrip("'").split() == formula.lstrip("'").split()


def test_the_exports_of_the_console_hold_no_formula(console, service):
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.answers).values(facts="{}"))
    eva = Browser(console, "eva")
    eva.post("/content/utter_greet/en", text="=cmd|' /C calc'!A0", once="x")
    exported = eva.get("/content/sheets/answers.csv")
    assert exported.status_code == 200
    for row in csv.reader(io.StringIO(exported.data.decode("utf-8-sig"), newline="")):
        assert all(not cell or cell[0] not in "=+-@\t\r" for cell in row), row


def test_a_file_is_judged_by_what_is_in_it():
    assert media._sniffed(b"<html><script>alert(1)</script>") == "text/plain"
    assert media._sniffed(b"MZ\x90\x00\x03") == ""
    assert "text/html" not in media.SENDABLE and "image/svg+xml" not in {*media.SENDABLE, *media.SHOWN}
