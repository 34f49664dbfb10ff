"""Evidence files: asked for, which is written down first; what goes into one; what was made."""

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow import ids
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, Recording, VoiceNote
from callflow.core.messages.outbox import Image
from callflow.core.records import disclosure
from callflow.core.records.disclosure import Asked, Disclosure, SealOfChain
from callflow.core.records.erasure import Person
from callflow.core.records.logbook import (
    FIRST,
    Anchor,
    Entry,
    Seal,
    chain_of,
    follows,
    is_before_numbers,
)
from callflow.core.records.masking import Known, Scope, Third, shown_to, values_of
from callflow.core.signals.signal import StoredSignal
from callflow.core.sites.declared import DeclaredSite
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import storable, tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls, spoken
from callflow.storage.interventions import firms, services
from callflow.storage.messages import outbox
from callflow.storage.people import users
from callflow.storage.records import disclosures as rows
from callflow.storage.records import sealing
from callflow.storage.signals import signals
from callflow.storage.sites import sites

_SHORTEST, _LONGEST, _WORDS = 3, 2000, 100


def ask(tx: Tx, incident_id: str, asked: Asked, who: str, now: datetime) -> Disclosure:
    """``who`` makes a file for somebody: written down before anything is read. Raises Refused."""
    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise NotFound("there is no such alarm")
    for text in (asked.name, asked.reason, asked.reference):
        if not _SHORTEST <= len(text.strip()) <= _LONGEST:
            raise Refused("say who asks, why, and by what reference: it is kept with the file")
    if len(asked.words) > _WORDS or any(len(word) > 200 for word in asked.words):
        raise Refused("mask at most 100 words or names more, of 200 letters")
    made = Disclosure(
        id=ids.new(now),
        incident_id=incident_id,
        requester=asked.requester,
        name=storable(asked.name.strip()),
        reason=storable(asked.reason.strip()),
        reference=storable(asked.reference.strip()),
        recordings=asked.recordings,
        images=asked.images,
        also=tuple(sorted(set(asked.also))),
        words=tuple(storable(word.strip()) for word in asked.words if word.strip()),
        asked_by=who,
        asked_at=now,
    )
    rows.insert(tx, made)
    # What else is masked is no word for the logbook: it would be masked there for ever.
    chosen = {"recordings": made.recordings, "images": made.images, "also": list(made.also)}
    about = {"requester": made.requester, "name": made.name, "reason": made.reason}
    told = {**about, "reference": made.reference, **chosen, "words": len(made.words)}
    tell(tx, "evidence_asked", now, incident, by=who, who_did=who, disclosure=made.id, **told)
    return made


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """Everything that may go into a file, as it stands at one moment, and whom it may name."""

    disclosure: Disclosure
    incident: Incident
    site: DeclaredSite | None
    entries: tuple[Entry, ...]
    excused: dict[str, tuple[str, str]]
    seals: tuple[SealOfChain, ...]
    faults: tuple[str, ...]
    signals: tuple[StoredSignal, ...]
    calls: tuple[Call, ...]
    recordings: dict[str, Recording]
    voices: tuple[VoiceNote, ...]
    images: tuple[Image, ...]
    scope: Scope
    whose: dict[str, Third]  # of each call


def collect(tx: Tx, disclosure_id: str, station: Collection[str] = ()) -> Collected:
    """What goes into the file; ``station`` are numbers of the station. Raises NotFound, also where
    the alarm's time is over."""
    asked = rows.get(tx, disclosure_id)
    if asked is None:
        raise NotFound("there is no such alarm")
    return _collect(tx, asked, station)


def preview(
    tx: Tx, incident_id: str, asked: Asked, now: datetime, station: Collection[str] = ()
) -> Collected:
    """What would go into the file of somebody who has not asked yet. Raises NotFound."""
    fields = {f.name: getattr(asked, f.name) for f in dataclasses.fields(Asked)}
    about = Disclosure(**fields, id="", incident_id=incident_id, asked_by="", asked_at=now)
    return _collect(tx, about, station)


def _collect(tx: Tx, asked: Disclosure, station: Collection[str]) -> Collected:
    incident = incidents.get(tx, asked.incident_id)
    if incident is None:
        raise NotFound("there is no such alarm")
    entries = tuple(rows.chain(tx, incident.id))
    of_incident = tuple(calls.of_incident(tx, incident.id))
    ids = [call.id for call in of_incident]
    seals, faults = _seals(tx, incident.id, entries)
    known, whose, ours = _people(tx, incident.site_id, of_incident)
    return Collected(
        disclosure=asked,
        incident=incident,
        site=sites.get(tx, incident.site_id) if incident.site_id else None,
        entries=entries,
        excused=disclosure.excuses(rows.excuses(tx), tx.info["mac"]),
        seals=tuple(seals),
        faults=tuple(faults),
        signals=tuple(signals.of_incidents(tx, [incident.id])[incident.id]),
        calls=of_incident,
        recordings=calls.recordings(tx, ids),
        voices=tuple(spoken.of_calls(tx, ids)),
        images=tuple(outbox.images_of(tx, [incident.id])[incident.id]),
        scope=Scope(
            shown=shown_to(asked.requester, asked.also),
            known=tuple(known),
            ours=frozenset({*ours, *station}),
            elsewhere=tuple(_elsewhere(tx, entries, incident)),
            words=asked.words,
        ),
        whose=whose,
    )


def _people(
    tx: Tx, site_id: str | None, of_incident: Sequence[Call]
) -> tuple[list[Known], dict[str, Third], set[str]]:
    """Whom texts may name, whose voice each call is, and numbers that are no person's."""
    contact_ids = sorted({call.contact_id for call in of_incident if call.contact_id})
    people = rows.people_of(tx, site_id, contact_ids)
    no_persons = rows.no_persons(tx, [one.id for one in people])
    members = firms.members_at(tx, site_id) if site_id else []
    of_firms = {one.id for one in members} | rows.firms_among(tx, [one.id for one in people])
    staff, lines = users.users(tx), services.lines(tx)
    ours: set[str] = set()
    known = [Known(Third.MEMBERS, _person(one.id, one.name, one.phone)) for one in members]
    for one in people:
        whose = Third.MEMBERS if one.id in of_firms else Third.CONTACTS
        # Firms and premises are no persons: their names stay, and so do their numbers.
        if one.id not in no_persons:
            known.append(Known(whose, _person(one.id, one.name, one.phone)))
        elif one.phone:
            ours.add(one.phone)
    known += [Known(Third.STAFF, _person(user.id, user.name, None)) for user in staff]
    known += [Known(Third.SERVICES, _person(line.id, "", line.number)) for line in lines]
    numbers = {line.number for line in lines}
    return known, {call.id: _whose(call, of_firms, numbers) for call in of_incident}, ours


def _person(id: str, name: str, phone: str | None) -> Person:
    return Person(id=id, name=name, numbers=(phone,) if phone else ())


def _whose(call: Call, of_firms: set[str], services_numbers: set[str]) -> Third:
    if call.to in services_numbers:
        return Third.SERVICES
    if call.operator:
        return Third.STAFF
    if call.contact_id is None:
        return Third.OTHERS
    return Third.MEMBERS if call.contact_id in of_firms else Third.CONTACTS


_SITES = ("site", "site_id", "sites")


def _elsewhere(tx: Tx, entries: Sequence[Entry], incident: Incident) -> list[str]:
    """The names of other sites that are told of."""
    site_ids = {text for entry in entries for text in values_of(entry.data, _SITES)}
    site_ids |= {entry.site for entry in entries if entry.site}
    ids = {text for entry in entries for text in values_of(entry.data) if _is_id(text)}
    ids.discard(incident.id)
    return rows.names_elsewhere(tx, site_ids, ids, incident.site_id)


def _is_id(text: str) -> bool:
    return len(text) == 32 and text.isalnum()


def _seals(
    tx: Tx, incident_id: str, entries: Sequence[Entry]
) -> tuple[list[SealOfChain], list[str]]:
    """What seals hold of the chain, and those that are not ours."""
    chain = chain_of(incident_id)
    found = [
        seal
        for seal in rows.seals_after(tx, [entry.at for entry in entries])
        if any(head[0] == chain for head in seal.heads)
    ]
    faults = [f"seal {seal.number}" for seal in found if not _is_ours(tx, seal)]
    return disclosure.of_chain(found, chain), faults


def _is_ours(tx: Tx, seal: Seal) -> bool:
    before = sealing.seals_from(tx, seal.number - 1, 1)
    previous = Anchor(before[0].number, before[0].mac) if seal.number > 1 else FIRST
    mac = tx.info["mac"]
    return follows(seal, previous, mac) or is_before_numbers(seal, previous.mac, mac)


def made(tx: Tx, asked: Disclosure, who: str, now: datetime, **of_file: Any) -> None:
    """A file was made, and handed to ``who``: its size and hash, what was masked and left out."""
    rows.made(tx, asked.id, now, **of_file)
    incident = incidents.get(tx, asked.incident_id)
    told = {"disclosure": asked.id, "requester": asked.requester, "name": asked.name, **of_file}
    tell(tx, "evidence_made", now, incident, by=who, who_did=who, **told)


def taken(tx: Tx, asked: Disclosure, who: str, now: datetime) -> None:
    """``who`` takes the file that was made with them."""
    told = {"disclosure": asked.id, "requester": asked.requester, "name": asked.name}
    tell(
        tx, "evidence_taken", now, incidents.get(tx, asked.incident_id), by=who, who_did=who, **told
    )
