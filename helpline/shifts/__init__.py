"""Shifts: the roster (roster.py), who is there when (hours.py), who began (log.py), and an honest wait (wait.py).

All hours are Dutch wall-clock hours, also when the clocks change. Without a roster nothing is promised.
"""

from helpline.shifts import hours
from helpline.shifts.hours import Slot, is_open, next_slot, slots
from helpline.shifts.log import On, begin, on_shift
from helpline.shifts.roster import Entry, entries
from helpline.shifts.wait import Expectation, expect

__all__ = [
    "Entry",
    "Expectation",
    "On",
    "Slot",
    "begin",
    "entries",
    "expect",
    "hours",
    "is_open",
    "next_slot",
    "on_shift",
    "slots",
]
