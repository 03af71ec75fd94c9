"""Translation help: what I could translate, and asking for it from a case."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from sqlalchemy.engine import Connection

from helpline import cases, drafts, redaction, sight, timeline, translating
from helpline.console import current, forms, team
from helpline.console.cases import Opened, get, whole_page
from helpline.content import SPOKEN
from helpline.errors import InputError

bp = Blueprint("translating", __name__)


@bp.get("/translating")
def page() -> str:
    """Texts in my languages, and the one I took."""
    return _page()


@bp.post("/translating/<int:translation_id>/claim")
def claim(translation_id: int) -> team.Answer:
    """Take a text."""
    account, vault = current.account(), current.service().vault
    return _act(translation_id, lambda conn, _me: translating.claim(conn, vault, translation_id, account))


@bp.post("/translating/<int:translation_id>/release")
def release(translation_id: int) -> team.Answer:
    """Give it back."""
    return _act(translation_id, lambda conn, me: translating.release(conn, translation_id, me))


@bp.post("/translating/<int:translation_id>/finish")
def finish(translation_id: int) -> team.Answer:
    """Hand in the translation; what is typed is kept when it is refused."""
    account, vault, text = current.account(), current.service().vault, forms.text()
    return _act(translation_id, lambda conn, _me: translating.finish(conn, vault, translation_id, account, text))


@bp.post("/cases/<int:case_id>/translate")
def ask(case_id: int) -> team.Answer:
    """Ask for a line of the conversation, or for my draft, in another language."""
    vault, source = current.service().vault, request.form.get("source", "")
    languages = request.form.get("from", "")[:8], request.form.get("to", "")[:8]

    def act(conn: Connection, me: int) -> None:
        case = get(conn, case_id)
        if sight.of(conn, current.account(), case).level != "all":
            abort(403)
        text = _text(conn, case, source, me)
        translating.ask(conn, vault, case_id, me, source, text, languages)

    return team.act(
        act, lambda said: whole_page(case_id, said), url_for("cases.page", case_id=case_id) + "#translations"
    )


@bp.post("/cases/<int:case_id>/translations/<int:translation_id>/use")
def use(case_id: int, translation_id: int) -> team.Answer:
    """Put the translation of my draft into my reply; I read it again and send it."""
    vault = current.service().vault
    return team.act(
        lambda conn, me: translating.use(conn, vault, translation_id, me),
        lambda said: whole_page(case_id, said),
        url_for("cases.page", case_id=case_id) + "#composer",
    )


@bp.post("/cases/<int:case_id>/translations/<int:translation_id>/withdraw")
def withdraw(case_id: int, translation_id: int) -> team.Answer:
    """It is not needed any more."""
    return team.act(
        lambda conn, me: translating.withdraw(conn, translation_id, me),
        lambda said: whole_page(case_id, said),
        url_for("cases.page", case_id=case_id) + "#translations",
    )


def panel(opened: Opened) -> dict[str, object]:
    """What the page of a case shows of its translations, and what can be asked for."""
    account, vault, case = current.account(), current.service().vault, opened.case
    with current.reading() as conn:
        found = translating.of_case(conn, vault, case.id)
    lines = [(item.key, item.at, _words(item)) for item in opened.items if item.who == "contact"]
    if any(one.account_id == account.id and one.state == "done" and one.seen_at is None for one in found):
        with current.writing() as conn:
            translating.saw(conn, case.id, account.id)
    asked = {one.source for one in found}
    lines = [line for line in lines if line[2] and line[0] not in asked][-8:]
    reads = list(account.reads) or ["en"]
    return {
        "found": found,
        "lines": list(reversed(lines)),
        "draft": opened.drafts.get("reply", ""),
        "reads": reads,
        "languages": sorted({*SPOKEN, *reads, *([case.language] if case.language else [])}),
    }


def _words(item: timeline.Item) -> str:
    inbound = item.inbound
    if inbound is None:
        return ""
    return (inbound.text or next((one.caption for one in inbound.media if one.caption), "") or "").strip()


def _text(conn: Connection, case: cases.Case, source: str, me: int) -> str:
    """The text to translate: numbers that lead to a person are masked, also in what an agent typed."""
    vault = current.service().vault
    if source == translating.DRAFT:
        return drafts.of(conn, vault, case.id, me).get("reply", "").strip()
    for item in timeline.of_case(conn, vault, case):
        if item.key == source and item.who == "contact":
            return redaction.mask(_words(item))[0]
    raise InputError("error.translation_line")


def _act(translation_id: int, what: team.Act) -> team.Answer:
    if not 0 < translation_id < 2**62:
        abort(404)
    try:
        with current.reading() as conn:
            translating.get(conn, current.service().vault, translation_id)
    except InputError:
        abort(404)
    return team.act(what, _page, url_for("translating.page"))


def _page(said: str | None = None) -> str:
    account, vault = current.account(), current.service().vault
    with current.writing() as conn:
        found = translating.wanted(conn, vault, account)
    typed = {request.view_args["translation_id"]: forms.text()} if said and request.view_args else {}
    return render_template("translating/page.html", found=found, fault=said, typed=typed)
