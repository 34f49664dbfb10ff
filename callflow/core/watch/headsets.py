"""A headset as an organ of the station, by what its wearer found out. Pure."""

from datetime import datetime

from callflow.core.desks.dead_man import LONGEST_SHIFT
from callflow.core.desks.sound import QUIETEST, SoundCheck
from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading


def reading(who: str, check: SoundCheck, at: datetime) -> Reading:
    """What ``who`` found out ``at`` an instant (UTC): it holds for a shift.

    A headset that fails is to be looked at: there is another telephone.
    """
    fault = check.fault
    return Reading(
        part=Part.HEADSET,
        name=who,
        state=State.OK if fault is None else State.DEGRADED,
        reason=None if fault is None else Reason(fault.value),
        figure=check.level,
        unit="" if check.level is None else "decibels",
        limit=None if check.level is None else QUIETEST,
        at=at,
        valid=LONGEST_SHIFT,
    )
