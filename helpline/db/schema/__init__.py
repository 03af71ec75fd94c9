"""All tables. Each column's `info` says what it is for and how long it is kept (docs/privacy.md is made from it).

Times are seconds since 1970, UTC. Columns named `*_sealed` are encrypted (helpline/db/vault.py).
Retention words: `contact` until the contact is erased; `case` N days after the case closed; `message` N days;
`account`, `content` until removed by a person; `lesson` N days or until the contact is erased; `shift`, `notice` N
days; `forever` figures without people; `short` hours.
"""

from __future__ import annotations

from helpline.db.columns import metadata
from helpline.db.schema.accounts import accounts, recovery_codes, sign_in_attempts
from helpline.db.schema.alerts import alerts, notice_deliveries, notices
from helpline.db.schema.cases import case_events, cases, drafts, notes, presence
from helpline.db.schema.colleagues import ask_lines, ask_reads, asks, problems, translations
from helpline.db.schema.content import (
    answer_changes,
    answer_editing,
    answer_history,
    answers,
    content_facts,
    content_links,
    content_tasks,
    content_version,
    draft_answers,
)
from helpline.db.schema.examples import examples, intents, training_changes, training_version
from helpline.db.schema.insights import insights
from helpline.db.schema.lessons import lessons
from helpline.db.schema.messages import dead_letters, inbox, outbox, receipts, trackers
from helpline.db.schema.people import contact_identities, contacts, merges
from helpline.db.schema.privacy import erasures, looks, switches
from helpline.db.schema.processes import heartbeats
from helpline.db.schema.releases import publications, release_models, releases
from helpline.db.schema.services import services
from helpline.db.schema.shifts import handovers, roster, shift_log
from helpline.db.schema.vouchers import voucher_registrations

__all__ = [
    "accounts",
    "alerts",
    "answer_changes",
    "answer_editing",
    "answer_history",
    "answers",
    "ask_lines",
    "ask_reads",
    "asks",
    "case_events",
    "cases",
    "contact_identities",
    "contacts",
    "content_facts",
    "content_links",
    "content_tasks",
    "content_version",
    "dead_letters",
    "draft_answers",
    "drafts",
    "erasures",
    "examples",
    "handovers",
    "heartbeats",
    "inbox",
    "insights",
    "intents",
    "lessons",
    "looks",
    "merges",
    "metadata",
    "notes",
    "notice_deliveries",
    "notices",
    "outbox",
    "presence",
    "problems",
    "publications",
    "receipts",
    "recovery_codes",
    "release_models",
    "releases",
    "roster",
    "services",
    "shift_log",
    "sign_in_attempts",
    "switches",
    "trackers",
    "training_changes",
    "training_version",
    "translations",
    "voucher_registrations",
]
