"""Sites and contacts by the thousand: read as a file has them, and written as it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, delete, func, select, true, update

from callflow.core.sites.contract import Former
from callflow.storage import schema as t
from callflow.storage.engine import bulk
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns_of, found
from callflow.storage.sites.contracts import former_row
from callflow.storage.sites.sites import ACCOUNTS_VERSION

#: What is written of one row.
Columns = dict[str, Any]

_S, _A, _C, _L = t.site.c, t.account.c, t.contact.c, t.site_contact.c


@dataclass(frozen=True, slots=True)
class Person:
    """A contact, at whatever sites; codes as the vault keeps them."""

    id: str
    name: str
    language: str
    phone: str | None
    code: str | None
    duress_code: str | None


def people(tx: Tx) -> list[Person]:
    """Every contact, those too that no site has."""
    return found(tx, select(*columns_of(t.contact, Person)), Person)


def site_ids(tx: Tx) -> list[str]:
    """Every site's."""
    return list(tx.execute(select(_S.id).order_by(_S.id)).scalars())


def accounts(tx: Tx) -> dict[str, str | None]:
    """{account: its site, None: it has none}."""
    return {row.account: row.site_id for row in tx.execute(select(_A.account, _A.site_id))}


def count_links(tx: Tx, ids: Sequence[str] | None = None) -> int:
    """How many parts contacts play; with ``ids`` those at these sites only."""
    there = true() if ids is None else _L.site_id.in_(list(ids))
    query = select(func.count()).select_from(t.site_contact).where(there)
    return int(tx.execute(query).scalar_one())


def version(tx: Tx, *, locked: bool = False) -> str:
    """Another one after any change of a site, and of which plans are withdrawn. ``locked``: nobody
    writes a site anew until the end of this transaction."""
    query = select(t.setting.c.value).where(t.setting.c.name == ACCOUNTS_VERSION)
    if locked and tx.dialect.name != "sqlite":  # there the whole database is ours
        query = query.with_for_update()
    written = tx.execute(query).scalar()
    # Contracts, and clients' names, change sites without writing them anew.
    many, last = tx.execute(select(func.count(), func.max(_S.changed_at))).one()
    w = t.plan_withdrawal.c
    gone, latest = tx.execute(
        select(func.count(), func.max(w.withdrawn_at)).select_from(w.id.table)
    ).one()
    return f"{written} {many} {last} {gone} {latest}"


@dataclass(kw_only=True, slots=True)
class Writes:
    """Rows to write, each as its table has them; ``moved`` are sites whose hours lie elsewhere."""

    clients: dict[str, Columns] = field(default_factory=dict)
    new_sites: list[Columns] = field(default_factory=list)
    changed_sites: list[Columns] = field(default_factory=list)
    moved: list[Columns] = field(default_factory=list)
    accounts: list[Columns] = field(default_factory=list)
    #: {account: site} of those that were taken away from a site once, and are of none.
    taken_up: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, Columns] = field(default_factory=dict)
    links: list[Columns] = field(default_factory=list)


#: What an import changes of a site that is there.
_OF_SITE = (
    *("client_id", "name", "address", "postcode", "timezone", "language", "plans"),
    "changed_at",
)


def _changing(table: Any, key: str, *names: str) -> Executable:
    values: Columns = {name: bindparam(f"b_{name}", type_=table.c[name].type) for name in names}
    return update(table).where(table.c[key] == bindparam(f"b_{key}")).values(**values)


_CHANGE_SITE = _changing(t.site, "id", *_OF_SITE)
_MOVE_SITE = _changing(t.site, "id", "schedule_due")
_REMOVE = delete(t.site_contact).where(
    _L.site_id == bindparam("b_site_id"),
    _L.contact_id == bindparam("b_contact_id"),
    _L.role == bindparam("b_role"),
)


@dataclass(kw_only=True, slots=True)
class Ready:
    """``Writes`` made ready before the transaction: the rows of each statement."""

    first: list[bulk.Rows]
    changed: list[Columns]
    moved: list[Columns]
    removed: list[Columns]
    last: list[bulk.Rows]


def ready(rows: Writes, former: Sequence[Former], now: datetime) -> Ready:
    """What ``write`` takes at ``now``; ``former``: who is called no more."""
    new = {"changed_at": now, "state_since": now}
    return Ready(
        first=[
            *bulk.made(t.client, ["id"], list(rows.clients.values())),
            *bulk.made(t.site, ["id"], [{**row, **new} for row in rows.new_sites]),
            *bulk.made(t.account, ["account"], rows.accounts),
            *bulk.made(t.contact, ["id"], list(rows.contacts.values())),
        ],
        changed=[_bound({**row, "changed_at": now}, _OF_SITE) for row in rows.changed_sites],
        moved=[_bound(row, ("schedule_due",)) for row in rows.moved],
        removed=[
            {"b_site_id": f.site_id, "b_contact_id": f.contact_id, "b_role": f.role.value}
            for f in former
        ],
        last=[
            *bulk.made(t.former_contact, ["id"], list(map(former_row, former))),
            *bulk.made(t.site_contact, ["site_id", "contact_id", "role"], rows.links),
        ],
    )


def write(tx: Tx, rows: Ready) -> None:
    """All of ``rows``, in statements for many: others wait meanwhile."""
    for each in rows.first:
        bulk.upsert(tx, each)
    _each(tx, _CHANGE_SITE, rows.changed)
    _each(tx, _MOVE_SITE, rows.moved)
    _each(tx, _REMOVE, rows.removed)
    for each in rows.last:
        bulk.upsert(tx, each)


def _bound(row: Columns, names: Sequence[str]) -> Columns:
    return {f"b_{name}": row[name] for name in ("id", *names)}


def _each(tx: Tx, statement: Executable, rows: list[Columns]) -> None:
    if rows:
        tx.execute(statement, rows)
