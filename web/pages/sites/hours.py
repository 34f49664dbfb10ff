"""A site's hours (when it is open, by when it is armed) and rules, with its week and year drawn."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from callflow.core.sites.schedule import Schedule
from callflow.core.time.holidays import OwnDays
from callflow.core.time.hours import DAYS
from callflow.handling.sites import contracts, removed
from callflow.handling.sites.shape import Site
from callflow.storage import Tx
from callflow.storage.sites import own_days
from web.access.sessions import Configurer, Visitor
from web.kit import calendars, forms, hours_forms
from web.kit.calendars import Mark
from web.kit.holidays import Year
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong
from web.kit.words import N_
from web.pages.sites import removed as site_removed
from web.pages.sites import saving
from web.pages.sites.fields import Ask, Field, Offered, Part, label
from web.pages.sites.parts import Week
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


#: What a holiday makes of a site's day.
ON_HOLIDAYS = ("closed", "as_usual")
_MINUTES = ("early", "late", "arrived_within")
_RULES = (
    Field(name="cancel_within", ask=Ask.NUMBER, required=True),
    Field(name="swinger_after", ask=Ask.NUMBER, required=True, whole=True),
    Field(name="swinger_shunt", ask=Ask.TICK),
    Field(name="feeder", longest=64, empty=""),
    Field(name="provider", longest=64, empty=""),
)


def _of_days(offered: Offered, language: str) -> dict[str, str]:
    return {day: label(day, language) for day in DAYS}


#: A site's hours as what was removed from it is listed.
HOURS = Part(
    name=removed.SCHEDULE,
    title=N_("When it is open"),
    adding="",
    fields=(Field(name="when", told=True, choices=_of_days),),
    shape=Week,
    known_by=lambda item: (),
    row=lambda item: Week(**hours_forms.typed_week(item.get("week"))),
)


@router.get("/sites/{site_id}/edit/hours")
async def show(site_id: str, visitor: Configurer, station: Here, year: Year = None) -> Response:
    """The forms, this week and a year."""
    return await _page(station, visitor, site_id, year=year)


@router.post("/sites/{site_id}/hours")
async def write_hours(
    site_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """When the site is open; without ``scheduled`` nothing is expected of it, for a reason."""
    form = await forms.sent(request)
    return await _save(station, visitor, site_id, form, lambda site: _hours(site, form))


@router.post("/sites/{site_id}/hours/back")
async def bring_back(
    site_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """Its hours are watched again, as they were."""
    form = await forms.sent(request)
    return await saving.bring_back(
        station,
        visitor,
        site_id,
        form,
        back=_back(site_id),
        again=lambda wrong: _page(station, visitor, site_id, wrong=wrong),
    )


@router.post("/sites/{site_id}/rules")
async def write_rules(
    site_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """What is agreed for its signals, and with the prefect."""
    form = await forms.sent(request)

    def changed(site: Site) -> Site:
        said = {field.name: field.read(form, Offered(site)) for field in _RULES}
        agreement = forms.line(form, "police_agreement").strip()
        return site.changed(rules=site.rules.changed(**said), police_agreement=agreement)

    return await _save(station, visitor, site_id, form, changed)


async def _save(
    station: Station, visitor: Visitor, site_id: str, form: forms.Form, changed: Any
) -> Response:
    return await saving.save(
        station,
        visitor,
        site_id,
        form,
        changed,
        back=_back(site_id),
        again=lambda wrong: _page(station, visitor, site_id, wrong=wrong, typed=form),
    )


def _back(site_id: str) -> str:
    return f"/sites/{quote(site_id, safe='')}/edit/hours?saved=page"


def _hours(site: Site, form: forms.Form) -> Site:
    if not form.get("scheduled"):
        if site.schedule is not None:
            contracts.a_reason(form.get("reason", ""))
        return site.changed(schedule=None)
    schedule: dict[str, Any] = {
        "week": hours_forms.week(form),
        "exceptions": hours_forms.exceptions(forms.long(form, "exceptions")),
        "arrived_code": forms.line(form, "arrived_code").strip(),
        "arrived_user": forms.line(form, "arrived_user").strip(),
    }
    for name in _MINUTES:
        minutes = Field(name=name, ask=Ask.NUMBER).read(form, Offered(site))
        if minutes is not None:
            schedule[name] = minutes
    if forms.line(form, "question").strip():
        schedule["question"] = _question(form)
    off = hours_forms.holidays(form, ON_HOLIDAYS)
    if off is not None:
        schedule["holidays"] = off
    if "arrived_within" in schedule and not (schedule["arrived_code"] or schedule["arrived_user"]):
        raise ProblemError(422, "say which code, or which user, tells it", field="arrived_code")
    return site.changed(schedule=schedule)


def _question(form: forms.Form) -> dict[str, object]:
    """The conventional question of a bank's opening."""
    lines = forms.long(form, "answers").splitlines()
    right = forms.line(form, "right").strip()
    return {
        "text": forms.line(form, "question").strip(),
        "answers": [line.strip() for line in lines if line.strip()],
        "right": int(right) if right.isascii() and right.isdigit() else 0,
    }


async def _page(
    station: Station,
    visitor: Visitor,
    site_id: str,
    *,
    year: int | None = None,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    now = station.clock()

    def values(tx: Tx, site: Site) -> dict[str, Any]:
        kept = site.schedule
        today = now.astimezone(ZoneInfo(site.timezone)).date()
        own = own_days.for_calendars(tx, [kept])
        drawn = _drawn(site, year or today.year, today, own, visitor.language) if kept else {}
        return {
            "tab": "hours",
            "scheduled": kept is not None,
            "was": _typed(kept or {}),
            "rules": site.rules.document(),
            "on_holidays": ON_HOLIDAYS,
            "number": year or today.year,
            "signs": calendars.SIGNS,
            "marks": (Mark.WHOLE, Mark.PART, Mark.NONE, Mark.HOLIDAY, Mark.EXCEPTION),
            "gone": site_removed.shown(tx, site, (HOURS,), visitor.language),
            **drawn,
        }

    return await saving.shown(
        station, visitor, site_id, "sites/site_hours.html", values, wrong=wrong, typed=typed
    )


def _typed(kept: Mapping[str, Any]) -> dict[str, str]:
    """The schedule as it stands in the form."""
    off, asked = kept.get("holidays") or {}, kept.get("question") or {}
    return {
        **hours_forms.typed_week(kept.get("week")),
        "exceptions": hours_forms.typed_exceptions(kept.get("exceptions", {})),
        "country": off.get("country", ""),
        "region": off.get("region") or "",
        "on_holidays": off.get("open", ""),
        **{name: f"{kept[name]:g}" if name in kept else "" for name in _MINUTES},
        "arrived_code": kept.get("arrived_code", ""),
        "arrived_user": kept.get("arrived_user", ""),
        "question": asked.get("text", ""),
        "answers": "\n".join(asked.get("answers", ())),
        "right": str(asked.get("right", "")),
    }


def _drawn(site: Site, number: int, today: date, own: OwnDays, language: str) -> dict[str, Any]:
    schedule = Schedule.from_json(site.schedule, own)
    zone = ZoneInfo(site.timezone)
    monday = calendars.monday_of(today)

    def special(day: date) -> Mark | None:
        if day in schedule.exceptions:
            return Mark.EXCEPTION
        off = schedule.holidays
        return Mark.HOLIDAY if off is not None and off.on(day) else None

    this_week = calendars.of_schedule(schedule, monday, 7, zone)
    whole = calendars.of_schedule(schedule, date(number, 1, 1), 366, zone)
    return {
        "week": calendars.week(this_week, monday, language),
        "months": calendars.year(whole, number, special, language),
    }
