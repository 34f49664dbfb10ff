"""What hangs on an incident or a call that ends: nearly always nothing, so it is asked at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, exists, select

from callflow.core.calls.call import CallState
from callflow.core.plans.call_plan import StepKind
from callflow.core.plans.task import TaskOutcome, TaskState
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads


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


_INCIDENT: BindParameter[str] = bindparam("incident")
_CALL: BindParameter[str] = bindparam("call")
_C, _T, _M, _S = t.call.c, t.task.c, t.measure.c, t.spoken.c
_NOT_DIALLED = (_C.state == CallState.REQUESTED.value) | (_C.state == CallState.FOLLOWING.value)
_OF_INCIDENT = Reads(
    select(
        exists().where(_C.incident_id == _INCIDENT, _NOT_DIALLED).label("calls"),
        exists()
        .where(_T.incident_id == _INCIDENT, _T.state == TaskState.OPEN.value)
        .label("tasks"),
        exists()
        .where(_M.site_id == bindparam("site"), _M.lifted_at.is_(None))
        .where(_M.ends_at > bindparam("now"))
        .label("measures"),
        (
            exists().where(t.service_call.c.incident_id == _INCIDENT)
            | exists().where(t.service_report.c.incident_id == _INCIDENT)
        ).label("services"),
        exists()
        .where(_T.incident_id == _INCIDENT, _T.kind == StepKind.SEND_GUARD.value)
        .where(
            (_T.state == TaskState.OPEN.value) | (_T.outcome == TaskOutcome.OVERDUE.value),
        )
        .label("guards"),
        exists()
        .where(t.promise.c.incident_id == _INCIDENT, t.promise.c.ended_at.is_(None))
        .label("promises"),
        exists().where(t.signature.c.incident_id == _INCIDENT).label("signatures"),
        exists().where(t.bypass.c.site_id == bindparam("site")).label("bypassed"),
    ),
    OfIncident,
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


def of_call(tx: Tx, call_id: str) -> OfCall:
    """Those of a call, which is locked."""
    found = _OF_CALL.first(tx, {"call": call_id})
    assert found is not None
    return found
