"""The room's wallboard: open alarms and since when, who is on, calls, trunks, answers in time.

It shows what a room may see: of a client the site's name and the kind of the alarm. A person opens
it like any page; a screen at which nobody is logged in has a token of its own
(``settings/tokens``), which opens this page and nothing else.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from callflow.core.people.users import Role
from callflow.core.records.statistics import Asked, By, Target, Within, total
from callflow.core.watch.organs import Part
from callflow.handling.records import statistics
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.people import users
from web.access import bearer, cookies
from web.access.sessions import LoginNeededError, Reader, language_of
from web.kit import i18n
from web.kit.rendering import page
from web.pages.alarms import views
from web.pages.desks import desk_views
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

ADDRESS, SCREEN = "/wallboard", "/wallboard/screen"
#: Alarms, and people on shift, that have a line of their own: others are counted.
_ALARMS, _PEOPLE = 5, 4
#: Categories that are counted at once: there are four.
_CATEGORIES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class InTime:
    """Today's alarms of one class, and those of them that were acted on within ``seconds``."""

    urgent: bool
    of: int
    within: int
    seconds: int
    too_few: bool  # a smaller share than the station wants


@router.get(ADDRESS)
async def show(visitor: Reader, station: Here) -> Response:
    """The board, for somebody who is logged in."""
    return await _board(station, visitor.language, visitor.scheme, ADDRESS)


@router.get(SCREEN)
async def show_on_screen(request: Request, station: Here) -> Response:
    """The same for the screen that an administrator left it on."""
    token = cookies.read(request, cookies.SCREEN)
    known = await bearer.identify(station, token) if token else None
    if known is None or known.role != Role.SCREEN:
        raise LoginNeededError(ADDRESS)
    request.state.who = known.name
    return await _board(station, language_of(request), cookies.scheme(request), SCREEN)


async def _board(station: Station, language: str, scheme: str, address: str) -> Response:
    now = station.clock()

    def read(tx: Tx) -> tuple[dict[str, object], dict[str, str]]:
        health = station.look(tx)
        alarms = [line for line in views.lines(tx, now) if line.group != "waiting"]
        on_shift = [one for one in desk_views.people(tx, now) if one.shift_since is not None]
        trunks = [organ.ill for organ in health.organs if organ.part is Part.TRUNK]
        return {
            "status": health.status.value,
            "counts": Counter(line.priority for line in alarms),
            "alarms": alarms[:_ALARMS],
            "more": max(0, len(alarms) - _ALARMS) + views.more(tx),
            "on_shift": on_shift[:_PEOPLE],
            "more_people": max(0, len(on_shift) - _PEOPLE),
            "live_calls": health.more["live_calls"],
            "trunks": len(trunks),
            "trunks_well": trunks.count(False),
            "in_time": _in_time(tx, station, now),
        }, users.shown_names(tx)

    found, called = await station.store.read(read)
    values = {
        **found,
        "now": now,
        "zone": i18n.STATION_ZONE,
        "scheme": scheme,
        "address": address,
        "on_screen": address == SCREEN,
    }
    return page(language, "watch/wallboard.html", values, called=called)


def _in_time(tx: Tx, station: Station, now: datetime) -> Sequence[InTime]:
    """How today's alarms were answered, of hold-ups and fires, and of the others: counted once a
    minute, whatever the number of screens."""
    day = now.astimezone(ZoneInfo(i18n.STATION_ZONE)).date()
    found: Sequence[InTime] = station.in_time.get(
        day, now, lambda: _counted(tx, station.settings, day, now)
    )
    return found


def _counted(tx: Tx, settings: Settings, day: date, now: datetime) -> Sequence[InTime]:
    asked = Asked(first=day, last=day)
    counted = statistics.groups(tx, asked, By.CATEGORY, settings, now, None, _CATEGORIES)
    whole, wanted = total(list(counted.groups)), statistics.targets(settings)
    return [
        _of(whole.urgent, wanted.urgent[0], urgent=True),
        _of(whole.other, wanted.other[0], urgent=False),
    ]


def _of(found: Within, wanted: Target, *, urgent: bool) -> InTime:
    return InTime(
        urgent=urgent,
        of=found.of,
        within=found.first,
        seconds=round(wanted.within_ms / 1000),
        too_few=100 * found.first < wanted.share * found.of,
    )
