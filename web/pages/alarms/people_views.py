"""People who are away, and what is agreed for a while, as an alarm's page shows it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callflow.core.calls.call import VoiceNote
from callflow.core.signals.signal import PERSONAL, Kind
from callflow.core.sites.instructions import InstructionKind, InstructionState, Lowers
from callflow.core.sites.site import Site
from callflow.core.time.availability import available
from callflow.storage import Tx
from callflow.storage.calls import spoken
from callflow.storage.desks import shifts
from callflow.storage.people import users
from callflow.storage.sites import contacts, instructions
from web.access.users import Right, rights_of


@dataclass(frozen=True, slots=True)
class Agreed:
    """A provisional instruction as it stands: whether it ``counts``, or waits for somebody who
    listens to it (``to_hear``) or signs it (``to_sign``); ``voice`` is what was said of it."""

    id: str
    kind: InstructionKind
    text: str
    plan: str | None
    phone: str | None
    author: str
    ends_at: datetime
    begins_at: datetime | None  # where that is ahead
    voice: VoiceNote | None
    who: str
    instead: str
    counts: bool
    to_hear: bool
    to_sign: bool


def colleagues(tx: Tx, who: str) -> list[str]:
    """Colleagues who could be handed an incident: those on shift; where nobody but ``who`` is,
    everybody who may handle one.
    """
    names = [shift.name for shift in shifts.on_shift(tx) if Right.HANDLE in rights_of(shift.role)]
    others = [name for name in names if name != who]
    if not others:
        known = (user for user in users.users(tx) if user.disabled_at is None)
        able = [user.name for user in known if Right.HANDLE in rights_of(user.role)]
        others = [name for name in able if name != who]
    return sorted(set(others))


def away(site: Site | None, now: datetime) -> frozenset[str]:
    """The ids of the site's contacts who are not there at ``now``."""
    if site is None:
        return frozenset()
    zone = ZoneInfo(site.timezone)
    return frozenset(c.id for c in site.contacts if not available(c.availability, now, zone))


def instructions_of(tx: Tx, site_id: str | None, kind: Kind, now: datetime) -> list[Agreed]:
    """The provisional instructions of a site that count for an alarm of ``kind``, or wait for their
    second signature or for somebody who listens to them. A personal alarm has none (D19)."""
    if site_id is None or kind in PERSONAL:
        return []
    found = (*instructions.current(tx, site_id, now), *instructions.awaiting(tx, site_id, now))
    agreed = list({each.id: each for each in found}.values())
    said = spoken.named(tx, [each.voice for each in agreed if each.voice])
    said = {name: note for name, note in said.items() if note.path}  # its time may be over
    about = {each.contact_id for each in agreed} | {each.replacement_id for each in agreed}
    names = contacts.names_of(tx, [contact for contact in about if contact])
    return [
        Agreed(
            each.id,
            each.kind,
            each.text,
            each.plan,
            each.phone,
            each.author,
            each.ends_at,
            begins_at=each.begins_at if each.begins_at > now else None,
            voice=said.get(each.voice or ""),
            who=names.get(each.contact_id or "", ""),
            instead=names.get(each.replacement_id or "", ""),
            counts=each.state(now) is InstructionState.ACTIVE,
            to_hear=Lowers.SPOKEN in each.lowers,
            to_sign=each.state(now) is InstructionState.AWAITING_SIGNATURE,
        )
        for each in agreed
    ]
