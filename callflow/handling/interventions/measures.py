"""Protective measures (D26): opened with an end, lifted by a person, a human's again when over."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from callflow.core.alarms.incident import Incident, State
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import ProtectiveMeasure
from callflow.core.records.logbook import MACHINE
from callflow.core.signals.signal import Signal
from callflow.core.watch.supervision import station_signal
from callflow.handling.alarms.acting import settle
from callflow.handling.alarms.filing import normal_due
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.interventions import measures
from callflow.storage.watch import supervision


def open_measure(
    tx: Tx,
    incident: Incident,
    kind: Measure,
    text: str,
    lasts: timedelta,
    now: datetime,
    *,
    who: str = MACHINE,
) -> ProtectiveMeasure:
    """Protect the incident's site by ``text`` for ``lasts``."""
    of = incident.site_id or "", kind, text, who, now, now + lasts, incident.id
    measure = ProtectiveMeasure(uuid.uuid4().hex, *of)
    measures.insert(tx, measure)
    tell(tx, "measure_opened", now, incident, who_did=who, **_opened(measure))
    return measure


def open_fault(
    tx: Tx, site_id: str, zone: str, text: str, lasts: timedelta, now: datetime, *, who: str
) -> None:
    """A zone is out of service, whatever alarms there are (mission 5.4).

    At its end somebody looks at it: ``over``.
    """
    of = site_id, Measure.ZONE_OUT_OF_SERVICE, text, who, now, now + lasts
    measure = ProtectiveMeasure(uuid.uuid4().hex, *of, zone=zone)
    measures.insert(tx, measure)
    tell(tx, "measure_opened", now, site=site_id, who_did=who, **_opened(measure))


def _opened(measure: ProtectiveMeasure) -> dict[str, str]:
    until = measure.ends_at.isoformat(timespec="seconds")
    return {"measure": measure.kind.value, "note": measure.text, "until": until}


def over(tx: Tx, measure: ProtectiveMeasure, now: datetime) -> list[Signal]:
    """The time of a measure that stands for itself is over: a human decides what follows."""
    account = supervision.first_account(tx, measure.site_id)
    if not measures.lift(tx, measure.id, MACHINE, now) or account is None:
        return []
    about = "MEASURE_OVER", account, measure.id, now
    return [station_signal(*about, zone=measure.zone, text=measure.text)]


def lift_measure(
    tx: Tx, site_id: str, measure_id: str, who: str, now: datetime
) -> ProtectiveMeasure:
    """End a measure before its time. Raises NotFound, Refused."""
    measure = measures.get(tx, measure_id)
    if measure is None or measure.site_id != site_id:
        raise NotFound("there is no such measure at this site", measure_id)
    if not measures.lift(tx, measure_id, who, now):
        raise Refused("this measure is lifted already")
    incident = incidents.get(tx, measure.incident_id, lock=True) if measure.incident_id else None
    told: dict[str, Any] = {"note": measure.text, "who_did": who}
    if incident is None:
        tell(tx, "measure_lifted", now, site=site_id, **told)
    else:
        tell(tx, "measure_lifted", now, incident, **told)
        if incident.state is State.AWAITING_NORMAL:  # it waited only because it was protected
            incident = settle(tx, incident, now)
        if incident.state is State.AWAITING_NORMAL:
            incidents.change(tx, incident, normal_due=normal_due(tx, incident, now))
    return measures.get(tx, measure_id) or measure
