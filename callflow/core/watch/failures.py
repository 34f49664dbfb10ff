"""Failures of organs: which one is an alarm, how grave, and since when. Pure.

A process begins again by itself, and a telephone link comes back: what the station judges of
itself must last before it is a failure. What a probe reads is one at once: its limits are its own.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from enum import IntEnum

from callflow.core.signals.signal import Kind
from callflow.core.watch.organs import Organ, Part, State


class Alarm(IntEnum):
    """What an organ's failure is to people; the greater is the graver."""

    NONE = 0
    POOR = 1  # somebody should look, by day
    FAILED = 2
    VITAL = 3  # alarms are in danger, or people


#: The station's own codes of each (``core/signals/events.csv``), and of the way back.
CODES: Mapping[Alarm, str] = {
    Alarm.POOR: "ORGAN_POOR",
    Alarm.FAILED: "ORGAN_FAILED",
    Alarm.VITAL: "ORGAN_VITAL",
}
BACK = "ORGAN_BACK"

#: Characters of a place (``place``): a signal's line has no more.
_PLACE, _HASH = 32, 8
#: For so long must what the station judges of itself last; what begins again by itself, longer.
_LASTS, _RETURNS = timedelta(seconds=30), timedelta(seconds=60)
_LASTING: Mapping[Part, timedelta] = {
    Part.PROCESS: _RETURNS,
    Part.ASTERISK: _RETURNS,
    Part.DATABASE: _RETURNS,
    Part.VERSION: timedelta(hours=1),  # an upgrade has its time
}
#: A load passes, and what is held is said on every page: nobody is called for these.
_NEVER = frozenset({Part.LATENCY, Part.BACKLOG, Part.WAY_OUT})
#: What is only to be looked at, or not known, waits for the day (station's time, D9).
_DAY = time(8), time(20)
_POOR_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Noted:
    """An organ as it was noted last: ``since`` when it is so, its ``alarm`` and since when that
    stands. Times are UTC."""

    state: State
    since: datetime
    alarm: Alarm = Alarm.NONE
    alarm_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What follows of a look at an organ: what is to be noted, whether it is told, and the alarm
    that begins (``raised``) or ends."""

    organ: Organ
    noted: Noted
    told: bool = False
    raised: Alarm = Alarm.NONE
    ended: datetime | None = None  # when the alarm that is over began


def lasting(part: Part) -> timedelta:
    """For how long what the station judges of such an organ must last before it is a failure."""
    return _LASTING.get(part, _LASTS)


def place(key: str) -> str:
    """What an organ's alarm is known by: its key, shortened where it is too long for a signal."""
    key = key.removesuffix("@")
    if len(key) <= _PLACE:
        return key
    return f"{key[: _PLACE - _HASH - 1]}~{hashlib.sha256(key.encode()).hexdigest()[:_HASH]}"


def follow(
    organ: Organ, before: Noted | None, now: datetime, *, watched_since: datetime, zone: tzinfo
) -> Change:
    """What a look at ``organ`` changes.

    ``watched_since``: since when somebody follows the organs; what the station judges of itself
    before that lasted in nobody's sight. ``zone`` is the station's.
    """
    known = before is not None and before.state is organ.state
    since = before.since if before is not None and known else organ.since or now
    noted = Noted(state=organ.state, since=since)
    told = not known and not organ.elsewhere and _is_news(organ, before)
    if before is not None and before.alarm:
        noted = replace(noted, alarm=before.alarm, alarm_at=before.alarm_at)
        if not organ.ill:
            over = replace(noted, alarm=Alarm.NONE, alarm_at=None)
            return Change(organ=organ, noted=over, told=told, ended=before.alarm_at)
    begun = since if organ.read else max(since, watched_since)
    alarm = _alarm(organ, since, now - begun, now.astimezone(zone))
    if alarm <= noted.alarm:
        return Change(organ=organ, noted=noted, told=told)
    raised = replace(noted, alarm=alarm, alarm_at=since)
    return Change(organ=organ, noted=raised, told=told, raised=alarm)


def _is_news(organ: Organ, before: Noted | None) -> bool:
    """Say whether people want to know that its state is another; a delay that nobody could measure
    for want of alarms says nothing."""
    if organ.ill or before is None:
        return organ.ill
    return before.state is not State.UNKNOWN or (organ.counts and organ.part is not Part.LATENCY)


def _alarm(organ: Organ, since: datetime, lasted: timedelta, local: datetime) -> Alarm:
    if not organ.ill or organ.elsewhere or organ.part in _NEVER:
        return Alarm.NONE
    if organ.state is State.FAILED:
        waits = timedelta(0) if organ.read else lasting(organ.part)
        grave = Alarm.VITAL if organ.vital else Alarm.FAILED
        return grave if lasted >= waits else Alarm.NONE
    if organ.state is State.UNKNOWN and not organ.read:
        return Alarm.NONE  # whoever could tell is an organ, too
    by_day = _DAY[0] <= local.time() < _DAY[1]
    waits = max(_POOR_AFTER, timedelta(0) if organ.read else lasting(organ.part))
    return Alarm.POOR if by_day and lasted >= waits else Alarm.NONE


def failed(kind: Kind, name: str, noted: Iterable[str]) -> tuple[Part, str] | None:
    """The part and the name of the organ that an alarm of ``kind`` is about, by what it calls it
    (``place``; of a trunk ``name@node``, of a line its receivers, too: ``surgard/01``). ``noted``:
    the keys of all organs. None: there is no such organ any more."""
    if kind is Kind.TRUNK:
        return Part.TRUNK, name.partition("@")[0]
    if kind is Kind.RECEIVER:
        return Part.LINE, name.partition("/")[0]
    key = next((key for key in noted if place(key) == name), name)
    part, _, rest = key.partition(":")
    try:
        return Part(part), rest.rpartition("@")[0] if "@" in rest else rest
    except ValueError:
        return None
