"""A device that calls by itself, a lift's cabin or a lone worker's telephone: the call belongs to
its alarm, whichever of the two comes first (D8)."""

import contextlib
from datetime import datetime

from callflow.core.alarms.incident import Incident, Machine, State
from callflow.core.calls.call import Call, Mode
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import StepKind
from callflow.core.signals.signal import Kind
from callflow.core.watch import supervision
from callflow.handling.alarms.acting import withdraw
from callflow.handling.alarms.operating import claim
from callflow.handling.base.refusals import Held, Refused
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents, surroundings
from callflow.storage.calls import calls
from callflow.storage.sites import contacts, sites

#: Alarms that a device tells of by calling.
VOICE_FIRST = frozenset({Kind.LIFT, Kind.MEDICAL})


def alarm_of(tx: Tx, number: str) -> Incident | None:
    """The newest open alarm that a call of the device with ``number`` is about, locked."""
    here = sorted({site for _, site in contacts.of_device(tx, number)})
    found = [
        incident
        for incident in (incidents.unfiled(tx, here, []) if here else [])
        if incident.state is State.OPEN and not incident.exercise and incident.kind in VOICE_FIRST
    ]
    return max(found, key=lambda incident: incident.opened_at, default=None)


def lift_of(tx: Tx, number: str) -> str | None:
    """The account of the lift whose cabin has ``number``; None: it is no lift's, or of several
    sites."""
    here = sorted({site for _, site in contacts.of_device(tx, number)})
    accounts = [row.account for row in sites.accounts(tx, here[0])] if len(here) == 1 else []
    kinds = surroundings.zone_kinds(tx, accounts)
    lifts = {of for (of, _), kind in kinds.items() if kind is Kind.LIFT}
    return min(lifts, default=None)


def arrived(tx: Tx, call_id: str, number: str, incident: Incident | None, now: datetime) -> None:
    """A device calls: for its alarm ``incident``, whose plan needs not call it any more; a
    lift's cabin without one is an alarm, by a signal of the station's."""
    if incident is not None and incident.kind in VOICE_FIRST:
        _in_the_plan(tx, call_id, number, incident, now)
        return
    account = lift_of(tx, number)
    if account is not None:
        about = supervision.station_signal("LIFT_CALL", account, call_id, now, text=number)
        store_signals(tx, [about])


def tie(tx: Tx, incident: Incident, now: datetime) -> None:
    """A signal opened or joined ``incident``: whoever is on the line from a device of its site
    calls about just this, and whoever of ours answered them has it (D20)."""
    if incident.site_id is None or incident.state is not State.OPEN:
        return
    for call in calls.of_devices_alone(tx, incident.site_id):
        legs = calls.in_room(tx, call.room) if call.room else []
        for one in {c.id: c for c in (call, *legs)}:
            calls.change(tx, one, incident_id=incident.id)
        tell(tx, "device_tied", now, incident, to=call.to, call=call.id)
        _in_the_plan(tx, call.id, call.to, incident, now)
        for leg in legs:
            if _talks(leg):
                with contextlib.suppress(Held, Refused):  # its holder is shown
                    claim(tx, incident.id, leg.operator, now)


def _talks(leg: Call) -> bool:
    up = leg.up and leg.mode is Mode.TALK
    return bool(up and leg.is_leg and leg.operator)


def _in_the_plan(tx: Tx, call_id: str, number: str, incident: Incident, now: datetime) -> None:
    """The plan's step that would call the device has its call: it is called by nobody meanwhile."""
    plan = call_plan.from_json(incident.plan)
    step = plan.first if incident.step is None else plan.step(incident.step)
    if step.kind is not StepKind.VOICE_FIRST or incident.machine is not Machine.RUNNING:
        return
    people = {
        contact for contact, site in contacts.of_device(tx, number) if site == incident.site_id
    }
    withdraw(tx, incident, now, step=step.id)
    attempt = 1 + calls.of_step(tx, incident.id, step.id)
    calls.change(tx, call_id, step=step.id, attempt=attempt, contact_id=min(people, default=None))
