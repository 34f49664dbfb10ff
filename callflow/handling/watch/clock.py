"""What the logbook says once a day of the station's clocks, and of the panels' beside them."""

from datetime import datetime, timedelta

from callflow.core.watch import clock_day
from callflow.core.watch.organs import Organ, Part
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.base.telling import tell
from callflow.handling.watch.lines import SKEW
from callflow.handling.watch.organs import facts, organs
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.watch import lines, readings

#: The setting that holds the last day that was told.
_TOLD = "clock day told"


def tell_day(tx: Tx, now: datetime) -> None:
    """Once a day, in the station's zone: the figures of each machine's clock yesterday, where
    there are any."""
    day = now.astimezone(STATION_ZONE).date() - timedelta(days=1)
    if users.settings(tx).get(_TOLD) == day.isoformat():
        return
    begins, ends = clock_day.bounds(day, STATION_ZONE)
    clocks = [one for one in organs(tx, facts(tx, now), now) if one.part is Part.CLOCK]
    points = clock_day.within(readings.points(tx, begins, [c.key for c in clocks]), begins, ends)
    if not points:
        return
    panels = lines.count_troubles(tx, skew=SKEW)["wrong_clock"]
    for clock in clocks:
        found = clock_day.of(point for point in points if point.key == clock.key)
        _tell(tx, clock, found, day.isoformat(), panels, now)
    users.write_settings(tx, {_TOLD: day.isoformat()})


def _tell(
    tx: Tx, clock: Organ, found: clock_day.ClockDay, day: str, panels: int, now: datetime
) -> None:
    tell(
        tx,
        "clock_day",
        now,
        machine=clock.node,
        day=day,
        source=clock.detail or "?",
        least=_seconds(found.least),
        most=_seconds(found.most),
        count=str(found.count),
        troubles=str(found.troubles),
        panels=str(panels),
    )


def _seconds(figure: float | None) -> str:
    return "?" if figure is None else f"{figure:+.4f}"
