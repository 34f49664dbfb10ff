"""Faults of sites (mission 5.4): from the day they are known until they are mended.

A fault says nothing of whether its site is protected: that is a measure's (D26). It has a cause, a
firm, a quote, an appointment; its client is reminded; it ends by its panel's signal or by a person.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from callflow import ids
from callflow.core.messages.outbox import Channel, wrong_address
from callflow.core.sites.fault import BY_SIGNAL, Fault, reminded_next, week_of, works_again
from callflow.core.sites.site import Role
from callflow.core.sites.zones import zone_key
from callflow.handling.base.policy import STATION_ZONE, load_policy
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.messages import outbox
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.sites import contacts, faults, sites

#: The station's setting that says of which week the list was sent last.
_LISTED = "faults_listed"
#: Whom an SMS of a fault reaches, the first who has a number.
_ANSWERS_FOR = (Role.MANAGER, Role.KEYHOLDER)


def begin(
    tx: Tx,
    site_id: str,
    zone: str,
    text: str,
    who: str,
    now: datetime,
    *,
    account: str = "",
    incident: str | None = None,
) -> Fault:
    """A zone of a site ("": its panel) does not work. Raises NotFound, Refused."""
    site = sites.get(tx, site_id)
    accounts = [one.account for one in sites.accounts(tx, site_id)] if site else []
    if site is None or not accounts:
        raise NotFound("there is no such site", site_id)
    account = account or accounts[0]
    if account not in accounts:
        raise NotFound("this site has no such account", account)
    if not text.strip():
        raise Refused("say what does not work")
    key = zone_key(zone.strip())
    if faults.open_at(tx, account, key) is not None:
        raise Refused("this fault is known already: look at the list of faults")
    made = Fault(
        id=ids.new(now),
        site_id=site_id,
        account=account,
        zone=key,
        text=text.strip(),
        opened_by=who,
        began_at=now,
        incident_id=incident,
    )
    faults.insert(tx, made)
    faults.change(tx, made.id, remind_at=reminded_next(made, now))
    told = {"zone": key, "note": made.text, "by": who}
    tell(tx, "fault_began", now, site=site_id, who_did=who, **told)
    return made


def change(
    tx: Tx,
    fault_id: str,
    who: str,
    now: datetime,
    *,
    cause: str,
    firm: str | None,
    quote: str,
    appointment: datetime | None,
    mail: str,
    seen: str | None = None,
) -> Fault:
    """What is known of it and agreed for it, all at once; ``seen``: the revision that whoever
    changes it had before them. Raises NotFound, Refused."""
    fault = _running(tx, fault_id)
    if seen is not None and seen != fault.revision:
        raise Refused("somebody changed this fault meanwhile: look again")
    firms = {one.id for one in maintenance(tx, fault.site_id)}
    if firm is not None and firm not in firms:
        raise NotFound("this site has no such maintenance firm", firm)
    if mail.strip() and wrong_address(Channel.MAIL, mail.strip()) is not None:
        raise Refused("is no mail address, such as name@example.org")
    said: dict[str, Any] = {
        "cause": cause.strip(),
        "firm_id": firm,
        "quote": quote.strip(),
        "appointment_at": appointment,
        "mail": mail.strip(),
    }
    changed = {name: value for name, value in said.items() if getattr(fault, name) != value}
    if not changed:
        return fault
    if changed.get("quote"):
        changed["quoted_at"] = now
    faults.change(tx, fault_id, **changed)
    fault = _running(tx, fault_id)
    if "appointment_at" in changed:
        faults.change(tx, fault_id, remind_at=reminded_next(fault, now))
    tell(tx, "fault_changed", now, site=fault.site_id, who_did=who, **_told(tx, fault, who))
    return fault


def _told(tx: Tx, fault: Fault, who: str) -> dict[str, str]:
    named = contacts.get(tx, fault.firm_id) if fault.firm_id else None
    at = fault.appointment_at
    return {
        "zone": fault.zone,
        "note": fault.text,
        "cause": fault.cause,
        "who": named.name if named else "",
        "quote": fault.quote,
        "until": at.isoformat(timespec="seconds") if at else "",
        "by": who,
    }


def end(tx: Tx, fault_id: str, who: str, because: str, now: datetime) -> Fault:
    """It works again, or is none, for a signed reason. Raises NotFound, Refused."""
    fault = _running(tx, fault_id)
    if not because.strip():
        raise Refused("say why this fault is over")
    _end(tx, fault, who, because.strip(), now)
    return fault


def _end(tx: Tx, fault: Fault, who: str, because: str, now: datetime) -> None:
    faults.change(tx, fault.id, ended_at=now, ended_by=who, ended_because=because, remind_at=None)
    told = {"zone": fault.zone, "note": fault.text, "reason": because}
    tell(tx, "fault_ended", now, site=fault.site_id, who_did=who, **told)


def _running(tx: Tx, fault_id: str) -> Fault:
    fault = faults.get(tx, fault_id)
    if fault is None:
        raise NotFound("there is no such fault", fault_id)
    if not fault.open:
        raise Refused("this fault is over already: look again")
    return fault


def maintenance(tx: Tx, site_id: str) -> list[Any]:
    """The firms that keep a site's installation in order."""
    return [one for one in contacts.called(tx, site_id) if one.role is Role.MAINTENANCE]


# --- what the engine does -----------------------------------------------------------------------


def follow(tx: Tx, now: datetime) -> None:
    """Faults end by their panels' signals, clients are reminded, the week's list goes out."""
    for fault in faults.running(tx):
        since = works_again(fault, _signals(tx, fault), now) if fault.zone else None
        if since is not None:
            _end(tx, fault, BY_SIGNAL, since.isoformat(timespec="seconds"), now)
    for fault in faults.to_remind(tx, now, limit=50):
        _remind(tx, fault, now)
    send_list(tx, now)


def _signals(tx: Tx, fault: Fault) -> Iterable[tuple[str, bool, datetime]]:
    told = faults.told_of(tx, fault.account, fault.began_at)
    return ((zone_key(zone), ended, at) for zone, ended, at in told)


def _remind(tx: Tx, fault: Fault, now: datetime) -> None:
    """Mail and SMS to the client; the next time later."""
    later = reminded_next(fault, now)
    faults.change(tx, fault.id, remind_at=later, reminders=fault.reminders + 1)
    site = sites.get(tx, fault.site_id)
    if site is None:
        return
    subject, text = reminder(site.name, fault)
    if fault.mail:
        outbox.post_for_site(tx, site.id, fault.mail, subject, text, now)
    phone = _phone(tx, site.id)
    if phone:
        outbox.post_for_site(tx, site.id, phone, subject, text, now, channel=Channel.SMS)


def reminder(site: str, fault: Fault) -> tuple[str, str]:
    """The subject and the words of a reminder, in French: its reader is a client of the station."""
    what = f"zone {fault.zone} : {fault.text}" if fault.zone else fault.text
    at = fault.appointment_at
    day = f"{fault.began_at.astimezone(STATION_ZONE):%d/%m/%Y}"
    lines = [f"{site} : un défaut de votre installation est connu depuis le {day} ({what})."]
    if at is not None:
        lines.append(f"L'intervention était prévue le {at.astimezone(STATION_ZONE):%d/%m/%Y}.")
    else:
        lines.append("Aucune intervention n'est prévue à ce jour.")
    lines.append("Tant qu'il dure, la protection de votre site est réduite : rappelez-nous.")
    return f"Défaut en cours : {site}", "\n".join(lines)


def _phone(tx: Tx, site_id: str) -> str | None:
    there = contacts.called(tx, site_id)
    found = [one for role in _ANSWERS_FOR for one in there if one.role is role and one.phone]
    return found[0].phone if found else None


def send_list(tx: Tx, now: datetime) -> None:
    """The week's list of sites that run with a fault, once, to the station's supervisors."""
    week = week_of(now, STATION_ZONE)
    to = load_policy(tx).faults_to
    if not to or users.settings(tx).get(_LISTED, "") >= week:
        return
    users.write_settings(tx, {_LISTED: week})
    running = faults.running(tx)
    names = sites.names_of(tx, [fault.site_id for fault in running])
    text = "\n".join(_line(fault, names, now) for fault in running) or "Aucun."
    for address in to:
        subject = f"Sites en défaut, semaine {week} : {len(names)}"
        outbox.insert(tx, None, now, channel=Channel.MAIL, to=address, subject=subject, body=text)
    tell(tx, "faults_listed", now, count=len(names), note=week)


def _line(fault: Fault, names: dict[str, str], now: datetime) -> str:
    at = fault.appointment_at
    said = f"{names.get(fault.site_id, fault.site_id)} ({fault.account}) : "
    said += f"zone {fault.zone}, {fault.text}" if fault.zone else fault.text
    said += f" ; depuis {(now - fault.began_at).days} j"
    if at is not None:
        said += f" ; rendez-vous {at.astimezone(STATION_ZONE):%d/%m/%Y %H:%M}"
    return said + (" (passé)" if fault.late(now) else "")
