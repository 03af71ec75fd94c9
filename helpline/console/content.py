"""What the assistant says: every answer in every language, what waits for a reader, and how to find a text."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from helpline import accounts, clock
from helpline.accounts import Account
from helpline.console import access, answers, content_find, content_owner, current, forms, impact
from helpline.content import (
    DEFAULT_LANGUAGE,
    SPOKEN,
    changes,
    coverage,
    differences,
    history,
    imported,
    links,
    rights,
    sensitive,
    store,
    tasks,
)
from helpline.content.facts import ANY, PREFIX
from helpline.db import schema
from helpline.errors import HelplineError, StaleVersion

bp = Blueprint("content", __name__, url_prefix="/content")

ROWS = 40
FOUND = 60
WRITERS = ("editor", "coordinator", "administrator")
"""Roles that write every language; others with the duty to translate write the languages they read."""
_MORE: str = "am bg ckb de fa hi hu id ku pl prs ps ro ru so sq sw th ti tl tr uk ur vi zh"
MORE_LANGUAGES = tuple(_MORE.split(" "))
"""Other languages that an answer may be written in."""
DONE = ("saved", "submitted", "approved", "returned", "published", "discarded", "confirmed", "restored", "set",
        "checked", "added", "imported", "forgotten", "given", "taken_back", "asked")  # fmt: skip


@bp.record_once
def _globals(state: BlueprintSetupState) -> None:
    """What the templates use, also in macros, which see globals only."""
    state.app.jinja_env.globals.update(
        answer_name=answer_name,
        may_write=may_write,
        language_title=language_title,
        ANY_LANGUAGE=ANY,
        MORE_LANGUAGES=MORE_LANGUAGES,
    )


@bp.get("")
def page() -> str:
    """The matrix of answers and languages, filtered."""
    asked = request.args.get("q", "").replace("\0", "")[:200].strip()
    chosen = {name: request.args.get(name, "")[:40] for name in ("topic", "state", "language")}
    chosen["owner"] = request.args.get("owner", "").replace("\0", "")[:80].strip()
    number = max(1, request.args.get("page", 1, type=int))
    with current.reading() as conn:
        languages, rows = matrix(conn)
        counts = coverage.counts(rows)
        waiting = len(changes.listed(conn, schema.answer_changes.c.state != "draft"))
        mine, broken = len(tasks.mine(conn, current.account().id)), len(links.bad(conn))
        lists = imported.count(conn)
        figures, changed = impact.read(conn), impact.answers_changed(conn)
        owners, kept = content_owner.names(conn), content_owner.kept_by(conn, chosen["owner"])
    found, total = content_find.find(asked) if asked else ([], 0)
    if chosen["owner"]:
        found = [item for item in found if kept.has(item)]
        rows, total = [row for row in rows if kept.has_row(row, chosen["language"])], len(found)
    facts = {item.key for item in found if item.kind == "fact"}
    hits = {item.key for item in found} | content_owner.repeating(facts)
    wanted = [row for row in rows if (not asked or row.key in hits or asked.casefold() in row.key)]
    wanted = [row for row in wanted if _fits(row, chosen, languages)]
    shown = wanted[(number - 1) * ROWS : number * ROWS]
    return render_template(
        "content/page.html", rows=shown, languages=languages, counts=counts, chosen=chosen, asked=asked,
        total=len(wanted), number=number, pages=-(-len(wanted) // ROWS), waiting=waiting, done=done(),
        mine=mine, broken=broken, lists=lists,
        found=found[:FOUND], found_total=total, topics=sorted({row.topic for row in rows}), states=coverage.STATES,
        titles={code: language_title(code) for code in languages}, usual=not (asked or any(chosen.values())),
        impact=figures, changed=changed, owners=owners,
        stranger=bool(chosen["owner"]) and chosen["owner"].casefold() not in map(str.casefold, owners),
        short={state: current.words()(f"content.short.{state}") for state in coverage.STATES},
    )  # fmt: skip


@bp.get("/review")
def review() -> str:
    """Changes on their way: what waits for a reader, what may go live, what is still being written."""
    with current.reading() as conn:
        moving, given = changes.listed(conn), tasks.all_open(conn)
        states = {(one.key, one.language): coverage.state(conn, one.key, one.language) for one in given}
        rule = rights.four_eyes(conn)
        names = dict(conn.execute(sa.select(schema.accounts.c.id, schema.accounts.c.name)).all())
    groups = {state: [one for one in moving if one.state == state] for state in ("review", "approved", "draft")}
    me = current.account().id
    yours = {"yours": [one for one in given if one.account_id == me]}
    others = [one for one in given if one.account_id != me]
    return render_template(
        "content/review.html", groups=groups, names=names, rule=rule, rules=sensitive.FOUR_EYES, done=done(),
        given={**yours, "given": others} if others else yours, states=states,
        on_way={(one.key, one.language): one.state for one in moving},
    )  # fmt: skip


@bp.post("/four-eyes")
def four_eyes() -> Response:
    """Choose which texts two people must see."""
    rule = request.form.get("rule", "")
    if rule not in sensitive.FOUR_EYES:
        abort(400)
    with current.writing() as conn:
        rights.set_four_eyes(conn, rule, current.account().id)
    return redirect(url_for("content.review", done="set"), 303)


@bp.get("/<key>/<language>/history")
def past(key: str, language: str) -> str:
    """What became of a text, with the words that changed."""
    with current.reading() as conn:
        entries = history.of(conn, key, language)
        change, (live, version) = changes.of(conn, key, language), changes.live(conn, key, language)
    if not entries and live is None:
        abort(404)
    texts = [entry.text for entry in entries]
    compare = [compared(before, now) for now, before in zip(texts, [*texts[1:], ""], strict=False)]
    return render_template(
        "content/history.html", key=key, language=language, entries=list(zip(entries, compare, strict=True)),
        change=change, version=version,
    )  # fmt: skip


@bp.post("/new")
def new() -> Response:
    """Begin a new answer, for a topic that has none."""
    name = request.form.get("name", "").strip().lower().replace(" ", "_").removeprefix("utter_")[:60]
    if not name or not name.isascii() or not name.replace("_", "").isalnum():
        abort(400)
    return redirect(url_for("writing.page", key=f"utter_{name}", language=DEFAULT_LANGUAGE), 303)


def answer_name(key: str) -> str:
    """What an answer is called: its topic where it has one, else its key in words."""
    bare = key.removeprefix("utter_").removeprefix(PREFIX)
    prefix, topic = ("content.name_of", bare[5:]) if bare.startswith("name_") else ("", bare)
    if not key.startswith(PREFIX) and answers.topic_is_known(topic):
        name = answers.topic_name(topic)
        return current.words()(prefix, name=name) if prefix else name
    return bare.replace("_", " ").capitalize()


def target_name(payload: str) -> str:
    """Where a button leads, in words."""
    intent, _, rest = payload.removeprefix("/").partition("{")
    words = current.words()
    if intent in ("helped_yes", "helped_no", "rated_good", "rated_bad"):
        return words(f"content.{intent}")
    name = answers.topic_name(intent) if answers.topic_is_known(intent) else intent.replace("_", " ")
    return f"{name} {rest.rstrip('}')}".strip()


def language_title(code: str) -> str:
    """A language's name; for a fact that is the same everywhere, that."""
    return current.words()("content.every_language") if code == ANY else current.words().language_name(code)


def may_write(account: Account, key: str, language: str) -> bool:
    """Whether somebody writes this text: translators only the languages they read, and never the source."""
    if sensitive.locked(key) or not access.may(account.role, "writing.save", account.has):
        return False
    if account.role in WRITERS:
        return True
    return language in account.reads and language != changes.source_language(key)


def may_give(account: Account, key: str, language: str) -> bool:
    """Whether somebody says who is to do a text: whoever may do it."""
    if not access.may(account.role, "writing.assign", account.has):
        return False
    reads = access.may(account.role, "writing.approve", account.has) and not sensitive.locked(key)
    return reads or may_write(account, key, language)


def doers(conn: Connection, key: str, language: str) -> list[Account]:
    """Everybody who may write or read over a text, by name."""
    return [one for one in accounts.listed(conn) if one.active and may_give(one, key, language)]


def known_language(key: str, language: str) -> bool:
    """Whether a text may exist in a language."""
    plain = language in (*SPOKEN, *MORE_LANGUAGES)
    return plain or (language == ANY and key.startswith(PREFIX))


def done() -> str:
    """What was just done, for the notice."""
    word = request.args.get("done", "")
    return word if word in DONE else ""


def said(error: HelplineError) -> str:
    """What an editor is told."""
    if isinstance(error, StaleVersion):
        return current.words()("content.stale")
    return forms.said(error)


def compared(before: str, now: str) -> list[differences.Piece]:
    """What changed from one text to another, word by word."""
    return differences.words(before, now)


def findings_said(findings: list[Any]) -> list[tuple[str, str]]:
    """Level and sentence of each finding."""
    words = current.words()
    return [(one.level, words(f"content.finding.{one.key}", **one.values)) for one in findings]


def matrix(conn: Connection) -> tuple[tuple[str, ...], list[coverage.Row]]:
    """Languages and rows of the matrix; worked out anew when something was published, written, or a day began."""
    moving = schema.answer_changes
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(moving.c.version), 0), sa.func.max(moving.c.id))
    mark = (store.version(conn), *conn.execute(query).one(), clock.today())
    kept: tuple[Any, tuple[str, ...], list[coverage.Row]] | None = current_app.extensions.get("content_matrix")
    if kept is None or kept[0] != mark:
        languages = coverage.languages(conn)
        kept = current_app.extensions["content_matrix"] = (mark, languages, coverage.rows(conn, languages))
    return kept[1], kept[2]


def _fits(row: coverage.Row, chosen: dict[str, str], languages: tuple[str, ...]) -> bool:
    if chosen["topic"] and row.topic != chosen["topic"]:
        return False
    cells = [row.cells[chosen["language"]]] if chosen["language"] in languages else list(row.cells.values())
    if chosen["state"] == "due":
        return row.stage != "good"
    if chosen["state"] == "moving":
        return any(cell.change for cell in cells)
    return not chosen["state"] or (not row.locked and any(cell.state == chosen["state"] for cell in cells))


def fresh() -> None:
    """Let this request see what it has just published."""
    g.pop("topic_names", None)
    current.service().answers.refresh(now=True)
