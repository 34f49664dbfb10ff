"""The duty roster, a week at a time: who is there, who is called, and where nobody is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.desks import roster
from callflow.core.desks.roster import Duty, Part
from callflow.core.time.holidays import OwnDays
from callflow.core.time.hours import DAY, CalendarError, Span, instant, united
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import load_policy
from callflow.handling.desks import rosters
from callflow.storage import Tx
from callflow.storage.desks import rosters as rows
from callflow.storage.desks import shifts
from callflow.storage.sites import own_days
from web.access.sessions import Configurer, Reader, Visitor
from web.access.users import Right
from web.kit import calendars, forms, holidays, i18n, listing, people
from web.kit.calendars import Mark
from web.kit.forms import Form
from web.kit.holidays import Year
from web.kit.rendering import page
from web.pages.alarms import views
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_ZONE = ZoneInfo(i18n.STATION_ZONE)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """One column of the week, with what begins before it and goes on."""

    date: date
    noon: datetime
    today: bool
    holiday: str  # its name; empty where it is none
    duties: list[Duty]


@router.get("/roster")
async def show(visitor: Reader, station: Here, day: listing.Day = "") -> Response:
    """The week that ``day`` is in; this one."""
    return await _show(station, visitor, day)


@router.get("/roster/year")
async def show_year(visitor: Reader, station: Here, year: Year = None) -> Response:
    """A year of it, a part after the other: which days somebody is there, or is called."""
    now = station.clock()
    number = year or now.astimezone(_ZONE).year
    start, end = calendars.bounds(date(number, 1, 1), 366, _ZONE)

    def read(tx: Tx) -> dict[str, Any]:
        duties = rows.between(tx, start, end)
        return {
            "years": [
                (part, _drawn(duties, part, number, visitor.language))
                for part in Part
                if any(duty.part is part for duty in duties)
            ],
            "strip": views.strip(station.look(tx)),
        }

    values = await station.store.read(read)
    values |= {
        "visitor": visitor,
        "now": now,
        "zone": i18n.STATION_ZONE,
        "here": "roster",
        "number": number,
        "signs": calendars.SIGNS,
        "marks": (Mark.WHOLE, Mark.PART, Mark.NONE),
    }
    return page(visitor.language, "desks/roster_year.html", values)


def _drawn(duties: Sequence[Duty], part: Part, number: int, language: str) -> list[calendars.Month]:
    """Which days of the year somebody has a part."""
    spans = united(sorted(duty.span for duty in duties if duty.part is part))
    there = calendars.by_day(spans, _ZONE)
    return calendars.year(there, number, lambda day: None, language)


async def _show(
    station: Station,
    visitor: Visitor,
    day: str,
    *,
    wrong: BadField | CalendarError | None = None,
    typed: Form | None = None,
) -> Response:
    now = station.clock()
    monday = _monday(day, now)
    week = Span(_midnight(monday), _midnight(monday + _WEEK))

    def read(tx: Tx) -> dict[str, Any]:
        duties = rows.between(tx, week.start, week.end)
        there = rows.between(tx, now, now + timedelta(microseconds=1))
        return {
            "days": _days(duties, monday, now, own_days.own_days(tx), visitor.language),
            "findings": rosters.findings(tx, week.start, week.end),
            "now_on": {part: roster.on_duty(there, part, now) for part in Part},
            "fallback": load_policy(tx).desk.duty_numbers,
            "users": shifts.user_names(tx),
            "strip": views.strip(station.look(tx)),
        }

    values = await station.store.read(read)
    values |= {
        "visitor": visitor,
        "now": now,
        "zone": i18n.STATION_ZONE,
        "here": "roster",
        "parts": Part,
        "monday": monday,
        "before": monday - _WEEK,
        "after": monday + _WEEK,
        "may_edit": Right.CONFIGURE in visitor.rights,
        "refused": wrong and _said(wrong.field, wrong.message, visitor.language),
        "field": wrong.field if wrong else "",
        "typed": typed or {},
    }
    return page(visitor.language, "desks/roster.html", values, 422 if wrong else 200)


def _days(
    duties: Sequence[Duty], monday: date, now: datetime, own: OwnDays, language: str
) -> list[Day]:
    made = []
    names = holidays.names_between(monday, monday + _WEEK, own, language)
    for n in range(7):
        day = monday + timedelta(days=n)
        start, end = _midnight(day), _midnight(day + timedelta(days=1))
        here = [d for d in duties if d.begins_at < end and d.ends_at > start]
        noon = instant(day, DAY // 2, _ZONE, latest=False)
        today = now.astimezone(_ZONE).date() == day
        name = names.get(day, "")
        made.append(Day(date=day, noon=noon, today=today, holiday=name, duties=here))
    return made


@router.post("/roster")
async def add(request: Request, visitor: Configurer, station: Here) -> Response:
    """Writes somebody in, for one span of time or the same in several weeks."""
    form = await forms.sent(request)
    now = station.clock()
    try:
        part, spans = forms.one_of(Part, form, "part"), _spans(form)
        name = people.log_in(forms.line(form, "name"), visitor.called)
        phone = forms.line(form, "phone") or None
        await station.store.write(
            lambda tx: rosters.add_duties(tx, part, name, phone, spans, visitor.name, now)
        )
    except (BadField, CalendarError) as wrong:
        return await _show(station, visitor, form.get("first", ""), wrong=wrong, typed=form)
    return RedirectResponse(f"/roster?day={form['first']}", 303)


@router.post("/roster/{duty_id}/remove")
async def remove(duty_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """Takes a duty out."""
    now, day = station.clock(), str((await request.form()).get("day", ""))
    await station.store.write(lambda tx: rosters.remove_duty(tx, duty_id, visitor.name, now))
    return RedirectResponse(f"/roster?day={_monday(day, now)}", 303)


def _spans(form: Mapping[str, str]) -> list[Span]:
    """What was typed. Raises CalendarError."""
    first = _date(form, "first")
    last = _date(form, "last") if form.get("last") else first
    weeks = form.get("weeks", "1")
    if not weeks.isascii() or not weeks.isdigit() or len(weeks) > 3:
        raise CalendarError("weeks", f"must be 1 to {roster.MOST_WEEKS}")
    start, end = form.get("start", ""), form.get("end", "")
    if end == "00:00":  # what a browser's field of hours says for midnight
        end = "24:00" if last == first else end
    return roster.spans(first, last, start, end, _ZONE, weeks=int(weeks))


def _date(form: Mapping[str, str], field: str) -> date:
    try:
        found = date.fromisoformat(form.get(field, ""))
    except ValueError:
        raise CalendarError(field, "must be a date") from None
    if not 2000 <= found.year <= 2200:
        raise CalendarError(field, "must be a date")
    return found


def _monday(day: str, now: datetime) -> date:
    """The week's first day; this week's for what is no date."""
    try:
        found = _date({"day": day}, "day")
    except CalendarError:
        found = now.astimezone(_ZONE).date()
    return found - timedelta(days=found.weekday())


def _midnight(day: date) -> datetime:
    return instant(day, 0, _ZONE, latest=False)


#: What the fields of the form are called there.
_FIELDS = {
    "part": "Part",
    "name": "Who",
    "phone": "Phone",
    "first": "First day",
    "last": "Last day",
    "start": "From",
    "end": "Until",
    "weeks": "Weeks in a row",
}


def _said(field: str, message: str, language: str) -> str:
    translate = i18n.catalogue(language).gettext
    return f"{translate(_FIELDS.get(field, field))}{translate(':')} {translate(message)}"
