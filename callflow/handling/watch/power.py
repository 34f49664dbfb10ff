"""Where a battery ends: told in the logbook, and offered to whoever is at the desks."""

from collections.abc import Collection, Mapping
from datetime import datetime

from callflow.core.alarms.incident import Machine
from callflow.core.signals.signal import Category, Kind
from callflow.core.time.instants import to_iso
from callflow.core.watch import power
from callflow.core.watch.failures import place
from callflow.core.watch.power import Act
from callflow.handling.alarms.acting import hand_to_human
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls

#: Why the alarm of a supply is a human's: another station can take the work over.
HAND_OVER = "hand_over"
_TOLD: Mapping[Act, str] = {
    Act.OFFER: "power_offer",
    Act.WAIT: "power_wait",
    Act.STOP: "power_stop",
}


def calls_now(tx: Tx, node: str) -> power.Calls:
    """The calls of a node that live, and the vital alarms that the machine works on."""
    up = calls.on_trunk(tx, node)
    in_need = sum(map(power.is_in_need, up))
    vital = [
        one
        for one in incidents.open_ones(tx)
        if one.category is Category.VITAL
        and one.machine is Machine.RUNNING
        and one.kind is not Kind.ORGAN
    ]
    return power.Calls(in_need=in_need, others=len(up) - in_need + len(vital))


def acts(
    tx: Tx,
    act: Act,
    who: power.Calls,
    left: float,
    supplies: Collection[str],
    now: datetime,
) -> None:
    """Tell what the station does with so many seconds ``left``, and have a human look at the alarms
    of these ``supplies`` (keys of organs): another station can be asked to take over."""
    tell(
        tx,
        _TOLD[act],
        now,
        minutes=f"{left / 60:.0f}",
        in_need=str(who.in_need),
        others=str(who.others),
    )
    theirs = {place(key) for key in supplies}
    for incident in incidents.open_ones(tx, kinds=[Kind.ORGAN]):
        if theirs & set(incident.zones):
            hand_to_human(tx, incident, HAND_OVER, now)


def runs_again(tx: Tx, since: datetime, now: datetime) -> None:
    """The station was stopped since then, and is not any more: whoever reads the logbook must know
    of the gap."""
    tell(tx, "power_back", now, since=to_iso(since))
