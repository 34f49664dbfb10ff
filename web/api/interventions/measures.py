"""Protective measures (D26): opened, reported of, extended, lifted; their calendar."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BaseModel, Field

from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import LONGEST, EndsWhen, ProtectiveMeasure, Terms, Unit
from callflow.handling.base.fields import Identifier, Line, Long, Short
from callflow.handling.interventions import feeds, measures, orders
from callflow.handling.records.costs import Cost, costs
from callflow.storage import Tx
from callflow.storage.interventions import measures as rows
from callflow.storage.sites import sites
from web.access.bearer import Handler, Reader
from web.api.alarms.incidents import act_on, said
from web.api.shapes import Body, IncidentOut, Instant, Page
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES, not_found
from web.station import Here

router = APIRouter(tags=["measures"], responses=RESPONSES)

_ACTS: dict[int | str, dict[str, Any]] = {**NOT_FOUND, **CONFLICT}
_FILE: dict[str, Any] = {"content": {"text/calendar": {"schema": {"type": "string"}}}}
#: Measures of one list.
_MOST = 500


class MeasureIn(Body):
    """What protects a site, from when until its end, who does it and at which rate."""

    kind: Measure = Measure.OTHER
    text: Annotated[Line, AfterValidator(said)]
    minutes: float = Field(
        240,
        strict=True,
        ge=1,
        le=LONGEST / timedelta(minutes=1),
        description="It ends so long after it began",
    )
    begins_at: Instant | None = Field(None, description="null: now; within a week of now")
    zone: Short = Field("", description="Where it is about one")
    firm: Identifier | None = Field(None, description="Who does it")
    rate_cents: int | None = Field(
        None, strict=True, description="For an hour, a round or once; null: as the price list says"
    )
    report_every: int = Field(
        0, strict=True, description="Minutes between two reports; overdue ones ring the queue"
    )
    ends_when: EndsWhen | None = Field(None, description="What lifts it before its end")

    @property
    def lasts(self) -> timedelta:
        """How long."""
        return timedelta(minutes=self.minutes)

    @property
    def terms(self) -> Terms:
        """What else is agreed."""
        return Terms(
            begins_at=self.begins_at,
            zone=self.zone,
            firm_id=self.firm,
            rate=self.rate_cents,
            report_every=self.report_every,
            ends_when=self.ends_when,
        )


class ExtendIn(Body):
    """When it ends now, and who asks for it."""

    until: Instant
    text: Annotated[Long, AfterValidator(said)]


class ReportIn(Body):
    """What was reported: a round was made, all is well."""

    text: Annotated[Long, AfterValidator(said)]


class MeasureOut(BaseModel):
    """A protective measure of a site. Its cost is until now, in cents; null: no price is set."""

    id: str
    site: str
    incident: str | None
    kind: str
    text: str
    zone: str
    firm: str | None
    opened_by: str
    began_at: datetime
    ends_at: datetime
    lifted_at: datetime | None
    lifted_by: str
    ends_when: EndsWhen | None
    report_every: int
    report_due: datetime | None
    reports: int
    rate_cents: int | None
    unit: Unit
    cost_cents: int | None


def _out(measure: ProtectiveMeasure, cost: Cost) -> MeasureOut:
    return MeasureOut(
        id=measure.id,
        site=measure.site_id,
        incident=measure.incident_id,
        kind=measure.kind.value,
        text=measure.text,
        zone=measure.zone,
        firm=measure.firm_id,
        opened_by=measure.opened_by,
        began_at=measure.began_at,
        ends_at=measure.ends_at,
        lifted_at=measure.lifted_at,
        lifted_by=measure.lifted_by,
        ends_when=measure.ends_when,
        report_every=measure.report_every,
        report_due=measure.report_due,
        reports=cost.reports,
        rate_cents=cost.price,
        unit=cost.unit,
        cost_cents=cost.amount,
    )


def _all(tx: Tx, found: list[ProtectiveMeasure], now: datetime) -> list[MeasureOut]:
    of = costs(tx, found, now)
    return [_out(measure, of[measure.id]) for measure in found]


async def _done(station: Here, act: Callable[[Tx, datetime], ProtectiveMeasure]) -> MeasureOut:
    """Does what is done to a measure, and shows it as it is then."""
    now = station.clock()
    return await station.store.write(lambda tx: _all(tx, [act(tx, now)], now)[0])


@router.get("/measures")
async def list_running(caller: Reader, station: Here) -> Page[MeasureOut]:
    """Those that nobody lifted yet, to come or running, at any site; the first to end first."""
    now = station.clock()
    found = await station.store.read(lambda tx: _all(tx, rows.not_lifted(tx, limit=_MOST), now))
    return Page[MeasureOut](items=found)


@router.get("/sites/{site_id}/measures")
async def list_measures(site_id: str, caller: Reader, station: Here) -> Page[MeasureOut]:
    """The protective measures of a site, oldest first."""
    now = station.clock()
    found = await station.store.read(lambda tx: _all(tx, rows.of_site(tx, site_id), now))
    return Page[MeasureOut](items=found)


@router.post("/incidents/{incident_id}/measure", responses=_ACTS)
async def open_measure(
    incident_id: str, body: MeasureIn, caller: Handler, station: Here
) -> IncidentOut:
    """Opens a protective measure of the incident's site, without giving up the hold (D33).

    The site lists it, and lifts it: `POST sites/{site}/measures/{id}/lift`.
    """
    return await act_on(
        station,
        incident_id,
        lambda tx, now: orders.protect(
            tx, incident_id, caller.name, body.kind, body.text, body.lasts, now, body.terms
        ),
    )


@router.post("/sites/{site_id}/measures", status_code=201, responses=_ACTS)
async def protect(
    site_id: Identifier, body: MeasureIn, caller: Handler, station: Here
) -> MeasureOut:
    """Opens a protective measure of a site, whatever alarms there are; at its end a human looks."""
    of = site_id, body.kind, body.text, body.lasts
    return await _done(
        station,
        lambda tx, now: measures.protect_site(tx, *of, now, who=caller.name, terms=body.terms),
    )


@router.post("/sites/{site_id}/measures/{measure_id}/report", responses=_ACTS)
async def report(
    site_id: str, measure_id: str, body: ReportIn, caller: Handler, station: Here
) -> MeasureOut:
    """Writes down what whoever protects the site reported: the next report is due later."""
    of = site_id, measure_id, body.text, caller.name
    return await _done(station, lambda tx, now: measures.report(tx, *of, now))


@router.post("/sites/{site_id}/measures/{measure_id}/extend", responses=_ACTS)
async def extend(
    site_id: str, measure_id: str, body: ExtendIn, caller: Handler, station: Here
) -> MeasureOut:
    """Ends it at another time."""
    of = site_id, measure_id, body.until, body.text, caller.name
    return await _done(station, lambda tx, now: measures.extend(tx, *of, now))


@router.post("/sites/{site_id}/measures/{measure_id}/lift", responses=_ACTS)
async def lift_measure(site_id: str, measure_id: str, caller: Handler, station: Here) -> MeasureOut:
    """Ends a measure before its time."""
    of = site_id, measure_id, caller.name
    return await _done(station, lambda tx, now: measures.lift_measure(tx, *of, now))


Client = Annotated[Line | None, Query(description="Only this client's sites")]
ByFirm = Annotated[Identifier | None, Query(description="Only what this firm does")]


@router.get("/measures.ics", response_class=Response, responses={200: _FILE, **NOT_FOUND})
async def get_calendar(
    caller: Reader,
    station: Here,
    client: Client = None,
    firm: ByFirm = None,
    language: Annotated[Literal["fr", "en"], Query()] = "fr",
) -> Response:
    """Measures and appointments as an iCalendar file: those to come, running and of the last month.

    A program that knows no bearer token reads the same at an address of its own, which a
    supervisor makes and revokes on the page of measures.
    """
    now = station.clock()

    def read(tx: Tx) -> bytes:
        if client is not None and sites.client(tx, client) is None:
            raise not_found("client")
        return feeds.calendar(tx, language, now, client_id=client, firm_id=firm)

    return Response(await station.store.read(read), media_type="text/calendar")
