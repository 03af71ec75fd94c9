"""A scripted 121 for the real processes: somebody's own voucher for each of them, and others' that nobody may see."""

from __future__ import annotations

from collections.abc import Iterable

from tests.vouchers.platform_double import PASSWORD, PROGRAM, USERNAME, Platform, payment, person

OWN, FOREIGN = "17.50", "99.00"
"""Euros of the one who writes, and of everybody else."""
QUESTION = "What is the status of my voucher?"


def settings_for(platform: Platform) -> dict[str, str]:
    """What makes a process ask this platform."""
    return {
        "VOUCHERS": "121", "PLATFORM121_URL": platform.url, "PLATFORM121_USERNAME": USERNAME,
        "PLATFORM121_PASSWORD": PASSWORD, "PLATFORM121_PROGRAM_ID": str(PROGRAM),
    }  # fmt: skip


def enrol(platform: Platform, people: Iterable[str]) -> None:
    """Each of them has a delivered voucher; somebody else has another, which no answer may hold."""
    platform.add(person(1, whatsapp="31690000000"), payment("success", amount=float(FOREIGN)))
    for number, phone in enumerate(people, start=1000):
        platform.add(person(number, whatsapp=phone), payment("success", amount=float(OWN), number=number))
