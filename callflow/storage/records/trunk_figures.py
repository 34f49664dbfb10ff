"""Calls over trunks, counted by the hour in which they ended, along the index on them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import tzinfo

from sqlalchemy import delete, func, select

from callflow.core.records.figures import milliseconds, place
from callflow.core.records.trunk_figures import TrunkFigure, begin_of, hour_of
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx

_C = t.call.c
#: As the index on trunks says it.
_ENDED = _C.ended_at.is_not(None)


def _trunks(tx: Tx) -> Iterator[str]:
    """Every trunk that carried a call, by the index: a look for each."""
    last: str | None = ""
    while last is not None:
        query = select(func.min(_C.trunk)).where(_ENDED, _C.trunk > last)
        last = tx.execute(query).scalar()
        if last is not None:
            yield last


def first_hour(tx: Tx) -> int | None:
    """The hour in which the first call over any trunk ended; None: there was none."""
    first = (
        tx.execute(select(func.min(_C.ended_at)).where(_ENDED, _C.trunk == trunk)).scalar()
        for trunk in list(_trunks(tx))
    )
    hours = [hour_of(at) for at in first if at is not None]
    return min(hours, default=None)


def counted(tx: Tx, since: int, until: int | None, zone: tzinfo) -> list[TrunkFigure]:
    """The calls that ended in the hours from ``since`` until ``until``, not included; None: all
    that ended since."""
    found: dict[tuple[int, str, str], list[int]] = {}
    for trunk in list(_trunks(tx)):
        query = select(_C.ended_at, _C.outcome, _C.placed_at, _C.answered_at).where(
            _ENDED,
            _C.trunk == trunk,
            _C.ended_at >= begin_of(since),
            _C.placed_at.is_not(None),
            _C.direction == "outgoing",
        )
        if until is not None:
            query = query.where(_C.ended_at < begin_of(until))
        for ended, outcome, placed, answered in tx.execute(query):
            of = found.setdefault((hour_of(ended), trunk, outcome or ""), [0, 0, 0])
            of[0] += 1
            if answered is not None:
                of[1] += 1
                of[2] += milliseconds(answered) - milliseconds(placed)
    return [
        TrunkFigure(
            since=hour,
            trunk=trunk,
            outcome=outcome,
            day=where[0],
            hour=where[1],
            calls=calls,
            answered=answered,
            waited_ms=waited,
        )
        for (hour, trunk, outcome), (calls, answered, waited) in sorted(found.items())
        for where in [place(begin_of(hour), zone)]
    ]


def replace_hours(tx: Tx, hours: Sequence[int], made: Sequence[TrunkFigure]) -> None:
    """These hours are counted so from now on."""
    c = t.trunk_figure.c
    tx.execute(delete(t.trunk_figure).where(c.since >= hours[0], c.since <= hours[-1]))
    if made:
        tx.execute(t.trunk_figure.insert(), [asdict(one) for one in made])
