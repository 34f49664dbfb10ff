"""When people can be called, and which plan counts when: checked, kept, exchanged as iCalendar."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.changes import changes
from callflow.core.plans import choice
from callflow.core.sites.site import Contact
from callflow.core.time import ical
from callflow.core.time.availability import ALWAYS, Availability
from callflow.core.time.hours import CalendarError
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.handling.sites import shape
from callflow.handling.sites.rules import NO_PLAN
from callflow.storage import Tx
from callflow.storage.sites import contacts as contact_rows
from callflow.storage.sites import sites


def availability(body: Any, field: str) -> dict[str, Any] | None:
    """When a contact can be called, as it is kept; None: always. Raises BadField."""
    if body is None:
        return None
    try:
        return Availability.from_json(body, field).to_json() or None
    except CalendarError as error:
        raise BadField(error.field, error.said, error.about) from None


def check_replacements(tx: Tx, contacts: Sequence[shape.Contact]) -> None:
    """Whoever stands in must be known. Raises BadField."""
    named = {
        each["contact"]: f"contacts.{place}.availability.replacements.{number}.contact"
        for place, contact in enumerate(contacts)
        for number, each in enumerate((contact.availability or {}).get("replacements", []))
    }
    known = contact_rows.names_of(tx, named) if named else {}
    for contact_id, field in named.items():
        if contact_id not in known:
            raise BadField(field, "there is no such contact", contact_id)


def plan_rules(tx: Tx, body: Any, accounts: Sequence[str]) -> list[dict[str, Any]]:
    """Which plan by time, arming, kind and zone, as it is kept. Raises BadField."""
    try:
        rules = choice.rules_from_json(body)
    except CalendarError as error:
        raise BadField(error.field, error.said, error.about) from None
    for place, rule in enumerate(rules):
        if sites.plan_body(tx, rule.plan) is None:
            raise BadField(f"plan_rules.{place}.plan", NO_PLAN, rule.plan)
        if not {account for account, _ in rule.zones} <= set(accounts):
            raise BadField(f"plan_rules.{place}.zones", "names an account of another site")
    return choice.rules_to_json(rules)


# --- iCalendar ----------------------------------------------------------------------------


def zone_of(tx: Tx, site_id: str, contact_id: str) -> ZoneInfo:
    """The zone in which a contact's calendar is read. Raises NotFound."""
    return ZoneInfo(_place(tx, site_id, contact_id)[1])


def import_calendar(
    tx: Tx,
    site_id: str,
    contact_id: str,
    read: ical.Read,
    *,
    absences: bool,
    who: str,
    now: datetime,
) -> None:
    """A file's times become the contact's absences, or duties, in place of those kept before.

    Raises NotFound.
    """
    contact, _ = _place(tx, site_id, contact_id)
    kept = contact.availability
    changed = replace(kept, leaves=read.spans) if absences else replace(kept, duties=read.spans)
    contact_rows.write_availability(tx, contact_id, changed.to_json())
    kind = "absences_imported" if absences else "duties_imported"
    until = read.until.isoformat(timespec="seconds")
    found = changes(*(each.to_json() or {} for each in (kept, changed)))
    fields = {each.path: [each.before, each.after] for each in found}
    whose = {"site": site_id, "who": contact.name, "contact": contact_id, "by": who, "who_did": who}
    tell(tx, kind, now, **whose, count=len(read.spans), until=until, fields=fields)


def export_calendar(
    tx: Tx, site_id: str, contact_id: str, *, absences: bool, now: datetime
) -> bytes:
    """The contact's absences as kept, or the hours of the coming year in which the contact can be
    called, absences taken out. Raises NotFound."""
    contact, timezone = _place(tx, site_id, contact_id)
    there = contact.availability
    if absences:
        spans = sorted(there.leaves)
    elif there == ALWAYS:
        spans = []  # nothing to write: no hour is special
    else:
        spans = there.spans(now, now + ical.AHEAD, ZoneInfo(timezone))
    part = "absence" if absences else "astreinte"
    summary = f"{contact.name} : {part}"
    return ical.write(spans, key=f"{contact_id}:{part}", summary=summary, now=now)


def _place(tx: Tx, site_id: str, contact_id: str) -> tuple[Contact, str]:
    """A contact of the site, and the site's time zone."""
    site = sites.load_site(tx, site_id)
    if site is None:
        raise NotFound(f"there is no site {site_id!r}")
    for contact in site.contacts:
        if contact.id == contact_id:
            return contact, site.timezone
    raise NotFound(f"there is no contact {contact_id!r} of this site")
