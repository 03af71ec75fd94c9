"""Messages of the last weeks, without what leads to their writers, to see what a release would change for them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import inbox
from helpline.db.schema import inbox as inbox_table
from helpline.db.vault import Vault
from helpline.errors import HelplineError
from helpline.lessons import anonymous
from helpline.nlu import examples
from helpline.releases.report import Message
from helpline.releases.snapshot import Snapshot

REPLAYED = 1000
_TYPED = ("answered", "handed_off")


def messages(conn: Connection, vault: Vault, limit: int = REPLAYED) -> list[Message]:
    """The newest messages the assistant was asked; they are read here and never written down whole."""
    columns = (inbox_table.c.body_sealed, inbox_table.c.language)
    query = sa.select(*columns).where(inbox_table.c.kind == "text", inbox_table.c.outcome.in_(_TYPED))
    found = []
    for row in conn.execute(query.order_by(inbox_table.c.id.desc()).limit(limit)):
        try:
            text = inbox.unpack(vault.open(row.body_sealed)).text
        except (HelplineError, KeyError, TypeError):
            continue
        if text and text.strip():
            found.append(Message(anonymous(text), row.language))
    return found


def installed() -> Snapshot:
    """What the installed model was trained on: the starter content."""
    return Snapshot(tuple(examples.read()))
