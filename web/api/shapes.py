"""The shapes of the API (docs/reference/contracts.md#api). Times are UTC, numbers E.164."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from callflow.core.alarms.incident import Machine, State
from callflow.core.calls.call import Outcome
from callflow.core.plans.task import TaskOutcome, TaskState
from callflow.core.signals import blocks
from callflow.core.signals.signal import Category, Kind, Treatment
from callflow.handling.base.fields import AccountNumber, Long, Short

T = TypeVar("T")


def in_calendar(at: datetime) -> datetime:
    """``at`` in UTC."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the calendar") from None


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def written(at: object) -> object:
    """``at`` as it stands in ISO 8601: a number would be taken for seconds since 1970."""
    if not isinstance(at, str) or not _DAY.match(at):
        raise ValueError("write it as ISO 8601, such as 2026-11-27T08:00:00Z")
    return at


#: An instant that a caller gives, with its offset; UTC.
Instant = Annotated[AwareDatetime, BeforeValidator(written), AfterValidator(in_calendar)]


def _link(text: str) -> str:
    """An address that a person may be offered to follow."""
    if not blocks.is_link(text):
        raise ValueError(
            "must be an http or https address in ASCII, without name and password and without"
            " brackets (write them %5B and %5D)"
        )
    return text


class Body(BaseModel):
    """What is sent: an unknown field is an error, a typing mistake is not passed over."""

    model_config = ConfigDict(extra="forbid")


class Empty(Body):
    """Nothing needs saying."""


class Page(BaseModel, Generic[T]):
    """One page of a list, oldest first; give `next` as `after` for the one that follows."""

    items: list[T]
    next: str | None = None


class SignalIn(Body):
    """One message of a panel, by webhook."""

    account: AccountNumber
    code: str = Field(
        pattern=r"^[0-9A-Za-z]{1,16}$", description="SIA (`BA`) or Contact ID (`1130`)"
    )
    zone: Short = ""
    text: Long = ""
    partition: Short = ""
    user: Annotated[Short, Field(description="The panel's number of who armed or disarmed")] = ""
    panel_time: Annotated[
        Instant | None,
        Field(description="When it happened by the sender's clock, with its offset from UTC"),
    ] = None
    links: Annotated[
        list[Annotated[str, Field(max_length=blocks.LONGEST), AfterValidator(_link)]],
        Field(max_length=8, description="Images: shown to people, never asked for by Callflow"),
    ] = []


class Stored(BaseModel):
    """A signal that is durable."""

    id: str


class SignalOut(BaseModel):
    """A stored signal."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    account: str
    format: str
    code: str
    zone: str
    text: str
    raw: str
    received_at: datetime
    incident: str | None = Field(validation_alias="incident_id")
    line: str = Field(description="The station's line that it came on")
    caller: str = Field(description="The number that called (Contact ID by phone)")
    partition: str
    user: str = Field(validation_alias="panel_user")
    panel_time: datetime | None = Field(description="By the panel's clock")
    deferred: bool = Field(description="Delivered late: it happened at `panel_time`")
    treatment: Treatment | None = Field(description="null until it is correlated")
    links: list[str] = Field(description="From its `[V…]` blocks; Callflow never asks for them")
    extra: str = Field(description="The further data blocks as sent")


class CallOut(BaseModel):
    """One attempt to reach one number."""

    id: str
    direction: str
    step: str
    contact: str | None
    to: str
    attempt: int
    trunk: str
    node: str
    state: str
    placed_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None = Field(description="null while the call lives")
    recording: str | None = Field(
        description="A call's id: another one's where this was told in a call to the same person"
    )


class EntryOut(BaseModel):
    """A logbook entry."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    at: datetime
    site: str | None
    incident: str | None
    who: str
    kind: str
    text: str


class RecordingOut(BaseModel):
    """A call's recording; `problem` is empty where it is whole."""

    id: str
    duration: float | None = Field(description="seconds")
    sha256: str | None
    problem: str


class ImageOut(BaseModel):
    """A still or a clip: `GET images/{id}`; `problem` is empty where there is one."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    camera: str = Field(description="Empty: a link of a signal, fetched by a person's act")
    name: str
    take: Literal["still", "clip"]
    link: str
    taken_at: datetime
    begins_at: datetime | None = Field(description="Of a clip: what it shows")
    ends_at: datetime | None
    sha256: str | None
    problem: str
    detail: str


class TaskOut(BaseModel):
    """What a step of the plan asks of somebody, or something, other than by a call."""

    id: str
    step: str
    kind: str
    state: TaskState
    outcome: TaskOutcome | None
    subject: str = Field(description="A guard firm's id, or empty")
    text: str
    checklist: list[str] = Field(description="What must be ticked off")
    data: dict[str, Any] = Field(
        description="Of a guard: accepted_at, expected_at, on_site_at, left_at"
    )
    requested_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    ended_by: str


class IncidentOut(BaseModel):
    """An incident with everything that belongs to it."""

    id: str
    site: str | None
    account: str
    kind: Kind
    category: Category
    priority: int
    zones: dict[str, str] = Field(
        description="{zone, path or receiver: alarm or restored}; zones without leading zeros"
    )
    confirmed: bool = Field(description="By two zones, or by the panel itself")
    signal_count: int = Field(description="Signals; of a storm: sites")
    storm: str | None = Field(description="The storm that it is part of")
    state: State
    exercise: bool = Field(description="A rehearsal: announced to everybody it calls")
    shadow: bool = Field(description="Another system acts on it: nobody is called, nothing is sent")
    with_human: bool
    machine: Machine = Field(description="Whether the plan still runs by itself")
    holder: str | None
    opened_at: datetime
    closed_at: datetime | None
    resolution_code: str | None
    plan: dict[str, Any] = Field(description="As frozen at the opening; `step` is where it is")
    signals: list[SignalOut]
    calls: list[CallOut]
    logbook: list[EntryOut]
    recordings: list[RecordingOut]
    tasks: list[TaskOut]
    images: list[ImageOut] = Field(description="Of the site's declared cameras, oldest first")
