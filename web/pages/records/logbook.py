"""The logbook as a page: searched, and who looked at what (recordings, passwords, numbers)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from callflow.core.records.logbook import MACHINE, Entry
from callflow.core.records.words import words_in
from callflow.handling.records import corrected_entries, entry_files, playbacks
from callflow.handling.records.lookup import Question, found_by_days
from callflow.storage import Tx
from callflow.storage.records import logbook
from callflow.storage.sites import sites
from web.access.sessions import Handler, Reader, Supervisor, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import forms, i18n, people
from web.kit.listing import Day, Words
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, refusal, status_of, tried
from web.kit.rendering import page
from web.pages.records.entries import entries_shown, lines
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: Entries of one page; days shown where none is asked for.
_MOST, _DAYS = 50, 7
#: What the form sends.
_FIELDS = ("q", "site", "who", "what", "since", "until")
#: What is looked for, by the name that the form sends; ``LOOKED`` is who saw what is confidential.
EVERYTHING, PEOPLE, LOOKED = "", "people", "looked"
#: {what is looked for: the kinds of its entries; (): of all}.
WHAT: Mapping[str, tuple[str, ...]] = {
    EVERYTHING: (),
    "notes": ("note", "corrected", "reminder", "told_by_person"),
    "signals": ("signal", "restored", "runaway"),
    "alarms": (
        *("incident_opened", "incident_reopened", "human", "claimed", "released", "parked"),
        *("closed", "awaiting_normal", "filed", "filed_by_hand"),
    ),
    "calls": (
        *("call_requested", "call_placed", "call_incoming", "call_answered", "call_result"),
        *("call_ended", "click_to_call", "no_number", "dial_refused"),
    ),
    PEOPLE: (),
    LOOKED: (
        *(playbacks.RECORDING, playbacks.SPOKEN, "images_seen", playbacks.IMAGE, playbacks.CLIP),
        *("password_revealed", "line_revealed", "listened_in"),
    ),
}


@router.get("/logbook")
async def show(
    visitor: Reader,
    station: Here,
    q: Words = "",
    site: Words = "",
    who: Words = "",
    what: Words = EVERYTHING,
    since: Day = "",
    until: Day = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """What happened, the newest first; the last week where no day is chosen and nothing is looked
    for by words."""
    _known(what)
    today = station.clock().astimezone(ZoneInfo(i18n.STATION_ZONE)).date()
    last = day_in(until, "until") or today
    first = day_in(since, "since")
    if first is None and not (who.strip() or words_in(q)):  # words are looked for in all days
        first = last - timedelta(days=_DAYS - 1)
    asked = {"q": q, "site": site, "who": who, "what": what, "since": since, "until": until}

    person = people.log_in(who, visitor.called)
    question = _question({**asked, "who": person}, first, last, before)

    def read(tx: Tx) -> dict[str, Any]:
        found = found_by_days(tx, question)
        of_site = sites.get(tx, question.site) if question.site else None
        of_page = shown(tx, found, _MOST)
        return {
            **frame(tx, station, visitor, "logbook"),
            **of_page,
            "lines": lines(tx, of_page["entries"][::-1])[::-1],
            "site_name": of_site.name if of_site else "",
        }

    values: dict[str, Any] = {"may_export": Right.SUPERVISE in visitor.rights}
    given = {name: value for name, value in asked.items() if value}
    values |= {
        **asked,
        "machine": MACHINE,
        "first": first,
        "until_shown": last if first else day_in(until, "until"),
        "address": lambda number: f"/logbook?{urlencode({**given, 'before': number})}",
    }
    return page(
        visitor.language, "records/logbook.html", {**values, **await station.store.read(read)}
    )


@router.post("/logbook/export")
async def export(request: Request, visitor: Supervisor, station: Here) -> Response:
    """What is found as a file, with the times of the sites and in UTC."""
    form = await forms.sent(request)
    asked = {name: forms.line(form, name)[:100] for name in _FIELDS}
    _known(asked["what"])
    last = day_in(asked["until"][:10], "until")
    asked["who"] = people.log_in(asked["who"], visitor.called)
    question = _question(asked, day_in(asked["since"][:10], "since"), last)
    now = station.clock()
    await station.store.write(partial(entry_files.export_begins, who=visitor.name, now=now))
    pieces = entry_files.pieces(station.store.read_now, question, visitor.language)
    named = f"attachment; filename=main-courante-{now:%Y-%m-%d}.csv"
    return StreamingResponse(
        pieces, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": named}
    )


def _known(what: str) -> None:
    if what not in WHAT:
        raise ProblemError(422, f"choose one of {', '.join(WHAT)}", field="what")


def _question(
    asked: Mapping[str, str], first: date | None, last: date | None, before: int | None = None
) -> Question:
    """What a form asks for, as entries may hold it."""
    said = {name: value.replace("\0", "").strip() for name, value in asked.items()}
    return Question(
        text=said["q"],
        site=said["site"],
        person=said["who"],
        kinds=WHAT[asked["what"]],
        people=asked["what"] == PEOPLE,
        since=begin_of(first) if first else None,
        until=begin_of(last + timedelta(days=1)) if last else None,
        before=before,
        limit=_MOST + 1,
    )


@router.get("/logbook/{entry_id}")
async def show_entry(entry_id: str, visitor: Reader, station: Here) -> Response:
    """One entry: its times, what corrects it, its place in its chain."""
    return await _entry(station, visitor, entry_id)


@router.post("/logbook/{entry_id}/correct")
async def correct(entry_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Another entry says what this one should have said (D27)."""
    form = await forms.sent(request)
    text, now = forms.text(form), station.clock()
    wrong = await tried(
        station, lambda tx: corrected_entries.correct(tx, entry_id, text, visitor.name, now)
    )
    if wrong is not None:
        return await _entry(station, visitor, entry_id, wrong, text)
    return RedirectResponse(f"/logbook/{entry_id}", 303)


async def _entry(
    station: Station, visitor: Visitor, entry_id: str, wrong: Wrong | None = None, typed: str = ""
) -> Response:
    def read(tx: Tx) -> dict[str, Any] | None:
        entry = logbook.get(tx, entry_id)
        if entry is None:
            return None
        site = sites.get(tx, entry.site) if entry.site else None
        return {
            **frame(tx, station, visitor, "logbook"),
            "line": lines(tx, entries_shown(tx, [entry]))[0],
            "site_zone": site.timezone if site else i18n.STATION_ZONE,
        }

    values = await station.store.read(read)
    if values is None:
        raise not_found("entry")
    values |= {"machine": MACHINE, "typed": typed, "refused": refusal(wrong, visitor.language)}
    values["may_correct"] = Right.HANDLE in visitor.rights
    return page(visitor.language, "records/entry.html", values, status_of(wrong) if wrong else 200)


def shown(tx: Tx, found: logbook.Found, most: int) -> dict[str, Any]:
    """A page of ``most`` entries, of which one more was asked for; the number after which ``older``
    ones are, and how far a search for words ``looked``, where there may be more."""
    full = len(found.entries) > most
    last: Entry | logbook.Place | None = found.entries[most - 1] if full else found.beyond
    return {
        "entries": entries_shown(tx, found.entries[:most]),
        "older": last.number if last else None,
        "looked": last.at if last and not full else None,
    }


def day_in(said: str, field: str) -> date | None:
    """The day that was said in ``field``; None: none. Raises ProblemError."""
    try:
        day = date.fromisoformat(said) if said else None
    except ValueError:
        raise ProblemError(422, "choose a day", field=field) from None
    if day is not None and not 2000 <= day.year < 3000:
        raise ProblemError(422, "choose a day", field=field)
    return day


def begin_of(day: date) -> datetime:
    """A day's first moment at the station, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(i18n.STATION_ZONE)).astimezone(UTC)
