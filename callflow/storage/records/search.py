"""Entries of the logbook by their words: by the index, and without it where it is not yet."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from callflow.core.records.logbook import Entry
from callflow.core.records.words import Sought
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found
from callflow.storage.records import words
from callflow.storage.records.chaining import LAST_NUMBER
from callflow.storage.records.logbook import Found, Place, of_incident

_C = t.logbook.c
#: Entries around an instant whose numbers are looked at, and numbers beyond: an entry is numbered
#: when it is written, some seconds after its instant.
_AROUND, _BEYOND = 200, 500
#: Entries that are not in the index yet and that one search looks through: a tenth of a second.
_DIRECT = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """``sought``, of an ``incident``, from ``since`` until ``until`` (not included; UTC), after or
    before the entry with a number: ``limit`` of them, the newest first or the ``oldest_first``."""

    sought: Sought
    incident: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None
    before: int | None = None
    limit: int = 50
    oldest_first: bool = False

    def has(self, entry: Entry, heard: str = "") -> bool:
        """True where it is looked for, whatever an index says; see ``words.heard_in``."""
        if self.since is not None and entry.at < self.since:
            return False
        if self.until is not None and entry.at >= self.until:
            return False
        return self.sought.is_in(entry, heard)


def entries(tx: Tx, asked: Asked) -> Found:
    """What was asked for, by number. ``beyond``: with which entry it stopped, where there were too
    many that are not in the index yet, or it took too long; those after it may match."""
    if asked.incident is not None:
        return Found(_of_incident(tx, asked, asked.incident))
    state = words.state(tx)
    position = state.position if state else 0
    above, below = _bounds(tx, asked)
    # Below 0 is what was told after somebody put a number out of reach: never in the index.
    parts: list[tuple[Callable[..., Iterator[Entry | Place]], int, int]] = [
        (_unindexed, max(above, position), below),
        (_indexed, max(above, 0), min(below, position + 1)),
        (_unindexed, above, min(below, 0)),
    ]
    if asked.oldest_first:
        parts = [parts[2], parts[1], parts[0]]
    taken: list[Entry] = []
    for look, low, high in parts:
        if low + 1 >= high:
            continue
        for one in look(tx, asked, low, high):
            if isinstance(one, Place):
                return Found(taken, one)
            taken.append(one)
            if len(taken) == asked.limit:
                return Found(taken)
    return Found(taken)


def _of_incident(tx: Tx, asked: Asked, incident: str) -> list[Entry]:
    """An incident's are few: they need no index."""
    above, below = asked.after or -LAST_NUMBER, asked.before or LAST_NUMBER
    query = select(t.logbook).where(of_incident([incident]), *_between(above, below))
    return list(_matching(tx, asked, found(tx, _in_order(asked, query), Entry)))[: asked.limit]


def _matching(tx: Tx, asked: Asked, entries: Sequence[Entry]) -> Iterator[Entry]:
    heard = words.heard_in(tx, entries)
    return (entry for entry in entries if asked.has(entry, heard.get(entry.number, "")))


def _between(above: int, below: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _C.number > words.place(above), _C.number < words.place(below)


def _bounds(tx: Tx, asked: Asked) -> tuple[int, int]:
    """The numbers between which all of it is (neither included): by the days, with room for what
    was numbered out of the order of its time, and by the entry to go on from."""
    above, below = -LAST_NUMBER, LAST_NUMBER + 1
    if asked.since is not None:
        first = _edge(tx, _C.at >= asked.since, _C.at, func.min)
        if first is None:
            return 0, 0  # nothing is as new
        above = first - _BEYOND
    if asked.until is not None:
        last = _edge(tx, _C.at < asked.until, _C.at.desc(), func.max)
        if last is None:
            return 0, 0
        below = last + _BEYOND
    if above <= 0:
        above = -LAST_NUMBER
    if asked.after is not None:
        above = max(above, asked.after)
    if asked.before is not None:
        below = min(below, asked.before)
    return above, below


def _edge(tx: Tx, where: Any, order: Any, which: Any) -> int | None:
    some = select(_C.number).where(where).order_by(order).limit(_AROUND).subquery()
    number: int | None = tx.execute(select(which(some.c.number))).scalar()
    return number


def _in_order(asked: Asked, query: Select[Any]) -> Select[Any]:
    return query.order_by(_C.number if asked.oldest_first else _C.number.desc())


def _indexed(tx: Tx, asked: Asked, above: int, below: int) -> Iterator[Entry | Place]:
    """By the index; each is held against what was asked, as it is now. The place where it was time
    to stop."""
    while True:
        answer = words.numbers(
            tx,
            asked.sought,
            above=above,
            below=below,
            limit=asked.limit,
            oldest_first=asked.oldest_first,
        )
        numbers = answer.found
        query = select(t.logbook).where(_C.number.in_(numbers))
        yield from _matching(tx, asked, found(tx, _in_order(asked, query), Entry))
        if answer.stopped is not None:
            yield _place(tx, asked, answer.stopped)
            return
        if len(numbers) < asked.limit:
            return
        above, below = (numbers[-1], below) if asked.oldest_first else (above, numbers[-1])


def _place(tx: Tx, asked: Asked, stopped: int) -> Place:
    """Where it goes on: the number, which may be no entry's, and about when that was."""
    near = select(_C.at).where(_C.number >= words.place(stopped)).order_by(_C.number).limit(1)
    at = tx.execute(near).scalar() or tx.execute(select(func.max(_C.at))).scalar_one()
    return Place(at, stopped - asked.oldest_first)


def _unindexed(tx: Tx, asked: Asked, above: int, below: int) -> Iterator[Entry | Place]:
    """One after the other, so many at most; then the place of the last."""
    query = select(t.logbook).where(*_between(above, below))
    looked = found(tx, _in_order(asked, query).limit(_DIRECT), Entry)
    yield from _matching(tx, asked, looked)
    if len(looked) == _DIRECT:
        yield Place(looked[-1].at, looked[-1].number)
