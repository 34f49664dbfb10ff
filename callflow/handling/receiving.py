"""Signals: stored (then acknowledged), and later correlated: an incident opened or joined."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from callflow import incident, standard_plans
from callflow.call import Outcome
from callflow.handling.correlating import Correlation, opened
from callflow.handling.deciding import hand_to_human
from callflow.handling.telling import storable_all, tell
from callflow.signal import Kind, Signal
from callflow.signals import events
from callflow.signals.events import EventRow
from callflow.storage import AWAY, Tx, incidents, sites
from callflow.storage import logbook as logbook_rows
from callflow.storage import signals as signal_rows
from callflow.storage.signals import Stored

log = logging.getLogger(__name__)

Row = dict[str, Any]


def store_signals(tx: Tx, signals: Sequence[Signal]) -> None:
    """The acknowledging transaction: one bulk insert and nothing else (invariant 1)."""
    signal_rows.insert(tx, [_stored(signal) for signal in signals])


def signal_id(tx: Tx, deduplication: str) -> str | None:
    """The id under which a signal, or its first delivery, was stored."""
    return signal_rows.by_deduplication(tx, deduplication)


def heard(tx: Tx, accounts: dict[str, datetime]) -> None:
    """When accounts were last heard; flushed at least every five seconds."""
    sites.note_heard(tx, accounts)


def _stored(signal: Signal) -> Stored:
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
    return Stored(
        id=_begins(signal.received_at) + secrets.token_hex(10),
        deduplication=deduplication[:128],
        account=account[:16],
        format=signal.format[:16],
        line=signal.line[:32],
        code=code[:16],
        zone=zone[:16],
        partition=partition[:16],
        panel_user=user[:16],
        text=text,
        raw=raw,
        caller=signal.caller[:32],
        extra=extra,
        encrypted=signal.encrypted,
        kind=kind,
        rank=rank,
        received_at=signal.received_at,
        panel_time=signal.panel_time,
    )


@lru_cache(maxsize=64)  # what came together came at one time
def _begins(received_at: datetime) -> str:
    """The first digits of an id: milliseconds, so that the ids' index grows at its end."""
    return f"{int(received_at.timestamp() * 1000):012x}"


@lru_cache(maxsize=4096)
def _meaning(format_name: str, code: str) -> tuple[str, int]:
    """Kind and rank, by the event table alone."""
    meaning = events.lookup(format_name, code)
    return meaning.kind.value, _rank(meaning)


def _rank(meaning: EventRow) -> int:
    if incident.starts_with_human(meaning.kind, meaning.category):
        return 0
    return 1 if meaning.opens else 2


def is_vital(signal: Signal) -> bool:
    """Whether it stands in front of a human from receipt, by the event table alone."""
    return _meaning(signal.format, signal.code)[1] == 0


def correlate(tx: Tx, now: datetime, *, limit: int = 400) -> int:
    """Take signals of the backlog, vital first, and give each its incident; how many.

    One that can't be correlated holds up no other: it becomes a human's.
    """
    signal_rows.lock_correlation(tx)
    backlog = signal_rows.backlog(tx, limit=limit)
    if backlog and not _together(tx, backlog, now):
        for signal in backlog:
            if not _together(tx, [signal], now):
                _give_up(tx, signal, now)
    return len(backlog)


def _together(tx: Tx, signals: list[Row], now: datetime) -> bool:
    """Correlate ``signals``, or undo it all and say no."""
    try:
        with logbook_rows.savepoint(tx):
            Correlation(tx, signals, now).run()
    except AWAY:
        raise
    except Exception:
        log.exception("correlating %d signals failed", len(signals))
        return False
    return True


def _give_up(tx: Tx, signal: Row, now: datetime) -> None:
    """A signal that our code can't take: an incident without a site, for a human to look at."""
    row = opened(signal, events.UNKNOWN, Kind.UNKNOWN, None, standard_plans.OPERATOR, now)
    incidents.insert(tx, [row])
    told = {"alarm": row["kind"], "priority": row["priority"], "plan": row["plan"]["name"]}
    tell(tx, "incident_opened", now, row, **told)
    signal_rows.mark_correlated(tx, [(signal["id"], row["id"], signal["kind"])], now)
    hand_to_human(tx, row, Outcome.ERROR.value, now, text=signal["id"])
