"""Rows of what a site is left with: bypassed zones, promises, and who signed for what is open."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Table, bindparam, delete, func, select, update

from callflow.core.alarms.promise import Bypass, Promise
from callflow.core.alarms.signing import Signature
from callflow.core.records.logbook import chain_of
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, columns_of, first
from callflow.storage.sites.sites import upsert

# --- bypassed zones -----------------------------------------------------------------------


def bypassed(tx: Tx, zone: Bypass) -> None:
    """A panel leaves a zone out."""
    upsert(tx, t.bypass, ["account", "zone"], columns(zone))


def active_again(tx: Tx, account: str, zone: str) -> bool:
    """The zone is back; whether it was out."""
    c = t.bypass.c
    return bool(tx.execute(delete(t.bypass).where(c.account == account, c.zone == zone)).rowcount)


_OUT = Reads(
    select(*columns_of(t.bypass, Bypass))
    .where(t.bypass.c.site_id.in_(bindparam("sites", expanding=True)))
    .order_by(t.bypass.c.account, t.bypass.c.zone),
    Bypass,
)


def bypasses(tx: Tx, site_ids: Collection[str]) -> list[Bypass]:
    """The zones of these sites that are left out."""
    return _OUT.all(tx, {"sites": sorted(site_ids)}) if site_ids else []


_Line = TypeVar("_Line", Promise, Signature)


def _of_incidents(table: Table, line: type[_Line]) -> Reads[_Line]:
    """Rows of some incidents, the oldest first."""
    c = table.c
    some = c.incident_id.in_(bindparam("incidents", expanding=True))
    return Reads(select(*columns_of(table, line)).where(some).order_by(c.at, c.id), line)


# --- promises -----------------------------------------------------------------------------


def insert_promise(tx: Tx, promise: Promise) -> None:
    """Somebody owes something."""
    tx.execute(t.promise.insert(), columns(promise))


def promise(tx: Tx, promise_id: str) -> Promise | None:
    """One of them."""
    return first(tx, select(t.promise).where(t.promise.c.id == promise_id), Promise)


_PROMISES = _of_incidents(t.promise, Promise)


def promises(tx: Tx, incident_ids: Iterable[str]) -> list[Promise]:
    """Those of these incidents, kept ones too, the oldest first."""
    return _PROMISES.all(tx, {"incidents": sorted(incident_ids)})


def end_promise(tx: Tx, promise_id: str, who: str, because: str, now: datetime) -> bool:
    """It is done, or nobody waits for it any more; whether it was open."""
    c = t.promise.c
    query = update(t.promise).where(c.id == promise_id, c.ended_at.is_(None))
    ended = query.values(ended_at=now, ended_by=who, ended_because=because)
    return tx.execute(ended).rowcount == 1


# --- signatures ---------------------------------------------------------------------------


def insert_signature(tx: Tx, signature: Signature) -> None:
    """Somebody answers for an open line, or asks a second person to."""
    tx.execute(t.signature.insert(), columns(signature))


_SIGNATURES = _of_incidents(t.signature, Signature)


def signatures(tx: Tx, incident_ids: Iterable[str]) -> list[Signature]:
    """Those of these incidents, the oldest first."""
    return _SIGNATURES.all(tx, {"incidents": sorted(incident_ids)})


def sign_second(tx: Tx, signature_id: str, who: str, reason: str, now: datetime) -> bool:
    """A second person signs too; whether it was awaited."""
    c = t.signature.c
    query = update(t.signature).where(c.id == signature_id, c.signed_at.is_(None))
    return tx.execute(query.values(second=who, second_reason=reason, signed_at=now)).rowcount == 1


def told_at(
    tx: Tx, incident_id: str, kinds: Sequence[str], *, first: bool = False
) -> datetime | None:
    """When an entry of one of ``kinds`` was written of an incident: the last, or the first."""
    c = t.logbook.c
    # By the chain's name, in its order: nothing else finds an incident's among millions.
    query = select(c.at).where(c.chain == chain_of(incident_id), c.kind.in_(list(kinds)))
    order = c.seq if first else c.seq.desc()
    at: datetime | None = tx.execute(query.order_by(order).limit(1)).scalar()
    return at


def count_charges(tx: Tx, incident_id: str) -> int:
    """How many acts of an incident are counted."""
    query = select(func.count()).where(t.charge.c.incident_id == incident_id)
    return int(tx.execute(query).scalar_one())
