"""Another SECRET_KEY for everything that is stored, in batches, while the service runs; again after a stop.

Every `*_sealed` column is sealed again, and keyed hashes are made again where what they are made of is known. What is
done already is under the newest key and passed over, so a rotation that was stopped goes on where it stood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from helpline.db import schema
from helpline.db.columns import metadata
from helpline.db.engine import reading
from helpline.db.vault import Vault
from helpline.errors import HelplineError
from helpline.service import Service

BATCH = 200
"""Rows of one transaction: messages must get through in between."""
Told = Callable[[str, int], None]


def rotate(service: Service, told: Told = lambda _name, _rows: None) -> dict[str, int]:
    """Put everything under the newest key; how many values of each column. Raises HelplineError for what no key opens.

    `unknown` counts rows of the voucher list whose number nobody here knows: import the list once more before the old
    key goes. `told` hears of every batch.
    """
    done: Counter[str] = Counter()
    for table in metadata.sorted_tables:
        sealed = [column for column in table.columns if column.name.endswith("_sealed")]
        for rows in _batches(service.engine, table, sealed) if sealed else ():
            with service.engine.begin() as conn:
                for row in rows:
                    done.update(_reseal(conn, service.vault, table, sealed, row))
            told(table.name, len(rows))
    for rows in _batches(service.engine, schema.contact_identities, list(schema.contact_identities.columns)):
        with service.engine.begin() as conn:
            for row in rows:
                done.update(_rekey_identity(conn, service.vault, row))
        told("contact_identities.lookup", len(rows))
    _rekey_lessons(service, done)
    with service.engine.begin() as conn:
        _rekey_releases(conn, service.vault, done)
        unknown = _registrations_left(conn, service.vault, done)
    if unknown:
        done["unknown"] = unknown
    return {name: number for name, number in sorted(done.items()) if number}


def left(service: Service) -> int:
    """How many sealed values need another key than the newest."""
    count = 0
    for table in metadata.sorted_tables:
        sealed = [column for column in table.columns if column.name.endswith("_sealed")]
        for rows in _batches(service.engine, table, sealed) if sealed else ():
            values = [row._mapping[column.name] for row in rows for column in sealed]
            count += sum(1 for value in values if value is not None and not service.vault.is_newest(value))
    return count


def _batches(engine: Engine, table: sa.Table, columns: list[sa.Column[Any]]) -> Iterator[list[Row]]:
    """Rows by primary key, some at a time; rows that come meanwhile are under the newest key anyway."""
    key = list(table.primary_key)
    wanted = [*key, *(column for column in columns if column not in key)]
    last: tuple[Any, ...] | None = None
    while True:
        query = sa.select(*wanted).order_by(*key).limit(BATCH)
        if last is not None:
            query = query.where(key[0] > last[0] if len(key) == 1 else sa.tuple_(*key) > sa.tuple_(*last))
        with reading(engine) as conn:
            rows = list(conn.execute(query))
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        last = tuple(rows[-1]._mapping[column.name] for column in key)


def _reseal(conn: Connection, vault: Vault, table: sa.Table, sealed: list[sa.Column[Any]], row: Row) -> Iterator[str]:
    mine = sa.and_(*(column == row._mapping[column.name] for column in table.primary_key))
    for column in sealed:
        old = row._mapping[column.name]
        if old is None or vault.is_newest(old):
            continue
        # Only what was read is replaced: whoever wrote in between used the newest key, and their words stay.
        fresh = sa.update(table).where(mine, column == old).values({column.name: _sealed_again(vault, table, old)})
        if conn.execute(fresh).rowcount:
            yield f"{table.name}.{column.name}"


def _sealed_again(vault: Vault, table: sa.Table, old: str) -> str:
    try:
        return vault.reseal(old)
    except Exception:  # cryptography's InvalidToken says nothing
        raise HelplineError(
            f"A row of {table.name} opens with no key. Add the key it was written with to PREVIOUS_SECRET_KEYS; "
            "what was done so far is kept, run the command again."
        ) from None


def _rekey_identity(conn: Connection, vault: Vault, row: Row) -> Iterator[str]:
    value = str(vault.open(row.value_sealed))
    newest, *older = vault.lookups(row.kind, value)
    identities, vouchers = schema.contact_identities, schema.voucher_registrations
    if row.lookup in older:
        mine = sa.and_(identities.c.id == row.id, identities.c.lookup == row.lookup)
        if conn.execute(sa.update(identities).where(mine).values(lookup=newest)).rowcount:
            yield "contact_identities.lookup"
    if older:
        theirs = sa.update(vouchers).where(vouchers.c.lookup.in_(older)).values(lookup=newest)
        for _ in range(conn.execute(theirs).rowcount):
            yield "voucher_registrations.lookup"


def _rekey_lessons(service: Service, done: Counter[str]) -> None:
    """Whose a lesson is, and where it came from: both are hashes of ids that are still here, or of nobody."""
    vault, lessons = service.vault, schema.lessons
    for rows in _batches(service.engine, lessons, [lessons.c.source, lessons.c.owner]):
        owners = {row.owner for row in rows}
        with service.engine.begin() as conn:
            for contact in conn.execute(sa.select(schema.contacts.c.id)).all() if owners else ():
                newest, *older = vault.lookups("lesson owner", contact.id)
                if owners.intersection(older):
                    theirs = sa.update(lessons).where(lessons.c.owner.in_(older)).values(owner=newest)
                    done["lessons.owner"] += conn.execute(theirs).rowcount
            known = {row.source: row.id for row in rows}
            for named in _sources(conn):
                newest, *older = vault.lookups("lesson", named)
                for one in known.keys() & set(older):
                    conn.execute(sa.update(lessons).where(lessons.c.id == known[one]).values(source=newest))
                    done["lessons.source"] += 1


def _sources(conn: Connection) -> Iterator[str]:
    for row in conn.execute(sa.select(schema.cases.c.id)).all():
        yield from (f"case:{row.id}:{told}" for told in (True, False))
    reactions = sa.select(schema.inbox.c.id).where(schema.inbox.c.kind == "reaction")
    for row in conn.execute(reactions).all():
        yield f"reaction:{row.id}"


def _rekey_releases(conn: Connection, vault: Vault, done: Counter[str]) -> None:
    releases = schema.releases
    for row in conn.execute(sa.select(releases).where(releases.c.model_seal.is_not(None))).all():
        newest, *older = vault.lookups("release", f"{row.id} {row.content_hash} {row.model_hash}")
        if row.model_seal in older:
            conn.execute(sa.update(releases).where(releases.c.id == row.id).values(model_seal=newest))
            done["releases.model_seal"] += 1


def _registrations_left(conn: Connection, vault: Vault, done: Counter[str]) -> int:
    """Rows of the voucher list that belong to nobody who ever wrote: their hash cannot be made anew from anything."""
    table, known = schema.voucher_registrations, set()
    for row in conn.execute(sa.select(schema.contact_identities)).all():
        known.add(vault.lookup(row.kind, str(vault.open(row.value_sealed))))
    rows = conn.execute(sa.select(table.c.lookup)).all() if len(vault.lookups("phone", "0")) > 1 else []
    return sum(1 for row in rows if row.lookup not in known)
