"""Provisional instructions (D19): made, countersigned, withdrawn."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from callflow import ids
from callflow.core.signals.signal import Kind
from callflow.core.sites import instructions
from callflow.core.sites.instructions import (
    Instruction,
    InstructionError,
    InstructionKind,
    InstructionState,
    Lowers,
)
from callflow.core.sites.site import Authority, Contact, Site
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.callers import call_backs
from callflow.handling.plans.standing import check_chosen
from callflow.handling.records import playbacks
from callflow.handling.sites.numbers import e164
from callflow.handling.sites.rules import NO_PLAN
from callflow.storage import Tx
from callflow.storage.sites import contacts, sites
from callflow.storage.sites import instructions as rows

_TOLD = {
    InstructionKind.NOTE: "instruction_note",
    InstructionKind.PLAN: "instruction_plan",
    InstructionKind.ABSENT: "instruction_absent",
    InstructionKind.NUMBER: "instruction_number",
}


def make(
    tx: Tx,
    site_id: str,
    made: Instruction,
    *,
    lowers: bool,
    now: datetime,
) -> Instruction:
    """Write ``made``, whose id, numbers and signatures are set here.

    ``lowers``: its author says that it lowers protection; whether it does by rule is looked at
    in any case, and then it waits for a second signature, whichever way it came (D19).
    Raises NotFound, Refused, or BadField naming the field.
    """
    site = sites.load_site(tx, site_id)
    if site is None:
        raise NotFound(f"there is no site {site_id!r}")
    people = contacts.people(tx, [made.replacement_id] if made.replacement_id else [])
    made = replace(made, id=ids.new(now), site_id=site_id, phone=e164(made.phone, "phone"))
    try:
        instructions.check(made, site, people, now)
    except InstructionError as error:
        raise BadField(error.field, error.message) from None
    if made.plan is not None:
        if sites.plan_body(tx, made.plan) is None:
            raise BadField("plan", NO_PLAN, made.plan)
        check_chosen(tx, [("plan", made.plan)])
    asker = _asker(site, made.asked_by, made.kinds)
    made = replace(made, lowers=instructions.lowers(made, site, people, said=lowers))
    rows.insert(tx, made)
    _tell_made(tx, made, (*site.contacts, *people), asker, now)
    return made


def _asker(site: Site, contact_id: str | None, kinds: frozenset[Kind]) -> str:
    """The name of the contact who asked for it, "" where none did. Raises Refused, BadField."""
    if contact_id is None:
        return ""
    known = [contact for contact in site.contacts if contact.id == contact_id]
    if not known:
        raise BadField("asked_by", "is no contact of this site")
    for kind in sorted(kinds) or [Kind.INTRUSION]:
        if not any(contact.may(Authority.INSTRUCT, kind) for contact in known):
            raise Refused(
                "has not the authority to instruct about this alarm", f"{known[0].name} ({kind})"
            )
    return known[0].name


def _tell_made(
    tx: Tx, made: Instruction, people: Sequence[Contact], asker: str, now: datetime
) -> None:
    names = {person.id: person.name for person in people}
    about = {"site": made.site_id, "instruction": made.id, "who_did": made.author}
    what = {
        "by": made.author,
        "since": _iso(made.begins_at),
        "until": _iso(made.ends_at),
        "who": names.get(made.contact_id or "", ""),
        "instead": names.get(made.replacement_id or "", "–"),
        "to": made.phone or "",
        "plan": made.plan or "",
        "text": made.text,
        "voice": made.voice or "",
    }
    for alarm in sorted(kind.value for kind in made.kinds) or [""]:
        kind = "instruction_spoken" if made.voice else _TOLD[made.kind]
        tell(tx, kind, now, **about, **what, alarm=alarm)
    if asker:
        tell(tx, "instruction_asked", now, **about, who=asker)
    for why in made.lowers:
        tell(tx, "instruction_to_sign", now, **about, lowers=why.value)


def countersign(
    tx: Tx, site_id: str, instruction_id: str, *, who: str, now: datetime
) -> Instruction:
    """It counts from now on, or from its beginning. Raises NotFound, Refused."""
    instruction = get(tx, site_id, instruction_id)
    state = instruction.state(now)
    if state is not InstructionState.AWAITING_SIGNATURE:
        raise Refused("this instruction awaits no signature", about=state.value)
    if Lowers.SPOKEN in instruction.lowers:
        raise Refused("it was spoken: listen to it and write it down first")
    if _same(who, instruction.author) or _same(who, instruction.transcriber or ""):
        raise Refused("it lowers protection: somebody other than its author countersigns it")
    if not rows.sign(tx, instruction_id, who, now):
        raise Refused("somebody else changed this instruction: look again")
    _tell(tx, "instruction_signed", instruction, who, now)
    call_backs.instruction_seen(tx, instruction_id, who, now)
    return get(tx, site_id, instruction_id)


def transcribe(
    tx: Tx,
    site_id: str,
    instruction_id: str,
    *,
    text: str,
    lowers: bool,
    who: str,
    now: datetime,
) -> Instruction:
    """``who`` listened to what was said and writes it down: it counts once somebody else has
    countersigned it, for nobody puts into force alone what only they have read. ``lowers``: they
    find that it lowers protection. Raises NotFound, Refused (they have not played it), or BadField
    naming the field.
    """
    instruction = get(tx, site_id, instruction_id)
    awaited = instruction.state(now) is InstructionState.AWAITING_SIGNATURE
    if not awaited or Lowers.SPOKEN not in instruction.lowers:
        raise Refused("nobody is to write this instruction down")
    if not text.strip():
        raise BadField("text", "says what operators must know")
    if not playbacks.heard(tx, instruction.voice or "", who, instruction.made_at, now):
        raise Refused("listen to what was said first: nobody writes it down unheard")
    why = (Lowers.SAID,) if lowers else (Lowers.TRANSCRIBED,)
    if not rows.transcribe(tx, instruction_id, text.strip(), why, who, now):
        raise Refused("somebody else changed this instruction: look again")
    told = {"instruction": instruction_id, "by": who, "who_did": who}
    tell(tx, "instruction_heard", now, site=site_id, **told, text=text.strip())
    for each in why:
        tell(tx, "instruction_to_sign", now, site=site_id, **told, lowers=each.value)
    call_backs.instruction_seen(tx, instruction_id, who, now)
    return get(tx, site_id, instruction_id)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def withdraw(tx: Tx, site_id: str, instruction_id: str, *, who: str, now: datetime) -> Instruction:
    """It counts no more. Raises NotFound, Refused."""
    instruction = get(tx, site_id, instruction_id)
    state = instruction.state(now)
    over = state in (InstructionState.ENDED, InstructionState.WITHDRAWN)
    if over or not rows.withdraw(tx, instruction_id, who, now):
        raise Refused("this instruction is over")
    _tell(tx, "instruction_withdrawn", instruction, who, now)
    call_backs.instruction_seen(tx, instruction_id, who, now)
    return get(tx, site_id, instruction_id)


def _tell(tx: Tx, kind: str, instruction: Instruction, who: str, now: datetime) -> None:
    tell(tx, kind, now, site=instruction.site_id, instruction=instruction.id, by=who, who_did=who)


def get(tx: Tx, site_id: str, instruction_id: str) -> Instruction:
    """One instruction of the site. Raises NotFound."""
    instruction = rows.get(tx, instruction_id)
    if instruction is None or instruction.site_id != site_id:
        raise NotFound(f"there is no instruction {instruction_id!r} of this site")
    return instruction


def expiring(
    tx: Tx,
    now: datetime,
    *,
    within: timedelta = instructions.EXPIRES_SOON,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[Instruction]:
    """The station's instructions that end so soon, and still stand, by their end: for the
    handover, and for whoever must ask the client again."""
    return rows.ending(tx, now, now + within, after, limit=limit)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
