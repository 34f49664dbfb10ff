"""Rows of monthly reports: who gets them, and which were made."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, exists, func, or_, select

from callflow.core.records.monthly import MonthlyReport, Subject, Subscription
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found

_S, _R = t.report_subscription.c, t.monthly_report.c


def subscriptions(tx: Tx) -> list[Subscription]:
    """Everybody, by what the reports are about."""
    order = (_S.subject, _S.subject_id, _S.to, _S.id)
    return found(tx, select(t.report_subscription).order_by(*order), Subscription)


def subscription(tx: Tx, subscription_id: str) -> Subscription | None:
    """One of them."""
    query = select(t.report_subscription).where(_S.id == subscription_id)
    return first(tx, query, Subscription)


def subscribe(tx: Tx, made: Subscription) -> None:
    """One more."""
    tx.execute(t.report_subscription.insert().values(**columns(made)))


def unsubscribe(tx: Tx, subscription_id: str) -> None:
    """One less; what was made stays."""
    tx.execute(delete(t.report_subscription).where(_S.id == subscription_id))


#: Of a client's or a firm's sites another system acts for one at least: it tells them of it.
_IN_SHADOW = (
    exists()
    .where(t.site.c.shadow_since.is_not(None), t.site.c.state != "terminated")
    .where(
        or_(
            and_(_S.subject == Subject.CLIENT.value, t.site.c.client_id == _S.subject_id),
            and_(
                _S.subject == Subject.FIRM.value,
                exists().where(
                    t.site_contact.c.contact_id == _S.subject_id,
                    t.site_contact.c.site_id == t.site.c.id,
                ),
            ),
        )
    )
)


def next_due(tx: Tx, month: int) -> Subscription | None:
    """Somebody whose report of this month was not made, nor tried; none about a site for which
    another system acts, until it is moved over."""
    made = exists().where(_R.subscription_id == _S.id, _R.month == month)
    query = select(t.report_subscription).where(~made, ~_IN_SHADOW)
    return first(tx, query.order_by(_S.made_at, _S.id).limit(1), Subscription)


def note(tx: Tx, report: MonthlyReport) -> bool:
    """What came of one; False where another process has noted it before."""
    known = _R.subscription_id == report.subscription_id
    if tx.execute(select(_R.month).where(known, _R.month == report.month)).first() is not None:
        return False
    tx.execute(t.monthly_report.insert().values(**columns(report)))
    return True


@dataclass(frozen=True, slots=True)
class ReportMade:
    """A report that was made, or not, with whom it was for."""

    subscription_id: str
    subject: Subject
    subject_id: str
    to: str
    month: int
    document_id: str | None
    problem: str
    made_at: datetime


def latest(tx: Tx, limit: int) -> list[ReportMade]:
    """The newest, newest first."""
    query = (
        select(
            *(_R.subscription_id, _S.subject, _S.subject_id, _S.to),
            *(_R.month, _R.document_id, _R.problem, _R.made_at),
        )
        .join(t.report_subscription, _S.id == _R.subscription_id)
        .order_by(_R.made_at.desc(), _R.subscription_id)
        .limit(limit)
    )
    return found(tx, query, ReportMade)


def sites_of_client(tx: Tx, client_id: str) -> frozenset[str]:
    """The sites of a client."""
    c = t.site.c
    return frozenset(tx.execute(select(c.id).where(c.client_id == client_id)).scalars())


def sites_of_firm(tx: Tx, contact_id: str) -> frozenset[str]:
    """The sites at which a firm has a part."""
    c = t.site_contact.c
    return frozenset(tx.execute(select(c.site_id).where(c.contact_id == contact_id)).scalars())


def name_of(tx: Tx, subject: Subject, subject_id: str) -> str | None:
    """What a client or a firm is called; None: there is no such one."""
    if subject is Subject.STATION:
        return ""
    table = t.client if subject is Subject.CLIENT else t.contact
    query = select(table.c.name).where(table.c.id == subject_id)
    if subject is Subject.FIRM:
        query = query.where(exists().where(t.guard_firm.c.contact_id == subject_id))
    return tx.execute(query).scalar()


def signals(tx: Tx, sites: frozenset[str] | None, since: datetime, until: datetime) -> int:
    """How many signals came in from the panels of these sites (None: all) in that time."""
    c = t.signal.c
    query = select(func.count()).where(c.received_at >= since, c.received_at < until)
    if sites is not None:
        accounts = select(t.account.c.account).where(t.account.c.site_id.in_(sorted(sites)))
        query = query.where(c.account.in_(accounts))
    return int(tx.execute(query.select_from(t.signal)).scalar_one())
