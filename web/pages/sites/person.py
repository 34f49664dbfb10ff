"""Somebody who is called for a site: what they may do by kind of alarm, when they can be called.

Their hours are drawn as this week and a year; absences and duties come and go as iCalendar files.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.sites.site import ANY_KIND, Authority
from callflow.core.time import ical
from callflow.core.time.availability import ALWAYS, Availability
from callflow.core.time.holidays import OwnDays
from callflow.core.time.hours import CalendarError
from callflow.core.time.instants import to_iso
from callflow.handling.calls import trial_calls
from callflow.handling.sites import calendars
from callflow.handling.sites.shape import Contact, Site
from callflow.storage import Tx
from callflow.storage.sites import own_days
from web.access.sessions import Configurer, Visitor
from web.kit import calendars as kit_calendars
from web.kit import forms, hours_forms, words
from web.kit.calendars import Mark
from web.kit.holidays import Year
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.pages.sites import saving
from web.pages.sites.fields import ALARMS
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: When somebody can be called, as JSON has it: callflow/core/time/availability.py.
Calendar = dict[str, Any]

#: What a holiday makes of a person's day.
ON_HOLIDAYS = ("closed", "as_usual", "all_day")
ACTS = ("authorities", "hours", "absence", "forget")
NOT_APART = "this kind has authorities of its own: tick that it is set apart, or clear them"
_FILES = ("duties", "absences")


@router.get("/sites/{site_id}/people/{contact_id}")
async def show(
    site_id: str,
    contact_id: str,
    visitor: Configurer,
    station: Here,
    role: Annotated[str, Query(max_length=16)] = "",
    year: Year = None,
) -> Response:
    """Their page, in the part that ``role`` names where they have several."""
    return await _page(station, visitor, site_id, contact_id, role, year=year)


@router.post("/sites/{site_id}/people/{contact_id}/test-call")
async def test_call(
    site_id: str, contact_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """The machine calls them now, says that it is a test, and keeps what came of it."""
    form, now = await forms.sent(request), station.clock()
    role = form.get("role", "")

    def run(tx: Tx) -> None:
        trial_calls.test_call(tx, site_id, contact_id, visitor.name, now)

    return await saving.done(
        station,
        run,
        back=_saved(site_id, contact_id, role, "test"),
        again=lambda wrong: _page(station, visitor, site_id, contact_id, role, wrong=wrong),
    )


@router.post("/sites/{site_id}/people/{contact_id}/{act}")
async def write(
    site_id: str, contact_id: str, act: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """What they may do, their hours, an absence, or one that is forgotten."""
    if act not in ACTS:
        raise not_found("act")
    form, now = await forms.sent(request), station.clock()
    role = form.get("role", "")

    def changed(site: Site) -> Site:
        this = _theirs(site, contact_id, role)
        if act == "authorities":
            after = this.changed(authorities=_authorities(this, form, visitor.language))
        else:
            there = dict(this.availability or {})
            _CHANGES[act](there, form, ZoneInfo(site.timezone), now)
            after = this.changed(availability=there or None)
        return site.changed(contacts=[after if c is this else c for c in site.contacts])

    return await saving.save(
        station,
        visitor,
        site_id,
        form,
        changed,
        back=_saved(site_id, contact_id, role, act),
        again=lambda wrong: _page(
            station, visitor, site_id, contact_id, role, wrong=wrong, typed={**form, "act": act}
        ),
    )


@router.post("/sites/{site_id}/people/{contact_id}/calendar/{which}")
async def put_calendar(
    site_id: str, contact_id: str, which: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """An iCalendar file: its times replace their absences, or their duties."""
    if which not in _FILES:
        raise not_found("calendar")
    form, data = await _with_file(request)
    role, absences = form.get("role", ""), which == "absences"
    zone = await station.store.read(lambda tx: calendars.zone_of(tx, site_id, contact_id))
    now = station.clock()
    try:
        found = await asyncio.to_thread(ical.read, data, zone, now, absences=absences)
    except CalendarError as error:
        wrong: Wrong | None = ProblemError(422, error.said, field="file", about=error.about)
    else:

        def run(tx: Tx) -> None:
            saving.unchanged(tx, site_id, form)
            calendars.import_calendar(
                tx, site_id, contact_id, found, absences=absences, who=visitor.name, now=now
            )

        wrong = await tried(station, run)
    if wrong is not None:
        again = {**form, "act": f"calendar/{which}"}
        return await _page(station, visitor, site_id, contact_id, role, wrong=wrong, typed=again)
    return RedirectResponse(_saved(site_id, contact_id, role, "absence"), 303)


@router.get("/sites/{site_id}/people/{contact_id}/calendar/{which}")
async def get_calendar(
    site_id: str, contact_id: str, which: str, visitor: Configurer, station: Here
) -> Response:
    """Their absences, or the hours in which they can be called, as an iCalendar file."""
    if which not in _FILES:
        raise not_found("calendar")
    now, absences = station.clock(), which == "absences"
    data = await station.store.read(
        lambda tx: calendars.export_calendar(tx, site_id, contact_id, absences=absences, now=now)
    )
    name = {"Content-Disposition": f'attachment; filename="{which}.ics"'}
    return Response(data, media_type="text/calendar", headers=name)


async def _with_file(request: Request) -> tuple[dict[str, str], bytes]:
    """The form's fields, and the file that came with it; as much of it as one may be long."""
    async with request.form() as sent:
        file = sent.get("file")
        data = b"" if file is None or isinstance(file, str) else await file.read(ical.LARGEST + 1)
        return {name: value for name, value in sent.items() if isinstance(value, str)}, data


def _path(site_id: str, contact_id: str, role: str) -> str:
    path = f"/sites/{quote(site_id, safe='')}/people/{quote(contact_id, safe='')}"
    return f"{path}?role={quote(role, safe='')}" if role else path


#: The heading of what an act changes.
_HEADINGS = {"test": "test", "authorities": "may", "hours": "when"}


def _saved(site_id: str, contact_id: str, role: str, act: str) -> str:
    """Their page again, at what was saved."""
    path, where = _path(site_id, contact_id, role), _HEADINGS.get(act, "away")
    return f"{path}{'&' if '?' in path else '?'}saved={where}#h-{where}"


def _theirs(site: Site, contact_id: str, role: str) -> Contact:
    """Their part. Raises 404."""
    found = [c for c in site.contacts if c.id == contact_id and role in ("", c.role)]
    if not found:
        raise not_found("contact")
    return found[0]


# --- what is changed ----------------------------------------------------------------------


def _authorities(
    contact: Contact, form: forms.Form, language: str
) -> Mapping[str, Sequence[Authority]]:
    """A kind that is not set apart has what counts for any. Raises a problem."""
    shown = {kind.value for kind in ALARMS}
    kept = {k: may for k, may in contact.authorities.items() if k not in (*shown, ANY_KIND)}
    for kind in (ANY_KIND, *sorted(shown)):
        may = [a for a in Authority if form.get(f"may.{kind}.{a.value}")]
        if kind == ANY_KIND or form.get(f"apart.{kind}"):
            kept[kind] = may
        elif may:
            about = words.kind(kind, language)
            raise ProblemError(422, NOT_APART, field=f"apart.{kind}", about=about)
    if not kept[ANY_KIND]:
        del kept[ANY_KIND]
    return kept


def _hours(there: Calendar, form: forms.Form, zone: ZoneInfo, now: datetime) -> None:
    for name in ("week", "holidays"):
        there.pop(name, None)
    if form.get("limited"):
        there["week"] = hours_forms.week(form)
    off = hours_forms.holidays(form, ON_HOLIDAYS)
    if off is not None:
        there["holidays"] = off


def _absence(there: Calendar, form: forms.Form, zone: ZoneInfo, now: datetime) -> None:
    """Away from then to then, and whoever stands in meanwhile."""
    begins, ends = forms.moment(form, "from", zone), forms.moment(form, "until", zone)
    if begins is None or ends is None:
        field = "from" if begins is None else "until"
        raise ProblemError(422, "choose a day and a time", field=field)
    if ends <= begins:
        raise ProblemError(422, "must lie after from", field="until")
    if ends <= now:
        raise ProblemError(422, "is over already: is the year right?", field="until")
    span = {"from": to_iso(begins), "until": to_iso(ends)}
    there["leaves"] = [*there.get("leaves", []), span]
    instead = form.get("instead", "")
    if instead:
        there["replacements"] = [*there.get("replacements", []), {"contact": instead, **span}]


def _forget(there: Calendar, form: forms.Form, zone: ZoneInfo, now: datetime) -> None:
    """An absence, a duty or a replacement (``what``) that begins then is none."""
    what, begins = form.get("what", ""), form.get("begins", "")
    if what not in ("leaves", "duties", "replacements"):
        raise not_found("calendar")
    there[what] = [each for each in there.get(what, []) if each["from"] != begins]
    for name in [name for name, said in there.items() if not said and name != "week"]:
        del there[name]


_CHANGES = {"hours": _hours, "absence": _absence, "forget": _forget}


# --- the page -----------------------------------------------------------------------------


async def _page(
    station: Station,
    visitor: Visitor,
    site_id: str,
    contact_id: str,
    role: str,
    *,
    year: int | None = None,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    now, language = station.clock(), visitor.language

    def values(tx: Tx, site: Site) -> dict[str, Any]:
        contact = _theirs(site, contact_id, role)
        there = contact.availability or {}
        own = own_days.for_calendars(tx, [there])
        today = now.astimezone(ZoneInfo(site.timezone)).date()
        return {
            "tab": "person",
            "contact": contact,
            "tested": trial_calls.results(tx, site_id).get(contact_id),
            "any_kind": ANY_KIND,
            "authorities": [authority.value for authority in Authority],
            "kinds": [(kind.value, words.kind(kind.value, language)) for kind in ALARMS],
            "limited": "week" in there,
            "was": _typed(there),
            "on_holidays": ON_HOLIDAYS,
            "others": [c for c in site.contacts if c.id != contact_id],
            "names": {c.id: c.name for c in site.contacts},
            "to_come": _to_come(there, now),
            "number": year or today.year,
            "signs": kit_calendars.SIGNS,
            "marks": (Mark.WHOLE, Mark.PART, Mark.NONE, Mark.HOLIDAY, Mark.AWAY),
            **_drawn(there, site, year or today.year, today, own, language),
        }

    return await saving.shown(
        station, visitor, site_id, "sites/site_person.html", values, wrong=wrong, typed=typed
    )


def _typed(there: Calendar) -> dict[str, str]:
    off = there.get("holidays") or {}
    return {
        **hours_forms.typed_week(there.get("week")),
        "country": off.get("country", ""),
        "region": off.get("region") or "",
        "on_holidays": off.get("open", ""),
    }


class Coming(NamedTuple):
    """An absence, a duty or a replacement (by ``contact``) that is not over."""

    what: str
    begins: str
    start: datetime
    end: datetime
    contact: str


def _to_come(there: Calendar, now: datetime) -> list[Coming]:
    """Absences, duties and replacements that are not over, by their beginning, some of them."""
    kept = Availability.from_json(there) if there else ALWAYS
    spans = [("leaves", each, "") for each in kept.leaves]
    spans += [("duties", each, "") for each in kept.duties]
    spans += [("replacements", each.span, each.contact) for each in kept.replacements]
    found = sorted((each for each in spans if each[1].end > now), key=lambda each: each[1])[:100]
    return [Coming(what, to_iso(it.start), it.start, it.end, who) for what, it, who in found]


def _drawn(
    there: Calendar, site: Site, number: int, today: date, own: OwnDays, language: str
) -> dict[str, Any]:
    zone = ZoneInfo(site.timezone)
    kept = Availability.from_json(there, own=own) if there else ALWAYS
    monday = kit_calendars.monday_of(today)

    def between(first: date, days: int) -> kit_calendars.ByDay:
        start, end = kit_calendars.bounds(first, days, zone)
        return kit_calendars.by_day(kept.spans(start, end, zone), zone)

    away = kit_calendars.by_day(sorted(kept.leaves), zone)
    whole = between(date(number, 1, 1), 366)

    def special(day: date) -> Mark | None:
        if day in away and not whole.get(day):
            return Mark.AWAY
        off = kept.holidays
        return Mark.HOLIDAY if off is not None and off.on(day) else None

    return {
        "week": kit_calendars.week(between(monday, 7), monday, language),
        "months": kit_calendars.year(whole, number, special, language),
    }
