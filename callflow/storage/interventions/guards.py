"""Rows of guard firms: contacts with a licence, and the sectors that they serve (D22)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from callflow.core.interventions.firm import Firm
from callflow.core.plans.call_plan import StepKind
from callflow.core.plans.task import Task, TaskOutcome, TaskState
from callflow.core.sites.site import Role
from callflow.storage import schema as t
from callflow.storage.alarms import tasks
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, first, found
from callflow.storage.sites.sites import upsert

_C = t.contact.c
_FIRMS = select(t.guard_firm, _C.name, _C.phone, _C.language, _C.fax).join(
    t.contact, _C.id == t.guard_firm.c.contact_id
)


def firm(tx: Tx, contact_id: str) -> Firm | None:
    """One firm."""
    return first(tx, _FIRMS.where(t.guard_firm.c.contact_id == contact_id), Firm)


def firms(tx: Tx, *, part: Role | None = Role.GUARD) -> list[Firm]:
    """Every firm of guards, or of another ``part`` (None: any), that is not closed, in calling
    order."""
    c = t.guard_firm.c
    query = _FIRMS.where(c.closed_at.is_(None)).order_by(c.rank, c.contact_id)
    if part is not None:
        query = query.where(c.part == part.value)
    return found(tx, query, Firm)


def put_firm(tx: Tx, contact: Mapping[str, Any], firm: Mapping[str, Any]) -> None:
    """Write of a firm, and of the contact that it is called by, these columns."""
    upsert(tx, t.contact, ["id"], dict(contact))
    upsert(tx, t.guard_firm, ["contact_id"], dict(firm))


def close_firm(tx: Tx, contact_id: str, who: str, because: str, at: datetime | None) -> None:
    """A firm is closed at ``at``; None: it is not any more."""
    query = update(t.guard_firm).where(t.guard_firm.c.contact_id == contact_id)
    tx.execute(query.values(closed_at=at, closed_by=who, closed_because=because))


_AWAY = Reads(
    select(*tasks.FIELDS)
    .where(
        t.task.c.kind == StepKind.SEND_GUARD.value,
        (t.task.c.state == TaskState.OPEN.value)
        | (
            (t.task.c.state == TaskState.ENDED.value)
            & (t.task.c.outcome == TaskOutcome.OVERDUE.value)
            & (t.task.c.ended_at >= bindparam("since"))
        ),
    )
    .order_by(t.task.c.requested_at, t.task.c.id),
    Task,
)


def away(tx: Tx, since: datetime) -> list[Task]:
    """Tasks of guards who accepted and have not reported, or were overdue after ``since``."""
    return [task for task in _AWAY.all(tx, {"since": since}) if "accepted_at" in task.data]
