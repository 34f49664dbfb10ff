"""Rows of the logbook: appended in the transaction of what they tell, never changed."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    false,
    func,
    or_,
    select,
)

from callflow.core.records import logbook
from callflow.core.records.logbook import Entry
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import each
from callflow.storage.records.chaining import append, execute
from callflow.storage.schema.logbook import BY_PEOPLE, COMMON, RARE
from callflow.storage.sites.search import holds

__all__ = ["append"]

_C = t.logbook.c
#: Entries since an instant that are looked at to find where they begin.
_LATELY = 200_000


def page(
    tx: Tx,
    *,
    incident: str | None = None,
    site: str | None = None,
    since: datetime | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[Entry]:
    """Entries, oldest first, with the number that pages on."""
    c = t.logbook.c
    if since is not None and not after:
        after = _before_first(tx, since)
    query = select(t.logbook).where(c.number > after).order_by(c.number).limit(limit)
    if incident is not None:
        query = query.where(of_incident([incident]))
    if site is not None:
        query = query.where(c.site == site)
    if since is not None:
        query = query.where(c.at >= since)
    return _entries(tx, query)


def _before_first(tx: Tx, at: datetime) -> int:
    """A number below those of all entries since then, by the index on instants: in the order of
    numbers all older ones would be read first. 0: there are too many since then to look at them."""
    c = t.logbook.c
    some = select(c.number).where(c.at >= at).order_by(c.at).limit(_LATELY).subquery()
    query = select(func.min(some.c.number), func.count()).select_from(some)
    first, count = execute(tx, query).one()
    return int(first) - 1 if 0 < count < _LATELY else 0


def of_incident(incident_ids: Sequence[str]) -> ColumnElement[bool]:
    """Entries of one of these, by their chains; what is left of one is no incident's."""
    c = t.logbook.c
    chains = [logbook.chain_of(incident) for incident in incident_ids]
    return c.chain.in_(chains) & c.incident.in_(incident_ids)


def of_incidents(tx: Tx, incident_ids: Sequence[str]) -> dict[str, list[Entry]]:
    """{incident id: its entries, oldest first}, for lists."""
    found: dict[str, list[Entry]] = {i: [] for i in incident_ids}
    c = t.logbook.c
    query = select(t.logbook).where(of_incident(incident_ids)).order_by(c.number)
    for entry in _entries(tx, query):
        found[entry.incident or ""].append(entry)
    return found


def last(tx: Tx, *, limit: int) -> list[Entry]:
    """The newest entries, newest first."""
    query = select(t.logbook).order_by(t.logbook.c.number.desc()).limit(limit)
    return _entries(tx, query)


#: Entries that one search for words looks through; of each kind where some are asked for, half.
DEPTH = 5_000


@dataclass(frozen=True, slots=True)
class Place:
    """An entry's, in the order of time (UTC)."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, the newest first. ``beyond``: the entry with which the search for words
    stopped looking, and older ones may match; None: it looked through all that were asked for."""

    entries: list[Entry]
    beyond: Place | None = None


def search(
    tx: Tx,
    *,
    since: datetime,
    until: datetime,
    before: int | None = None,
    site: str = "",
    who: str = "",
    people: bool = False,
    words: str = "",
    limit: int = 50,
) -> Found:
    """Entries from ``since`` until ``until`` (not included), older than the one numbered
    ``before``: of a site, of an author or of any person, with words in them."""
    c = t.logbook.c
    query = _before(tx, until, before)
    if site:
        query = query.where(c.site == site)
    if who:
        query = query.where(c.who == who)
    if people or who not in ("", logbook.MACHINE):
        query = query.where(BY_PEOPLE)
    return _page(tx, query, since, holds(c.text, words) if words else None, limit, DEPTH)


def of_kinds(
    tx: Tx,
    kinds: Sequence[str],
    *,
    since: datetime,
    until: datetime,
    before: int | None = None,
    site: str = "",
    incident: str = "",
    who: str = "",
    words: str = "",
    sites: Sequence[str] = (),
    limit: int,
) -> Found:
    """Entries of these kinds from ``since`` until ``until`` (included), older than the one numbered
    ``before``: of a site, of an incident, of an author, with ``words`` in them or of one of
    ``sites``.

    Each kind is asked for by itself, in the order of its index: rare ones among very many entries
    are found as fast as common ones. A person's are looked for among what that person did.
    """
    c = t.logbook.c
    query = _before(tx, until + timedelta(microseconds=1), before)
    if site:
        query = query.where(c.site == site)
    if incident:
        query = query.where(c.incident == incident)
    wanted = or_(holds(c.text, words), c.site.in_(sites)) if words else None
    if who and who != logbook.MACHINE:
        # The concatenation keeps the kinds' index out of it.
        theirs = query.where(c.who == who, BY_PEOPLE, (c.kind + "").in_(kinds))
        return _page(tx, theirs, since, wanted, limit, DEPTH)
    if who:
        query = query.where(c.who == who)
    depth = DEPTH // 2
    assert not set(kinds) & set(COMMON), "no index has them in their order"
    pages = [
        _page(tx, query.where(RARE, c.kind == kind), since, wanted, limit, depth) for kind in kinds
    ]
    entries = sorted((one for page in pages for one in page.entries), key=_moment, reverse=True)
    ends = [page.beyond for page in pages if page.beyond is not None]
    if not ends:
        return Found(entries[:limit])
    end = max(ends, key=_moment)  # what is older was not looked for in each kind
    return Found([one for one in entries if _moment(one) >= _moment(end)][:limit], end)


def _moment(of: Entry | Place) -> tuple[datetime, int]:
    return of.at, of.number


def _before(tx: Tx, until: datetime, before: int | None) -> Select[Any]:
    """Entries until then (not included), older than the one numbered ``before``, the newest first.

    One bound above, the lower of the two: an index looks at no more than one of each side.
    """
    c = t.logbook.c
    query = select(t.logbook).order_by(c.at.desc(), c.number.desc())
    if before is None:
        return query.where(c.at < until)
    at = tx.execute(select(c.at).where(c.number == before)).scalar()
    if at is None:
        return query.where(false())
    if at >= until:
        return query.where(c.at < until)
    return query.where(c.at <= at, or_(c.at < at, c.number < before))


def _page(
    tx: Tx,
    query: Select[Any],
    since: datetime,
    wanted: ColumnElement[bool] | None,
    limit: int,
    depth: int,
) -> Found:
    """The first of the query, or of those of it that are ``wanted``: no index finds these."""
    c, beyond = t.logbook.c, None
    all_since = query.where(c.at >= since)
    if wanted is not None:
        nth = all_since.with_only_columns(c.at, c.number).offset(depth - 1).limit(1)
        last = execute(tx, nth).first()
        if last is not None:
            beyond = Place(last.at, last.number)
            newer = or_(c.at > last.at, c.number >= last.number)
            all_since = query.where(c.at >= last.at, newer)
        all_since = all_since.where(wanted)
    return Found(_entries(tx, all_since.limit(limit)), beyond)


#: The kind of what corrects another entry: its ``data`` names that one's id as ``corrects``.
CORRECTED = "corrected"


def get(tx: Tx, entry_id: str) -> Entry | None:
    """One of them."""
    return next(iter(of_ids(tx, [entry_id])), None)


def of_ids(tx: Tx, ids: Collection[str]) -> list[Entry]:
    """Those with these ids, the oldest first."""
    if not ids:
        return []
    return _entries(tx, select(t.logbook).where(_C.id.in_(ids)).order_by(_C.number))


def corrections(tx: Tx, of: Sequence[Entry]) -> dict[str, list[Entry]]:
    """{id of an entry: what corrects it, the oldest first}, of these."""
    found: dict[str, list[Entry]] = {}
    if not of:
        return found
    query = select(t.logbook).where(RARE, _C.kind == CORRECTED, _C.at >= min(e.at for e in of))
    named = _C.data["corrects"].as_string().in_([entry.id for entry in of])
    for entry in _entries(tx, query.where(named).order_by(_C.number)):
        found.setdefault(entry.data["corrects"], []).append(entry)
    return found


def last_act(tx: Tx, who: str, *, but: Sequence[str] = ()) -> datetime | None:
    """When a person did something last that was written down, but for entries of some kinds."""
    c = t.logbook.c
    query = select(c.at).where(c.who == who, BY_PEOPLE, c.kind.not_in(but))
    return tx.execute(query.order_by(c.at.desc()).limit(1)).scalar()


def since(
    tx: Tx, at: datetime, *, limit: int, kinds: Sequence[str] = (), but: Sequence[str] = ()
) -> list[Entry]:
    """The newest entries since then (of these kinds; none of ``but``), newest first."""
    c = t.logbook.c
    query = select(t.logbook).where(c.at >= at).order_by(c.at.desc(), c.number.desc())
    if kinds:
        query = query.where(c.kind.in_(kinds))
    if but:
        query = query.where(c.kind.not_in(but))
    return _entries(tx, query.limit(limit))


def count_since(tx: Tx, at: datetime, *, but: Sequence[str] = ()) -> int:
    """How many entries there are since then, but for those of some kinds."""
    c = t.logbook.c
    query = select(func.count()).select_from(t.logbook).where(c.at >= at, c.kind.not_in(but))
    return int(execute(tx, query).scalar_one())


_RECORDED = select(_C.data).where(RARE, _C.kind.in_(["recording", "recording_problem"]))


def recorded_hashes(tx: Tx) -> dict[str, str | None]:
    """{call id: SHA-256 of its recording} as the logbook tells them."""
    told = execute(tx, _RECORDED).scalars()
    return {data["call"]: data.get("sha256") for data in told if "call" in data}


def recorded_elsewhere(tx: Tx, node: str) -> set[str]:
    """Calls whose recordings another node has, as the logbook tells them."""
    told = execute(tx, _RECORDED).scalars()
    return {data["call"] for data in told if "call" in data and data.get("node", node) != node}


_SPOKEN = select(_C.data).where(RARE, _C.kind == "spoken")


def spoken_hashes(tx: Tx) -> dict[str, str | None]:
    """{what was said: SHA-256 of its file} as the logbook tells them."""
    told = execute(tx, _SPOKEN).scalars()
    return {data["voice"]: data["sha256"] for data in told if "voice" in data}


def spoken_elsewhere(tx: Tx, node: str) -> set[str]:
    """What was said that another node keeps, as the logbook tells it."""
    told = execute(tx, _SPOKEN).scalars()
    return {data["voice"] for data in told if "voice" in data and data["node"] != node}


_IMAGED = select(_C.data).where(
    RARE, _C.kind.in_(["image_fetched", "clip_fetched", "link_fetched"])
)


def imaged_hashes(tx: Tx) -> dict[str, str]:
    """{image id: SHA-256 of its file} as the logbook tells them."""
    told = execute(tx, _IMAGED).scalars()
    return {data["image"]: data["sha256"] for data in told if "image" in data}


_PAPERS = select(_C.data).where(RARE, _C.kind == "document_made")


def document_hashes(tx: Tx) -> dict[str, str]:
    """{document id: SHA-256 of its file} as the logbook tells them."""
    told = execute(tx, _PAPERS).scalars()
    return {data["document"]: data["sha256"] for data in told if "document" in data}


_OF_FILES = select(_C.kind, _C.incident, _C.data).where(
    RARE,
    _C.kind.in_(
        [
            *("recording", "recording_problem", "spoken"),
            *("image_fetched", "clip_fetched", "link_fetched"),
        ]
    ),
)


def told_of_files(tx: Tx) -> dict[str, dict[str, Any]]:
    """{name of a recording (its call), a voice or an image: what was told of it, its incident}."""
    found: dict[str, dict[str, Any]] = {}
    for row in execute(tx, _OF_FILES):
        name = row.data.get("voice") or row.data.get("image") or row.data.get("call")
        if name:
            found[name] = {**row.data, "incident_id": row.incident}
    return found


def each_entry(tx: Tx, query: Any) -> Iterator[Entry]:
    """The entries that ``query`` finds, one after the other."""
    return each(execute(tx, query), Entry)


def _entries(tx: Tx, query: Any) -> list[Entry]:
    return list(each_entry(tx, query))
