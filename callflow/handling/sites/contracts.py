"""A site's contract (D2): changed with a reason and from a day on; its people closed, not erased.

A terminated site calls nobody, its account goes to nobody else for a year, its signals are stored.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from callflow import ids
from callflow.core.alarms.incident import State
from callflow.core.plans import standing
from callflow.core.records.logbook import MACHINE
from callflow.core.sites.contract import (
    LONGEST,
    ContractChange,
    Former,
    may_become,
    quarantined_until,
)
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.site import Role, SiteState
from callflow.core.time.instants import to_iso
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.plans.standing import check_chosen
from callflow.handling.sites import contacts
from callflow.handling.sites.shape import Contact, Site
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.interventions import firms, guards
from callflow.storage.sites import contacts as contact_rows
from callflow.storage.sites import contracts, sites

#: Characters of a reason.
_LONGEST = 500


def change_contract(
    tx: Tx,
    site_id: str,
    state: SiteState,
    *,
    reason: str,
    effective_at: datetime | None,
    who: str,
    now: datetime,
) -> None:
    """Make a site's contract ``state`` now, or plan it for ``effective_at``.

    Raises NotFound, Refused where the site is in alarm, BadField naming the field.
    """
    site = sites.get(tx, site_id)
    if site is None:
        raise NotFound(f"there is no site {site_id!r}")
    said = a_reason(reason)
    at = effective_at or now
    if at < now:
        raise BadField("effective_at", "lies in the past")
    if at > now + LONGEST:
        raise BadField("effective_at", "lies more than two years ahead")
    before = _state_at(tx, site, at)
    if not may_become(before, state):
        raise BadField("state", _NOT_NEXT)
    if effective_at is None and state is SiteState.TERMINATED and _in_alarm(tx, site_id):
        raise Refused("this site is in alarm: end it when the alarm is over")
    if state is not SiteState.TERMINATED:
        _check_plans(tx, site)
    change = ContractChange(ids.new(now), site_id, state, said, at, who, now)
    told = {"site": site_id, "by": who, "who_did": who, "contract": state, "because": said}
    if effective_at is None:
        record(tx, change, before, now)
    else:
        contracts.insert_change(tx, change)
        tell(tx, "contract_planned", now, since=to_iso(at), **told)


_NOT_NEXT = "no contract becomes this from what it is then"


def _state_at(tx: Tx, site: DeclaredSite, at: datetime) -> SiteState:
    """What the contract is at ``at``, by what is planned."""
    known = contracts.changes(tx, site.id)
    planned = [change for change in known if change.planned and change.effective_at <= at]
    return planned[-1].state if planned else site.state


def _check_plans(tx: Tx, site: DeclaredSite) -> None:
    """A terminated site may name plans that were withdrawn since. Raises BadField."""
    named = standing.named(site.plans, site.plan_rules)
    check_chosen(tx, [("state", plan) for plan in sorted(named)])


def _in_alarm(tx: Tx, site_id: str) -> bool:
    found = incidents.unfiled(tx, [site_id], [])
    return any(incident.state is State.OPEN and not incident.exercise for incident in found)


def record(tx: Tx, change: ContractChange, before: SiteState, now: datetime) -> None:
    """A change that counts from now on."""
    contracts.insert_change(tx, replace(change, done_at=now))
    _made(tx, change, before, now)


def _made(tx: Tx, change: ContractChange, before: SiteState, now: datetime) -> None:
    contracts.set_state(tx, change.site_id, change.state, now)
    tell(
        tx,
        "contract_changed",
        now,
        site=change.site_id,
        who_did=change.made_by,
        by=change.made_by,
        contract=change.state,
        because=change.reason,
        fields={"state": [before, change.state]},
    )


def written_anew(
    tx: Tx, site_id: str, was: SiteState, state: SiteState, who: str, reason: str, now: datetime
) -> None:
    """A program wrote the site with another contract, and says why. Raises BadField."""
    if was is state:
        return
    if not may_become(was, state):
        raise BadField("state", _NOT_NEXT)
    said = a_reason(reason)
    change = ContractChange(ids.new(now), site_id, state, said, now, who, now)
    record(tx, change, was, now)


def drop_change(tx: Tx, site_id: str, change_id: str, who: str, now: datetime) -> None:
    """What is planned is not made. Raises NotFound."""
    change = contracts.drop_change(tx, site_id, change_id, who)
    if change is None:
        raise NotFound("nothing of this id is planned: look again")
    tell(tx, "contract_dropped", now, site=site_id, by=who, who_did=who, contract=change.state)


def apply_planned(tx: Tx, now: datetime) -> None:
    """What was planned until now is made; what can't be any more is dropped, and said."""
    for change in contracts.due(tx, now):
        site = sites.get(tx, change.site_id)
        assert site is not None, "a site is closed, never erased, while its contract has a future"
        before = site.state
        if not may_become(before, change.state):
            drop_change(tx, change.site_id, change.id, MACHINE, now)
        elif contracts.change_made(tx, change.id, now):
            _made(tx, change, before, now)


def in_quarantine(site: DeclaredSite, now: datetime) -> bool:
    """True where nobody else gets this site's accounts."""
    until = quarantined_until(site.state, site.state_since)
    return until is not None and now < until


def a_reason(text: str) -> str:
    """Why something is closed or changed. Raises BadField."""
    said = text.strip()
    if not said:
        raise BadField("reason", "write down why")
    if len(said) > _LONGEST:
        raise BadField("reason", "is too long")
    return said


# --- who is called no more ----------------------------------------------------------------


def closed(
    tx: Tx, site_id: str, gone: Iterable[Contact], *, reason: str, who: str, now: datetime
) -> None:
    """These contacts are called for the site no more; they stay known."""
    for contact in gone:
        former = former_of(site_id, contact, reason=reason, who=who, now=now)
        contracts.insert_former(tx, former)
        told = {"who": former.name, "contact": former.contact_id, "role": former.role}
        tell(tx, "contact_closed", now, site=site_id, by=who, who_did=who, because=reason, **told)


def former_of(site_id: str, contact: Contact, *, reason: str, who: str, now: datetime) -> Former:
    """The contact, as somebody who is called for the site no more."""
    return Former(
        id=ids.new(now),
        site_id=site_id,
        contact_id=contact.id,
        role=contact.role,
        authorities=contact.authorities,
        keys_held=contact.keys_held,
        reason=reason,
        closed_by=who,
        closed_at=now,
        name=contact.name,
    )


def without(site: Site, contact_id: str, role: Role) -> Site:
    """``site`` without somebody in that part.

    Who has no part there any more stands in for nobody, and their panel user opens as a revoked
    one.
    """
    left = [c for c in site.contacts if (c.id, c.role) != (contact_id, role)]
    if any(c.id == contact_id for c in left):
        return site.changed(contacts=left)
    users = [
        user.changed(contact=None, revoked=True) if user.contact == contact_id else user
        for user in site.panel_users
    ]
    return site.changed(contacts=[_alone(c, contact_id) for c in left], panel_users=users)


def _alone(contact: Contact, gone: str) -> Contact:
    availability = contact.availability or {}
    standing_in = availability.get("replacements", [])
    left = [each for each in standing_in if each["contact"] != gone]
    if left == standing_in:
        return contact
    return contact.changed(availability={**availability, "replacements": left})


def back(tx: Tx, site: Site, former_id: str, who: str, now: datetime) -> Site:
    """``site`` with somebody who was called once, after the others of their part.

    Raises NotFound, Refused.
    """
    site_id = str(site.id)
    was = next((one for one in contracts.former(tx, site_id) if one.id == former_id), None)
    if was is None:
        raise NotFound("nobody of this id was called for this site: look again")
    kept = {"authorities": was.authorities, "keys_held": was.keys_held}
    again = called_too(tx, site, was.contact_id, was.role, **kept)
    contracts.restored(tx, former_id, now)
    told = {"who": was.name, "contact": was.contact_id, "role": was.role}
    tell(tx, "contact_restored", now, site=site_id, by=who, who_did=who, **told)
    return again


def called_too(tx: Tx, site: Site, contact_id: str, role: Role, **kept: Any) -> Site:
    """``site`` with somebody who is known, after the others of their part.

    ``kept``: ``authorities`` and ``keys_held``. Raises NotFound, Refused.
    """
    firm = guards.firm(tx, contact_id)
    if contact_rows.get(tx, contact_id) is None or firms.member(tx, contact_id) is not None:
        raise NotFound("there is no such contact", contact_id)
    if firm is not None and firm.closed_at is not None:
        raise Refused("this firm is closed")
    ours = [c for c in site.contacts if c.role == role]
    if any(c.id == contact_id for c in ours):
        raise Refused("this person is called for this site already")
    rank = max((c.rank for c in ours), default=0) + 1
    part = {"authorities": {}, "keys_held": False, **kept, "role": role, "rank": rank}
    return site.changed(contacts=[*site.contacts, contacts.in_part(tx, contact_id, **part)])
