"""Which days are holidays: a place's year, what the station says of its days, who follows it."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.time import holidays
from callflow.core.time.holidays import Place
from callflow.core.time.hours import CalendarError
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.sites import own_days
from callflow.storage import Tx
from callflow.storage.sites import own_days as rows
from web.access.sessions import Configurer, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import calendars, conflicts, forms, refusals
from web.kit import holidays as kit_holidays
from web.kit.calendars import Mark
from web.kit.holidays import FRANCE, Year
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_Code = Annotated[str, Query(max_length=64)]

_ADDRESS = "/holidays"
_MARKS = (Mark.HOLIDAY, Mark.ADDED, Mark.TAKEN, Mark.WEEKEND, Mark.ORDINARY)


@router.get(_ADDRESS)
async def show(
    visitor: Reader,
    station: Here,
    country: _Code = FRANCE,
    region: _Code = "",
    year: Year = None,
) -> Response:
    """A year of a place; France where none is asked for."""
    return await _page(station, visitor, _place(country, region), year)


@router.post(_ADDRESS)
async def set_days(request: Request, visitor: Configurer, station: Here) -> Response:
    """A day, of one year or of several, is a holiday there, or is none."""
    form, now = await forms.sent(request), station.clock()
    place = _place(form.get("country", ""), form.get("region", ""))

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, _own(tx, place))
        days = _days(form)
        region = place.region if form.get("of") == "region" else None
        holiday = form.get("what") != "ordinary"
        reason = forms.line(form, "reason")
        own_days.set_days(tx, place.country, region, days, holiday, reason, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _page(station, visitor, place, None, wrong, form)
    return RedirectResponse(_address(place, _days(form)[0].year), 303)


@router.post(f"{_ADDRESS}/{{day_id}}/forget")
async def forget(day_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """A day is what the public holidays say again."""
    form, now = await forms.sent(request), station.clock()
    place = _place(form.get("country", ""), form.get("region", ""))
    reason = forms.line(form, "reason")
    year = forms.line(form, "year")
    number = int(year) if year.isascii() and year.isdigit() and 2000 <= int(year) <= 2200 else None

    def run(tx: Tx) -> None:
        own_days.forget_day(tx, day_id, reason, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _page(station, visitor, place, number, wrong, {**form, "forget": day_id})
    return RedirectResponse(_address(place, number), 303)


def _own(tx: Tx, place: Place) -> list[str]:
    """What the station says of this place's days, of whatever year: another id for each word."""
    return [day.id for day in rows.rows(tx, place, date(2000, 1, 1), date(2201, 1, 1))]


def _days(form: forms.Form) -> list[date]:
    try:
        day = date.fromisoformat(form.get("day", ""))
    except ValueError:
        raise ProblemError(422, "choose a day", field="day") from None
    years = form.get("years", "1")
    if not years.isascii() or not years.isdigit() or len(years) > 3:
        raise ProblemError(422, f"must be 1 to {own_days.MOST_YEARS}", field="years")
    try:
        return own_days.each_year(day, int(years))
    except CalendarError as error:
        raise ProblemError(422, error.message, field=error.field) from None


def _place(country: str, region: str) -> Place:
    """The place that is asked for; the country where the region is another's, else France."""
    try:
        return holidays.read_place(country.upper(), region or None, "place")
    except CalendarError as error:
        return Place(FRANCE) if error.field == "place.country" else Place(country.upper())


def _address(place: Place, year: int | None) -> str:
    asked = {"country": place.country, "region": place.region, "year": year}
    return f"{_ADDRESS}?{urlencode({name: said for name, said in asked.items() if said})}"


async def _page(
    station: Station,
    visitor: Visitor,
    place: Place,
    year: int | None,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    today = station.clock().astimezone(STATION_ZONE).date()
    number, language = year or today.year, visitor.language

    def read(tx: Tx) -> dict[str, Any]:
        own = rows.rows(tx, place, date(number, 1, 1), date(number + 1, 1, 1))
        followers = rows.followers(tx)
        return {
            **frame(tx, station, visitor, "roster"),
            "as_of": conflicts.stamp(_own(tx, place)),
            "days": kit_holidays.days(place, number, own, language),
            "followers": [
                (kit_holidays.name_of(each, language), _address(each, number), count)
                for each, count in sorted(followers.items(), key=lambda it: -sum(it[1].values()))
            ],
        }

    values = await station.store.read(read)
    values |= {
        "place": place,
        "name": kit_holidays.name_of(place, language),
        "countries": kit_holidays.countries(language),
        "regions": kit_holidays.regions(place.country, language),
        "number": number,
        "today": today,
        "address": _address,
        "months": kit_holidays.drawn(values["days"], number, language),
        "signs": calendars.SIGNS,
        "marks": _MARKS,
        "most_years": own_days.MOST_YEARS,
        "may_edit": Right.CONFIGURE in visitor.rights,
        **refusals.said(wrong, language),
        "typed": refusals.typed_again(typed),
    }
    return page(language, "sites/holidays.html", values, refusals.status_of(wrong))
