"""A question to the stand-in of 121, and what may come out."""

from __future__ import annotations

import datetime as dt

from helpline.messages import Identity
from helpline.vouchers.lookup import Outcome, Voucher
from helpline.vouchers.platform121 import Platform121
from tests.vouchers.platform_double import PASSWORD, PROGRAM, USERNAME, payment, person

AMINA, OTHER = "31600000101", "31600000102"


CANNOT_CHECK = Voucher(Outcome.CANNOT_CHECK, "121")


NOT_FOUND = Voucher(Outcome.NOT_FOUND, "121")


DELIVERED = Voucher(Outcome.FOUND, "121", "included", "success", dt.date(2026, 2, 24), 1750)


SEARCH = "GET /registrations"


BALANCE = "GET /programs/2/fsps/intersolve-voucher/voucher/balance"


def made(platform, **more):
    return Platform121(platform.url, USERNAME, PASSWORD, str(PROGRAM), **{"timeout": 2.0, "budget": 4.0, **more})


def ask(client, phone=AMINA):
    return client.status(Identity(phone=phone))


def with_amina(platform, status="success"):
    """Amina, and somebody else whose paused state and 99.00 nobody may learn."""
    platform.add(person(5, whatsapp=AMINA), payment(status))
    platform.add(person(6, whatsapp=OTHER, status="paused"), payment("success", amount=99, number=92))


FAULTS = ("down", "html", "400", "401", "403", "404", "429", "500", "503", "errors_200", "everybody", "redirect",
          "null", "scalar", "strings", "nan", "empty", "deep", "huge")  # fmt: skip
