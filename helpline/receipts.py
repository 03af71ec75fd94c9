"""What became of what we sent: WhatsApp's receipts, applied to the outbox.

Status only goes up. Receipts come at least once, in any order, before the send call returns or weeks later. The codes
of a failure are those of whatsapp/refusals.py, told late: the class decides here as it does in the worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, contacts
from helpline.db.schema import outbox, receipts
from helpline.messages import DeliveryReceipt
from helpline.whatsapp import refusals
from helpline.whatsapp.render import read_callback

RANK = {"queued": 0, "sent": 1, "delivered": 2, "read": 3, "played": 4}
ATTEMPTS = 8
"""Over about five minutes: see outbox.retry."""
UNSETTLED = "UnknownOutcome"
"""The `error` of a message that was given up without knowing whether it arrived begins with this."""
_HANDLED = "handled"


@dataclass(frozen=True)
class _Found:
    id: int
    contact_id: str
    state: str
    attempts: int
    part: int = 0
    of: int = 1


_EARLY = sa.select(receipts).where(receipts.c.message_id == sa.bindparam("theirs")).order_by(receipts.c.id)


def receive(conn: Connection, receipt: DeliveryReceipt) -> None:
    """Apply a receipt; one for a message we do not know yet is kept until we do."""
    if not receipt.known:
        return
    found = _find(conn, receipt)
    code = receipt.error_codes[0] if receipt.error_codes else 0
    failed = receipt.status == "failed"
    if found is None or (failed and found.state == "sending"):
        # A failure told before the call has returned waits for it: the outcome of the call comes first.
        _keep(conn, receipt.message_id, receipt.status, str(code) if code else None)
    elif failed:
        _fail(conn, found, receipt.message_id, code)
    elif found.part + 1 < found.of:
        _pass_part(conn, found)
    else:
        _raise(conn, found.id, receipt.status, receipt.message_id)


def apply_early(conn: Connection, outbox_id: int, message_id: str) -> None:
    """Apply the receipts that came before the call which made `message_id` returned."""
    early = conn.execute(_EARLY, {"theirs": message_id}).all()
    if not early:
        return
    conn.execute(sa.delete(receipts).where(receipts.c.message_id == message_id))
    for row in early:
        if row.status == "failed":
            found = _row(conn, outbox.c.id == outbox_id)
            if found is not None:
                _fail(conn, found, message_id, int(row.error or 0))
        else:
            _raise(conn, outbox_id, row.status)


def _find(conn: Connection, receipt: DeliveryReceipt) -> _Found | None:
    """The outbox row: by WhatsApp's id, else by our own, which Meta echoes: so an unanswered call is settled."""
    by_message = _row(conn, outbox.c.message_id == receipt.message_id)
    echoed = read_callback(receipt.callback_data)
    if by_message is not None or echoed is None:
        return by_message
    unsettled = sa.or_(
        outbox.c.state.in_(("sending", "unknown", "queued")),
        sa.and_(outbox.c.state == "failed", outbox.c.error.startswith(UNSETTLED)),
    )
    row = _row(conn, outbox.c.id == echoed[0], outbox.c.attempts > 0, unsettled)
    return row and _Found(row.id, row.contact_id, row.state, row.attempts, echoed[1], echoed[2])


def _row(conn: Connection, *where: Any) -> _Found | None:
    columns = (outbox.c.id, outbox.c.contact_id, outbox.c.state, outbox.c.attempts)
    row = conn.execute(sa.select(*columns).where(*where)).first()
    return _Found(**row._mapping) if row else None


def _keep(conn: Connection, message_id: str, status: str, error: str | None) -> None:
    values = {"message_id": message_id, "status": status[:12], "error": error, "received_at": clock.now()}
    conn.execute(sa.insert(receipts).values(**values))


def _raise(conn: Connection, outbox_id: int, status: str, message_id: str | None = None) -> None:
    rank = RANK.get(status)
    if rank is None:
        return
    values = {"rank": rank, "state": "read" if status == "played" else status, "error": None, "lease_until": None}
    if message_id:
        values["message_id"] = message_id
    conn.execute(sa.update(outbox).where(outbox.c.id == outbox_id, outbox.c.rank < rank).values(**values))


def _pass_part(conn: Connection, found: _Found) -> None:
    """One part of a split message arrived though its call told nothing: the next part is due."""
    conn.execute(
        sa.update(outbox)
        .where(outbox.c.id == found.id, outbox.c.parts_done == found.part)
        .values(
            parts_done=found.part + 1,
            state=sa.case((outbox.c.state == "unknown", "queued"), else_=outbox.c.state),
            next_attempt_at=sa.case((outbox.c.state == "unknown", clock.now()), else_=outbox.c.next_attempt_at),
        )
    )


def _fail(conn: Connection, found: _Found, message_id: str, code: int) -> None:
    """A failure that was told late: held, tried again or final, as its class says. Told twice, it counts once."""
    seen = sa.select(receipts.c.id).where(receipts.c.message_id == message_id, receipts.c.status == _HANDLED)
    if conn.execute(seen).first():
        return
    _keep(conn, message_id, _HANDLED, None)
    kind = refusals.of_code(code)
    values: dict[str, Any] = {"state": "failed", "error": f"{kind.__name__}_{code}"[:40], "lease_until": None}
    if issubclass(kind, refusals.OptedOut):
        contacts.stop(conn, found.contact_id)
    elif issubclass(kind, refusals.WindowShut):
        values.update(state="held", rank=0, message_id=None)
    elif (pause := _pause(kind, found.attempts)) is not None and found.attempts < ATTEMPTS:
        values.update(state="queued", rank=0, message_id=None, next_attempt_at=clock.now() + pause)
    conn.execute(sa.update(outbox).where(outbox.c.id == found.id, outbox.c.rank < RANK["delivered"]).values(**values))


def _pause(kind: type[refusals.Refusal], attempts: int) -> int | None:
    """Seconds until it may be tried again; None when trying again would not help."""
    if issubclass(kind, refusals.ThrottledPair):
        return int(min(4**attempts, 900))
    if issubclass(kind, (refusals.Retryable, refusals.ThrottledNumber)):
        return int(min(2**attempts, 300))
    return 300 if issubclass(kind, refusals.AccountTrouble) else None
