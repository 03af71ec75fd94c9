"""Trained models, their reports, and which of them is live."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

releases = sa.Table(
    "releases",
    metadata,
    _c("id", Id, "number of the release", "content", primary_key=True),
    _c("state", sa.String(10), "queued, running, ready, failed or cancelled", "content", index=True),
    _c("phase", sa.String(10), "prepare, features, train or evaluate", "content", default=""),
    _c("timings", sa.Text, "JSON: when each phase began", "content", default="{}"),
    _c("account_id", Id, "who asked for it", "content", nullable=True),
    _c("note", sa.String(200), "what it is for, in their words", "content", default=""),
    _c("queued_at", sa.Integer, "when", "content"),
    _c("started_at", sa.Integer, "when training began", "content", nullable=True),
    _c("finished_at", sa.Integer, "when it ended", "content", nullable=True),
    _c("beat_at", sa.Integer, "last sign of life of the training", "content", nullable=True),
    _c("attempts", sa.Integer, "how often it was begun", "content", default=0),
    _c("cancel_asked", sa.Boolean, "somebody stopped it", "content", default=False),
    _c("revision", Id, "training revision it was made from", "content", nullable=True),
    _c("content_hash", sa.String(64), "hash of what it was trained on", "content", nullable=True),
    _c("model_hash", sa.String(64), "hash of the model", "content", nullable=True),
    _c("model_seal", sa.String(64), "keyed hash over both, so that no other model is loaded", "content", nullable=True),
    _c("redirects", sa.Text, "JSON: where buttons of archived intents lead in this release", "content", default="{}"),
    _c("report", sa.Text, "JSON: figures and differences from the live release", "content", nullable=True),
    _c("error", sa.Text, "why it failed, without message text", "content", nullable=True),
    _c("asked_by", Id, "who wants it published although it loses something", "content", nullable=True),
    _c("asked_reason", sa.Text, "why", "content", nullable=True),
)  # fmt: skip

release_models = sa.Table(
    "release_models",
    metadata,
    _c("release_id", Id, "which", "content", sa.ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True),
    _c("model", sa.LargeBinary, "the trained model: weights and hashes, no text", "content"),
    _c("content", sa.LargeBinary, "the examples and intents it was trained on, compressed", "content"),
)

publications = sa.Table(
    "publications",
    metadata,
    _c("id", Id, "order; the newest row is what is live", "content", primary_key=True),
    _c("release_id", Id, "which release; none for the model the service was installed with", "content", nullable=True),
    _c("kind", sa.String(10), "publish or rollback", "content"),
    _c("account_id", Id, "who did it", "content", nullable=True),
    _c("second_id", Id, "who agreed, where the report forbids one person alone", "content", nullable=True),
    _c("reason", sa.Text, "why it was published although something is lost", "content", nullable=True),
    _c("at", sa.Integer, "when", "content"),
)
