"""Sites and contacts by the thousand: read as a file has them, and written as it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, delete, func, select, true, update

from callflow.storage import schema as t
from callflow.storage.engine import bulk
from callflow.storage.engine.store import Tx
from callflow.storage.sites.sites import ACCOUNTS_VERSION

Row = dict[str, Any]

_S, _A, _C, _L = t.site.c, t.account.c, t.contact.c, t.site_contact.c


def _rows(tx: Tx, query: Any) -> list[Row]:
    return [dict(row._mapping) for row in tx.execute(query)]


def sites(tx: Tx, ids: Sequence[str] | None = None) -> list[Row]:
    """What a file says of sites, and what it leaves alone that depends on it; None: of all."""
    columns = (_S.id, _S.name, _S.address, _S.postcode, _S.timezone, _S.language, _S.state)
    query = (
        select(
            *columns,
            _S.plans,
            _S.plan_rules,
            _S.plan_overrides,
            _S.schedule,
            t.client.c.name.label("client"),
        )
        .join(t.client, t.client.c.id == _S.client_id)
        .where(_among(_S.id, ids))
    )
    return _rows(tx, query)


def accounts(tx: Tx, ids: Sequence[str] | None = None) -> list[Row]:
    """``account, site_id`` in their order; with ``ids`` those of these sites only."""
    query = select(_A.account, _A.site_id).where(_among(_A.site_id, ids)).order_by(_A.account)
    return _rows(tx, query)


def links(tx: Tx, ids: Sequence[str] | None = None) -> list[Row]:
    """Which contact plays which part at which site, in the order in which they are shown."""
    query = (
        select(*t.site_contact.c)
        .where(_among(_L.site_id, ids))
        .order_by(_L.site_id, _L.role.desc(), _L.rank, _L.contact_id)
    )
    return _rows(tx, query)


def count_links(tx: Tx, ids: Sequence[str] | None = None) -> int:
    """How many ``links`` there are."""
    query = select(func.count()).select_from(t.site_contact).where(_among(_L.site_id, ids))
    return int(tx.execute(query).scalar_one())


def contacts(tx: Tx, ids: Sequence[str] | None = None) -> list[Row]:
    """Contacts, codes as the vault keeps them; with ``ids`` those of these sites only."""
    mine = select(_L.contact_id).where(_among(_L.site_id, ids))
    within = true() if ids is None else _C.id.in_(mine)
    columns = (_C.id, _C.name, _C.language, _C.phone, _C.code, _C.duress_code)
    return _rows(tx, select(*columns).where(within))


def panel_users(tx: Tx) -> list[Row]:
    """``site_id, contact_id`` of the contacts that panels know as users."""
    query = (
        select(_A.site_id, t.panel_user.c.contact_id)
        .join(t.account, _A.account == t.panel_user.c.account)
        .where(t.panel_user.c.contact_id.is_not(None))
        .distinct()
    )
    return _rows(tx, query)


def _among(column: Any, ids: Sequence[str] | None) -> ColumnElement[bool]:
    return true() if ids is None else column.in_(list(ids))


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

    clients: dict[str, Row] = field(default_factory=dict)
    new_sites: list[Row] = field(default_factory=list)
    changed_sites: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    accounts: list[Row] = field(default_factory=list)
    #: {account: site} of those that were taken away from a site once, and are of none.
    taken_up: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, Row] = field(default_factory=dict)
    links: list[Row] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)  # of site_contact
    former: list[Row] = field(default_factory=list)  # the same, as who is called no more is kept


#: What an import changes of a site that is there.
_OF_SITE = ("client_id", "name", "address", "postcode", "timezone", "language", "plans")


def _changing(table: Any, key: str, *names: str) -> Executable:
    values: Row = {name: bindparam(f"b_{name}", type_=table.c[name].type) for name in names}
    return update(table).where(table.c[key] == bindparam(f"b_{key}")).values(**values)


_CHANGE_SITE = _changing(t.site, "id", *_OF_SITE, "changed_at")
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
    changed: list[Row]
    moved: list[Row]
    removed: list[Row]
    last: list[bulk.Rows]


def ready(rows: Writes) -> Ready:
    """What ``write`` takes."""
    return Ready(
        first=[
            *bulk.made(t.client, ["id"], list(rows.clients.values())),
            *bulk.made(t.site, ["id"], rows.new_sites),
            *bulk.made(t.account, ["account"], rows.accounts),
            *bulk.made(t.contact, ["id"], list(rows.contacts.values())),
        ],
        changed=[_bound(row, (*_OF_SITE, "changed_at")) for row in rows.changed_sites],
        moved=[_bound(row, ("schedule_due",)) for row in rows.moved],
        removed=[{f"b_{name}": value for name, value in row.items()} for row in rows.removed],
        last=[
            *bulk.made(t.former_contact, ["id"], rows.former),
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


def _bound(row: Row, names: Sequence[str]) -> Row:
    return {f"b_{name}": row[name] for name in ("id", *names)}


def _each(tx: Tx, statement: Executable, rows: list[Row]) -> None:
    if rows:
        tx.execute(statement, rows)
