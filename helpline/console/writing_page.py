"""The page of one answer in one language: what it shows, and what its form says."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from helpline import clock
from helpline.console import content as pages
from helpline.console import current, forms
from helpline.console.content_preview import Bubble, bubbles
from helpline.content import (
    DEFAULT_LANGUAGE,
    Answer,
    changes,
    check,
    coverage,
    differences,
    editing,
    history,
    imported,
    links,
    rights,
    sensitive,
    tasks,
)
from helpline.content.changes import Seen, Wording
from helpline.content.facts import ANY, Fact
from helpline.db.schema import answer_changes
from helpline.messages import Button

MOST_BUTTONS = 12
FIELDS = ("text", "title", "payload", "description", "split")
Page = str | tuple[str, int] | Response


def draw(
    key: str,
    language: str,
    *,
    typed: Wording | None = None,
    fault: str = "",
    findings: list[check.Finding] | None = None,
    merged: dict[str, Any] | None = None,
) -> str:
    """The page; with `typed` what somebody wrote instead of what is kept."""
    me = current.account()
    writes = pages.may_write(me, key, language)
    with current.reading() as conn:
        context = rights.context(conn, key, language)
        change, (live, version) = changes.of(conn, key, language), changes.live(conn, key, language)
        kept = editing.typed(conn, key, language, me.id) if writes and typed is None else None
        two = rights.needs_two(conn, key)
        then = coverage.source_then(conn, key, language) if not context.is_source else None
        states = {one: coverage.state(conn, key, one) for one in _languages(conn, key, language)}
        if changes.is_fact(key) and states.get(ANY) != "missing":
            states = {one: "same" if state == "missing" else state for one, state in states.items()}
        moving = {one.language: one.state for one in changes.listed(conn, answer_changes.c.key == key)}
        others = editing.others(conn, key, language, me.id)
        facts = rights.fact_choices(conn)
        shown = typed or _first(change, live, context.source, context.is_source)
        draft = imported.one(conn, imported_id() or 0) if writes else None
        if draft is not None and typed is None and draft.state == "draft":
            shown = Wording(imported.together(shown.text, draft), shown.buttons, shown.may_split)
        task, doers = tasks.of(conn, key, language), pages.doers(conn, key, language)
        broken = links.bad(conn, links.in_text(shown.text))
        found = check.check(context, shown.text, shown.buttons, may_split=shown.may_split) if shown.text else []
    if not (live or context.source or change or writes):
        abort(404)
    unsaved = kept if kept and _text(kept.fields).strip() != shown.text.strip() else None
    if unsaved is not None and request.args.get("typed"):
        shown = _from_fields(unsaved.fields)
    return render_template(
        "content/edit.html", task=task, doers=doers, gives=pages.may_give(me, key, language), draft=draft,
        broken=broken, key=key, language=language, context=context, change=change, version=version,
        live=context.live, shown=shown, unsaved=unsaved, two=two, states=states, moving=moving, others=others,
        fault=fault, merged=merged,
        found=pages.findings_said(findings or found), worst=check.worst(findings or found),
        writes=writes, locked=sensitive.locked(key), facts=facts, done=pages.done(),
        source_bubbles=_source(context),
        bubbles=drawn(key, language, shown, context),
        diff=differences.words(then.text, context.source.text) if then and context.source else [],
        targets=_targets(context), own=bool(change and me.id in change.authors), is_fact=changes.is_fact(key),
        rows=[*shown.buttons, *([Button("", "")] if len(shown.buttons) < MOST_BUTTONS else [])],
        topic=sensitive.topic(key), following=_following(context, states), stage=_stage(context),
        changed=pages.compared(live.text if live else "", change.text if change else ""),
    )  # fmt: skip


def merge(key: str, language: str, mine: Wording) -> tuple[str, int]:
    """The 409 page: what both wrote, and the two together to go on from."""
    base = changes.clean(request.form.get("base", ""))
    with current.reading() as conn:
        change, (live, _) = changes.of(conn, key, language), changes.live(conn, key, language)
        told = history.of(conn, key, language, 1)
    theirs = change.text if change else live.text if live else ""
    together = differences.merge(base, changes.clean(mine.text), theirs)
    shown = {
        "who": told[0].who if told else "", "conflicts": together.conflicts, "mine": differences.words(base, mine.text),
        "theirs": differences.words(base, theirs),
    }  # fmt: skip
    return draw(key, language, typed=Wording(together.text, mine.buttons, mine.may_split), merged=shown), 409


def _first(change: changes.Change | None, live: Answer | None, source: Answer | None, is_source: bool) -> Wording:
    """What the form begins with: the draft, else the live text, else the source's buttons to be translated."""
    if change is not None:
        return Wording(change.text, change.buttons, change.may_split)
    if live is not None:
        return Wording(live.text, live.buttons)
    copied = () if is_source or source is None else tuple(Button("", button.payload) for button in source.buttons)
    return Wording("", copied)


def wording() -> Wording:
    """What the form says."""
    return _from_fields(
        {name: request.form.getlist(name) for name in ("text", "title", "payload", "description", "split")}
    )


def _text(fields: dict[str, list[str]]) -> str:
    return (fields.get("text") or [""])[0]


def _from_fields(fields: dict[str, list[str]]) -> Wording:
    text = _text(fields).replace("\0", "").encode("utf-8", "ignore").decode()[: changes.LONGEST + 1]
    rows = zip(fields.get("title", []), fields.get("payload", []), fields.get("description", []), strict=False)
    buttons = tuple(
        Button(title.strip()[:200], payload[:200], description.strip()[:300])
        for title, payload, description in list(rows)[:MOST_BUTTONS]
        if payload and (title.strip() or payload)
    )
    return Wording(text, buttons, bool(fields.get("split")))


def imported_id() -> int | None:
    """Which imported answer the text is made of, if any."""
    typed = request.values.get("draft", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 18 else None


def seen() -> Seen:
    """Which versions were on the screen."""
    return Seen(forms.number("seen_change") or 0, forms.number("seen_live") or 0)


def _languages(conn: Connection, key: str, language: str) -> list[str]:
    known = [ANY] if changes.is_fact(key) else []
    return list(dict.fromkeys([*known, *coverage.languages(conn), language]))


def _targets(context: check.Context) -> list[tuple[str, str]]:
    """Where a button may lead, with a name for it."""
    named = [(payload, pages.target_name(payload)) for payload in context.payloads]
    return sorted(named, key=lambda pair: pair[1].casefold())


def drawn(key: str, language: str, written: Wording, context: check.Context) -> list[Bubble]:
    """A text as messages on a phone; nothing for no text."""
    told = context.live or context.source
    answer = Answer(written.text, written.buttons, told.facts if told else {})
    return bubbles(key, language, answer) if answer.text.strip() else []


def _stage(context: check.Context) -> str:
    """On health and law: until when the live text holds; empty elsewhere."""
    if context.live is None or not sensitive.informs(context.key) or sensitive.locked(context.key):
        return ""
    return Fact("", {}, review_by=str(context.live.facts.get("review_by") or "")).stage(clock.today())


def _following(context: check.Context, states: dict[str, str]) -> str:
    """The languages whose text becomes outdated when this one goes live."""
    if context.language != DEFAULT_LANGUAGE or context.live is None:
        return ""
    others = {code: state for code, state in states.items() if code != context.language}
    held = [code for code, state in others.items() if state not in ("missing", "outdated", "same")]
    return ", ".join(map(pages.language_title, held))


def _source(context: check.Context) -> list[Bubble]:
    return bubbles(context.key, DEFAULT_LANGUAGE, context.source) if context.source else []
