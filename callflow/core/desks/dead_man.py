"""The dead man's switch: an operator alone on shift says again and again that all is well.

Pure. Every act of that person counts, so only who does nothing is asked. Instants are UTC; the
hours of night are the station's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callflow.core.time.hours import ONE_DAY, Span, instant, read_hours, united
from callflow.core.time.instants import to_iso

#: A station may be without anybody for so long at night, from one shift to the next.
UNATTENDED_AFTER = timedelta(minutes=5)
#: Whoever has been on shift for longer has gone home and forgot to say so: they watch over nobody.
LONGEST_SHIFT = timedelta(hours=14)
#: Whoever is left at the desks by a break is not asked sooner after its begin.
SPARED = timedelta(minutes=15)
#: Days around an instant in which the night that it belongs to begins or ends.
_AROUND = range(-1, 3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How often a sign of presence is due. Seconds; 0: never asked for at that time.

    ``night`` are the station's hours of night, "20:00-07:00". ``grace``: how long the console asks
    before the desk is rung.
    """

    zone: ZoneInfo
    night: str = "20:00-07:00"
    every_night: float = 1800.0
    every_day: float = 3600.0
    grace: float = 60.0

    def asks_at(self, sign: datetime) -> datetime | None:
        """When presence is asked for after a ``sign`` of it; None: never."""
        night = self.is_night(sign)
        own, other = (self.every_night, self.every_day)[:: 1 if night else -1]
        changes = self._changes_after(sign)
        due = [sign + timedelta(seconds=own)] if own else []
        if other and changes is not None:  # never sooner than the other hours begin
            due.append(max(changes, sign + timedelta(seconds=other)))
        return min(due, default=None)

    def is_night(self, at: datetime) -> bool:
        """True where ``at`` is in the hours of night."""
        return any(span.start <= at < span.end for span in self._nights(at))

    def night_of(self, at: datetime) -> Span | None:
        """The night that ``at`` is in."""
        return next((span for span in self._nights(at) if span.start <= at < span.end), None)

    def _changes_after(self, at: datetime) -> datetime | None:
        times = [time for span in self._nights(at) for time in span if time > at]
        return min(times, default=None) if (self.every_day != self.every_night) else None

    def _nights(self, at: datetime) -> Iterator[Span]:
        today = at.astimezone(self.zone).date()
        return united(
            Span(
                instant(today + n * ONE_DAY, hours.start, self.zone, latest=False),
                instant(today + n * ONE_DAY, hours.end, self.zone, latest=True),
            )
            for n in _AROUND
            for hours in read_hours([self.night], "night")
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class OnShift:
    """Somebody who is on shift. ``acted_at``: the last act of this person's that was a row."""

    shift: str
    who: str
    began_at: datetime
    attended_at: datetime | None = None
    acted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """Whoever is alone must give a sign: asked ``asks_at``, an alarm ``alarm_at``."""

    shift: str
    who: str
    asks_at: datetime
    alarm_at: datetime

    @property
    def about(self) -> str:
        """What names the alarm: the same however often it is found out."""
        return f"{self.shift}|{to_iso(self.asks_at)}"


def watch(
    alone: OnShift, left_at: datetime | None, rules: Rules, rests_since: datetime | None = None
) -> Watch | None:
    """When the only person at the desks must give a sign; ``left_at``: when the last other one
    left, ``rests_since``: when the last other one went on a break. None: nothing is asked for.

    A break is shorter than the night's time between two signs: who goes on one is no sign of who
    stays, who is only spared the question for a while.
    """
    times = (alone.began_at, alone.attended_at, alone.acted_at, left_at)
    asks_at = rules.asks_at(max(at for at in times if at is not None))
    if asks_at is None:
        return None
    if rests_since is not None:
        asks_at = max(asks_at, rests_since + SPARED)
    grace = timedelta(seconds=rules.grace)
    return Watch(shift=alone.shift, who=alone.who, asks_at=asks_at, alarm_at=asks_at + grace)


def unattended_since(left_at: datetime | None, rules: Rules, now: datetime) -> datetime | None:
    """Since when nobody has been on shift this night, where that is too long; None: all is well.

    ``left_at``: when the last shift ended. A station that never had one does without shifts.
    """
    night = rules.night_of(now)
    if left_at is None or night is None:
        return None
    since = max(left_at, night.start)
    return since if since + UNATTENDED_AFTER <= now else None
