"""Spoken passwords (D14): the operator types what is heard, the page says whether it is right.

What was typed is kept nowhere. Each answer is a logbook entry, and so is each look at a password.
"""

from datetime import datetime, timedelta

import structlog

from callflow.core.alarms.incident import Incident
from callflow.core.records.logbook import Entry
from callflow.core.sites.declared import DeclaredSite, Person
from callflow.core.sites.password import Heard, judge, plain
from callflow.handling.alarms.deciding import raise_duress
from callflow.handling.alarms.operating import acted, open_and_held
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.sites.shape import Contact, Site
from callflow.storage import Tx
from callflow.storage.records import logbook
from callflow.storage.sites import contacts, sites
from callflow.vault import Unreadable, Vault

log = structlog.get_logger(__name__)

#: So many wrong ones of one person, within this: who it is stays unknown.
WRONG_AT_MOST, WITHIN = 3, timedelta(minutes=15)
#: ``contact`` of the password that is the site's own.
OF_SITE = ""
_FEWEST = 4
NAMES = ("password", "duress_password")


def password_heard(
    tx: Tx, vault: Vault, incident_id: str, who: str, contact: str, heard: str, now: datetime
) -> Heard:
    """What was said by a contact, or ``OF_SITE`` by anybody there, against what is agreed.

    Under duress the alarm becomes a silent one exactly as by a duress code, and the logbook says
    what it says of a right password. Raises Held, NotFound, Refused.
    """
    incident = open_and_held(tx, incident_id, who)
    kept = _kept(tx, incident, contact)
    if not plain(heard):
        raise Refused("type the password as it was heard")
    if kept.password is None and kept.duress_password is None:
        raise Refused("no password is agreed with this person")
    if _wrong(tx, incident_id, contact, now) >= WRONG_AT_MOST:
        raise Refused("too many wrong passwords: treat who speaks as a stranger")
    verdict = judge(heard, _clear(vault, kept.password), _clear(vault, kept.duress_password))
    kind = "password_wrong" if verdict is Heard.DIFFERS else "password_right"
    tell(tx, kind, now, incident, who=kept.name, contact=contact, by=who, who_did=who)
    incident = acted(tx, incident, who, now)
    if verdict is Heard.DURESS and not incident.duress:
        raise_duress(tx, incident, now)
    return verdict


def reveal_password(
    tx: Tx, vault: Vault, incident_id: str, who: str, contact: str, reason: str, now: datetime
) -> str:
    """The password, for the eyes of who holds the incident. Raises Held, NotFound, Refused."""
    incident = open_and_held(tx, incident_id, who)
    kept = _kept(tx, incident, contact)
    if not reason.strip():
        raise Refused("a password is shown for a reason: write it")
    clear = _clear(vault, kept.password)
    if clear is None:
        raise Refused("no password is agreed with this person")
    said = {"who": kept.name, "contact": contact, "by": who, "reason": reason.strip()}
    tell(tx, "password_revealed", now, incident, **said, who_did=who)
    acted(tx, incident, who, now)
    return clear


def written(
    vault: Vault, sent: Site | Contact, kept: DeclaredSite | Person | None, field: str
) -> dict[str, bytes | None]:
    """The columns of the passwords in ``sent``: left out = unchanged, null = removed.

    ``kept``: as they are. Raises BadField, naming the field after the prefix ``field``.
    """
    values: dict[str, bytes | None] = {}
    for name in filter(sent.says, NAMES):
        clear = getattr(sent, name)
        if clear is not None and len(plain(clear)) < _FEWEST:
            raise BadField(f"{field}{name}", f"must have at least {_FEWEST} letters or digits")
        values[name] = vault.encrypt(clear.encode()) if clear else None
    one, other = (readable(vault, values.get(name, getattr(kept, name, None))) for name in NAMES)
    if values and one and other and plain(one) == plain(other):
        raise BadField(f"{field}duress_password", "must differ from the password")
    return values


def _kept(tx: Tx, incident: Incident, contact: str) -> DeclaredSite | Person:
    """Whose the passwords are."""
    site = sites.get(tx, incident.site_id) if incident.site_id else None
    if site is not None and contact == OF_SITE:
        return site
    for person in contacts.called(tx, site.id) if site else ():
        if person.id == contact:
            return person
    raise NotFound("there is no such contact at this site")


def _clear(vault: Vault, kept: bytes | None) -> str | None:
    word = readable(vault, kept)
    if kept and word is None:
        raise Refused("the password can't be read any more: have it agreed anew")
    return word


def readable(vault: Vault, kept: bytes | None) -> str | None:
    """A word kept encrypted. None, too, where it can't be read: it is in the way of no call, and of
    no word that replaces it."""
    try:
        return vault.decrypt(kept).decode() if kept else None
    except Unreadable as error:
        log.warning("word.unreadable", reason=str(error))
        return None


def _wrong(tx: Tx, incident_id: str, contact: str, now: datetime) -> int:
    """How often a wrong one was said of late, since the last right one."""
    wrong = 0
    for entry in logbook.page(tx, incident=incident_id, since=now - WITHIN, limit=2000):
        if entry.data.get("contact") == contact:
            wrong += entry.kind == "password_wrong"
            if entry.kind == "password_right":
                wrong = 0
    return wrong


def heard_last(entries: list[Entry]) -> dict[str, Entry]:
    """{contact: the last entry on a password of theirs} in an incident's logbook entries."""
    kinds = ("password_right", "password_wrong")
    return {e.data.get("contact", OF_SITE): e for e in entries if e.kind in kinds}
