"""The verification form's choices, and what speaks for and against an intrusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from callflow.core.alarms.evidence import Sign
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call
from callflow.core.interventions.law import Finding
from callflow.handling.alarms import evidence
from callflow.handling.base import policy
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from callflow.storage.calls import calls
from callflow.storage.sites import contacts as contact_rows
from web.kit.i18n import phone
from web.pages.alarms.image_views import Shown, images_of
from web.pages.alarms.people_views import instructions_of
from web.pages.alarms.task_views import GuardView, TaskView, tasks_of

Row = dict[str, Any]

#: Signs whose source is one of law.Means.
_BY_MEANS = frozenset({Sign.SEEN, Sign.DOUBT, Sign.NOTHING_SEEN, Sign.OPINION})


def evidence_of(tx: Tx, row: Incident) -> Row | None:
    """The score and its reasons; of calls the person's name rather than the number."""
    found = evidence.evidence_of(tx, row)
    if found is None:
        return None
    names = _names(tx, calls.of_incident(tx, row.id))
    return {
        "score": found.score,
        "reasons": [
            {
                "sign": reason.sign,
                "points": reason.points,
                "source": _person(reason.source, names),
                "means": reason.source if reason.sign in _BY_MEANS else None,
            }
            for reason in found.reasons
        ],
    }


def _names(tx: Tx, made: Sequence[Call]) -> dict[str, str]:
    """{number: name} of the people who were called."""
    names = contact_rows.names_of(tx, {c.contact_id for c in made if c.contact_id})
    return {c.to: names[c.contact_id] for c in made if c.contact_id in names}


def _person(source: str, names: Mapping[str, str]) -> str:
    return names.get(source) or (phone(source) if source.startswith("+") else source)


def items_of(tx: Tx, row: Incident) -> list[Shown]:
    """Images to look at, oldest first: a new one is added at the end, under no choice."""
    return [image for image in images_of(tx, row) if not image.problem]


def heard_of(tx: Tx, row: Incident) -> list[Row]:
    """The answered calls in which something can have been heard, oldest first."""
    made = calls.of_incident(tx, row.id)
    names = _names(tx, made)
    return [
        {"id": c.id, "step": c.step, "answered_at": c.answered_at, "who": _person(c.to, names)}
        for c in made
        if c.answered_at and not c.is_leg
    ]


def under_way(asked: Iterable[TaskView]) -> list[GuardView]:
    """The guards who are on their way or on site now: who was only asked, has refused, was called
    off or has left is none of them."""
    guards = [one.guard for one in asked if one.task.open and one.guard]
    return [guard for guard in guards if guard.accepted_at and not guard.left_at]


def script_of(tx: Tx, row: Incident, verifications: list[Row], now: datetime) -> Row:
    """Words for a service (D23): the way in, what was verified, who is sent, our number."""
    notes = [
        one
        for one in instructions_of(tx, row.site_id, row.kind, now)
        if one["kind"] == "note" and one["counts"]
    ]
    positive = [one for one in verifications if one["result"] == Finding.CONFIRMED.value]
    numbers = [trunk.human_number for trunk in policy.load_policy(tx).trunks]
    return {
        "notes": [one["text"] for one in notes],
        "verified": positive[-3:],
        "guards": under_way(tasks_of(tx, row, tasks.of_incident(tx, row.id))),
        "call_back": next(iter(numbers), ""),
    }
