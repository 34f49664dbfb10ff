"""For how long what alarms leave is kept: set, looked at before it counts, and held back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.records import retention
from callflow.core.records.retention import LIMITS, Kept, Limits, Rule
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records import retention as records_retention
from callflow.storage import Tx
from callflow.storage.records import retention as rows
from callflow.storage.sites import sites
from web.access.sessions import Administrator, Visitor
from web.kit import conflicts, forms
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, tried
from web.pages.records.logbook import day_in
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


_ADDRESS = "/settings/retention"


@dataclass(frozen=True, slots=True)
class KeptShown:
    """What is kept how long: the rule in force and the one to come, and how much is due today."""

    what: Kept
    limits: Limits
    as_of: str
    days: int | None
    today: int
    coming: Rule | None
    last: Rule | None


@dataclass(frozen=True, slots=True)
class Tried:
    """A number of days that is tried out, and how much would be due."""

    what: Kept
    days: int
    count: int

    @property
    def limits(self) -> Limits:
        """What may be set."""
        return LIMITS[self.what]

    @property
    def fault(self) -> str | None:
        """Why these days can't be set; None: they can."""
        return retention.fault(self.what, self.days)


@router.get(_ADDRESS)
async def show(
    visitor: Administrator,
    station: Here,
    what: Annotated[str, Query(max_length=16)] = "",
    days: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """What is kept how long, and what would be deleted today; by ``what`` and ``days`` what would
    be, were it so many."""
    tried_out: tuple[Kept, int] | None = None
    wrong = None
    if what or days:
        try:
            tried_out = forms.one_of(Kept, {"what": what}, "what"), _days(days)
        except ProblemError as problem:
            wrong = problem
    return await _page(station, visitor, wrong, tried_out=tried_out)


@router.post(_ADDRESS)
async def change(request: Request, visitor: Administrator, station: Here) -> Response:
    """For so many days, from a day on."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        what, days = forms.one_of(Kept, form, "what"), _days(form.get("days", ""))
        conflicts.unchanged(form, _of(rows.rules(tx), what))
        since = day_in(form.get("since", "")[:10], "since") or _tomorrow(now)
        records_retention.set_days(tx, what, days, since, visitor.name, now)

    return await _done(station, visitor, await tried(station, run), form.get("what", ""))


@router.post(f"{_ADDRESS}/holds")
async def hold(request: Request, visitor: Administrator, station: Here) -> Response:
    """Nothing of an alarm is deleted; its id, or its page's address."""
    form = await forms.sent(request)
    now = station.clock()
    incident = forms.line(form, "incident").strip().split("?")[0].rstrip("/").rpartition("/")[2]

    def run(tx: Tx) -> None:
        records_retention.place_hold(tx, incident, forms.long(form, "text"), visitor.name, now)

    return await _done(station, visitor, await tried(station, run))


@router.post(f"{_ADDRESS}/holds/{{hold_id}}/lift")
async def lift(hold_id: str, visitor: Administrator, station: Here) -> Response:
    """The hold ends."""
    now = station.clock()
    wrong = await tried(
        station, lambda tx: records_retention.lift_hold(tx, hold_id, visitor.name, now)
    )
    return await _done(station, visitor, wrong)


def _of(rules: list[Rule], what: Kept) -> list[str]:
    """The rules of one kind, by their ids."""
    return sorted(rule.id for rule in rules if rule.what is what)


def _days(said: str) -> int:
    if not said.isascii() or not said.isdigit() or len(said) > 5:
        raise ProblemError(422, "a number of days", field="days")
    return int(said)


def _tomorrow(now: datetime) -> date:
    return retention.first_day(now, STATION_ZONE)


async def _done(
    station: Station, visitor: Visitor, wrong: Wrong | None, opened: str = ""
) -> Response:
    if wrong is not None:
        return await _page(station, visitor, wrong, opened=opened)
    return RedirectResponse(_ADDRESS, 303)


async def _page(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    tried_out: tuple[Kept, int] | None = None,
    opened: str = "",
) -> Response:
    now = station.clock()
    # What is due by the end of today, where the station is.
    tonight = retention.begin_of(_tomorrow(now), STATION_ZONE)

    def due(tx: Tx, what: Kept, days: int) -> int:
        return rows.count_due(tx, what, retention.before(days, tonight))

    def read(tx: Tx) -> dict[str, Any]:
        known = rows.rules(tx)
        force = retention.in_force(known, now)
        kept = [
            KeptShown(
                what=what,
                limits=LIMITS[what],
                as_of=conflicts.stamp(_of(known, what)),
                days=force.get(what),
                today=due(tx, what, force[what]) if what in force else 0,
                coming=next((r for r in known if r.what is what and r.since > now), None),
                last=next((r for r in known if r.what is what and r.since <= now), None),
            )
            for what in Kept
        ]
        held = rows.holds(tx)
        return {
            "kept": kept,
            "tried": Tried(*tried_out, due(tx, *tried_out)) if tried_out else None,
            "holds": held,
            "names": sites.names_of(tx, (hold.site_id for hold in held)),
            "tomorrow": (tonight + timedelta(hours=12)).date(),
        }

    opened = opened if opened in set(Kept) else ""
    return await setting(station, visitor, "retention", read, wrong, opened=opened)
