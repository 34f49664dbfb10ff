"""Rows of sites that run in shadow of another system, and of their moves over and back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from callflow.core.alarms.incident import State
from callflow.core.station.commissioning import Move
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, found


@dataclass(frozen=True, slots=True)
class Standing:
    """A site, and who acts for it: another system since then, or (None) this one."""

    id: str
    name: str
    shadow_since: datetime | None


def insert(tx: Tx, move: Move) -> None:
    """A site was moved."""
    tx.execute(t.site_move.insert(), columns(move))


def latest(tx: Tx, site_ids: Collection[str]) -> dict[str, Move]:
    """{site: its newest move} of these."""
    c = t.site_move.c
    query = select(t.site_move).where(c.site_id.in_(list(site_ids))).order_by(c.moved_at, c.id)
    return {move.site_id: move for move in found(tx, query, Move)}


def in_shadow(tx: Tx, site_ids: Collection[str]) -> frozenset[str]:
    """Those of these sites for which another system acts."""
    c = t.site.c
    named = set(site_ids) - {""}
    if not named:
        return frozenset()
    query = select(c.id).where(c.id.in_(sorted(named)), c.shadow_since.is_not(None))
    return frozenset(tx.execute(query).scalars())


def standing(
    tx: Tx, *, shadow: bool | None = None, text: str = "", after: str = "", limit: int = 100
) -> list[Standing]:
    """Sites in shadow, those in service, or all (None), by id."""
    c = t.site.c
    query = select(c.id, c.name, c.shadow_since).where(c.id > after, c.state != "terminated")
    if shadow is not None:
        query = query.where(c.shadow_since.is_not(None) if shadow else c.shadow_since.is_(None))
    if text:
        accounts = select(t.account.c.site_id).where(t.account.c.account == text)
        like = c.name.icontains(text, autoescape=True)
        query = query.where(like | (c.id == text) | c.id.in_(accounts))
    return found(tx, query.order_by(c.id).limit(limit), Standing)


def count(tx: Tx) -> Mapping[bool, int]:
    """{whether in shadow: how many sites} of those whose contract is not over."""
    c = t.site.c
    shadow = c.shadow_since.is_not(None).label("shadow")
    query = select(shadow, func.count().label("n")).where(c.state != "terminated").group_by(shadow)
    counted = {bool(row.shadow): int(row.n) for row in tx.execute(query)}
    return {True: counted.get(True, 0), False: counted.get(False, 0)}


def set_shadow(tx: Tx, site_ids: Collection[str], since: datetime | None) -> None:
    """Another system acts for these sites since then; None: this one does."""
    query = update(t.site).where(t.site.c.id.in_(list(site_ids)))
    tx.execute(query.values(shadow_since=since))


def all_into_shadow(tx: Tx, since: datetime) -> int:
    """Every site that this station acted for is another system's; how many."""
    query = update(t.site).where(t.site.c.shadow_since.is_(None))
    return tx.execute(query.values(shadow_since=since)).rowcount


def accounts_in_service(tx: Tx) -> frozenset[str]:
    """The accounts for which this station acts."""
    query = (
        select(t.account.c.account)
        .join(t.site, t.site.c.id == t.account.c.site_id)
        .where(t.site.c.shadow_since.is_(None))
    )
    return frozenset(tx.execute(query).scalars())


def shadowed_incidents(tx: Tx, site_ids: Collection[str] | None = None) -> list[str]:
    """The unfiled incidents on which another system acts: of these sites, or of all (None)."""
    c = t.incident.c
    query = select(c.id).where(c.state != State.FILED.value, c.shadow.is_(True))
    if site_ids is not None:
        query = query.where(c.site_id.in_(list(site_ids)))
    return list(tx.execute(query.order_by(c.opened_at, c.id)).scalars())


def unfiled_of(tx: Tx, site_ids: Collection[str] | None = None) -> list[str]:
    """The unfiled incidents on which this station acts, of these sites, or of all (None)."""
    c = t.incident.c
    query = select(c.id).where(c.state != State.FILED.value, c.shadow.is_(False))
    if site_ids is not None:
        query = query.where(c.site_id.in_(list(site_ids)))
    return list(tx.execute(query.order_by(c.opened_at, c.id)).scalars())
