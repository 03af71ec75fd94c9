"""What the tables of helpline/db/schema are made with: constraint names, ids, columns that say why they exist."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def column(name: str, kind: Any, purpose: str, keep: str, *args: Any, **kwargs: Any) -> sa.Column[Any]:
    """A column with its purpose and how long it is kept; not nullable unless it says so."""
    kwargs.setdefault("nullable", False)
    return sa.Column(name, kind, *args, info={"purpose": purpose, "keep": keep}, **kwargs)
