"""Sites and contacts by the thousand: read as a file has them, and written as it says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, delete, func, select, true, update

from callflow.core.sites.contract import Former
from callflow.core.sites.site import Coded
from callflow.storage import schema as t
from callflow.storage.engine import bulk
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, columns_of, found
from callflow.storage.sites.sites import ACCOUNTS_VERSION

#: What is written of one row.
Columns = dict[str, Any]

_S, _A, _C, _L = t.site.c, t.account.c, t.contact.c, t.site_contact.c


def people(tx: Tx) -> list[Coded]:
    """Every contact, those too that no site has."""
    return found(tx, select(*columns_of(t.contact, Coded)), Coded)


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
    """Rows to write, each as its table has them. Of sites that are there: what is ``changed``, and
    the hours of those whose clock is another (``moved``), by their id."""

    clients: dict[str, Columns] = field(default_factory=dict)
    new_sites: list[Columns] = field(default_factory=list)
    changed: dict[str, Columns] = field(default_factory=dict)
    moved: dict[str, Columns] = field(default_factory=dict)
    accounts: list[Columns] = field(default_factory=list)
    #: {account: site} of those that were taken away from a site once, and are of none.
    taken_up: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, Columns] = field(default_factory=dict)
    links: list[Columns] = field(default_factory=list)


_CHANGE = update(t.site).where(_S.id == bindparam("b_id"))
_REMOVE = delete(t.site_contact).where(
    _L.site_id == bindparam("b_site_id"),
    _L.contact_id == bindparam("b_contact_id"),
    _L.role == bindparam("b_role"),
)


#: A statement with its rows.
Step = bulk.Rows | tuple[Executable, list[Columns]]


def steps(rows: Writes, former: Sequence[Former], now: datetime) -> list[Step]:
    """What ``write`` takes at ``now``, made ready before the transaction; ``former``: who is called
    no more."""
    new = {"changed_at": now, "state_since": now}
    gone = [
        {"b_site_id": each.site_id, "b_contact_id": each.contact_id, "b_role": each.role.value}
        for each in former
    ]
    return [
        *bulk.made(t.client, ["id"], list(rows.clients.values())),
        *bulk.made(t.site, ["id"], [{**row, **new} for row in rows.new_sites]),
        *bulk.made(t.account, ["account"], rows.accounts),
        *bulk.made(t.contact, ["id"], list(rows.contacts.values())),
        (_CHANGE, [{**row, "b_id": id, "changed_at": now} for id, row in rows.changed.items()]),
        (_CHANGE, [{**hours, "b_id": id} for id, hours in rows.moved.items()]),
        (_REMOVE, gone),
        *bulk.made(t.former_contact, ["id"], [columns(one, t.former_contact) for one in former]),
        *bulk.made(t.site_contact, ["site_id", "contact_id", "role"], rows.links),
    ]


def write(tx: Tx, steps: Sequence[Step]) -> None:
    """All of them, in statements for many: others wait meanwhile."""
    for step in steps:
        if isinstance(step, bulk.Rows):
            bulk.upsert(tx, step)
        elif step[1]:
            tx.execute(*step)
