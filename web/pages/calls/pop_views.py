"""The screen pop: who calls, about which site, and what to say, before the phone is answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call
from callflow.core.signals.signal import Kind
from callflow.core.sites.declared import DeclaredSite
from callflow.handling.alarms import bank_openings
from callflow.handling.alarms.ends.muting import ruling_alarm
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.interventions import services
from callflow.storage.sites import contacts, sites
from web.kit.i18n import STATION_ZONE
from web.pages.alarms import phrases
from web.pages.alarms.image_views import Shown, newest
from web.pages.alarms.people_views import Agreed, instructions_of
from web.pages.alarms.views import step_kind

#: So many sites are offered where a number belongs to several; so many last incidents are shown.
_CANDIDATES, _LAST = 8, 4
#: So many cameras' newest stills are on the pop; all of them are on the incident's page.
_STILLS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A site that it may be about, who calls there, and its alarm: what may be said of it, in which
    language. ``mute``: nothing may be, an alarm there is personal (``ruled_by``, where another)."""

    site: DeclaredSite | None
    who: str
    incident: Incident | None
    mute: bool
    ruled_by: Incident | None
    say: dict[str, str] | None
    instructions: list[Agreed]
    images: list[Shown]
    last: list[Incident]
    zone: str


@dataclass(frozen=True, kw_only=True)
class Pop:
    """What the pop of one ringing leg shows. ``how``: what tells who it is (plan, incident, code,
    number, service, unknown). With several ``candidates`` a person chooses.
    """

    leg: str
    call: Call
    how: str
    who: str
    candidates: tuple[Candidate, ...]


def pop(tx: Tx, leg: Call, now: datetime) -> Pop | None:
    """The pop of an operator's leg that rings; None where nobody from outside is there."""
    room = calls.in_room(tx, leg.room) if leg.room else []
    person = next((call for call in room if not call.is_leg), None)
    if person is None:
        return None
    contact = contacts.get(tx, person.contact_id) if person.contact_id else None
    who = contact.name if contact else ""
    found: dict[str, Any] = {"leg": leg.id, "call": person}
    typed = ((person.progress or {}).get("place") or {}).get("kept", {})  # in the menu
    if person.incident_id:
        known = "code" if "person" in typed else "plan" if contact else "incident"
        incident = incidents.get(tx, person.incident_id)
        one = (
            () if incident is None else (_candidate(tx, incident.site_id, incident, who, now, leg),)
        )
        who = who or _name_at(tx, person.to, incident)
        return Pop(**found, how=known, who=who, candidates=one)
    service = services.name_of(tx, person.to)
    if service is not None:
        about = services.last_called(tx, person.to)
        incident = incidents.get(tx, about) if about else None
        one = (
            () if incident is None else (_candidate(tx, incident.site_id, incident, "", now, leg),)
        )
        return Pop(**found, how="service", who=service, candidates=one)
    if "person" in typed:
        here = tuple(_candidates(tx, [(typed["person"], typed["site"])], now, leg, ""))
        return Pop(**found, how="code", who=who, candidates=here)
    owners = contacts.owners_of(tx, [person.to]).get(person.to, set())
    some = tuple(_candidates(tx, owners, now, leg, person.to))
    names = {candidate.who for candidate in some}
    return Pop(
        **found,
        how="number" if some else "unknown",
        who=next(iter(names)) if len(names) == 1 else "",
        candidates=some,
    )


def _candidates(
    tx: Tx, owners: Iterable[tuple[str, str]], now: datetime, leg: Call, number: str
) -> Iterable[Candidate]:
    """A site each, those with an open alarm first."""
    ordered = sorted(owners, key=lambda owner: (owner[1], owner[0]))
    names = contacts.names_of(tx, [contact for contact, _ in ordered])
    made = []
    for contact, site in ordered[: _CANDIDATES * 4]:
        unfiled = [i for i in incidents.unfiled(tx, [site], []) if i.state is State.OPEN]
        newest = min(unfiled, key=lambda i: (i.priority, i.opened_at), default=None)
        made.append((newest is None, contact, site, newest))
    made.sort(key=lambda found: found[0])
    device = number in contacts.devices(tx, [number])
    for _, contact, site, incident in made[:_CANDIDATES]:
        yield _candidate(tx, site, incident, names.get(contact, ""), now, leg, device=device)


def _words(
    incident: Incident | None,
    site: DeclaredSite | None,
    leg: Call,
    *,
    device: bool,
    mute: bool,
) -> dict[str, str] | None:
    name = leg.operator
    if mute:
        return None
    if incident is not None:
        step = step_kind(incident.plan, incident.step)
        asked = bank_openings.question_of(incident)
        question = asked.text if asked else ""
        return phrases.of_incident(
            incident, site, step, name=name, zone="", mute=mute, question=question
        )
    return phrases.to_caller(site.language if site else "fr", name=name, device=device)


def _name_at(tx: Tx, number: str, incident: Incident | None) -> str:
    """Of whoever calls about a site: a hint, by their number."""
    owners = contacts.owners_of(tx, [number]).get(number, set())
    here = [contact for contact, site in owners if incident and site == incident.site_id]
    return contacts.names_of(tx, here).get(here[0], "") if here else ""


def _candidate(
    tx: Tx,
    site_id: str | None,
    incident: Incident | None,
    who: str,
    now: datetime,
    leg: Call,
    *,
    device: bool = False,
) -> Candidate:
    kind = incident.kind if incident else Kind.UNKNOWN
    site = sites.get(tx, site_id) if site_id else None
    ruling = ruling_alarm(tx, site_id)
    mute = ruling is not None or (incident is not None and incident.mute)
    return Candidate(
        site=site,
        who=who,
        incident=incident,
        mute=mute,
        ruled_by=ruling if ruling and (incident is None or ruling.id != incident.id) else None,
        say=_words(incident, site, leg, device=device, mute=mute),
        instructions=instructions_of(tx, site_id, kind, now),
        images=newest(tx, incident)[:_STILLS] if incident else [],
        last=incidents.last_of_site(tx, site_id, _LAST) if site_id else [],
        zone=site.timezone if site else STATION_ZONE,
    )
