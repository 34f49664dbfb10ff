"""Rows of firms' people, who call with codes of their own, and of technicians' visits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, select, update

from callflow import ids
from callflow.core.alarms.incident import State
from callflow.core.interventions.firm import FirmAtSite, FirmMember, ListedFirm, Visit, VisitBy
from callflow.core.plans.call_plan import StepKind
from callflow.core.plans.task import Task, TaskState
from callflow.core.sites.site import Coded, Role
from callflow.storage import schema as t
from callflow.storage.alarms import tasks
from callflow.storage.engine.folding import folded
from callflow.storage.engine.listing import Page, paged
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, columns_of, first, found
from callflow.storage.sites.search import holds, of_person
from callflow.storage.sites.sites import upsert

_M, _LINK = t.firm_member.c, t.site_contact.c
_MEMBERS = select(*columns_of(t.contact, Coded), _M.firm_id, _M.mail).join(
    t.firm_member, _M.contact_id == t.contact.c.id
)
#: The parts in which a firm works for a site.
_PARTS = (Role.MAINTENANCE.value, Role.GUARD.value)


def member(tx: Tx, contact_id: str) -> FirmMember | None:
    """Somebody of a firm; None: they are of none."""
    return first(tx, _MEMBERS.where(_M.contact_id == contact_id), FirmMember)


def members(tx: Tx, firm_id: str) -> list[FirmMember]:
    """The people of a firm, by name."""
    query = _MEMBERS.where(_M.firm_id == firm_id).order_by(t.contact.c.name, t.contact.c.id)
    return found(tx, query, FirmMember)


def members_at(tx: Tx, site_id: str) -> list[FirmMember]:
    """The people of every firm that works for a site."""
    return [row for firm in firms_at(tx, site_id) for row in members(tx, firm)]


def with_number(tx: Tx, number: str) -> FirmMember | None:
    """The one member who has this number; None: nobody, or several."""
    have = found(tx, _MEMBERS.where(t.contact.c.phone == number), FirmMember)
    return have[0] if len(have) == 1 else None


def firms_at(tx: Tx, site_id: str) -> list[str]:
    """The firms that a site names, and those that are asked to send a guard there."""
    named = select(_LINK.contact_id).where(_LINK.site_id == site_id, _LINK.role.in_(_PARTS))
    asked = _ASKED.where(t.incident.c.site_id == site_id)
    return sorted({*tx.execute(named).scalars(), *tx.execute(asked).scalars()})


_ASKED = (
    select(t.task.c.subject)
    .join(t.incident, t.incident.c.id == t.task.c.incident_id)
    .where(t.task.c.kind == StepKind.SEND_GUARD.value, t.task.c.state == TaskState.OPEN.value)
)


def part_at(tx: Tx, firm_id: str, site_id: str) -> Role | None:
    """The firm's part at a site, its technicians' first; None: the site names it not."""
    query = (
        select(_LINK.role)
        .where(_LINK.site_id == site_id, _LINK.contact_id == firm_id, _LINK.role.in_(_PARTS))
        .order_by(_LINK.role.desc())
    )
    role = tx.execute(query).scalar()
    return None if role is None else Role(role)


def guards_at(tx: Tx, site_id: str) -> list[str]:
    """The firms that guard a site, in its order."""
    query = (
        select(_LINK.contact_id)
        .join(t.guard_firm, t.guard_firm.c.contact_id == _LINK.contact_id)
        .where(_LINK.site_id == site_id, _LINK.role == Role.GUARD.value)
        .where(t.guard_firm.c.part == Role.GUARD.value, t.guard_firm.c.closed_at.is_(None))
        .order_by(_LINK.rank, _LINK.contact_id)
    )
    return list(tx.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class TaskAt(Task):
    """A task, and where it is to be done."""

    site_id: str = ""


def guard_tasks(tx: Tx, firm_id: str) -> list[TaskAt]:
    """What the firm's guards are asked for and have not left yet."""
    query = (
        select(*tasks.FIELDS, t.incident.c.site_id)
        .join(t.incident, t.incident.c.id == t.task.c.incident_id)
        .where(
            t.task.c.kind == StepKind.SEND_GUARD.value,
            t.task.c.subject == firm_id,
            t.task.c.state != TaskState.CANCELLED.value,
            t.incident.c.state != State.FILED.value,
        )
        .order_by(t.task.c.requested_at, t.task.c.id)
    )
    return found(tx, query, TaskAt)


def put_member(tx: Tx, contact: dict[str, Any], firm_id: str, mail: str) -> None:
    """Write somebody of a firm."""
    upsert(tx, t.contact, ["id"], contact)
    values = {"contact_id": contact["id"], "firm_id": firm_id, "mail": mail}
    upsert(tx, t.firm_member, ["contact_id"], values)


def remove_member(tx: Tx, firm_id: str, contact_id: str) -> bool:
    """They are of the firm no more, and their codes count nowhere; whether they were."""
    query = delete(t.firm_member).where(_M.contact_id == contact_id, _M.firm_id == firm_id)
    return tx.execute(query).rowcount == 1


def is_firm(tx: Tx, contact_id: str) -> bool:
    """True where a contact is a guard firm, or keeps some site's installation in order."""
    guards = exists().where(t.guard_firm.c.contact_id == bindparam("id"))
    keeps = exists().where(_LINK.contact_id == bindparam("id"), _LINK.role.in_(_PARTS))
    return bool(tx.execute(select(guards | keeps), {"id": contact_id}).scalar())


#: By what a list of firms is sorted.
SORTS = ("name", "part", "rank")


def listed(tx: Tx, page: Page) -> tuple[list[ListedFirm], int]:
    """A page of the firms whose name, licence or number holds its text, and how many do: those of
    the directory of firms, and those that only sites name. It is sorted by one of ``SORTS``."""
    c, g = t.contact.c, t.guard_firm.c
    named = (
        select(_LINK.contact_id, func.min(_LINK.role).label("role"))
        .add_columns(func.count(_LINK.site_id.distinct()).label("sites"))
        .where(_LINK.role.in_(_PARTS))
        .group_by(_LINK.contact_id)
        .subquery()
    )
    part = func.coalesce(g.part, named.c.role)
    query = (
        select(c.id, c.name, c.phone, part.label("part"), g.rank, g.licence, g.sectors)
        .add_columns(g.closed_at, func.coalesce(named.c.sites, 0).label("sites"))
        .outerjoin(t.guard_firm, g.contact_id == c.id)
        .outerjoin(named, named.c.contact_id == c.id)
        .where(g.contact_id.is_not(None) | named.c.contact_id.is_not(None))
    )
    if page.text:
        query = query.where(of_person(page.text) | holds(g.licence, page.text))
    by = {"name": folded(c.name), "part": part, "rank": func.coalesce(g.rank, 99)}
    return paged(tx, query, page, ListedFirm, by, folded(c.name), c.id)


def links(tx: Tx, firm_id: str) -> list[FirmAtSite]:
    """A firm's parts at sites, by the sites' names."""
    query = (
        select(t.site_contact, t.site.c.name.label("site_name"))
        .join(t.site, t.site.c.id == _LINK.site_id)
        .where(_LINK.contact_id == firm_id, _LINK.role.in_(_PARTS))
        .order_by(t.site.c.name, t.site.c.id)
    )
    return found(tx, query, FirmAtSite)


def unlink(tx: Tx, firm_id: str, now: datetime) -> None:
    """The firm has no part at any site; the sites count as changed. Its panel users are revoked."""
    named = select(_LINK.site_id).where(_LINK.contact_id == firm_id, _LINK.role.in_(_PARTS))
    tx.execute(update(t.site).where(t.site.c.id.in_(named)).values(changed_at=now))
    users = update(t.panel_user).where(t.panel_user.c.contact_id == firm_id)
    tx.execute(users.values(contact_id=None, revoked=True))
    gone = delete(t.site_contact).where(_LINK.contact_id == firm_id, _LINK.role.in_(_PARTS))
    tx.execute(gone)


# --- visits -------------------------------------------------------------------------------

_V = t.visit.c


def visit(tx: Tx, contact_id: str, site_id: str | None = None) -> Visit | None:
    """The technician's visit that is not over: at a site, or, without one, wherever."""
    query = select(t.visit).where(_V.contact_id == contact_id, _V.left_at.is_(None))
    if site_id is not None:
        query = query.where(_V.site_id == site_id)
    return first(tx, query.order_by(_V.accepted_at.desc()), Visit)


def visits_at(tx: Tx, site_id: str) -> list[VisitBy]:
    """Visits of a site that are not over, oldest first."""
    query = (
        select(t.visit, t.contact.c.name, t.contact.c.phone)
        .join(t.contact, t.contact.c.id == _V.contact_id)
        .where(_V.site_id == site_id, _V.left_at.is_(None))
        .order_by(_V.accepted_at)
    )
    return found(tx, query, VisitBy)


def visits_of(tx: Tx, incident_id: str) -> list[VisitBy]:
    """Visits for an incident, oldest first."""
    query = (
        select(t.visit, t.contact.c.name, t.contact.c.phone)
        .join(t.contact, t.contact.c.id == _V.contact_id)
        .where(_V.incident_id == incident_id)
        .order_by(_V.accepted_at)
    )
    return found(tx, query, VisitBy)


def insert_visit(tx: Tx, site_id: str, contact_id: str, incident: str | None, at: datetime) -> None:
    """A technician accepts to go to a site."""
    visit = Visit(ids.new(at), site_id, contact_id, incident, at, None, None)
    tx.execute(t.visit.insert(), columns(visit))


def change_visit(tx: Tx, visit_id: str, **values: datetime) -> None:
    """They are there, or left."""
    tx.execute(update(t.visit).where(_V.id == visit_id).values(**values))
