"""Who would be called by a plan at a site, at a chosen moment: looked at before it runs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from callflow.core.calls import on_call
from callflow.core.plans.call_plan import CALLING, Plan, Step, StepKind
from callflow.core.plans.choice import Alarm
from callflow.core.signals import events
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Contact, Site
from callflow.core.time.holidays import Holidays
from callflow.core.time.hours import instant
from callflow.handling.alarms.opening import plan_for
from callflow.handling.base.refusals import NotFound
from callflow.handling.plans.simulation import plan_at, site_of
from callflow.storage import Tx
from callflow.storage.sites import own_days, sites

_THREE = 3 * 60  # minutes after midnight


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """``called``: each step that calls people, with whom it calls at ``at`` (UTC), in order.
    ``follows`` is the id of the plan that such an alarm of the site gets then."""

    site: Site
    at: datetime
    called: tuple[tuple[Step, tuple[Contact, ...]], ...]
    follows: str


def preview(tx: Tx, plan: Plan, site_id: str, kind: Kind, at: datetime) -> Preview:
    """Whom ``plan`` calls about an alarm of ``kind`` at a site at ``at`` (UTC). Raises NotFound."""
    site = site_of(tx, site_id, kind, at)
    plan = plan_at(tx, plan, site_id)
    accounts = sites.accounts(tx, site_id)
    category, _ = events.usual(kind)
    account = accounts[0].account if accounts else ""
    alarm = Alarm(kind=kind, category=category, account=account, zone="", armed=True, at=at)
    called = tuple(
        (step, on_call.on_call(site, step.selectors, kind, at))
        for step in plan.steps
        if step.kind in CALLING or step.kind is StepKind.SEND_GUARD
    )
    return Preview(site=site, at=at, called=called, follows=plan_for(tx, site_id, alarm, at).id)


def site_named(tx: Tx, typed: str) -> str:
    """The id of the site of this id, or of this account. Raises NotFound."""
    if sites.get(tx, typed) is not None:
        return typed
    found = sites.site_of_accounts(tx, [typed])
    if typed not in found:
        raise NotFound("there is no site of this id or account")
    return found[typed]


def night_of_a_holiday(tx: Tx, site: Site, now: datetime) -> datetime:
    """03:00 at the site on the next holiday of its people, else of France, in UTC."""
    zone = ZoneInfo(site.timezone)
    known = (contact.availability.holidays for contact in site.contacts)
    holidays = next((each for each in known if each is not None), None)
    holidays = holidays or Holidays(country="FR", own=own_days.own_days(tx))
    day = _next(holidays, now.astimezone(zone).date())
    return instant(day, _THREE, zone, latest=False)


def _next(holidays: Holidays, today: date) -> date:
    """The first holiday after ``today``; tomorrow where none is known within two years."""
    days = (today + timedelta(days=ahead) for ahead in range(1, 731))
    return next((day for day in days if holidays.on(day)), today + timedelta(days=1))
