"""Protective measures as pages show them, and what their forms say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import (
    LONGEST,
    MOST_REPORT,
    EndsWhen,
    ProtectiveMeasure,
    Report,
    Terms,
)
from callflow.core.sites.site import Role
from callflow.handling.records.costs import Cost, costs
from callflow.storage import Tx
from callflow.storage.interventions import guards, measures
from callflow.storage.sites import contacts, sites
from web.kit import forms
from web.kit.forms import Form
from web.kit.problems import ProblemError

#: Reports that are shown of one.
_REPORTS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureView:
    """A measure with where it is, who does it, what it came to and what was reported last.
    ``late``: its report is overdue."""

    measure: ProtectiveMeasure
    site_name: str
    zone: str  # the site's time zone
    firm: str
    cost: Cost
    reports: tuple[Report, ...]
    late: bool
    begun: bool


def shown(tx: Tx, found: Sequence[ProtectiveMeasure], now: datetime) -> list[MeasureView]:
    """Each of these, in their order."""
    if not found:
        return []
    cost = costs(tx, found, now)
    firms = contacts.names_of(tx, {one.firm_id for one in found if one.firm_id})
    places = {one: sites.get(tx, one) for one in {measure.site_id for measure in found}}
    said = measures.reports(tx, [one.id for one in found])
    views = []
    for one in found:
        place = places[one.site_id]
        views.append(
            MeasureView(
                measure=one,
                site_name=place.name if place else one.site_id,
                zone=place.timezone if place else "UTC",
                firm=firms.get(one.firm_id or "", ""),
                cost=cost[one.id],
                reports=tuple(said.get(one.id, [])[-_REPORTS:]),
                late=one.report_due is not None and one.report_due <= now,
                begun=one.began_at <= now,
            )
        )
    return views


def firms(tx: Tx, site_id: str | None = None) -> dict[str, str]:
    """{id: name} of the firms that may do it: those of a site first, then the directory's."""
    own = contacts.called(tx, site_id) if site_id else []
    parts = (Role.GUARD, Role.MAINTENANCE)
    named = {one.id: one.name for one in own if one.role in parts}
    return named | {one.contact_id: one.name for one in guards.firms(tx, part=None)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a form asks for."""

    kind: Measure
    text: str
    lasts: timedelta
    terms: Terms


def wanted(form: Form, zone: ZoneInfo, now: datetime) -> Wanted:
    """What a form of a measure says; its times are those of a clock in ``zone``. Raises a
    problem."""
    begins = forms.moment(form, "from", zone)
    until = forms.moment(form, "until", zone)
    said = form.get("ends_when", "")
    return Wanted(
        kind=forms.one_of(Measure, form, "kind"),
        text=forms.line(form, "text"),
        lasts=until - (begins or now) if until else timedelta(minutes=forms.minutes(form)),
        terms=Terms(
            begins_at=begins,
            zone=forms.line(form, "zone")[:16].strip(),
            firm_id=forms.line(form, "firm") or None,
            rate=forms.cents(form, "rate"),
            report_every=forms.whole(form, "report_every", MOST_REPORT),
            ends_when=forms.one_of(EndsWhen, form, "ends_when") if said else None,
        ),
    )


def extended(form: Form, measure: ProtectiveMeasure) -> datetime:
    """The end that a form asks for: so many hours after the one before. Raises a problem."""
    hours = forms.whole(form, "hours", int(LONGEST / timedelta(hours=1)))
    if not hours:
        raise ProblemError(422, "choose for how long", field="hours")
    return measure.ends_at + timedelta(hours=hours)
