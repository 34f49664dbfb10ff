"""Readings of probes taken in: kept, told where they change, and an alarm where an organ fails."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from callflow.core.watch.readings import Reading, organ
from callflow.handling.base.telling import storable
from callflow.handling.watch import failures
from callflow.storage import Tx
from callflow.storage.watch import readings as rows

#: Characters that a detail may have: it is text from outside.
_DETAIL, _NAME = 300, 128


def take(tx: Tx, readings: Sequence[Reading], now: datetime) -> None:
    """Keep these as the last ones of their organs.

    Each change of an organ's state is told in the logbook and a point of its history. Where it
    fails, a signal of the station opens an alarm with the station's plan (``Kind.ORGAN``), once;
    back to normal is the end of that. Call it again as often as a probe looks.
    """
    kept = [_storable(reading) for reading in readings]
    rows.put(tx, kept)
    failures.note(tx, [organ(reading, now) for reading in kept], now)


def forget(tx: Tx, keys: Collection[str], now: datetime) -> None:
    """Organs of these keys (``Reading.key``) are there no more, or nobody reads them: what they
    raised is over."""
    rows.remove(tx, keys)
    failures.forget(tx, keys, now)


def _storable(reading: Reading) -> Reading:
    return replace(
        reading,
        name=storable(reading.name)[:_NAME],
        detail=storable(reading.detail)[:_DETAIL],
    )
