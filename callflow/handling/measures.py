"""Protective measures (D26): opened with an end, lifted by a person, a human's again when over."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from callflow.call_plan import Measure
from callflow.handling.telling import tell
from callflow.logbook import MACHINE
from callflow.storage import Tx, measures

Row = dict[str, Any]


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
