"""The station goes into the shadow of another system, and out of it: at a start, by the setting.

Into it go all its sites, and each is moved over by hand (commissioning.py): taking the setting away
brings none of them over.
"""

from collections.abc import Iterable
from datetime import datetime

from callflow.core.alarms.incident import Machine, State
from callflow.core.calls.call import CallState, Outcome
from callflow.core.calls.trunks import SHADOW
from callflow.handling.alarms.acting import hand_to_human, withdraw
from callflow.handling.alarms.rehearsing import end_rehearsal
from callflow.handling.base.policy import load_policy
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.messages import subscriptions
from callflow.storage.people import users
from callflow.storage.records.horizon import horizon
from callflow.storage.sites import moves, sites

#: Why a human has an alarm on which another system acted until then.
FROM_SHADOW = "from_shadow"


def follow_setting(tx: Tx, *, shadow: bool, now: datetime) -> None:
    """At a start, before the setting becomes the station's: what its change means."""
    was = load_policy(tx).shadow
    if shadow and not was:
        _begin(tx, now)
    elif was and not shadow:
        _end(tx, now)


def _begin(tx: Tx, now: datetime) -> None:
    count = moves.all_into_shadow(tx, now)
    for incident_id in moves.unfiled_of(tx):
        into_shadow(tx, incident_id)
    note_sites(tx)
    tell(tx, "shadow_begun", now, sites=str(count))


def _end(tx: Tx, now: datetime) -> None:
    shadowed = moves.shadowed_incidents(tx)
    open_ones = to_humans(tx, shadowed, now)
    alive = {one.id: one for one in moves.standing(tx, shadow=True, limit=_ALL)}
    for incident_id in shadowed:
        incident = incidents.get(tx, incident_id)
        if incident is not None and incident.site_id not in alive:
            incidents.change(tx, incident, shadow=False)
    end_calls(tx, now)
    # What happened meanwhile was the other system's to tell.
    subscriptions.skip_to(tx, horizon(tx).last)
    note_sites(tx)
    tell(tx, "shadow_over", now, alarms=str(open_ones), sites=str(len(alive)))


_ALL = 1_000_000


def into_shadow(tx: Tx, incident_id: str) -> None:
    """Another system acts on it: whoever is spoken with is not cut off, nobody else is called."""
    incident = incidents.get(tx, incident_id, lock=True)
    assert incident is not None, "it was read in this transaction"
    incidents.change(tx, incident, shadow=True)
    waiting = [call for call in calls.of_incident(tx, incident_id) if call.live]
    calls.into_shadow(tx, [call.id for call in waiting])


def to_humans(tx: Tx, incident_ids: Iterable[str], now: datetime) -> int:
    """Those of these that are open become a person's, and their machine stops; how many."""
    count = 0
    for incident_id in incident_ids:
        incident = incidents.get(tx, incident_id, lock=True)
        if incident is None or incident.state is not State.OPEN:
            continue
        if incident.exercise:
            end_rehearsal(tx, incident, "callflow", now)
            continue
        withdraw(tx, incident, now)
        handed = hand_to_human(tx, incident, FROM_SHADOW, now)
        stopped = Machine.STOPPED if handed.machine is Machine.RUNNING else handed.machine
        incidents.change(tx, handed, machine=stopped, machine_due=None)
        count += 1
    return count


def end_calls(tx: Tx, now: datetime, incident_ids: Iterable[str] | None = None) -> None:
    """The calls that stand-ins have are over: nobody decides by them any more."""
    ours = None if incident_ids is None else set(incident_ids)
    for call in calls.live_in_shadow(tx):
        if ours is None or call.incident_id in ours:
            calls.change(
                tx,
                call.id,
                state=CallState.ENDED,
                outcome=Outcome.UNKNOWN,
                detail=SHADOW,
                ended_at=now,
            )


def note_sites(tx: Tx) -> None:
    """How many sites are in shadow, where each process sees it; who acts for which account."""
    users.write_settings(tx, {"shadow_sites": moves.count(tx)[True]})
    sites.accounts_changed(tx)
