"""The acknowledging transaction: a bulk insert and nothing else (invariant 1)."""

from collections.abc import Sequence
from functools import lru_cache

from callflow import ids
from callflow.core.alarms import incident
from callflow.core.signals import events
from callflow.core.signals.events import EventRow
from callflow.core.signals.signal import Signal
from callflow.handling.base.telling import storable_all
from callflow.storage import Tx
from callflow.storage.signals import signals as signal_rows
from callflow.storage.signals.signals import Stored


def store_signals(tx: Tx, signals: Sequence[Signal]) -> None:
    """Store ``signals``; a second delivery of one is left out."""
    made = ids.several(signal.received_at for signal in signals)
    signal_rows.insert(tx, list(map(_stored, signals, made)))


def is_vital(signal: Signal) -> bool:
    """True where it stands in front of a human from receipt, by the event table alone."""
    return _meaning(signal.format, signal.code)[1] == 0


def _stored(signal: Signal, signal_id: str) -> Stored:
    deduplication, account, code, zone, partition, user, text, raw, extra = storable_all(
        signal.deduplication,
        signal.account,
        signal.code,
        signal.zone,
        signal.partition,
        signal.user,
        signal.text,
        signal.raw,
        signal.extra,
    )
    kind, rank = _meaning(signal.format, signal.code)
    # By place: eighteen names a row would cost more than all the rest.
    return Stored(
        signal_id,
        deduplication[:128],
        account[:16],
        signal.format[:16],
        signal.line[:32],
        code[:16],
        zone[:16],
        partition[:16],
        user[:16],
        text,
        raw,
        signal.caller[:32],
        extra,
        signal.encrypted,
        kind,
        rank,
        signal.received_at,
        signal.panel_time,
    )


@lru_cache(maxsize=4096)
def _meaning(format_name: str, code: str) -> tuple[str, int]:
    """Kind and rank, by the event table alone."""
    meaning = events.lookup(format_name, code)
    return meaning.kind.value, _rank(meaning)


def _rank(meaning: EventRow) -> int:
    if incident.starts_with_human(meaning.kind, meaning.category):
        return 0
    return 1 if meaning.opens else 2
