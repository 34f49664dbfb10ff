"""A rehearsal: a plan calls the client's real people, announced and logged as an EXERCISE.

It is an incident like another (the same engine, the same rows) that no signal joins, that wakes no
operator, asks no emergency service and changes nothing at the site; it closes itself. A real alarm
of the site ends it, and so does a code of duress: from then on it is real.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from callflow.core.alarms.incident import Incident, State
from callflow.core.messages.withholding import REFUSALS
from callflow.core.plans.call_plan import Plan
from callflow.core.records.logbook import MACHINE
from callflow.core.signals import events
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import SiteState
from callflow.handling.alarms.acting import EXERCISE, ask_hang_up, close, withdraw
from callflow.handling.alarms.deciding import decide
from callflow.handling.alarms.opening import opened
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.plans.simulation import plan_at, site_of
from callflow.handling.plans.standing import must_be_in_use
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.sites import sites

#: After everything that is real.
_PRIORITY = 4
#: Contract lives in which people may be called (D2).
_CALLABLE = (SiteState.COMMISSIONING, SiteState.ACTIVE)


def rehearse(tx: Tx, plan: Plan, site_id: str, kind: Kind, who: str, now: datetime) -> Incident:
    """Run ``plan`` at a site as if an alarm of ``kind`` came now; the exercise's incident.

    Raises NotFound, or Refused where the site is in alarm, an exercise runs there already, or the
    plan is withdrawn.
    """
    if why := load_policy(tx).withheld:
        raise Refused(REFUSALS[why])
    must_be_in_use(tx, plan.id)
    site = site_of(tx, site_id, kind, now)
    if site.state not in _CALLABLE:
        raise Refused("nobody is called for a site of this state", site.state)
    for other in incidents.unfiled(tx, [site_id], []):
        if other.state is State.OPEN:
            raise Refused(
                "an exercise runs at this site already: close it first"
                if other.exercise
                else "this site is in alarm: rehearse when it is over"
            )
    plan = plan_at(tx, plan, site_id)
    incident = _opened(tx, plan, site_id, kind, now)
    incidents.insert(tx, [incident])
    tell(tx, "rehearsed", now, incident, who_did=who, plan=plan.name, version=plan.version, by=who)
    decide(tx, incident.id, now)
    done = incidents.get(tx, incident.id)
    assert done is not None
    return done


def _opened(tx: Tx, plan: Plan, site_id: str, kind: Kind, now: datetime) -> Incident:
    accounts = sites.accounts(tx, site_id)
    category, _ = events.usual(kind)
    meaning = replace(events.UNKNOWN, kind=kind, category=category, priority=_PRIORITY)
    account = accounts[0].account if accounts else ""
    incident = opened(account, "", meaning, plan, now, site=site_id)
    return incident.but(exercise=True, duress=False, zones={}, signal_count=0)


def end_for_real_alarm(tx: Tx, exercises: Iterable[Incident], now: datetime) -> None:
    """A real alarm of their sites came: the exercises end, and their people's lines are free."""
    for incident in exercises:
        _let_go(tx, incident, MACHINE, now)
        tell(tx, "rehearsal_over", now, incident)
        close(tx, incident, EXERCISE, "", now)


def end_rehearsal(tx: Tx, incident: Incident, who: str, now: datetime) -> None:
    """Somebody has seen enough of an exercise that is open."""
    _let_go(tx, incident, who, now)
    tell(tx, "rehearsal_ended", now, incident, by=who, who_did=who)
    close(tx, incident, EXERCISE, "", now, who)


def _let_go(tx: Tx, incident: Incident, who: str, now: datetime) -> None:
    """Nothing of it rings or speaks any more."""
    withdraw(tx, incident, now)
    for call in calls.of_incident(tx, incident.id):
        # Who waits for, or speaks with, an operator is not cut off.
        if call.answered_at and call.ended_at is None and call.room is None:
            ask_hang_up(tx, call.id, who, now)
