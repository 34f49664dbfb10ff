"""Common to the protocols of hardware receivers: one message's signals, and one event's words; and
the words by which the station knows what it sent to itself, where nothing is encrypted."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from callflow.core.signals import contact_id, sia
from callflow.core.signals.event import Event
from callflow.core.signals.protocol import SHORT, Station
from callflow.core.signals.signal import CANARY, Signal

#: Characters of a line's name that a signal keeps.
LINE = 32


def signals_of(
    events: Iterable[Event],
    *,
    account: str,
    format: str,
    raw: str,
    now: datetime,
    line: str,
    key: str,
    station: Station,
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
            encrypted=account == CANARY and _is_own(event.text, now, station),
        )
        for index, event in enumerate(events)
    )


def _text(event: Event) -> str:
    """The words as sent, with a zone that is too long to be one."""
    if len(event.zone) <= SHORT:
        return event.text
    return f"{event.zone} {event.text}".strip()


def own_words(key: bytes, now: datetime) -> str:
    """What the station says to itself in this minute on a line where nobody encrypts: with the key
    that nobody else has, as good as encrypted."""
    minute = int(now.timestamp()) // 60
    return hmac.new(key, f"canary {minute}".encode(), hashlib.sha256).hexdigest()[:32]


def _is_own(text: str, now: datetime, station: Station) -> bool:
    key = station.key_of(CANARY)
    if key is None:
        return False
    known = (own_words(key, now - timedelta(minutes=ago)) for ago in (0, 1))
    return any(hmac.compare_digest(text.encode(), words.encode()) for words in known)


def payload_of(
    account: str, code: str, zone: str, partition: str, text: str
) -> tuple[Literal["SIA-DCS", "ADM-CID"], str]:
    """One event as a receiver sends it: SIA for two letters, Contact ID for digits such as 1130.

    Raises ValueError for a code or an account that the format hasn't.
    """
    if not re.fullmatch(r"[0-9A-Za-z]{1,16}", account):
        raise ValueError(f"an account is 1 to 16 digits and letters, not {account!r}")
    if code[:1].isdigit():
        return "ADM-CID", contact_id.encode(code, zone, partition)
    return "SIA-DCS", sia.encode(code, zone, partition, text)
