"""All tables. Each column's `info` says what it is for and how long it is kept (docs/privacy.md is made from it).

Times are seconds since 1970, UTC. Columns named `*_sealed` are encrypted (helpline/db/vault.py).
Retention words: `contact` until the contact is erased; `case` N days after the case closed; `message` N days;
`account`, `content` until removed by a person; `forever` figures without people; `short` hours.
"""

from __future__ import annotations

from helpline.db.columns import metadata
from helpline.db.schema.accounts import accounts, sign_in_attempts
from helpline.db.schema.cases import case_events, cases, drafts, notes, presence
from helpline.db.schema.content import answers, content_version, draft_answers
from helpline.db.schema.messages import dead_letters, inbox, outbox, receipts, trackers
from helpline.db.schema.people import contact_identities, contacts
from helpline.db.schema.processes import heartbeats
from helpline.db.schema.services import services
from helpline.db.schema.vouchers import voucher_registrations

__all__ = [
    "accounts",
    "answers",
    "case_events",
    "cases",
    "contact_identities",
    "contacts",
    "content_version",
    "dead_letters",
    "draft_answers",
    "drafts",
    "heartbeats",
    "inbox",
    "metadata",
    "notes",
    "outbox",
    "presence",
    "receipts",
    "services",
    "sign_in_attempts",
    "trackers",
    "voucher_registrations",
]
