"""Messages that leave the station other than by phone: what they are, and when they are tried.

A message is a row before anything is sent, and is delivered at least once: the row's id goes with
each try, so that the far end can drop a second one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit


class Channel(StrEnum):
    """What a message goes out on."""

    MAIL = "mail"
    SMS = "sms"
    WEBHOOK = "webhook"
    IMAGES = "images"  # nothing is told: one camera of the site is asked for a still


class MessageState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"  # for its time
    SENDING = "sending"  # claimed; should whoever has it die, it is claimed again after LEASE
    SENT = "sent"  # the far end took it
    FAILED = "failed"  # given up
    CANCELLED = "cancelled"  # nobody waits for it any more, or the alarm became mute (D7)


#: What is neither delivered nor given up.
OPEN_STATES = (MessageState.WAITING, MessageState.SENDING)

#: One try takes no longer than this; then it counts as failed.
TRY_WITHIN = timedelta(seconds=20)
#: Whoever claimed a message has so long; LEASE > TRY_WITHIN, or it would be sent twice for nothing.
LEASE = timedelta(seconds=30)
#: How long after it was asked for a message may still be tried again; then a human is told.
GIVE_UP_AFTER = {
    Channel.MAIL: timedelta(minutes=15),
    Channel.SMS: timedelta(minutes=5),
    Channel.WEBHOOK: timedelta(minutes=10),
    Channel.IMAGES: timedelta(minutes=1),
}
_FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=2)
#: The wait is varied by so much, so that what failed together does not come back together.
_SPREAD = 0.5

#: What a message of a rehearsal begins with, whatever the reader's language.
EXERCISE_MARK = "EXERCICE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """Where a still comes from; the password as it is kept (see vault)."""

    id: str
    url: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message as its claimer needs it. ``attempt`` counts from 1; ``created_at`` is UTC."""

    id: str
    incident: str
    channel: Channel
    to: str
    subject: str
    body: str
    data: dict[str, Any]
    attempt: int
    created_at: datetime
    camera: Camera | None = None


def next_try(
    channel: Channel, created_at: datetime, attempts: int, now: datetime, *, jitter: float
) -> datetime | None:
    """When a message that failed ``attempts`` times is tried again; None: given up.

    ``jitter``: a number in [0, 1) that the caller draws.
    """
    wait = min(_FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
    at = now + wait * (1 - _SPREAD / 2 + _SPREAD * jitter)
    return at if at <= created_at + GIVE_UP_AFTER[channel] else None


_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}"
)
_SCHEMES = ("http", "https")
_LONGEST_URL = 1000


def wrong_address(channel: Channel, to: str) -> str | None:
    """What is wrong with the form of an address; None where nothing is.

    Numbers are looked at by ``dial_policy``, cameras by their site.
    """
    if channel is Channel.MAIL and not _MAIL.fullmatch(to):
        return "is no mail address, such as name@example.org"
    return wrong_url(to) if channel is Channel.WEBHOOK else None


def wrong_url(url: str) -> str | None:
    """What is wrong with an address to be asked over HTTP; None where nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in _SCHEMES or not parts.hostname or port == 0:
        return "must be an http or https address"
    if parts.username is not None or parts.password is not None:
        return "must not hold a name or a password"
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"must be of at most {_LONGEST_URL} ASCII characters, without spaces"
    return None


def shown(channel: Channel, to: str) -> str:
    """An address as the logbook says it: of a webhook only the host, its path may be a secret."""
    if channel is not Channel.WEBHOOK or wrong_url(to) is not None:
        return to
    return urlsplit(to).hostname or to


def marked(text: str, *, exercise: bool) -> str:
    """``text``, saying first that it is a rehearsal where it is one."""
    return f"{EXERCISE_MARK} – {text}" if exercise else text


def one_line(text: str) -> str:
    """``text`` as a subject: one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
