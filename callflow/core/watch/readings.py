"""Readings: how a probe found an organ, and for how long that is believed. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.core.watch.organs import Organ, Part, Reason, State, key_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One organ as a probe found it ``at`` an instant (UTC). ``detail`` is text from outside;
    ``figure`` and ``limit`` are in ``unit``.

    After ``valid`` nothing is known of it any more. ``vital``: its failure is a vital alarm;
    ``elsewhere``: its failure is an alarm already, such as a panel's, and makes no other.
    """

    part: Part
    name: str = ""
    node: str = ""
    state: State
    reason: Reason | None = None
    detail: str = ""
    figure: float | None = None
    unit: str = ""
    limit: float | None = None
    at: datetime
    valid: timedelta
    vital: bool = False
    elsewhere: bool = False

    @property
    def key(self) -> str:
        """The key of its organ."""
        return key_of(self.part, self.name, self.node)


def organ(reading: Reading, now: datetime) -> Organ:
    """The organ as it is by now: *unknown* where the probe has been silent for too long."""
    silent = now - reading.at > reading.valid
    return Organ(
        part=reading.part,
        name=reading.name,
        node=reading.node,
        state=State.UNKNOWN if silent else reading.state,
        reason=Reason.SILENT if silent else reading.reason,
        detail=reading.detail,
        figure=None if silent else reading.figure,
        unit=reading.unit,
        limit=reading.limit,
        vital=reading.vital,
        elsewhere=reading.elsewhere,
        read=True,
    )
