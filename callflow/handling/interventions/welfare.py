"""Guards on site, and those who are overdue, are called for their own safety (D22)."""

from datetime import datetime, timedelta

from callflow.core.calls.call import Dialogue
from callflow.core.calls.purpose import Purpose
from callflow.core.interventions.welfare import OVERDUE_WITHIN, Guard, Welfare, welfare
from callflow.core.plans.task import Task
from callflow.core.time.instants import from_iso, to_iso
from callflow.handling.alarms.acting import hand_to_human, request_call
from callflow.handling.alarms.ends.muting import is_mute_here
from callflow.handling.base.policy import load_policy
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls
from callflow.storage.interventions import guards
from callflow.storage.sites import contacts


def any_due(tx: Tx, now: datetime) -> bool:
    """True where some guard is called, or silent, now. Only reads."""
    every = timedelta(seconds=load_policy(tx).guard_welfare)
    return any(
        welfare(_guard(tx, task), now, every) is not Welfare.NOTHING
        for task in guards.away(tx, now - OVERDUE_WITHIN)
    )


def watch_guards(tx: Tx, now: datetime) -> None:
    """Call who is due; a human at once where nobody answers."""
    policy = load_policy(tx)
    every = timedelta(seconds=policy.guard_welfare)
    for task in guards.away(tx, now - OVERDUE_WITHIN):
        incident = incidents.get(tx, task.incident_id, lock=True)
        if incident is None or is_mute_here(tx, incident) or incident.exercise:
            continue
        guard = _guard(tx, task)
        what = welfare(guard, now, every)
        called = contacts.get(tx, task.data.get("guard") or task.subject)
        if what is Welfare.SILENT or (what is Welfare.CALL and not (called and called.phone)):
            tasks.note(tx, task.id, {**task.data, "silent_at": to_iso(now)})
            hand_to_human(tx, incident, "guard_silent", now)
        elif what is Welfare.CALL and called and called.phone:
            tell(tx, "guard_welfare", now, incident, who=called.name, to=called.phone)
            request_call(
                tx,
                policy,
                incident,
                now,
                step=Purpose.WELFARE,
                to=called.phone,
                attempt=len(guard.calls) + 1,
                dialogue=Dialogue.GUARD,
                ring_time=policy.ring_time,
                priority=incident.priority,
                contact=called.id,
            )


def _guard(tx: Tx, task: Task) -> Guard:
    data = task.data
    is_open = task.open
    on_site = from_iso(data["on_site_at"]) if "on_site_at" in data else None
    made = [
        call for call in calls.of_incident(tx, task.incident_id) if call.purpose is Purpose.WELFARE
    ]
    return Guard(
        on_site_at=on_site if is_open else None,
        overdue_since=None if is_open else task.ended_at,
        silent="silent_at" in data,
        calls=made,
    )
