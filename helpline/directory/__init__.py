"""Services near a place: search, opening hours, imports, and keeping them true."""

from __future__ import annotations

from helpline.directory.entry import AUDIENCES, BRING, Entry, kinds, kinds_of_intent
from helpline.directory.hours import Opening, opening
from helpline.directory.imports import Plan, apply, import_starter, plan, read_file
from helpline.directory.listing import Filter, Listed, listed
from helpline.directory.refresh import refresh_due
from helpline.directory.search import WITHIN_KM, Found, get, nearest, one

__all__ = [
    "AUDIENCES", "BRING", "WITHIN_KM", "Entry", "Filter", "Found", "Listed", "Opening", "Plan", "apply", "get",
    "import_starter", "kinds", "kinds_of_intent", "listed", "nearest", "one", "opening", "plan", "read_file",
    "refresh_due",
]  # fmt: skip
