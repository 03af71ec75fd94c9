"""Translation help: an agent asks for a text in another language, a volunteer who reads both writes it.

Who translates sees that text and nothing else of the case. A translated draft becomes the agent's draft; it is never
sent by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import accounts, cases, clock, drafts, notices
from helpline.accounts import Account
from helpline.db.schema import accounts as people
from helpline.db.schema import translations as table
from helpline.db.vault import Vault
from helpline.errors import InputError, Refused

CLAIM_SECONDS = 3600
"""Who took a text and did not translate it within this gives it back."""
TEXT_LENGTH = 4096
DRAFT = "draft"


@dataclass(frozen=True)
class Translation:
    """A text that is wanted, or there, in another language."""

    id: int
    case_id: int
    account_id: int
    asker: str | None
    source: str
    """`draft`, or the line of the conversation, as `in-7`."""
    from_language: str
    to_language: str
    original: str
    result: str
    state: str
    helper_id: int | None
    helper: str | None
    asked_at: int
    done_at: int | None
    seen_at: int | None


def ask(
    conn: Connection, vault: Vault, case_id: int, account_id: int, source: str, text: str, languages: tuple[str, str]
) -> int:
    """Ask for a text in another language, `languages` being from and to; the request's id.

    The same line wanted again is the same request. Raises InputError or Refused.
    """
    text = text.strip()[:TEXT_LENGTH]
    from_language, to_language = (accounts.plain_languages(code) for code in languages)
    if not text:
        raise InputError("error.empty")
    if not from_language or not to_language or "," in from_language + to_language or from_language == to_language:
        raise InputError("error.translation_languages")
    if cases.get(conn, case_id).state == "closed":
        raise Refused("error.ask_closed")
    if source != DRAFT:
        same = sa.and_(
            table.c.case_id == case_id, table.c.source == source[:24], table.c.to_language == to_language,
            table.c.state != "withdrawn",
        )  # fmt: skip
        found = conn.execute(sa.select(table.c.id).where(same)).scalar()
        if found is not None:
            return int(found)
    else:
        # Words that were changed since are not worth a volunteer's time.
        older = sa.and_(table.c.case_id == case_id, table.c.account_id == account_id, table.c.source == DRAFT)
        waiting = sa.and_(older, table.c.state == "open")
        conn.execute(sa.update(table).where(waiting).values(state="withdrawn"))
    values = {
        "case_id": case_id,
        "account_id": account_id,
        "source": source[:24],
        "from_language": from_language[:8],
        "to_language": to_language[:8],
        "original_sealed": vault.seal(text),
        "state": "open",
        "asked_at": clock.now(),
    }
    made = int(conn.execute(sa.insert(table).values(**values)).inserted_primary_key[0])
    cases.record(conn, case_id, "translation_asked", account_id, to=to_language)
    notices.put(
        conn, "translation", "translate", f"translation:{made}",
        language=from_language, to_language=to_language, translations=waiting_count(conn), path="/translating",
    )  # fmt: skip
    return made


def can_help(account: Account, one: Translation) -> bool:
    """Whether somebody reads both languages; who asks does not translate for themselves."""
    return {one.from_language, one.to_language} <= set(account.reads) and account.id != one.account_id


def wanted(conn: Connection, vault: Vault, account: Account) -> list[Translation]:
    """What somebody may translate now: open texts in their languages, and what they took; oldest first."""
    give_back(conn)
    free = sa.or_(table.c.state == "open", sa.and_(table.c.state == "claimed", table.c.helper_id == account.id))
    reads = list(account.reads)
    mine = sa.and_(table.c.from_language.in_(reads), table.c.to_language.in_(reads), table.c.account_id != account.id)
    return _select(conn, vault, free, mine, order=(table.c.state, table.c.id))


def claim(conn: Connection, vault: Vault, translation_id: int, account: Account) -> None:
    """Take a text; only one person works on it. Raises Refused."""
    one = get(conn, vault, translation_id)
    if not can_help(account, one):
        raise Refused("error.translation_not_yours")
    free = sa.and_(table.c.id == translation_id, table.c.state == "open")
    values = {"state": "claimed", "helper_id": account.id, "claimed_at": clock.now()}
    taken = conn.execute(sa.update(table).where(free).values(**values)).rowcount
    if not taken and not (one.state == "claimed" and one.helper_id == account.id):
        raise Refused("error.translation_taken")


def release(conn: Connection, translation_id: int, account_id: int) -> None:
    """Give a text back."""
    mine = sa.and_(table.c.id == translation_id, table.c.state == "claimed", table.c.helper_id == account_id)
    conn.execute(sa.update(table).where(mine).values(state="open", helper_id=None, claimed_at=None))


def finish(conn: Connection, vault: Vault, translation_id: int, account: Account, text: str) -> bool:
    """Hand in the translation, stamped with who and when; True when it became the agent's draft at once.

    A draft's translation replaces the draft only if nothing was typed since. Raises InputError or Refused.
    """
    text = text.strip()[:TEXT_LENGTH]
    if not text:
        raise InputError("error.empty")
    mine = sa.and_(table.c.id == translation_id, table.c.state == "claimed", table.c.helper_id == account.id)
    values = {"state": "done", "result_sealed": vault.seal(text), "done_at": clock.now()}
    if not conn.execute(sa.update(table).where(mine).values(**values)).rowcount:
        raise Refused("error.translation_taken")
    one = get(conn, vault, translation_id)
    cases.record(conn, one.case_id, "translated", account.id, to=one.to_language)
    if one.source != DRAFT or cases.get(conn, one.case_id).state == "closed":
        return False
    typed = drafts.of(conn, vault, one.case_id, one.account_id).get("reply", "").strip()
    if typed not in ("", one.original):
        return False
    drafts.keep(conn, vault, one.case_id, one.account_id, "reply", text)
    return True


def use(conn: Connection, vault: Vault, translation_id: int, account_id: int) -> int:
    """Put a finished translation of one's draft into one's reply; the case's id. Nothing is sent."""
    one = get(conn, vault, translation_id)
    if one.state != "done" or one.source != DRAFT or one.account_id != account_id:
        raise Refused("error.translation_not_yours")
    drafts.keep(conn, vault, one.case_id, account_id, "reply", one.result)
    saw(conn, one.case_id, account_id)
    return one.case_id


def withdraw(conn: Connection, translation_id: int, account_id: int) -> None:
    """It is not needed any more."""
    mine = sa.and_(
        table.c.id == translation_id, table.c.account_id == account_id, table.c.state.in_(("open", "claimed"))
    )
    conn.execute(sa.update(table).where(mine).values(state="withdrawn"))


def of_case(conn: Connection, vault: Vault, case_id: int) -> list[Translation]:
    """What was asked for in a case, newest first."""
    return _select(conn, vault, table.c.case_id == case_id, table.c.state != "withdrawn", order=(table.c.id.desc(),))


def get(conn: Connection, vault: Vault, translation_id: int) -> Translation:
    """One request. Raises InputError when there is none."""
    found = _select(conn, vault, table.c.id == translation_id)
    if not found:
        raise InputError(f"There is no translation {translation_id}.")
    return found[0]


def waiting_count(conn: Connection) -> int:
    """How many texts wait for somebody."""
    return int(conn.execute(sa.select(sa.func.count()).select_from(table).where(table.c.state == "open")).scalar_one())


def waits_for(account: Account) -> sa.sql.Select:
    """Asks how many texts this person could translate, and how many translations came back that they have not seen."""
    reads = list(account.reads)
    could = sa.and_(
        table.c.state == "open", table.c.from_language.in_(reads), table.c.to_language.in_(reads),
        table.c.account_id != account.id,
    )  # fmt: skip
    back = sa.and_(table.c.state == "done", table.c.account_id == account.id, table.c.seen_at.is_(None))
    counted = sa.select(sa.func.count()).select_from(table)
    helps = "translate" in account.has
    return counted.where(sa.or_(could, back) if helps else back)


def saw(conn: Connection, case_id: int, account_id: int) -> None:
    """Who asked has seen what came back in this case."""
    back = sa.and_(table.c.case_id == case_id, table.c.account_id == account_id, table.c.state == "done")
    conn.execute(sa.update(table).where(back, table.c.seen_at.is_(None)).values(seen_at=clock.now()))


def give_back(conn: Connection) -> int:
    """Give back what was taken and not translated; how many."""
    late = sa.and_(table.c.state == "claimed", table.c.claimed_at < clock.now() - CLAIM_SECONDS)
    values = {"state": "open", "helper_id": None, "claimed_at": None}
    return int(conn.execute(sa.update(table).where(late).values(**values)).rowcount)


def _select(
    conn: Connection, vault: Vault, *where: sa.sql.ColumnElement[bool], order: tuple[object, ...] = ()
) -> list[Translation]:
    asker, helper = people.alias(), people.alias()
    query = (
        sa.select(table, asker.c.name.label("asker"), helper.c.name.label("helper"))
        .outerjoin(asker, asker.c.id == table.c.account_id)
        .outerjoin(helper, helper.c.id == table.c.helper_id)
        .where(*where)
        .order_by(*order)
        .limit(100)
    )
    plain = [name for name in Translation.__dataclass_fields__ if name not in ("original", "result")]
    return [
        Translation(
            **{name: row[name] for name in plain},
            original=str(vault.open(row["original_sealed"])),
            result=str(vault.open(row["result_sealed"])) if row["result_sealed"] else "",
        )
        for row in conn.execute(query).mappings()
    ]
