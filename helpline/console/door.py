"""The door before every case: nothing of it is shown, and nothing done with it, before it is clear who may see what.

Every route with a `case_id` passes here (access.py), also those that others add. Looking is written down.
"""

from __future__ import annotations

from typing import Any

from flask import abort, g, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from helpline import cases, looks, presence, sight
from helpline.console import current
from helpline.errors import InputError

ASKING = frozenset({"protection.give_reason", "protection.acknowledge"})
"""What may be done from before the door."""
READS = {"cases.page": "opened", "media.show": "file"}
"""Routes that show what a contact wrote or sent, and what the log calls it."""
Answer = AnyResponse | tuple[str, int] | None


def pass_through(case_id: Any) -> Answer:
    """None when the account may go on; otherwise the page that says why not."""
    if not isinstance(case_id, int) or not 0 < case_id < 2**62:
        return abort(404) if isinstance(case_id, int) else None
    account, endpoint = current.account(), request.endpoint or ""
    with current.reading() as conn:
        try:
            case = cases.get(conn, case_id)
        except InputError:
            return _gone() if looks.was_erased(conn, case_id) else abort(404)
        g.case, seen = case, sight.of(conn, account, case)
        kind = READS.get(endpoint) if seen.level == "all" else None
        known = kind is None or looks.lately(conn, account.id, case_id, (kind, "opened_closed", "glass"))
    if seen.level != "all":
        return None if endpoint in ASKING else closed(case, seen)
    if kind and not known:
        with current.writing() as conn:
            looks.record(conn, current.service().vault, kind, account.id, case_id)
            presence.seen(conn, account.id, case_id)
    return None


def closed(case: cases.Case, seen: sight.Sight, fault: str | None = None, status: int = 200) -> tuple[str, int]:
    """The summary of a closed case, or the flag of a sensitive one, with a way to ask where there is one."""
    if request.endpoint not in ("cases.page", *ASKING):
        abort(403)
    return render_template("protection/door.html", case=case, seen=seen, fault=fault), status


def _gone() -> tuple[str, int]:
    return render_template("protection/gone.html"), 410
