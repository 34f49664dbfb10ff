"""``services``: the directory, and what is verified, called and said of an incident (D23)."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field, model_validator

from callflow.core.alarms.evidence import Sign
from callflow.core.interventions.law import Answer, Finding, Means, Reason, Service, Weight
from callflow.handling.base.fields import Identifier, Line, Long
from callflow.handling.interventions import directory, services
from callflow.handling.interventions.services import Gated
from callflow.handling.interventions.shape import Directory
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.messages import outbox
from callflow.texts.law import GATE_REASONS
from web.access.bearer import Configurer, Handler, Reader
from web.api.alarms.incidents import act_on
from web.api.shapes import Body, IncidentOut, Instant
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES, ProblemError, not_found
from web.pages.interventions.service_views import services_of
from web.station import Here

router = APIRouter(tags=["services"], responses=RESPONSES)

_ACTS: dict[int | str, dict[str, Any]] = {**NOT_FOUND, **CONFLICT}


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("there is nothing in it")
    return text


class VerificationIn(Body):
    """A *levée de doute*: what was used, what it showed."""

    means: Means
    result: Finding
    note: Long = ""
    image: Identifier | None = Field(
        None, description="What was looked at, of the incident; required by images and video"
    )
    call: Identifier | None = Field(
        None, description="In which it was heard, of the incident; required by audio"
    )
    person: Line = Field("", description="Who was spoken to, or looked")
    found_at: Instant | None = Field(None, description="Now, where it is left out")


class ServiceCallIn(Body):
    """Why it is called although the gate is shut, by the person who answers for it."""

    reason: Long = ""


class ReportIn(Body):
    """What was said to the service."""

    answer: Answer
    person: Annotated[Line, AfterValidator(_said)] = Field(description="Who answered there")
    reference: Line = ""
    note: Long = ""
    said_at: Instant | None = Field(None, description="Now, where it is left out")
    counter_order: bool = Field(False, description="They were told not to come any more")
    script: Long = Field("", description="What was given to say: access, evidence, guard's vehicle")


class RevealIn(Body):
    """For which incident, if it is for one."""

    incident: Line | None = None


class Revealed(BaseModel):
    """A reserved number, in E.164."""

    number: str


class GateOut(BaseModel):
    """Whether a service may be called, why, and which verifications would do."""

    @model_validator(mode="before")
    @classmethod
    def _of(cls, one: Gated) -> dict[str, object]:
        gate, line = one.gate, one.line
        return {
            "service": one.service,
            "allowed": gate.allowed,
            "reason": gate.reason,
            "said": dict(zip(("fr", "en"), GATE_REASONS[gate.reason], strict=True)),
            "missing": gate.missing,
            "line": line.name if line else None,
            "number_masked": line.number_masked if line else None,
        }

    service: Service
    allowed: bool
    reason: Reason
    said: dict[str, str] = Field(description="The reason in words, by language")
    missing: list[Means]
    line: str | None = Field(description="The competent line's name; null where none is")
    number_masked: str | None


class VerificationOut(BaseModel):
    """A recorded verification."""

    id: str
    means: Means
    result: Finding
    weight: Weight
    by: str
    at: datetime
    note: str
    image_id: str | None
    call_id: str | None
    person: str
    found_at: datetime | None = Field(description="Null: when it was recorded")


class ServiceCallOut(BaseModel):
    """A call to a service that a person asked for."""

    id: str
    service: Service
    line_name: str
    requester: str
    gate: Reason
    override_reason: str
    requested_at: datetime
    call_id: str | None = Field(description="The call to the service, once a desk took it")


class ReportOut(BaseModel):
    """What was said to a service."""

    id: str
    service: Service
    line_name: str
    person: str
    reference: str
    answer: Answer
    counter_order: bool
    note: str
    by: str
    said_at: datetime
    at: datetime
    call_id: str | None = Field(description="The call to the service, where the station made it")
    script: str


class SignOut(BaseModel):
    """A sign that speaks for an intrusion (points above 0), against it, or that proves nothing."""

    sign: Sign
    points: int
    source: str


class EvidenceOut(BaseModel):
    """What speaks for an intrusion, 0 to 100; it decides nothing, the gate does."""

    score: int
    reasons: list[SignOut]


class ServicesOut(BaseModel):
    """An incident's services: the gates as they stand, and what was done."""

    gates: list[GateOut]
    verifications: list[VerificationOut]
    evidence: EvidenceOut | None = Field(description="Null where nobody may have broken in")
    calls: list[ServiceCallOut]
    reports: list[ReportOut]


@router.get("/incidents/{incident_id}/services", responses=NOT_FOUND)
async def incident_services(incident_id: str, caller: Reader, station: Here) -> ServicesOut:
    """The gates of an incident, its verifications, and its calls to services."""

    def read(tx: Tx) -> ServicesOut:
        incident = incidents.get(tx, incident_id)
        if incident is None:
            raise not_found("incident")
        made, images = calls.of_incident(tx, incident.id), outbox.images_of(tx, [incident.id])
        found = services_of(tx, incident, made, images[incident.id], station.clock())
        return ServicesOut.model_validate(found, from_attributes=True)

    return await station.store.read(read)


@router.post("/incidents/{incident_id}/verifications", responses=_ACTS)
async def verify(
    incident_id: str, body: VerificationIn, caller: Handler, station: Here
) -> IncidentOut:
    """Records a verification, weighed by what the incident's calls bear out."""
    return await act_on(
        station,
        incident_id,
        lambda tx, now: services.record_verification(
            tx,
            incident_id,
            caller.name,
            body.means,
            body.result,
            body.note,
            now,
            image=body.image or "",
            call=body.call or "",
            person=body.person,
            found_at=body.found_at,
        ),
    )


@router.post("/incidents/{incident_id}/services/{service}/call", responses=_ACTS)
async def call_service(
    incident_id: str,
    service: str,
    caller: Handler,
    station: Here,
    body: ServiceCallIn | None = None,
) -> IncidentOut:
    """Rings the operator's desk, and then the service. 409 with the reason where the law's gate
    is shut; a short number (15, 17, 18, 112) is answered with the competent line.
    """
    reason = body.reason if body else ""
    if reason.strip() and caller.name == caller.role:
        signed = "a named person answers for an override: use a token that has a name"
        raise ProblemError(403, signed, field="reason")
    return await act_on(
        station,
        incident_id,
        lambda tx, now: services.service_call(
            tx, incident_id, caller.name, service, now, override_reason=reason
        ),
    )


@router.post("/incidents/{incident_id}/services/{service}/report", responses=_ACTS)
async def report_service(
    incident_id: str, service: Service, body: ReportIn, caller: Handler, station: Here
) -> IncidentOut:
    """Keeps what was said to a service; ends the plan's step that asked for it."""
    return await act_on(
        station,
        incident_id,
        lambda tx, now: services.report_service(
            tx, incident_id, caller.name, service, now=now, **dict(body)
        ),
    )


@router.get("/services")
async def get_directory(caller: Reader, station: Here) -> Directory:
    """The directory of services, its numbers masked."""
    lines = await station.store.read(directory.get_directory)
    return Directory.model_construct(lines=lines)


@router.put("/services")
async def put_directory(body: Directory, caller: Configurer, station: Here) -> Directory:
    """Replaces the directory. A line whose number is left out keeps it."""
    now = station.clock()

    def write(tx: Tx) -> Directory:
        directory.put_directory(tx, body.lines, caller.name, now)
        return Directory.model_construct(lines=directory.get_directory(tx))

    return await station.store.write(write)


@router.post("/services/{line_id}/reveal", responses=NOT_FOUND)
async def reveal(
    line_id: str, caller: Handler, station: Here, body: RevealIn | None = None
) -> Revealed:
    """The reserved number of a line: a logged act."""
    incident = body.incident if body else None
    now = station.clock()
    number = await station.store.write(
        lambda tx: directory.reveal_line(tx, line_id, caller.name, now, incident_id=incident)
    )
    return Revealed(number=number)
