"""Deeds of plans that a holder does by hand, and keeps the hold (D33): a guard, a measure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from callflow.core.alarms.escalation import OpenTask
from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import LIVE_STATES, Call, Outcome
from callflow.core.calls.dial_policy import MUTE
from callflow.core.calls.on_call import on_call
from callflow.core.plans.call_plan import GUARD_BY_HAND, Measure, StepKind
from callflow.core.plans.measure import Terms
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.records.logbook import MACHINE
from callflow.core.sites.site import Contact, Role, Site
from callflow.handling.alarms import asking
from callflow.handling.alarms.acting import request_call
from callflow.handling.alarms.deciding import DIALOGUES
from callflow.handling.alarms.ends.filing import normal_due
from callflow.handling.alarms.ends.muting import is_mute_here
from callflow.handling.alarms.operating import acted, known, not_anothers, unfiled_and_held
from callflow.handling.alarms.tasks import end_task
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.calls import telephone
from callflow.handling.interventions.measures import open_measure
from callflow.handling.sites.in_force import site_now
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks


def send_guard(tx: Tx, incident_id: str, who: str, now: datetime) -> Incident:
    """The machine asks the next firm that nobody asked yet for this incident, whose row it gives.

    The guard is followed as a plan's: accepted, on site, report, welfare. Raises Held, NotFound,
    Refused.
    """
    incident, site = _may_ring(tx, incident_id, who, now)
    asked = _guards(tasks.of_incident(tx, incident.id))
    if any(_on_the_way(task) for task in asked):
        raise Refused("a guard is on the way already")
    firm = _firm_left(incident, site, asked, now)
    if firm is None or firm.phone is None:
        raise Refused("no guard firm of this site is left to ask")
    tell(tx, "guard_by_hand", now, incident, who=firm.name, by=who, who_did=who)
    due = now + timedelta(seconds=GUARD_BY_HAND.accept_s)
    asking.open_task(
        tx, incident, OpenTask(step=GUARD_BY_HAND, due_at=due, subject=firm.id), now, now
    )
    policy = load_policy(tx)
    request_call(
        tx,
        policy,
        incident,
        now,
        step=GUARD_BY_HAND.id,
        contact=firm.id,
        to=firm.phone,
        attempt=1,
        dialogue=DIALOGUES[StepKind.SEND_GUARD],
        ring_time=policy.ring_time,
        priority=0,
    )
    return acted(tx, known(tx, incident_id), who, now)


def _guards(its_tasks: Sequence[Task]) -> list[Task]:
    return [task for task in its_tasks if task.kind == StepKind.SEND_GUARD.value]


def _firm_left(
    incident: Incident, site: Site, asked: Sequence[Task], now: datetime
) -> Contact | None:
    """The firm that is asked next: the first that nobody asked yet."""
    done = {task.subject for task in asked}
    firms = on_call(site, GUARD_BY_HAND.selectors, incident.kind, now)
    return next((firm for firm in firms if firm.phone and firm.id not in done), None)


#: What a firm's telephone says of a guard: anything else that ended is no answer.
_ANSWERED = frozenset(
    {Outcome.ACCEPTED.value, Outcome.OPERATOR.value, Outcome.HELP.value, Outcome.DURESS.value}
)


def next_firm(
    incident: Incident,
    site: Site | None,
    its_tasks: Sequence[Task],
    its_calls: Sequence[Call],
    now: datetime,
) -> str:
    """The firm to ask now, since the one that was asked last declined or did not answer; "" where
    nobody was asked, an answer is still awaited or came, or no firm is left.

    ``its_tasks`` and ``its_calls``: the incident's, in the order they were asked for.
    """
    asked = _guards(its_tasks)
    if site is None or not asked or any(_on_the_way(task) for task in asked):
        return ""
    if not _no_answer(asked[-1], its_calls, now):
        return ""
    firm = _firm_left(incident, site, asked, now)
    return firm.name if firm is not None else ""


def _on_the_way(task: Task) -> bool:
    return task.open and "accepted_at" in task.data


def _no_answer(task: Task, its_calls: Sequence[Call], now: datetime) -> bool:
    """True where nobody waits for this firm's guard any more, and nobody said so: it's theirs."""
    if not task.open:
        theirs = {TaskOutcome.FAILED.value, TaskOutcome.OVERDUE.value}
        return task.outcome in theirs and task.ended_by == MACHINE
    made = [c for c in its_calls if (c.step, c.contact_id) == (task.step, task.subject)]
    if any(call.state in LIVE_STATES for call in made):
        return False
    over = task.due_at is not None and task.due_at <= now
    return over or (bool(made) and not any(call.outcome in _ANSWERED for call in made))


def guard_declined(tx: Tx, incident: Incident, call: Call, now: datetime) -> None:
    """A firm that was asked by hand and declined is asked no more: the holder asks the next."""
    if call.step != GUARD_BY_HAND.id:
        return
    for task in tasks.of_incident(tx, incident.id):
        mine = task.step == GUARD_BY_HAND.id and task.subject == call.contact_id
        if mine and task.open:
            end_task(tx, task.id, TaskOutcome.FAILED, now)


def call_technician(tx: Tx, incident_id: str, who: str, now: datetime) -> str:
    """Call the firm that keeps the installation in order, the next one while nobody answers; the
    call's id. Raises Held, NotFound, Refused."""
    incident, site = _may_ring(tx, incident_id, who, now)
    there = [one for one in site.by_role(Role.MAINTENANCE) if one.phone]
    if not there:
        raise Refused("this site has no maintenance firm that can be called")
    return telephone.call_contact(tx, incident.id, who, there[0].id, now, role=True)


def protect(
    tx: Tx,
    incident_id: str,
    who: str,
    kind: Measure,
    text: str,
    lasts: timedelta,
    now: datetime,
    terms: Terms | None = None,
) -> Incident:
    """Open a protective measure, with its end; the incident's row. Raises Held, NotFound, Refused,
    BadField.

    A treated incident waits for the site to be normal as long as it lasts.
    """
    incident = known(tx, incident_id)
    not_anothers(incident, who)
    if incident.state is State.FILED or incident.site_id is None:
        raise Refused("only a site in alarm is protected by a measure")
    if not text.strip():
        raise Refused("say what protects the site")
    open_measure(tx, incident, kind, text, lasts, now, who=who, terms=terms or Terms())
    if incident.state is State.AWAITING_NORMAL:
        incident = incidents.change(tx, incident, normal_due=normal_due(tx, incident, now))
    return acted(tx, incident, who, now)


def _may_ring(tx: Tx, incident_id: str, who: str, now: datetime) -> tuple[Incident, Site]:
    incident = unfiled_and_held(tx, incident_id, who)
    if incident.exercise:
        raise Refused("this is an exercise: nobody is called for it")
    if is_mute_here(tx, incident):
        raise Refused(MUTE)
    site = site_now(tx, incident.site_id, incident.kind, now) if incident.site_id else None
    if site is None:
        raise Refused("this incident is no site's: nobody is known there")
    return incident, site
