"""The directory of services."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

services = sa.Table(
    "services",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("key", sa.String(120), "stable name for imports", "content", unique=True),
    _c("name", sa.String(200), "name of the organisation", "content"),
    _c("kind", sa.String(24), "shelter, health, food, day, legal, ...", "content"),
    _c("audience", sa.String(12), "open to people without papers: yes, ask or unknown", "content", default="unknown"),
    _c("town", sa.String(80), "town", "content"),
    _c("address", sa.String(200), "street and number", "content", default=""),
    _c("postcode", sa.String(8), "postcode", "content", default=""),
    _c("latitude", sa.Float, "degrees", "content"),
    _c("longitude", sa.Float, "degrees", "content"),
    _c("phones", sa.String(200), "verified phone numbers, comma-separated", "content", default=""),
    _c("website", sa.String(200), "https link", "content", default=""),
    _c("hours", sa.String(300), "OpenStreetMap opening_hours", "content", default=""),
    _c("languages", sa.String(80), "languages spoken there", "content", default=""),
    _c("bring", sa.String(40), "key of the line that says what to bring", "content", default=""),
    _c("source", sa.String(200), "where the facts come from", "content", default=""),
    _c("reviewed_on", sa.String(10), "date the facts were last checked", "content", nullable=True),
    _c("review_by", sa.String(10), "after this date: please phone first", "content", nullable=True),
    _c("retired", sa.Boolean, "no longer offered", "content", default=False),
    _c("updated_at", sa.Integer, "when", "content"),
    _c("edited_at", sa.Integer, "when a person changed it; imports leave it alone since", "content", nullable=True),
    sa.Index("ix_services_kind_latitude", "kind", "latitude", "longitude"),
)
