"""Protective measures (D26): opened with an end, lifted by a person, a human's again when over."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from callflow.call_plan import Measure
from callflow.handling.refusals import NotFound, Refused
from callflow.handling.telling import tell
from callflow.incident import State
from callflow.logbook import MACHINE
from callflow.storage import Tx, incidents, measures

Row = dict[str, Any]

#: A treated site must be back to normal by then, or it is a human's again (D26).
NORMAL_WITHIN = timedelta(minutes=30)


def normal_due(tx: Tx, row: Row, now: datetime) -> datetime:
    """By when a treated incident's site must be normal: a measure gives it more time (D26)."""
    protected = measures.protected_until(tx, row["id"], now)
    return max(now + NORMAL_WITHIN, protected or now)


def open_measure(
    tx: Tx,
    row: Row,
    kind: Measure,
    text: str,
    lasts: timedelta,
    now: datetime,
    *,
    who: str = MACHINE,
) -> Row:
    """Protect the incident's site by ``text`` for ``lasts``; the measure's row."""
    measure: Row = {
        "id": uuid.uuid4().hex,
        "site_id": row["site_id"],
        "incident_id": row["id"],
        "kind": kind.value,
        "text": text,
        "opened_by": who,
        "began_at": now,
        "ends_at": now + lasts,
        "lifted_at": None,
        "lifted_by": "",
    }
    measures.insert(tx, measure)
    until = measure["ends_at"].isoformat(timespec="seconds")
    tell(tx, "measure_opened", now, row, measure=kind.value, note=text, until=until, who_did=who)
    return measure


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
        if row["state"] == State.AWAITING_NORMAL.value:  # it waited only because it was protected
            incidents.change(tx, row, normal_due=normal_due(tx, row, now))
    return measures.get(tx, measure_id) or measure
