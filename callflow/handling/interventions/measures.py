"""Protective measures (D26): opened with an end, reported of, extended, lifted by a person or when
their reason is gone, a human's again when over."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from callflow import ids
from callflow.core.alarms.incident import Incident, State
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import (
    AROUND,
    LONGEST,
    MOST_RATE,
    MOST_REPORT,
    EndsWhen,
    ProtectiveMeasure,
    Report,
    Terms,
    next_report,
)
from callflow.core.records.logbook import MACHINE
from callflow.core.signals.signal import Signal
from callflow.core.sites.zones import zone_key
from callflow.core.time.instants import to_iso
from callflow.core.watch.supervision import station_signal
from callflow.handling.alarms.acting import hand_to_human, settle
from callflow.handling.alarms.ends.filing import normal_due
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.interventions import firms, measures
from callflow.storage.signals import signals
from callflow.storage.sites import contacts, sites
from callflow.storage.watch import supervision

#: Why an alarm is a human's again: its guard or patrol did not report, its protection is over.
UNREPORTED, OVER = "measure_unreported", "measure_over"
_ASKED = Terms()


def open_measure(
    tx: Tx,
    incident: Incident,
    kind: Measure,
    text: str,
    lasts: timedelta,
    now: datetime,
    *,
    who: str = MACHINE,
    terms: Terms = _ASKED,
) -> ProtectiveMeasure:
    """Protect the incident's site by ``text`` for ``lasts``, on these terms. Raises BadField."""
    site = incident.site_id or ""
    measure = _opened(tx, site, incident.id, kind, text, lasts, now, who, terms)
    tell(tx, "measure_opened", now, incident, who_did=who, **_told(tx, measure))
    return measure


def protect_site(
    tx: Tx,
    site_id: str,
    kind: Measure,
    text: str,
    lasts: timedelta,
    now: datetime,
    *,
    who: str,
    terms: Terms = _ASKED,
) -> ProtectiveMeasure:
    """Protect a site, whatever alarms there are; at its end somebody looks at it.

    Raises NotFound, BadField.
    """
    if sites.get(tx, site_id) is None:
        raise NotFound(f"there is no site {site_id!r}")
    measure = _opened(tx, site_id, None, kind, text, lasts, now, who, terms)
    tell(tx, "measure_opened", now, site=site_id, who_did=who, **_told(tx, measure))
    return measure


def open_fault(
    tx: Tx, site_id: str, zone: str, text: str, lasts: timedelta, now: datetime, *, who: str
) -> None:
    """A zone is out of service (mission 5.4), whatever alarms there are."""
    out, terms = Measure.ZONE_OUT_OF_SERVICE, Terms(zone=zone)
    protect_site(tx, site_id, out, text, lasts, now, who=who, terms=terms)


def _opened(
    tx: Tx,
    site_id: str,
    incident_id: str | None,
    kind: Measure,
    text: str,
    lasts: timedelta,
    now: datetime,
    who: str,
    terms: Terms,
) -> ProtectiveMeasure:
    begins = terms.begins_at or now
    _check(tx, text, lasts, terms, now)
    measure = ProtectiveMeasure(
        *(ids.new(now), site_id, kind, text.strip(), who, begins, begins + lasts),
        incident_id=incident_id,
        zone=zone_key(terms.zone) if terms.zone else "",
        firm_id=terms.firm_id,
        rate=terms.rate,
        report_every=terms.report_every,
        ends_when=terms.ends_when,
    )
    measure = replace(measure, report_due=next_report(measure, now))
    measures.insert(tx, measure)
    return measure


def _check(tx: Tx, text: str, lasts: timedelta, terms: Terms, now: datetime) -> None:
    """Raises BadField."""
    begins = terms.begins_at or now
    if not text.strip():
        raise BadField("text", "say what protects the site")
    if not timedelta(0) < lasts <= LONGEST:
        raise BadField("until", "ends after it begins, and within 90 days")
    if abs(begins - now) > AROUND:
        raise BadField("from", "begins within a week, before or after now")
    if begins + lasts <= now:
        raise BadField("until", "lies in the past")
    if terms.firm_id is not None and not firms.is_firm(tx, terms.firm_id):
        raise BadField("firm", "there is no such firm")
    if terms.rate is not None and not 0 <= terms.rate <= MOST_RATE:
        raise BadField("rate", "0 to 10 000 euros")
    if not 0 <= terms.report_every <= MOST_REPORT:
        raise BadField("report_every", "0 to 10 080 minutes")
    if terms.ends_when is EndsWhen.RESTORED and not terms.zone:
        raise BadField("zone", "name the zone whose restore ends the measure")


def _told(tx: Tx, measure: ProtectiveMeasure) -> dict[str, str]:
    until = measure.ends_at.isoformat(timespec="seconds")
    said = [measure.text]
    if measure.firm_id and (firm := contacts.get(tx, measure.firm_id)):
        said.append(firm.name)
    if measure.rate is not None:
        said.append(f"{measure.rate / 100:.2f} €")
    return {"measure": measure.kind.value, "note": ", ".join(said), "until": until}


# --- while it runs ------------------------------------------------------------------------------


def report(
    tx: Tx, site_id: str, measure_id: str, text: str, who: str, now: datetime
) -> ProtectiveMeasure:
    """Whoever protects the site reported: a round was made, all is well. Raises NotFound, Refused,
    BadField."""
    measure, incident = _running(tx, site_id, measure_id)
    if not text.strip():
        raise BadField("text", "write down what was reported")
    if now < measure.began_at:
        raise Refused("this measure has not begun yet")
    measures.reported(tx, Report(ids.new(now), measure.id, now, who, text.strip()))
    measures.change(tx, measure.id, report_due=next_report(measure, now))
    _tell(tx, "measure_report", now, incident, measure, who_did=who, text=text.strip())
    return _again(tx, measure)


def extend(
    tx: Tx, site_id: str, measure_id: str, until: datetime, why: str, who: str, now: datetime
) -> ProtectiveMeasure:
    """The measure ends at another time; ``why``: who asked for it. Raises NotFound, Refused,
    BadField."""
    measure, incident = _running(tx, site_id, measure_id)
    if not why.strip():
        raise BadField("text", "write down who asks for it, and why")
    if not max(now, measure.began_at) < until <= now + LONGEST:
        raise BadField("until", "ends after now, and within 90 days")
    measures.change(tx, measure.id, ends_at=until)
    told = {"until": until.isoformat(timespec="seconds"), "text": why.strip()}
    _tell(tx, "measure_extended", now, incident, measure, who_did=who, **told)
    if incident is not None and incident.state is State.AWAITING_NORMAL:
        incidents.change(tx, incident, normal_due=normal_due(tx, incident, now))
    return _again(tx, measure)


def lift_measure(
    tx: Tx, site_id: str, measure_id: str, who: str, now: datetime, why: str = ""
) -> ProtectiveMeasure:
    """End a measure before its time. Raises NotFound, Refused."""
    measure, incident = _running(tx, site_id, measure_id)
    _lift(tx, measure, incident, who, now, why)
    return _again(tx, measure)


def _running(tx: Tx, site_id: str, measure_id: str) -> tuple[ProtectiveMeasure, Incident | None]:
    """The measure, and the incident that it was opened for, locked. Raises NotFound, Refused."""
    measure = measures.get(tx, measure_id)
    if measure is None or measure.site_id != site_id:
        raise NotFound("there is no such measure at this site", measure_id)
    if measure.lifted_at is not None:
        raise Refused("this measure is lifted already")
    return measure, _incident(tx, measure)


def _incident(tx: Tx, measure: ProtectiveMeasure) -> Incident | None:
    return incidents.get(tx, measure.incident_id, lock=True) if measure.incident_id else None


def _again(tx: Tx, measure: ProtectiveMeasure) -> ProtectiveMeasure:
    return measures.get(tx, measure.id) or measure


def _lift(
    tx: Tx,
    measure: ProtectiveMeasure,
    incident: Incident | None,
    who: str,
    now: datetime,
    why: str = "",
) -> None:
    if not measures.lift(tx, measure.id, who, now):
        return
    note = f"{measure.text} ({why})" if why else measure.text
    _tell(tx, "measure_lifted", now, incident, measure, who_did=who, note=note)
    if incident is not None and incident.state is State.AWAITING_NORMAL:
        incident = settle(tx, incident, now)  # it waited only because it was protected
        if incident.state is State.AWAITING_NORMAL:
            incidents.change(tx, incident, normal_due=normal_due(tx, incident, now))


def _tell(
    tx: Tx,
    kind: str,
    now: datetime,
    incident: Incident | None,
    measure: ProtectiveMeasure,
    **told: Any,
) -> None:
    said = {"note": measure.text, "of": measure.id, **told}
    if incident is None:
        tell(tx, kind, now, site=measure.site_id, **said)
    else:
        tell(tx, kind, now, incident, **said)


# --- what the engine finds out --------------------------------------------------------------------


def overdue(tx: Tx, measure: ProtectiveMeasure, now: datetime) -> list[Signal]:
    """The time of a measure is over, or nobody reported in time: a human decides what follows."""
    incident = _incident(tx, measure)
    if measure.ends_at > now:
        return _unreported(tx, measure, incident, now)
    if not measures.lift(tx, measure.id, MACHINE, measure.ends_at):
        return []
    _tell(tx, OVER, now, incident, measure)
    if incident is None or incident.state is State.FILED:
        return _signal(tx, "MEASURE_OVER", measure, measure.id, now)
    if incident.state is State.OPEN:  # what awaits normal is looked at by its own time
        _rings(tx, incident, OVER, measure.text, now)
    return []


def _unreported(
    tx: Tx, measure: ProtectiveMeasure, incident: Incident | None, now: datetime
) -> list[Signal]:
    due = measure.report_due
    if due is None or due > now:
        return []
    again = timedelta(minutes=max(5, measure.report_every))
    if not measures.change(tx, measure.id, report_due=now + again):
        return []
    _tell(tx, UNREPORTED, now, incident, measure)
    if incident is None or incident.state is not State.OPEN:
        return _signal(tx, "MEASURE_REPORT", measure, f"{measure.id} {to_iso(due)}", now)
    _rings(tx, incident, UNREPORTED, measure.text, now)
    return []


def _signal(
    tx: Tx, code: str, measure: ProtectiveMeasure, about: str, now: datetime
) -> list[Signal]:
    account = supervision.first_account(tx, measure.site_id)
    if account is None:
        return []
    return [station_signal(code, account, about, now, zone=measure.zone, text=measure.text)]


def _rings(tx: Tx, incident: Incident, reason: str, text: str, now: datetime) -> None:
    """The alarm stands in the queue and rings there; from its holder it comes back unless they act
    (D21)."""
    handed = hand_to_human(tx, incident, reason, now, text)
    policy = load_policy(tx)
    wait = policy.hold if handed.holder else policy.target
    due = now + wait(handed.category)
    kept = handed.queue_due
    incidents.change(tx, handed, parked_until=None, queue_due=min(kept, due) if kept else due)


def moot(tx: Tx, now: datetime, *, limit: int) -> list[ProtectiveMeasure]:
    """Running measures whose reason is gone. Only reads."""
    running = measures.conditional(tx, now, limit=limit)
    return [measure for measure in running if reason_gone(tx, measure)]


def ended_by_reason(tx: Tx, measure: ProtectiveMeasure, now: datetime) -> list[Signal]:
    """Lift a measure whose reason is gone: what ``EndsWhen`` names is so."""
    if reason_gone(tx, measure):
        _lift(tx, measure, _incident(tx, measure), MACHINE, now)
    return []


def reason_gone(tx: Tx, measure: ProtectiveMeasure) -> bool:
    """True where what a measure waits for is so since it began. Only reads."""
    if measure.ends_when is EndsWhen.ARMED:
        told = supervision.arming(tx, [measure.site_id])[measure.site_id].partitions
        changed = any(one.since >= measure.began_at for one in told)
        return bool(told) and changed and all(one.armed for one in told)
    if measure.ends_when is EndsWhen.RESTORED:
        return signals.zone_restored(tx, measure.site_id, measure.zone, measure.began_at)
    return False
