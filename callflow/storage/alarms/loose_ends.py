"""What hangs on an incident or a call that ends: nearly always nothing, so it is asked at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Column, Label, bindparam, exists, select

from callflow.core.calls.call import CallState
from callflow.core.plans.call_plan import StepKind
from callflow.core.plans.task import TaskOutcome, TaskState
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads

#: A column, or a value that is given with the question.
_Named = BindParameter[str] | Column[str]


@dataclass(frozen=True, slots=True)
class OfIncident:
    """True where there are any."""

    calls: bool  # that nobody dialled yet
    tasks: bool  # open
    measures: bool  # in force at its site
    services: bool  # that were called, or told something
    guards: bool  # under way, or there, and nothing reported
    promises: bool  # open
    signatures: bool  # for what is open
    bypassed: bool  # zones of its site


@dataclass(frozen=True, slots=True)
class OfCall:
    """True where there are any."""

    spoken: bool  # notes that came to nothing yet
    followers: bool  # calls that it speaks for


_CALL: BindParameter[str] = bindparam("call")
_C, _T, _M, _S, _I = t.call.c, t.task.c, t.measure.c, t.spoken.c, t.incident.c
_NOT_DIALLED = (_C.state == CallState.REQUESTED.value) | (_C.state == CallState.FOLLOWING.value)
_SILENT = (_T.state == TaskState.OPEN.value) | (_T.outcome == TaskOutcome.OVERDUE.value)


def _whether(incident: _Named, site: _Named) -> list[Label[bool]]:
    """The fields of ``OfIncident``, of an incident and its site."""
    asked = exists().where(t.service_call.c.incident_id == incident)
    told = exists().where(t.service_report.c.incident_id == incident)
    guards = exists().where(_T.incident_id == incident, _T.kind == StepKind.SEND_GUARD.value)
    runs = exists().where(_M.site_id == site, _M.lifted_at.is_(None))
    owed = exists().where(t.promise.c.incident_id == incident, t.promise.c.ended_at.is_(None))
    is_open = exists().where(_T.incident_id == incident, _T.state == TaskState.OPEN.value)
    return [
        exists().where(_C.incident_id == incident, _NOT_DIALLED).label("calls"),
        is_open.label("tasks"),
        runs.where(_M.ends_at > bindparam("now")).label("measures"),
        (asked | told).label("services"),
        guards.where(_SILENT).label("guards"),
        owed.label("promises"),
        exists().where(t.signature.c.incident_id == incident).label("signatures"),
        exists().where(t.bypass.c.site_id == site).label("bypassed"),
    ]


_OF_INCIDENT = Reads(select(*_whether(bindparam("incident"), bindparam("site"))), OfIncident)
_OF_INCIDENTS = Prepared(
    select(_I.id, *_whether(_I.id, _I.site_id)).where(
        _I.id.in_(bindparam("incidents", expanding=True))
    )
)
_OF_CALL = Reads(
    select(
        exists().where(_S.call_id == _CALL, _S.settled_at.is_(None)).label("spoken"),
        exists()
        .where(_C.leader == _CALL, _C.state == CallState.FOLLOWING.value)
        .label("followers"),
    ),
    OfCall,
)


def of_incident(tx: Tx, incident_id: str, site_id: str | None, now: datetime) -> OfIncident:
    """Those of an incident, which is locked, and of its site."""
    found = _OF_INCIDENT.first(tx, {"incident": incident_id, "site": site_id, "now": now})
    assert found is not None
    return found


def of_incidents(tx: Tx, incident_ids: Collection[str], now: datetime) -> dict[str, OfIncident]:
    """{incident id: what it has}, for lists."""
    rows = _OF_INCIDENTS.all(tx, {"incidents": list(incident_ids), "now": now})
    return {row.pop("id"): OfIncident(**row) for row in map(dict, rows)}


def of_call(tx: Tx, call_id: str) -> OfCall:
    """Those of a call, which is locked."""
    found = _OF_CALL.first(tx, {"call": call_id})
    assert found is not None
    return found
