"""Rows of signals: a bulk insert with a unique deduplication key, claimed later to correlate."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from callflow.core.signals.signal import Kind, StoredSignal, Treatment
from callflow.core.sites.zones import zone_key
from callflow.storage import schema as t
from callflow.storage.engine import locks
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx, hint
from callflow.storage.engine.values import Reads, first, found
from callflow.storage.schema import UtcDateTime
from callflow.storage.schema.base import as_text


class Stored(NamedTuple):
    """A signal's row as it is inserted. The names are the columns', the times UTC and last."""

    id: str
    deduplication: str
    account: str
    format: str
    line: str
    code: str
    zone: str
    partition: str
    panel_user: str
    text: str
    raw: str
    caller: str
    extra: str
    encrypted: bool
    kind: str
    rank: int
    received_at: datetime
    panel_time: datetime | None


def insert(tx: Tx, rows: Sequence[Stored]) -> None:
    """Insert ``rows``; one whose deduplication key is there already is left out."""
    if tx.dialect.name == "sqlite":
        # Many rows in one step of SQLite, which lets go of the interpreter: a step for each row
        # would wait for it each time, while frames are being decoded. And plain values, since
        # what SQLAlchemy does to each of them costs more than the insert.
        values = list(map(_values, rows))
        for size in _SIZES:
            while len(values) >= size - size // 8:
                part, values = values[:size], values[size:]
                part += part[-1:] * (size - len(part))  # a second delivery: left out
                tx.exec_driver_sql(_insert_sqlite(size), tuple(chain.from_iterable(part)))
    else:
        inserted = postgresql.insert(t.signal).on_conflict_do_nothing(index_elements=_UNIQUE)
        tx.execute(inserted, [row._asdict() for row in rows])
    hint(tx, "engine")


_UNIQUE = ["deduplication"]
# Rows of one statement: few statements, all of them kept prepared; the receiver's share is one.
_SIZES = (256, 128, 64, 32, 16, 8, 4, 2, 1)


@cache
def _insert_sqlite(size: int) -> str:
    columns = [t.signal.c[name] for name in Stored._fields]
    statement = sqlite.insert(t.signal).values({c.name: bindparam(c.key) for c in columns})
    compiled = statement.on_conflict_do_nothing(index_elements=_UNIQUE).compile(
        dialect=sqlite.dialect()
    )
    assert compiled.positiontup == list(Stored._fields), "the values are given in this order"
    one_row = f"({', '.join('?' * len(columns))})"
    return str(compiled).replace(one_row, ", ".join([one_row] * size))


def _values(row: Stored) -> tuple[Any, ...]:
    return (*row[:-2], as_text(row.received_at), _of_panel(row.panel_time))


#: What came together was sent at one time, or nearly.
_of_panel = lru_cache(maxsize=1024)(as_text)


def by_deduplication(tx: Tx, key: str) -> str | None:
    """The id of the signal stored under ``key``."""
    return tx.execute(select(t.signal.c.id).where(t.signal.c.deduplication == key)).scalar()


def get(tx: Tx, signal_id: str) -> StoredSignal | None:
    """One signal."""
    return first(tx, select(t.signal).where(t.signal.c.id == signal_id), StoredSignal)


def of_incidents(tx: Tx, incident_ids: Sequence[str]) -> dict[str, list[StoredSignal]]:
    """{incident id: its signals, oldest first}, for lists."""
    of: dict[str | None, list[StoredSignal]] = {i: [] for i in incident_ids}
    c = t.signal.c
    query = select(t.signal).where(c.incident_id.in_(list(incident_ids))).order_by(c.number)
    for signal in found(tx, query, StoredSignal):
        of[signal.incident_id].append(signal)
    return {i: of[i] for i in incident_ids}


def recent(tx: Tx, since: datetime) -> list[tuple[str, datetime]]:
    """(deduplication key, time) of the signals received since then."""
    c = t.signal.c
    query = select(c.deduplication, c.received_at).where(c.received_at >= since)
    return [(row.deduplication, row.received_at) for row in tx.execute(query)]


class Share(NamedTuple):
    """The sites that one of ``of`` engines correlates before others do: the ``place``-th part."""

    place: int
    of: int


#: Every site.
ALL = Share(0, 1)
#: What waited so long is anybody's.
_ANYBODYS = timedelta(seconds=1)


def _waiting(query: Select[Any]) -> Select[Any]:
    c = t.signal.c
    return query.where(c.correlated_at.is_(None)).order_by(c.rank, c.number)


_BACKLOG = Reads(_waiting(select(t.signal)).limit(bindparam("limit")), StoredSignal)
_ANY_WAITING = Prepared(_waiting(select(t.signal.c.number)).limit(1))
_TAKEN = Reads(
    _waiting(select(t.signal)).where(t.signal.c.number.in_(bindparam("numbers", expanding=True))),
    StoredSignal,
)


def backlog(tx: Tx, *, limit: int) -> list[StoredSignal]:
    """Signals not yet correlated, vital first, then as they came."""
    return _BACKLOG.all(tx, {"limit": limit})


def claim(tx: Tx, share: Share, now: datetime, *, limit: int) -> list[StoredSignal]:
    """The same, and nobody else correlates the sites they belong to until the commit.

    Each site's come in their order: it is one engine's at a time, whose transaction sees all that
    the one before did.
    """
    if tx.dialect.name == "sqlite":  # its writer is alone anyway
        return backlog(tx, limit=limit)
    candidates = _candidates(tx, share, now, 2 * limit)
    mine = locks.try_all(tx, locks.Lock.PLACE, {row.place for row in candidates})
    numbers = [row.number for row in candidates if row.place in mine][:limit]
    return _TAKEN.all(tx, {"numbers": numbers})


def waits(tx: Tx, share: Share, now: datetime) -> bool:
    """True where there is anything for ``claim``; it may be in other hands."""
    if tx.dialect.name == "sqlite":
        return _ANY_WAITING.first(tx, {}) is not None
    return bool(_candidates(tx, share, now, 1))


def _candidates(tx: Tx, share: Share, now: datetime, limit: int) -> Sequence[Any]:
    about: dict[str, Any] = {"limit": limit}
    if share != ALL:
        about |= {"of": share.of, "place": share.place, "before": now - _ANYBODYS}
    return tx.execute(_candidates_of(share == ALL), about).all()


@cache
def _candidates_of(every_site: bool) -> Select[Any]:
    c = t.signal.c
    place = func.coalesce(t.account.c.site_id, func.concat("account:", c.account))
    query = _waiting(
        select(c.number, place.label("place")).outerjoin(
            t.account, t.account.c.account == c.account
        )
    )
    query = query.limit(bindparam("limit"))
    if every_site:
        return query
    part = func.hashtext(place).op("&")(0x7FFFFFFF) % bindparam("of", type_=Integer)
    late = c.received_at <= bindparam("before", type_=UtcDateTime)
    return query.where(or_(part == bindparam("place", type_=Integer), late))


def backlog_size(tx: Tx) -> int:
    """How many signals wait to be correlated."""
    query = select(func.count()).select_from(t.signal).where(t.signal.c.correlated_at.is_(None))
    return int(tx.execute(query).scalar_one())


class Correlated(NamedTuple):
    """What became of a signal. The names are the columns', but for the first."""

    signal: str
    incident_id: str | None
    kind: str
    treatment: str
    deferred: bool = False


_MARK = Prepared(
    update(t.signal)
    .where(t.signal.c.id == bindparam("b_signal"))
    .values(
        {
            **{name: bindparam(f"b_{name}") for name in Correlated._fields[1:]},
            "correlated_at": bindparam("b_now"),
        }
    )
)


def mark_correlated(tx: Tx, marks: Iterable[Correlated], now: datetime) -> None:
    """Write what became of signals that were correlated."""
    rows = [
        {"b_now": now, **{f"b_{k}": value for k, value in mark._asdict().items()}} for mark in marks
    ]
    _MARK.change_all(tx, rows)


def page(
    tx: Tx,
    *,
    account: str | None = None,
    incident: str | None = None,
    since: datetime | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[StoredSignal]:
    """Stored signals, oldest first."""
    c = t.signal.c
    query = select(t.signal).where(c.number > after).order_by(c.number).limit(limit)
    if account is not None:
        query = query.where(c.account == account)
    if incident is not None:
        query = query.where(c.incident_id == incident)
    if since is not None:
        query = query.where(c.received_at >= since)
    return found(tx, query, StoredSignal)


def newest(tx: Tx, account: str, since: datetime, *, limit: int) -> list[StoredSignal]:
    """An account's last signals from ``since`` on, the newest first."""
    c = t.signal.c
    query = select(t.signal).where(c.account == account, c.received_at >= since)
    return found(tx, query.order_by(c.number.desc()).limit(limit), StoredSignal)


def came_since(tx: Tx, account: str, kind: Kind, since: datetime) -> bool:
    """True where a signal of ``kind`` came from an account's panel for certain, at ``since`` or
    later."""
    c = t.signal.c
    query = select(c.id).where(c.account == account, c.kind == kind.value, c.received_at >= since)
    query = query.where(c.treatment != Treatment.UNPROVED.value)
    return tx.execute(query.limit(1)).first() is not None


def last_of(tx: Tx, account: str, since: datetime) -> datetime | None:
    """When an account sent something last, at ``since`` or later."""
    c = t.signal.c
    query = select(func.max(c.received_at)).where(c.account == account, c.received_at >= since)
    found: datetime | None = tx.execute(query).scalar()
    return found


#: The newest signals of a site's accounts that are looked at for a zone's.
_NEWEST = 100


def zone_restored(tx: Tx, site_id: str, zone: str, since: datetime) -> bool:
    """True where the newest that a site's panels told of a zone for certain, ``since`` then, is its
    restore. ``zone`` is its key (``core.sites.zones``)."""
    c, of_site = t.signal.c, select(t.account.c.account).where(t.account.c.site_id == site_id)
    newest = (
        select(c.kind, c.zone)
        .where(c.account.in_(of_site), c.received_at >= since, c.correlated_at.is_not(None))
        .where(c.treatment != Treatment.UNPROVED.value)
        .order_by(c.number.desc())
        .limit(_NEWEST)
    )
    about = [row.kind for row in tx.execute(newest) if row.zone and zone_key(row.zone) == zone]
    return bool(about) and about[0] == Kind.RESTORE.value
