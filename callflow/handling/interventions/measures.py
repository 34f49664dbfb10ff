"""Protective measures (D26): opened with an end, lifted by a person, a human's again when over."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from callflow.core.alarms.incident import Incident, State
from callflow.core.plans.call_plan import Measure
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
from callflow.storage.watch import supervision as rows

Row = dict[str, Any]


def open_measure(
    tx: Tx,
    row: Incident,
    kind: Measure,
    text: str,
    lasts: timedelta,
    now: datetime,
    *,
    who: str = MACHINE,
) -> Row:
    """Protect the incident's site by ``text`` for ``lasts``; the measure's row."""
    of: Row = {"site_id": row.site_id, "incident_id": row.id, "zone": ""}
    measure = _insert(tx, of, kind, text, lasts, now, who)
    tell(tx, "measure_opened", now, row, who_did=who, **_opened(measure))
    return measure


def open_fault(
    tx: Tx, site_id: str, zone: str, text: str, lasts: timedelta, now: datetime, *, who: str
) -> Row:
    """A zone is out of service, whatever alarms there are; the measure's row (mission 5.4).

    At its end somebody looks at it: ``over``.
    """
    of: Row = {"site_id": site_id, "incident_id": None, "zone": zone}
    measure = _insert(tx, of, Measure.ZONE_OUT_OF_SERVICE, text, lasts, now, who)
    tell(tx, "measure_opened", now, site=site_id, who_did=who, **_opened(measure))
    return measure


def _insert(
    tx: Tx, of: Row, kind: Measure, text: str, lasts: timedelta, now: datetime, who: str
) -> Row:
    measure: Row = {
        "id": uuid.uuid4().hex,
        **of,
        "kind": kind.value,
        "text": text,
        "opened_by": who,
        "began_at": now,
        "ends_at": now + lasts,
        "lifted_at": None,
        "lifted_by": "",
    }
    measures.insert(tx, measure)
    return measure


def _opened(measure: Row) -> Row:
    until = measure["ends_at"].isoformat(timespec="seconds")
    return {"measure": measure["kind"], "note": measure["text"], "until": until}


def over(tx: Tx, measure: Row, now: datetime) -> list[Signal]:
    """The time of a measure that stands for itself is over: a human decides what follows."""
    account = rows.first_account(tx, measure["site_id"])
    if not measures.lift(tx, measure["id"], MACHINE, now) or account is None:
        return []
    told: Row = {"zone": measure["zone"], "text": measure["text"]}
    return [station_signal("MEASURE_OVER", account, measure["id"], now, **told)]


def lift_measure(tx: Tx, site_id: str, measure_id: str, who: str, now: datetime) -> Row:
    """End a measure before its time; its row. Raises NotFound, Refused."""
    measure = measures.get(tx, measure_id)
    if measure is None or measure["site_id"] != site_id:
        raise NotFound("there is no such measure at this site", measure_id)
    if not measures.lift(tx, measure_id, who, now):
        raise Refused("this measure is lifted already")
    row = incidents.get(tx, measure["incident_id"], lock=True) if measure["incident_id"] else None
    told = {"note": measure["text"], "who_did": who}
    if row is None:
        tell(tx, "measure_lifted", now, site=site_id, **told)
    else:
        tell(tx, "measure_lifted", now, row, **told)
        if row.state is State.AWAITING_NORMAL:  # it waited only because it was protected
            row = settle(tx, row, now)
        if row.state is State.AWAITING_NORMAL:
            incidents.change(tx, row, normal_due=normal_due(tx, row, now))
    return measures.get(tx, measure_id) or measure
