"""Rows of chargeable acts, which are never changed, and of their prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, func, or_, select

from callflow.core.interventions.firm import Visit
from callflow.core.records.charges import Act, Charge, Price, PricedBy
from callflow.storage import schema as t
from callflow.storage.engine.inserts import insert_into
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, first, found
from callflow.storage.sites.sites import upsert

_C, _P = t.charge.c, t.charge_price.c


def insert(tx: Tx, charge: Charge) -> bool:
    """A charge; False where its fact was charged for already."""
    query = insert_into(tx.dialect.name, t.charge).values(**columns(charge))
    made = query.on_conflict_do_nothing(index_elements=["source"]).returning(_C.id)
    return tx.execute(made).first() is not None


def get(tx: Tx, charge_id: str) -> Charge | None:
    """One charge."""
    return first(tx, select(t.charge).where(_C.id == charge_id), Charge)


def known_sources(tx: Tx, sources: Sequence[str]) -> set[str]:
    """Those of these facts that were charged for."""
    query = select(_C.source).where(_C.source.in_(list(sources)))
    return {str(one) for one in tx.execute(query).scalars()}


def of_source(tx: Tx, source: str) -> Charge | None:
    """The charge that a fact was made to."""
    return first(tx, select(t.charge).where(_C.source == source), Charge)


def counted(tx: Tx, site_id: str, kind: Act, since: datetime, until: datetime) -> int:
    """How much of an act there was at a site then, in hundredths, what is included too."""
    query = select(func.coalesce(func.sum(_C.quantity), 0)).where(
        _C.site_id == site_id, _C.kind == kind.value, _C.at >= since, _C.at < until
    )
    return int(tx.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class Listed(Charge):
    """A charge with the names of its site and client, and whether a following row corrects it."""

    site_name: str
    client_name: str
    is_corrected: bool


_LATER = t.charge.alias("later")
_LISTED = (
    select(t.charge, t.site.c.name.label("site_name"), t.client.c.name.label("client_name"))
    .add_columns(
        select(_LATER.c.id).where(_LATER.c.corrects == _C.id).exists().label("is_corrected")
    )
    .join(t.site, t.site.c.id == _C.site_id)
    .join(t.client, t.client.c.id == _C.client_id)
)


def shown(tx: Tx, charge_id: str) -> Listed:
    """A charge that there is."""
    (one,) = found(tx, _LISTED.where(_C.id == charge_id), Listed)
    return one


def listed(
    tx: Tx,
    since: datetime,
    until: datetime,
    *,
    client_id: str = "",
    site_id: str = "",
    limit: int | None = None,
) -> list[Listed]:
    """The charges of what was done from ``since`` until ``until`` (not included), by client, site
    and time."""
    query = _LISTED.where(_C.at >= since, _C.at < until)
    if client_id:
        query = query.where(_C.client_id == client_id)
    if site_id:
        query = query.where(_C.site_id == site_id)
    order = (t.client.c.name, _C.client_id, t.site.c.name, _C.site_id, _C.at, _C.made_at, _C.id)
    return found(tx, query.order_by(*order).limit(limit), Listed)


def after(
    tx: Tx, made_at: datetime | None, charge_id: str, until: datetime, *, limit: int
) -> list[Listed]:
    """The charges that were made after this one, and before ``until``, in the order in which they
    were made: a program that asks so gets each once."""
    query = _LISTED.where(_C.made_at < until).order_by(_C.made_at, _C.id).limit(limit)
    if made_at is not None:
        later = or_(_C.made_at > made_at, and_(_C.made_at == made_at, _C.id > charge_id))
        query = query.where(later)
    return found(tx, query, Listed)


@dataclass(frozen=True, slots=True)
class OfClient:
    """What a client is charged in some time. ``unpriced``: so many rows have no price, and are not
    taken back."""

    id: str
    name: str
    charges: int
    amount: int
    unpriced: int


_UNPRICED = and_(
    _C.amount.is_(None),
    _C.corrects.is_(None),
    ~select(_LATER.c.id).where(_LATER.c.corrects == _C.id).exists(),
)


def by_client(tx: Tx, since: datetime, until: datetime) -> list[OfClient]:
    """What each client is charged for what was done then, by their names."""
    query = (
        select(t.client.c.id, t.client.c.name)
        .add_columns(
            func.count(_C.id).label("charges"),
            func.coalesce(func.sum(_C.amount), 0).label("amount"),
            func.count(case((_UNPRICED, 1))).label("unpriced"),
        )
        .join(t.charge, _C.client_id == t.client.c.id)
        .where(_C.at >= since, _C.at < until)
        .group_by(t.client.c.id, t.client.c.name)
        .order_by(t.client.c.name, t.client.c.id)
    )
    return [
        OfClient(row.id, row.name, row.charges, int(row.amount), row.unpriced)
        for row in tx.execute(query)
    ]


# --- prices -------------------------------------------------------------------------------

_PRICES = Reads(
    select(t.charge_price).where(
        or_(
            _P.scope == PricedBy.STATION.value,
            and_(_P.scope == PricedBy.CLIENT.value, _P.owner == bindparam("client")),
            and_(_P.scope == PricedBy.SITE.value, _P.owner == bindparam("site")),
        )
    ),
    Price,
)


def prices(tx: Tx, client_id: str = "", site_id: str = "") -> list[Price]:
    """The station's prices, a client's and a site's."""
    return _PRICES.all(tx, {"client": client_id, "site": site_id})


def prices_of(tx: Tx, scope: PricedBy, owner: str) -> list[Price]:
    """The prices that are set there."""
    query = select(t.charge_price).where(_P.scope == scope.value, _P.owner == owner)
    return found(tx, query, Price)


def set_price(tx: Tx, price: Price) -> None:
    """An act costs that there, from now on."""
    upsert(tx, t.charge_price, ["kind", "scope", "owner"], columns(price))


def remove_price(tx: Tx, kind: Act, scope: PricedBy, owner: str) -> bool:
    """What is set further off counts there again; whether anything was set."""
    where = (_P.kind == kind.value, _P.scope == scope.value, _P.owner == owner)
    return tx.execute(delete(t.charge_price).where(*where)).rowcount == 1


# --- what tells of chargeable facts ---------------------------------------------------------

_L = t.logbook.c


def newest_entry(tx: Tx, until: datetime) -> int:
    """The number of the newest entry of the logbook that was told until then; 0: none was."""
    query = (
        select(_L.number).where(_L.at <= until).order_by(_L.at.desc(), _L.number.desc()).limit(1)
    )
    return int(tx.execute(query).scalar() or 0)


@dataclass(frozen=True, slots=True)
class Told:
    """What an entry of the logbook says that may be charged for. ``at`` in UTC."""

    number: int
    at: datetime
    kind: str
    site: str | None
    incident: str | None
    data: Mapping[str, Any]


def told(
    tx: Tx, kinds: Sequence[str], after_number: int, until_number: int, *, limit: int
) -> list[Told]:
    """Entries of these kinds by their numbers, in their order."""
    query = (
        select(_L.number, _L.at, _L.kind, _L.site, _L.incident, _L.data)
        .where(_L.number > after_number, _L.number <= until_number, _L.kind.in_(kinds))
        .order_by(_L.number)
        .limit(limit)
    )
    return found(tx, query, Told)


def visits(tx: Tx, site_id: str, on_site_at: datetime) -> list[Visit]:
    """The technicians' visits of a site that began in that instant."""
    c = t.visit.c
    query = select(t.visit).where(c.site_id == site_id, c.on_site_at == on_site_at)
    return found(tx, query, Visit)


# --- how far the logbook is read ----------------------------------------------------------

_NAME = "charges"


def position(tx: Tx) -> int | None:
    """The number of the last entry that was looked at; None: none ever was."""
    at: int | None = tx.scalar(select(t.follower.c.entry).where(t.follower.c.name == _NAME))
    return at


def go_on(tx: Tx, entry: int, now: datetime) -> None:
    """All until ``entry`` are looked at."""
    row = {"name": _NAME, "entry": entry, "incident": None, "hour": 0, "at": now}
    upsert(tx, t.follower, ["name"], row)
