"""Days of which the station says itself whether they are holidays: set, forgotten, and why.

What follows is at once: whoever reads a calendar reads these days with it, and when a site's arming
is looked at next is reckoned again.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from callflow import ids
from callflow.core.sites.schedule import Schedule
from callflow.core.time.holidays import Holidays, OwnDay, Place, read_place
from callflow.core.time.hours import CalendarError
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.sites import own_days
from callflow.storage.watch import supervision

#: A day is said for so many years at once at most.
MOST_YEARS = 10
_FIRST, _LAST = 2000, 2200
#: The longest reason.
_LONGEST = 200
#: A day can move a closing that is so much earlier: hours over midnight, and tolerances.
_REACH = timedelta(days=3)


def set_days(
    tx: Tx,
    country: str,
    region: str | None,
    days: Sequence[date],
    holiday: bool,
    reason: str,
    who: str,
    now: datetime,
) -> list[OwnDay]:
    """These days are holidays of a place, or are none, whatever its public ones are; those that
    are so already are left out. Raises BadField, naming the field."""
    place = _known(country, region)
    reason = _checked(reason, min(days), now)
    there = Holidays(country=place.country, region=place.region, own=own_days.own_days(tx))
    made = [
        OwnDay(
            id=ids.new(now),
            country=place.country,
            region=place.region or "",
            day=day,
            holiday=holiday,
            reason=reason,
            set_by=who,
            set_at=now,
        )
        for day in days
        if there.on(day) is not holiday
    ]
    if not made:
        already = "is a holiday there already" if holiday else "is no holiday there already"
        raise BadField("day", already)
    own_days.write(tx, made)
    _tell(tx, "own_days_set", made, reason, who, now)
    return made


def each_year(day: date, years: int) -> list[date]:
    """This day of so many years. Raises CalendarError."""
    if not 1 <= years <= MOST_YEARS:
        raise CalendarError("years", f"must be 1 to {MOST_YEARS}")
    if not _FIRST <= day.year <= _LAST - years:
        raise CalendarError("day", f"must lie within {_FIRST} to {_LAST}")
    try:
        return [day.replace(year=day.year + n) for n in range(years)]
    except ValueError:
        raise CalendarError("years", "must be 1: not every year has this day") from None


def forget_day(tx: Tx, day_id: str, reason: str, who: str, now: datetime) -> OwnDay:
    """A day is what the public holidays say again. Raises NotFound, BadField."""
    day = own_days.get(tx, day_id)
    if day is None:
        raise NotFound("the station says nothing of its own of this day")
    reason = _checked(reason, day.day, now)
    own_days.forget(tx, day_id)
    _tell(tx, "own_day_forgotten", [day], reason, who, now)
    return day


def _checked(reason: str, first: date, now: datetime) -> str:
    """The reason in one line, for days of which none is over. Raises BadField."""
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= _LONGEST:
        raise BadField("reason", f"say why, in 1 to {_LONGEST} characters")
    if first < now.astimezone(STATION_ZONE).date():
        raise BadField("day", "is over: what it was can't be changed any more")
    return reason


def _known(country: str, region: str | None) -> Place:
    try:
        return read_place(country, region, "place")
    except CalendarError as error:
        raise BadField(error.field.removeprefix("place."), error.message) from None


def _tell(tx: Tx, kind: str, days: Sequence[OwnDay], reason: str, who: str, now: datetime) -> None:
    place, holiday = days[0].place, days[0].holiday
    _look_again(tx, [day.day for day in days], now)
    tell(
        tx,
        kind,
        now,
        by=who,
        who_did=who,
        day_kind="holiday" if holiday else "ordinary",
        days=", ".join(day.day.isoformat() for day in days),
        place="-".join(filter(None, place)),
        note=reason,
    )


def _look_again(tx: Tx, days: Sequence[date], now: datetime) -> None:
    """When the arming of sites that ask for holidays is looked at next."""
    first = datetime(min(days).year, min(days).month, min(days).day, tzinfo=STATION_ZONE)
    own = own_days.own_days(tx)
    for site in own_days.scheduled(tx, first - _REACH):
        try:
            schedule = Schedule.from_json(site.schedule, own)
        except CalendarError:
            continue  # as it was never checked: nothing is expected of it
        supervision.set_schedule_due(
            tx,
            site.id,
            site.schedule_due,
            schedule.next_closing(now, ZoneInfo(site.timezone)),
        )
