"""``GET statistics``: how many alarms there were, and how soon what was done."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from callflow.core.records.figures import Step
from callflow.core.records.statistics import Asked, By, Group, Within
from callflow.core.signals.signal import Category
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records import statistics
from web.access.bearer import Reader
from web.access.users import Right
from web.api import paging
from web.kit.problems import RESPONSES, ProblemError
from web.station import Here

router = APIRouter(tags=["statistics"], responses=RESPONSES)

#: Days counted where none is asked for.
_DAYS = 30


class StepOut(BaseModel):
    """How many alarms came to a step, and how long after their receipt."""

    count: int
    mean_s: float | None = Field(description="Seconds; null: none came to it")
    longest_s: float | None


class WithinOut(BaseModel):
    """Alarms of one class, and those acted on within its two targets (EN 50518)."""

    alarms: int
    within_first: int
    within_second: int


class GroupOut(BaseModel):
    """The alarms of one site, operator, category or hour of the station's clock."""

    key: str = Field(
        description="A site's id, an operator's name, a category, an hour from 0 to 23"
    )
    alarms: int
    closed: int
    false_alarms: int
    steps: Mapping[Step, StepOut]
    urgent: WithinOut = Field(description="Hold-ups and fires")
    other: WithinOut
    machine_s: float = Field(description="Of the closed: until they stood before an operator")
    waiting_s: float = Field(description="Of the closed: before an operator, in nobody's hands")
    human_s: float = Field(description="Of the closed: in an operator's hands")


class StatisticsOut(BaseModel):
    """Counts of a period. `whole` is false while older alarms are still to be counted."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    by: By
    whole: bool
    items: list[GroupOut]
    next: str | None = None


@router.get("/statistics")
async def count(
    caller: Reader,
    station: Here,
    first: Annotated[date | None, Query(alias="from", description="A day at the station")] = None,
    last: Annotated[date | None, Query(alias="to", description="Included")] = None,
    by: Annotated[By, Query(description="What they are told apart by")] = By.CATEGORY,
    site: Annotated[str, Query(max_length=64)] = "",
    category: Category | None = None,
    operator: Annotated[str, Query(max_length=64)] = "",
    after: paging.After = None,
    limit: paging.Limit = 500,
) -> StatisticsOut:
    """Alarms received in a period of days at the station, both included (else the last 30).

    By operator, and of one, they are personal data: a supervisor's token only.
    """
    now = station.clock()
    until = last or now.astimezone(STATION_ZONE).date()
    asked = Asked(
        first=first or until - timedelta(days=_DAYS - 1),
        last=until,
        site=site.replace("\0", ""),
        category=category or "",
        operator=operator.replace("\0", ""),
    )
    if asked.fault:
        raise ProblemError(422, asked.fault, field="query.from")
    if (by is By.OPERATOR or operator) and Right.SUPERVISE not in caller.rights:
        raise ProblemError(403, "figures of operators are for supervisors")
    start = paging.decode(after, 1)[0] if after else None
    found = await station.store.read(
        lambda tx: statistics.groups(tx, asked, by, station.settings, now, start, limit)
    )
    return StatisticsOut(
        first=asked.first,
        last=asked.last,
        by=by,
        whole=found.whole,
        items=[_out(group) for group in found.groups],
        next=paging.encode(found.last) if found.more else None,
    )


def _out(group: Group) -> GroupOut:
    return GroupOut(
        key=group.key,
        alarms=group.incidents,
        closed=group.closed,
        false_alarms=group.false,
        steps={
            step: StepOut(
                count=took.count,
                mean_s=None if took.mean_ms is None else took.mean_ms / 1000,
                longest_s=took.most_ms / 1000 if took.count else None,
            )
            for step, took in group.steps.items()
        },
        urgent=_within(group.urgent),
        other=_within(group.other),
        machine_s=group.machine_ms / 1000,
        waiting_s=group.waiting_ms / 1000,
        human_s=group.human_ms / 1000,
    )


def _within(of: Within) -> WithinOut:
    return WithinOut(alarms=of.of, within_first=of.first, within_second=of.second)
