"""A provisional instruction left on the phone (D19).

Two kinds are fixed, about the caller alone: they can't be reached, or at another number. Whatever
else they say is recorded, and inactive until somebody at the station listened to it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from callflow.core.calls.dialogue import Done, Phrase
from callflow.core.sites import instructions
from callflow.core.sites.instructions import LONGEST, Instruction, InstructionKind, InstructionState
from callflow.core.sites.site import Authority
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.callers import call_backs
from callflow.handling.callers.requests import Asked, done
from callflow.handling.calls import voices
from callflow.handling.sites import instructions as sites_instructions
from callflow.handling.sites.numbers import e164
from callflow.storage import Tx

_KINDS: Mapping[str, InstructionKind] = {
    "absent": InstructionKind.ABSENT,
    "number": InstructionKind.NUMBER,
    "note": InstructionKind.NOTE,
}


def _own(tx: Tx, asked: Asked) -> Done:
    """A fixed kind is about a person, and what answers at the premises is none."""
    if not asked.who.may(Authority.INSTRUCT):
        return Done(result="not_allowed")
    if instructions.at_site(asked.who.person.id, asked.who.site):
        return Done(result="not_possible")
    return Done(result=asked.deed.kept["what"])


def _number(tx: Tx, asked: Asked) -> Done:
    try:
        number = e164(asked.deed.typed, "phone")
    except BadField:
        number = None
    if number is None:
        return Done(result="bad")
    said = Phrase("number_typed", {"number": number})
    return Done(result="good", say=(said,), keep={"number": number})


def _begins(tx: Tx, asked: Asked) -> Done:
    at = _typed(asked, "first_day", asked.local(asked.now))
    if at is None:
        return Done(result="bad_moment")
    if at < asked.now:
        return Done(result="past")
    return Done(result="good", keep={"begins": at.isoformat()})


def _ends(tx: Tx, asked: Asked) -> Done:
    begins = _begin(asked)
    at = _typed(asked, "last_day", begins)
    if at is None:
        return Done(result="bad_moment")
    if at <= asked.now:
        return Done(result="past")
    if at <= begins:
        return Done(result="order")
    if at - begins > LONGEST:
        return Done(result="far")
    keep = {"ends": at.isoformat()}
    if asked.deed.kept["what"] == "note":
        return Done(result="note", keep=keep)
    return Done(result="said", keep=keep, say=(_between(asked, begins, at),))


def _typed(asked: Asked, day: str, near: datetime) -> datetime | None:
    return instructions.moment(asked.deed.kept[day], asked.deed.typed, near)


def _begin(asked: Asked) -> datetime:
    """When it begins, as it is said at the site: now, where nothing else was typed."""
    begins = asked.deed.kept.get("begins")
    return asked.local(datetime.fromisoformat(begins) if begins else asked.now)


def _between(asked: Asked, begins: datetime, ends: datetime) -> Phrase:
    """It said back: from when until when."""
    ends = asked.local(ends)
    values: dict[str, object] = {"day": begins.date(), "at": begins}
    values |= {"last_day": ends.date(), "last_at": ends}
    kept = asked.deed.kept
    if kept["what"] == "number":
        values["number"] = kept["number"]
    return Phrase(f"{kept['what']}_between", values)


def _heard(tx: Tx, asked: Asked) -> Done:
    ends = datetime.fromisoformat(asked.deed.kept["ends"])
    said = Phrase("voice", {"voice": asked.deed.typed})
    keep = {"voice": asked.deed.typed}
    return Done(result="heard", keep=keep, say=(said, _between(asked, _begin(asked), ends)))


def _instruct(tx: Tx, asked: Asked) -> Done:
    who, kept = asked.who, asked.deed.kept
    kind = _KINDS[kept["what"]]
    note = kind is InstructionKind.NOTE
    made = Instruction(
        id="",
        site_id=who.site.id,
        kind=kind,
        begins_at=_begin(asked).astimezone(UTC),
        ends_at=datetime.fromisoformat(kept["ends"]).astimezone(UTC),
        author=who.person.name,
        asked_by=who.person.id,
        made_at=asked.now,
        contact_id=None if note else who.person.id,
        phone=kept["number"] if kind is InstructionKind.NUMBER else None,
        voice=kept["voice"] if note else None,
    )
    try:
        made = sites_instructions.make(tx, who.site.id, made, lowers=False, now=asked.now)
    except BadField:
        return Done(result="not_possible")
    except Refused:
        return Done(result="not_allowed")
    if note:
        voices.confirmed(tx, asked.call_id, asked.now)
    waits = made.state(asked.now) is InstructionState.AWAITING_SIGNATURE
    if waits:
        call_backs.instruction_left(tx, made.id, asked.call_id, asked.now)
    return done(tx, asked, "waits" if waits else "done", voice="")


DEEDS: Mapping[str, Callable[[Tx, Asked], Done]] = {
    "instruct_own": _own,
    "instruct_number": _number,
    "instruct_begins": _begins,
    "instruct_ends": _ends,
    "instruct_heard": _heard,
    "instruct": _instruct,
}
