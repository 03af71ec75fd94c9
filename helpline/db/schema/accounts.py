"""People who work at the desk."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

accounts = sa.Table(
    "accounts",
    metadata,
    _c("id", Id, "row", "account", primary_key=True),
    _c("username", sa.String(80), "sign-in name", "account", unique=True),
    _c("name", sa.String(80), "name colleagues see", "account"),
    _c("role", sa.String(16), "agent, editor, coordinator, administrator, viewer", "account"),
    _c("duties", sa.String(120), "what they may do besides, comma-separated", "account", default="", server_default=""),
    _c("password_hash", sa.String(200), "argon2", "account"),
    _c(
        "password_given",
        sa.Boolean,
        "an administrator knows the password; it must be changed first",
        "account",
        default=False,
        server_default=sa.false(),
    ),
    _c("languages", sa.String(80), "languages they read, comma-separated", "account", default=""),
    _c("interface_language", sa.String(8), "language of the console", "account", default="en"),
    _c("active", sa.Boolean, "may sign in", "account", default=True),
    _c("session_epoch", sa.Integer, "signing out everywhere raises it", "account", default=0),
    _c("created_at", sa.Integer, "when", "account"),
    _c("totp_sealed", sa.Text, "secret of the second factor; empty: not set up", "account", nullable=True),
    _c(
        "totp_step",
        sa.Integer,
        "newest half minute whose code was used: none works twice",
        "account",
        default=0,
        server_default="0",
    ),
    _c(
        "email",
        sa.String(254),
        "address by which a sign-in service names them",
        "account",
        nullable=True,
        unique=True,
        index=True,
    ),
    _c(
        "oidc_subject",
        sa.String(400),
        "issuer and subject at the sign-in service, once they came from there",
        "account",
        nullable=True,
        unique=True,
        index=True,
    ),
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    _c("id", Id, "row", "account", primary_key=True),
    _c("account_id", Id, "whose", "account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
    _c("code_hash", sa.String(64), "SHA-256 of a code that stands in once for a lost phone", "account"),
)

sign_in_attempts = sa.Table(
    "sign_in_attempts",
    metadata,
    _c("id", Id, "row", "short", primary_key=True),
    _c("subject", sa.String(64), "keyed hash of username or address", "short", index=True),
    _c("at", sa.Integer, "when", "short"),
)
