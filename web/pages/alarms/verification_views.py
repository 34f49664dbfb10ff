"""The verification form's choices, and what speaks for and against an intrusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from callflow.core.alarms.evidence import Evidence
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call
from callflow.core.interventions.law import Finding, Verification
from callflow.core.messages.outbox import Image
from callflow.core.sites.instructions import InstructionKind
from callflow.handling.alarms import evidence
from callflow.handling.base import policy
from callflow.storage import Tx
from callflow.storage.sites import contacts
from web.kit.i18n import phone
from web.pages.alarms.image_views import Shown
from web.pages.alarms.people_views import Agreed
from web.pages.alarms.task_views import GuardView, TaskView


def evidence_of(
    tx: Tx,
    incident: Incident,
    made: Sequence[Call],
    recorded: Sequence[Verification],
    images: Sequence[Image],
) -> Evidence | None:
    """The score and its reasons; of calls the person's name rather than the number."""
    found = evidence.evidence_of(tx, incident, made, recorded, images)
    if found is None:
        return None
    names = _names(tx, made)
    named = (replace(one, source=_person(one.source, names)) for one in found.reasons)
    return replace(found, reasons=tuple(named))


def _names(tx: Tx, made: Sequence[Call]) -> dict[str, str]:
    """{number: name} of the people who were called."""
    names = contacts.names_of(tx, {c.contact_id for c in made if c.contact_id})
    return {c.to: names[c.contact_id] for c in made if c.contact_id in names}


def _person(source: str, names: Mapping[str, str]) -> str:
    return names.get(source) or (phone(source) if source.startswith("+") else source)


def heard_in(tx: Tx, made: Sequence[Call]) -> list[tuple[Call, str]]:
    """The answered calls in which something can have been heard, oldest first, and with whom."""
    names = _names(tx, made)
    return [(c, _person(c.to, names)) for c in made if c.answered_at and not c.is_leg]


def under_way(asked: Iterable[TaskView]) -> list[GuardView]:
    """The guards who are on their way or on site now: who was only asked, has refused, was called
    off or has left is none of them."""
    guards = [one.guard for one in asked if one.task.open and one.guard]
    return [guard for guard in guards if guard.accepted_at and not guard.left_at]


@dataclass(frozen=True, slots=True)
class Verifying:
    """The choices of the verification's and of the report's form: every image of the incident, the
    calls in which somebody was heard, and the words for a service."""

    images: list[Shown]
    heard: list[tuple[Call, str]]
    script: Script


@dataclass(frozen=True, slots=True)
class Script:
    """Words for a service (D23): the way in, what was verified, who is sent, our number."""

    notes: list[str]
    verified: list[Verification]
    guards: list[GuardView]
    call_back: str


def script_of(
    tx: Tx,
    agreed: Iterable[Agreed],
    verifications: Iterable[Verification],
    asked: Iterable[TaskView],
) -> Script:
    """The words of an incident, of what is agreed for its site, was verified, and asked of it."""
    numbers = [trunk.human_number for trunk in policy.load_policy(tx).trunks]
    notes = [one for one in agreed if one.kind is InstructionKind.NOTE and one.counts]
    return Script(
        notes=[one.text for one in notes],
        verified=[one for one in verifications if one.result is Finding.CONFIRMED][-3:],
        guards=under_way(asked),
        call_back=next(iter(numbers), ""),
    )
