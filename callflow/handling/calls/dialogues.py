"""What a dialogue on the phone reads and commits; each transition is a row
(docs/explanation/telephony.md)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call, Mode, Outcome
from callflow.core.calls.dialogue import (
    ASKING,
    SILENT,
    Answer,
    CodeVerdict,
    Dialogue,
    Facts,
    Phrase,
    Progress,
)
from callflow.core.calls.dialogue import State as DialogueState
from callflow.core.calls.on_call import as_called
from callflow.core.calls.prompts import recordable_phrases
from callflow.core.calls.purpose import Purpose
from callflow.core.plans import call_plan
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.declared import Person
from callflow.core.sites.site import Authority, Contact, Role, Site
from callflow.core.sites.zones import zone_name
from callflow.handling.alarms import device_calls
from callflow.handling.alarms.ends.muting import is_mute_here
from callflow.handling.alarms.group_calls import may_call_back
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import STATION_NAME, load_policy
from callflow.handling.base.spoken_organs import of_alarm
from callflow.handling.base.telling import storable
from callflow.handling.callers import identity
from callflow.handling.calls.calling import call_arrived, dialogue_concluded, join_room
from callflow.handling.desks import waiting_line
from callflow.handling.interventions.service_calls import asked_service
from callflow.handling.sites.in_force import site_now
from callflow.handling.sites.numbers import e164
from callflow.handling.sites.passwords import readable
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.callers import call_backs
from callflow.storage.calls import calls
from callflow.storage.interventions import firms
from callflow.storage.sites import contacts, sites
from callflow.texts.station.trunks import TESTS
from callflow.vault import Vault, equal

_LONGEST_NUMBER = 32  # characters of what a caller's network says, as a row has room for


def dialogue_begin(
    tx: Tx, vault: Vault, call_id: str, call: Call | None = None
) -> tuple[Facts, Progress] | None:
    """What may be said in this call, and how far it was; from now on it is *begun*.

    ``call``: as it is, where this transaction has changed it. None for a call that nobody knows.
    """
    call = call or calls.get(tx, call_id, lock=True)  # from now on nobody follows this call
    if call is None:
        return None
    facts = _facts(tx, vault, call)
    if call.progress:
        return facts, Progress.from_json(call.progress)
    progress = Progress.start(facts)
    begun: dict[str, Any] = {"progress": replace(progress, begun=True).to_json()}
    if progress.result is not None:  # with the other side at once, and nothing is asked
        begun["result"] = progress.result
    calls.change(tx, call_id, **begun)
    return facts, progress


def _facts(tx: Tx, vault: Vault, call: Call) -> Facts:
    """What is known of this call, and, of who waits in the queue, which number they are."""
    about = calls.incident_of(tx, call)
    facts = _of_call(tx, vault, call, about)
    if facts.dialogue is Dialogue.INCOMING:
        if call.room is None:
            facts = _asked_who(tx, call, about, facts)
        if spoken := waiting_line.language_of(tx, call, about):
            facts = replace(facts, language=spoken)
    if (call.progress or {}).get("state") == DialogueState.POSITION.value:
        device = bool(contacts.devices(tx, [call.to]))
        facts = replace(facts, position=waiting_line.place_of(tx, call), device=device)
    for_call_backs = call.purpose is Purpose.QUEUE and call.incident_id is None
    return replace(facts, call_backs=call_backs.count_open(tx)) if for_call_backs else facts


def _asked_who(tx: Tx, call: Call, incident: Incident | None, facts: Facts) -> Facts:
    """A caller who is for the menu."""
    site = identity.hint(tx, call.to, incident)
    member = None if site else firms.with_number(tx, call.to)
    coded = member is not None and member.code is not None
    return replace(
        facts,
        menus=True,
        hint=site,
        member=member.id if member and coded else "",
        known_fault=incident is not None and _in_storm(tx, incident),
    )


def _in_storm(tx: Tx, incident: Incident) -> bool:
    """True where a storm holds an incident's plan, or is still open (D10)."""
    storm = incidents.get(tx, incident.storm_id) if incident.storm_id else None
    over = storm is None or storm.state is not State.OPEN
    return incident.storm_until is not None or not over


def _of_call(tx: Tx, vault: Vault, call: Call, incident: Incident | None) -> Facts:
    dialogue = call.dialogue
    if call.step in TESTS:
        return _of_test(call, dialogue)
    if incident is None or dialogue in SILENT:
        return Facts(
            dialogue=dialogue,
            station=STATION_NAME,
            room=call.room or "",
            spied=(call.wanted or {}).get("spied", ""),
            whispers=call.mode is Mode.WHISPER,
        )
    kind, asked_at = incident.kind, call.requested_at
    site = _site(tx, vault, incident.site_id, kind, asked_at)
    zone = next(iter(incident.zones), "")
    names = sites.zone_names(tx, site.id) if site and zone else {}
    common: dict[str, Any] = dict(
        dialogue=dialogue,
        station=STATION_NAME,
        site_name=site.name if site else incident.account,
        kind=kind,
        zone=zone,
        zone_name=zone_name(names, incident.account, zone),
        priority=incident.priority,
        personal=is_mute_here(tx, incident),
        exercise=incident.exercise,
    )
    if dialogue is Dialogue.PEER:
        common |= _for_peer(tx, incident, site, asked_at, mute=bool(common["personal"]))
    if site is None and dialogue in ASKING and call.purpose is Purpose.PLAN:  # our own phones
        failures = tuple(of_alarm(tx, incident, asked_at, "fr"))
        return Facts(**common, **_asked(incident, call.step, None), failures=failures)
    if site is None or dialogue not in (Dialogue.VERIFICATION, *ASKING):
        room = call.room if call.room != call.id else ""
        return Facts(
            **common,
            language=site.language if site else "fr",
            room=room or "",
            service=asked_service(tx, call),
            waiting_count=max(1, incidents.count_in_queue(tx)),
        )
    contact = as_called(site, call.contact_id, asked_at) if call.contact_id else None
    contact_row = contacts.get(tx, call.contact_id or "") if dialogue in ASKING else None
    spoken = contact.language if contact else contact_row.language if contact_row else ""
    return Facts(
        **common,
        language=spoken or site.language,
        site_language=site.language,
        address=site.address,
        at=incident.opened_at.astimezone(ZoneInfo(site.timezone)),
        recognition_word=site.recognition_word,
        answers=_answers(contact, incident, mute=bool(common["personal"])),
        others=_others(tx, call.id),
        call_back=may_call_back(tx, call, incident, asked_at),
        **_asked(incident, call.step, contact_row),
        welfare=call.purpose is Purpose.WELFARE,
    )


#: People of a site whom the backup station hears of.
_TOLD_PEER = 3


def _for_peer(
    tx: Tx, incident: Incident, site: Site | None, now: datetime, *, mute: bool
) -> dict[str, Any]:
    """What the backup station hears instead of reading it; of a mute alarm nobody's number (D7)."""
    told: dict[str, Any] = {"station": load_policy(tx).peer_name or STATION_NAME}
    if site is None:
        return told | {"failures": tuple(of_alarm(tx, incident, now, "fr"))}
    people = [] if mute else contacts.called(tx, site.id)
    numbers = tuple((one.name, one.phone) for one in people if one.phone)
    return told | {
        "site_language": site.language,
        "address": site.address,
        "at": incident.opened_at.astimezone(ZoneInfo(site.timezone)),
        "people": numbers[:_TOLD_PEER],
    }


def _others(tx: Tx, call_id: str) -> tuple[str, ...]:
    """The sites of the other incidents that this call is about (D10)."""
    about = [calls.incident_of(tx, call) for call in calls.followers(tx, call_id)]
    if not about:
        return ()
    names = sites.names_of(
        tx, {incident.site_id for incident in about if incident and incident.site_id}
    )
    return tuple(
        names.get(incident.site_id or "", incident.account) for incident in about if incident
    )


def _asked(incident: Incident, step_id: str, called: Person | None) -> Any:
    """What the plan's step says and asks; nothing for a call that is no step's."""
    plan = call_plan.from_json(incident.plan)
    step = next((step for step in plan.steps if step.id == step_id), None)
    knows_code = called is not None and called.code is not None
    if step is None:
        return {"identify": knows_code} if step_id == Purpose.WELFARE else {}
    return {
        "text": step.text,
        "choices": step.answers,
        "identify": step.identify and knows_code,
    }


def site_facts(tx: Tx, vault: Vault, site_id: str) -> list[Facts]:
    """What any call about this site says of it, once for each language of its people."""
    site = sites.load_site(tx, site_id, clear=partial(readable, vault))
    if site is None:
        return []
    return [
        Facts(
            dialogue=Dialogue.VERIFICATION,
            station=STATION_NAME,
            language=language,
            site_name=site.name,
            site_language=site.language,
            address=site.address,
            recognition_word=site.recognition_word,
        )
        for language in sorted({contact.language for contact in (*site.contacts, *site.others)})
    ]


def _of_test(call: Call, dialogue: Dialogue) -> Facts:
    """A call that tries a trunk or an announcement, in the language that was asked for."""
    wanted = call.wanted or {}
    language = wanted.get("language", "fr")
    site, text = TESTS[call.step][language == "en"]
    name = wanted.get("announcement")
    key, values = recordable_phrases()[name] if name else ("", {})
    return Facts(
        dialogue=dialogue,
        language=language,
        station=STATION_NAME,
        site_name=site,
        text=text,
        announcement=Phrase(key, values) if key else None,
        identify=False,
    )


def _site(tx: Tx, vault: Vault, site_id: str | None, kind: Kind, at: datetime) -> Site | None:
    if site_id is None:
        return None
    return site_now(tx, site_id, kind, at, clear=partial(readable, vault))


def _answers(contact: Contact | None, incident: Incident, *, mute: bool) -> frozenset[Answer]:
    """The keys that this person may use, as far as authority allows (D3, D7).

    Identity is not knowledge: from off site nobody cancels a vital alarm.
    """
    if contact is None:
        return frozenset()
    kind, vital = incident.kind, incident.category is Category.VITAL
    on_site = contact.role is Role.PREMISES
    answers = {Answer.HELP}
    if contact.may(Authority.CANCEL, kind) and not mute and (on_site or not vital):
        answers.add(Answer.FALSE_ALARM)
    if not on_site:
        answers |= {Answer.GOING, Answer.NEXT_PERSON, Answer.KNOWN_CAUSE}
    if contact.may(Authority.SEND_GUARD, kind):
        answers.add(Answer.SEND_GUARD)
    return frozenset(answers)


def dialogue_check_code(tx: Tx, vault: Vault, call_id: str, digits: str) -> CodeVerdict:
    """The typed code against the called contact's: right, under duress, or wrong."""
    contact = calls.codes_of(tx, call_id)
    if contact is None:
        return CodeVerdict.WRONG
    typed = vault.code(contact.id, digits)
    if contact.duress_code and equal(typed, contact.duress_code):
        return CodeVerdict.DURESS
    if contact.code and equal(typed, contact.code):
        return CodeVerdict.OK
    return CodeVerdict.WRONG


def dialogue_moved(
    tx: Tx, call_id: str, progress: Progress, outcomes: Sequence[Outcome], now: datetime
) -> None:
    """Commit a transition with what it concluded, before the next word: a new server goes on from
    here, in the same call.

    A human is rung last: whoever waits is brought to somebody by what they said, not by what was
    known before.
    """
    moved: dict[str, Any] = {"progress": progress.to_json()}
    if not outcomes:
        calls.change(tx, call_id, **moved)
    for outcome in outcomes:
        dialogue_concluded(tx, call_id, outcome, now, **moved)
        moved = {}
    if progress.bridge or Outcome.ERROR in outcomes:
        join_room(tx, call_id, now)


def dialogue_conclude(tx: Tx, call_id: str, outcome: Outcome, now: datetime) -> None:
    """Commit a result without a transition. Our own bug's: whoever is on the line waits for a
    human."""
    dialogue_concluded(tx, call_id, outcome, now)
    if outcome is Outcome.ERROR:
        join_room(tx, call_id, now)


def _as_dialled(number: str) -> str:
    """In E.164 where the caller's network writes it otherwise, so that it is somebody's; what is no
    number that could be called stays as it came."""
    try:
        return e164(number, "caller") or number
    except BadField:
        return number


def incoming_call(
    tx: Tx, call_id: str, number: str, node: str, now: datetime, *, name: str = ""
) -> None:
    """Somebody calls us: a row of its own, tied to the site's open incident where there is one.

    ``number`` and ``name`` are hints, never proofs. Who is for a human is rung for at once, while
    still greeted; the menu asks everybody else who they are.
    """
    if calls.get(tx, call_id) is not None:
        return
    number = _as_dialled(storable(number)[:_LONGEST_NUMBER])
    device = bool(contacts.devices(tx, [number]))
    incident = _about(tx, number, now, device=device)
    call_arrived(
        tx,
        call_id,
        number,
        node=node,
        dialogue=Dialogue.INCOMING,
        now=now,
        name=name,
        incident=incident,
    )
    if device:
        device_calls.arrived(tx, call_id, number, incident, now)
    if device or _straight_to_a_human(tx, number, incident):
        join_room(tx, call_id, now)


def _about(tx: Tx, number: str, now: datetime, *, device: bool) -> Incident | None:
    """The alarm that somebody calls about, as their number hints; a cabin only about its lift's."""
    own = device_calls.alarm_of(tx, number) if device else None
    if own is not None or (device and device_calls.lift_of(tx, number) is not None):
        return own
    about = incidents.open_of_phone(tx, number, now)
    return incidents.get(tx, about) if about else None


def _straight_to_a_human(tx: Tx, number: str, incident: Incident | None) -> bool:
    """True where no menu is for this caller: a personal alarm (D7), a site that somebody holds
    (D20), or somebody of a site in alarm who has no code (D12), unless a storm has it: they hear of
    that first, and 0 brings them to a human (D10)."""
    if incident is None:
        return False
    held = incident.holder is not None or is_mute_here(tx, incident)
    if held:
        return True
    return not _in_storm(tx, incident) and not _has_code(tx, number, incident.site_id)


def _has_code(tx: Tx, number: str, site_id: str | None) -> bool:
    people = contacts.called(tx, site_id) if site_id else []
    return any(person.code for person in people if person.phone == number)
