"""The forms of a plan's tasks, its guards and the measures that protect a site."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.plans.measure import ProtectiveMeasure
from callflow.core.plans.task import TaskOutcome
from callflow.handling.alarms import completing
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.interventions import guards, measures, orders
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.interventions import measures as measure_rows
from callflow.storage.sites import sites
from web.kit import forms
from web.kit.forms import Form
from web.kit.problems import ProblemError, not_found
from web.pages.alarms.task_views import checklist
from web.pages.interventions import measure_views


def complete(tx: Tx, incident_id: str, who: str, form: Form, now: datetime) -> object:
    """End what a step asked for, with its check list."""
    outcome = forms.one_of(TaskOutcome, form, "outcome")
    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise not_found("incident")
    task = form.get("task", "")
    lines = checklist(tx, incident, task)
    return completing.complete_task(
        tx,
        incident_id,
        task,
        who,
        outcome,
        now,
        text=forms.text(form),
        ticked=[line for place, line in enumerate(lines) if f"tick-{place}" in form],
        second=forms.line(form, "second"),
    )


def guard(tx: Tx, incident_id: str, who: str, form: Form, now: datetime) -> object:
    """Note what a guard said, or an order to one, by the field ``event``."""
    doing = _GUARD.get(form.get("event", ""))
    if doing is None:
        raise ProblemError(422, f"choose one of {', '.join(_GUARD)}", field="event")
    return doing(tx, incident_id, form.get("task", ""), who, form, now)


def _event(event: GuardEvent) -> Callable[..., object]:
    def told(tx: Tx, incident_id: str, task: str, who: str, form: Form, now: datetime) -> object:
        return guards.guard_event(tx, incident_id, task, event, who, now)

    return told


def _left(tx: Tx, incident_id: str, task: str, who: str, form: Form, now: datetime) -> object:
    return guards.guard_left(tx, incident_id, task, who, now)


def _report(tx: Tx, incident_id: str, task: str, who: str, form: Form, now: datetime) -> object:
    return guards.guard_report(
        tx,
        incident_id,
        task,
        who,
        now,
        inside="inside" in form,
        outside="outside" in form,
        traces=forms.yes_no(form, "traces"),
        rearmed=forms.yes_no(form, "rearmed"),
        text=forms.text(form),
    )


def _recall(tx: Tx, incident_id: str, task: str, who: str, form: Form, now: datetime) -> object:
    return guards.recall_guard(tx, incident_id, task, form.get("contact", ""), who, now)


def _stay(tx: Tx, incident_id: str, task: str, who: str, form: Form, now: datetime) -> object:
    lasts = timedelta(minutes=forms.minutes(form))
    return guards.guard_stays(tx, incident_id, task, form.get("contact", ""), lasts, who, now)


#: News of a guard that can be written down, by the field ``event``.
_GUARD: Mapping[str, Callable[..., Any]] = {
    "accepted": _event(GuardEvent.ACCEPTED),
    "on_site": _event(GuardEvent.ON_SITE),
    "report": _report,
    "left": _left,
    "recall": _recall,
    "stay": _stay,
}


def lift(tx: Tx, incident_id: str, who: str, form: Form, now: datetime) -> object:
    """A measure that protects the incident's site ends now."""
    incident = incidents.get(tx, incident_id)
    site = incident.site_id if incident else None
    return measures.lift_measure(tx, site or "", form.get("measure", ""), who, now)


def protect(tx: Tx, incident_id: str, who: str, form: Form, now: datetime) -> object:
    """A measure protects the incident's site until its end."""
    incident = incidents.get(tx, incident_id)
    site = sites.get(tx, incident.site_id) if incident and incident.site_id else None
    asked = measure_views.wanted(form, ZoneInfo(site.timezone if site else "UTC"), now)
    of = incident_id, who, asked.kind, asked.text, asked.lasts, now, asked.terms
    return _said_on_the_page(lambda: orders.protect(tx, *of))


def report(tx: Tx, incident_id: str, who: str, form: Form, now: datetime) -> object:
    """Whoever protects the incident's site reported."""
    measure = _measure(tx, incident_id, form)
    of = measure.site_id, measure.id, forms.text(form), who, now
    return _said_on_the_page(lambda: measures.report(tx, *of))


def extend(tx: Tx, incident_id: str, who: str, form: Form, now: datetime) -> object:
    """A measure that protects the incident's site ends later."""
    measure = _measure(tx, incident_id, form)
    until = measure_views.extended(form, measure)
    of = measure.site_id, measure.id, until, forms.text(form), who, now
    return _said_on_the_page(lambda: measures.extend(tx, *of))


def _measure(tx: Tx, incident_id: str, form: Form) -> ProtectiveMeasure:
    incident = incidents.get(tx, incident_id)
    measure = measure_rows.get(tx, form.get("measure", ""))
    if incident is None or measure is None or measure.site_id != incident.site_id:
        raise not_found("measure")
    return measure


def _said_on_the_page(act: Callable[[], object]) -> object:
    """A field at fault is told beside the alarm, which stays in sight."""
    try:
        return act()
    except BadField as wrong:
        raise Refused(wrong.message, wrong.about) from None
