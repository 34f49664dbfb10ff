"""What the protocols of hardware receivers share: the signals of one message, and its hash."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

from callflow.signal import Signal
from callflow.signals.event import Event

#: Characters that an account, a zone, a partition or a user may have.
SHORT = 16
#: Characters of a line's name that a signal keeps.
LINE = 32


def hash_of(text: str) -> str:
    """Equal for two deliveries of one message."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


def signals_of(
    events: Iterable[Event],
    *,
    account: str,
    format: str,
    raw: str,
    now: datetime,
    line: str,
    key: str,
) -> tuple[Signal, ...]:
    """One signal for each event of a message; ``key`` names the message."""
    return tuple(
        Signal(
            account=account,
            format=format[:SHORT],
            code=event.code[:SHORT],
            zone=event.zone[:SHORT],
            partition=event.partition[:SHORT],
            user=event.user[:SHORT],
            text=_text(event),
            raw=raw,
            received_at=now,
            line=line[:LINE],
            deduplication=f"{key}|{index}",
        )
        for index, event in enumerate(events)
    )


def _text(event: Event) -> str:
    """The words as sent, with a zone that is too long to be one."""
    if len(event.zone) <= SHORT:
        return event.text
    return f"{event.zone} {event.text}".strip()
