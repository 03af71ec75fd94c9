"""Stop and forget: what a contact may ask for at any time."""

from __future__ import annotations

import unicodedata
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, contacts, handoff, looks, outbox, redaction
from helpline.cases import get as get_case
from helpline.cases import record, require_holder
from helpline.db.columns import metadata
from helpline.db.schema import cases, erasures, inbox, trackers
from helpline.db.schema import contacts as contacts_table
from helpline.db.schema import outbox as outbox_table
from helpline.db.vault import Vault
from helpline.errors import InputError
from helpline.inbox import empty_message, unpack
from helpline.service import Service

ERASE_AFTER_SECONDS = 3600
"""How long the identity is kept after a deletion was asked for, so that its confirmation can be sent."""


@cache
def _words(name: str) -> frozenset[str]:
    path = Path(__file__).resolve().parent.parent / "data" / "dialogue" / f"{name}_words.txt"
    return frozenset(_plain(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def is_stop(text: str) -> bool:
    """Whether the message is nothing but a word for stop, in any of the languages."""
    return bool(text) and len(text) < 80 and _plain(text) in _words("stop")


def is_erase(text: str) -> bool:
    """Whether the message is nothing but a word for delete, as the notice names it, in any of the languages."""
    return bool(text) and len(text) < 80 and _plain(text) in _words("delete")


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in letters if c.isalnum() or c.isspace()).strip()


def stop(conn: Connection, service: Service, contact_id: str, *, once_key: str) -> None:
    """Confirm, then send nothing more until the contact writes again."""
    contact = contacts.get(conn, contact_id)
    said = service.answers.get("utter_stopped", contact.language)
    outbox.silence(conn, contact_id)
    handoff.tell(conn, service, contact_id, [said], kind="stopped", once_key=once_key)
    contacts.stop(conn, contact_id)


def erase_soon(conn: Connection, vault: Vault, contact_id: str, *, keep_inbox_id: int | None = None) -> None:
    """Delete a contact's texts, cases and trackers now; the identity goes once the confirmation could be sent.

    What waits to be sent goes too, and an agent's draft: whoever has the case on their screen is told it was erased.
    """
    contacts.get(conn, contact_id, lock=True)
    _say_erased(conn, vault, contact_id)
    _remember(conn, vault, contact_id)
    others = sa.and_(inbox.c.contact_id == contact_id, inbox.c.id != (keep_inbox_id or 0))
    conn.execute(sa.delete(inbox).where(others))
    conn.execute(sa.delete(outbox_table).where(outbox_table.c.contact_id == contact_id))
    conn.execute(sa.delete(cases).where(cases.c.contact_id == contact_id))
    conn.execute(sa.delete(trackers).where(trackers.c.contact_id == contact_id))
    contacts.raise_epoch(conn, contact_id)
    conn.execute(
        sa.update(contacts_table)
        .where(contacts_table.c.id == contact_id)
        .values(erase_at=clock.now() + ERASE_AFTER_SECONDS)
    )


def discard(conn: Connection, service: Service, case_id: int, account_id: int, inbox_id: int) -> None:
    """Delete what a contact sent in one message, now, and tell them; for who holds the case.

    The line stays, empty, so that colleagues see that something was there.
    """
    require_holder(conn, case_id, account_id)
    case = get_case(conn, case_id)
    here = sa.and_(inbox.c.id == inbox_id, inbox.c.contact_id == case.contact_id)
    row = conn.execute(sa.select(inbox.c.body_sealed).where(here)).first()
    if row is None:
        raise InputError("error.form")
    said = unpack(service.vault.open(row.body_sealed))
    if said.details.get("discarded"):
        return
    empty_message(conn, service.vault, inbox_id, discarded=True)
    looks.record(conn, service.vault, "discarded", account_id, case_id)
    record(conn, case_id, "discarded", account_id)
    words = [service.answers.get("utter_discarded", case.language)]
    handoff.tell(
        conn, service, case.contact_id, words, kind="discarded", once_key=f"discard:{inbox_id}", case_id=case_id,
        language=case.language,
    )  # fmt: skip


def mask_case(conn: Connection, vault: Vault, case_id: int) -> int:
    """Take numbers out of what agents wrote in a case, now that it is closed; how many messages held some."""
    done = outbox_table.c.state.not_in(("queued", "sending", "unknown", "held"))
    query = sa.select(outbox_table.c.id, outbox_table.c.body_sealed)
    masked = 0
    for row in conn.execute(query.where(outbox_table.c.case_id == case_id, done)).all():
        body = vault.open(row.body_sealed)
        text, kinds = redaction.mask(body.get("text", ""))
        if kinds:
            sealed = vault.seal({**body, "text": text})
            conn.execute(sa.update(outbox_table).where(outbox_table.c.id == row.id).values(body_sealed=sealed))
            masked += 1
    return masked


def erase(conn: Connection, vault: Vault, contact_id: str, account_id: int | None = None, reason: str = "") -> None:
    """Delete everything about a contact, now."""
    _say_erased(conn, vault, contact_id, account_id, reason)
    _remember(conn, vault, contact_id)
    conn.execute(sa.delete(trackers).where(trackers.c.contact_id == contact_id))
    conn.execute(sa.delete(contacts_table).where(contacts_table.c.id == contact_id))


def erased_since(conn: Connection, at: int) -> set[str]:
    """Keyed hashes of who was erased since then: what a backup of that time must not bring back."""
    return {row.erased for row in conn.execute(sa.select(erasures.c.erased).where(erasures.c.at >= at))}


def erase_again(conn: Connection, vault: Vault, erased: AbstractSet[str]) -> int:
    """Delete contacts that came back from a backup; how many."""
    known = [row.id for row in conn.execute(sa.select(contacts_table.c.id))] if erased else []
    back = [one for one in known if not erased.isdisjoint(vault.lookups("erased", one))]
    for contact_id in back:
        erase(conn, vault, contact_id)
    return len(back)


def _remember(conn: Connection, vault: Vault, contact_id: str) -> None:
    """A backup may still hold them (helpline/backup.py); the hash leads to nobody else."""
    values = {"erased": vault.lookup("erased", contact_id), "at": clock.now()}
    conn.execute(sa.insert(erasures).values(**values))


def _say_erased(
    conn: Connection, vault: Vault, contact_id: str, account_id: int | None = None, reason: str = ""
) -> None:
    for row in conn.execute(sa.select(cases.c.id).where(cases.c.contact_id == contact_id)).all():
        looks.record(conn, vault, "erased", account_id, row.id, reason)


def finish_erasures(conn: Connection, vault: Vault) -> int:
    """Delete the contacts whose time has come; how many."""
    due = sa.and_(contacts_table.c.erase_at.is_not(None), contacts_table.c.erase_at <= clock.now())
    found = [row.id for row in conn.execute(sa.select(contacts_table.c.id).where(due))]
    for contact_id in found:
        erase(conn, vault, contact_id)
    return len(found)


def inventory() -> str:
    """Every column of every table, why it is there and how long it stays, as a table of Markdown."""
    rows = ["| column | what for | kept | encrypted |", "|---|---|---|---|"]
    for table in metadata.sorted_tables:
        for column in table.columns:
            sealed = "yes" if column.name.endswith("_sealed") else ""
            rows.append(
                f"| `{table.name}.{column.name}` | {column.info['purpose']} | {column.info['keep']} | {sealed} |"
            )
    return "\n".join(rows)
