"""Stop and forget: what a contact may ask for at any time."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, contacts, handoff, looks, outbox
from helpline.db.columns import metadata
from helpline.db.schema import cases, inbox, trackers
from helpline.db.schema import contacts as contacts_table
from helpline.db.schema import outbox as outbox_table
from helpline.db.vault import Vault
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


def erase(conn: Connection, vault: Vault, contact_id: str, account_id: int | None = None, reason: str = "") -> None:
    """Delete everything about a contact, now."""
    _say_erased(conn, vault, contact_id, account_id, reason)
    conn.execute(sa.delete(trackers).where(trackers.c.contact_id == contact_id))
    conn.execute(sa.delete(contacts_table).where(contacts_table.c.id == contact_id))


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
