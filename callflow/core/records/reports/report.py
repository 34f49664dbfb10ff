"""An incident's report as a value: what one reader is shown, in the order of the page. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from callflow.core.alarms.filing import What
from callflow.core.calls.call import REACHED, Call, CallState, Direction, Outcome
from callflow.core.calls.purpose import Purpose
from callflow.core.interventions import directory
from callflow.core.interventions.law import Finding
from callflow.core.messages.outbox import Image, Take
from callflow.core.plans.call_plan import Measure, StepKind
from callflow.core.plans.task import Task
from callflow.core.records.logbook import MACHINE
from callflow.core.records.reports import widths
from callflow.core.records.reports.facts import Facts
from callflow.core.records.reports.lines import (
    CallLine,
    Check,
    FaultLine,
    Figure,
    Milestone,
    Moment,
    OpenLine,
    Picture,
    Protection,
    Report,
    Sent,
    SignalLine,
    Told,
    Who,
)
from callflow.core.records.reports.widths import Width
from callflow.core.signals.signal import Kind, Treatment
from callflow.core.sites.site import Role
from callflow.core.time.instants import from_iso

#: So many lines of one kind are printed; of others is said how many they are.
MOST_SIGNALS, MOST_MOMENTS, MOST_STILLS = 200, 1500, 200
#: So many calls in a row that reached nobody are one line of the timeline.
MANY_CALLS = 5
_IN_VAIN = frozenset(
    {Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.NO_KEY}
)

#: Signals that end, or tell nothing of, an alarm's zone.
_NOT_ALARMS = frozenset({Kind.RESTORE, Kind.CANCEL, Kind.CLOSING, Kind.OPENING, Kind.TEST})


def report(facts: Facts, width: Width, *, language: str, timezone: str) -> Report:
    """What a reader of this width is shown of an incident."""
    return _Writing(facts, width).report(language, timezone)


class _Writing:
    """One report in the making."""

    def __init__(self, facts: Facts, width: Width) -> None:
        self._of, self._width = facts, width
        self._full = width is Width.FULL
        came = [one.received_at for one in facts.signals]
        self._begun = min(came, default=facts.incident.opened_at)
        self._numbers = {name: at for at, name in enumerate(facts.staff, 1)}

    def report(self, language: str, timezone: str) -> Report:
        """The value."""
        facts, incident, site = self._of, self._of.incident, self._of.site
        calls = tuple(self._calls())
        signals = tuple(self._signals())
        inorder = sorted(self._moments(calls, signals), key=lambda one: one.at)
        moments = list(_folded(inorder))
        pictures = tuple(self._pictures())
        told = [one for one in facts.entries if one.kind not in widths.NOT_OF_THE_ALARM]
        last = told[-1] if told else None
        return Report(
            width=self._width,
            language=language,
            timezone=timezone,
            incident=incident.id,
            reference=incident.reference,
            kind=incident.kind,
            priority=incident.priority,
            state=incident.state,
            confirmed=incident.confirmed,
            exercise=incident.exercise,
            station=site is None and incident.site_id is None,
            account=incident.account,
            site_name=site.name if site else "",
            client_name=site.client_name if site else "",
            address=site.address if site else "",
            opened_at=incident.opened_at,
            begun_at=self._begun,
            closed_at=incident.closed_at,
            resolution=widths.resolution(self._width, incident.resolution_code),
            resolution_text=self._text(incident.resolution_text, firm=False),
            plan=f"{incident.plan.get('name', '')} v{incident.plan.get('version', '')}"
            if self._full
            else "",
            figures=tuple(sorted(self._figures(), key=lambda one: one.at))
            if widths.sees_people(self._width)
            else (),
            signals=signals[:MOST_SIGNALS],
            more_signals=max(0, facts.signal_count - len(facts.signals))
            + max(0, len(signals) - MOST_SIGNALS),
            moments=tuple(moments[:MOST_MOMENTS]),
            more_moments=max(0, len(moments) - MOST_MOMENTS),
            calls=calls,
            checks=tuple(self._checks()) if widths.sees_people(self._width) else (),
            told=tuple(self._told()) if widths.sees_people(self._width) else (),
            sent=tuple(self._sent()),
            measures=tuple(self._measures()),
            faults=tuple(self._faults()),
            open=tuple(self._open()),
            pictures=pictures[:MOST_STILLS],
            more_pictures=max(0, len(pictures) - MOST_STILLS),
            head=last.hash if last and self._full else "",
            as_of=last.at if last else facts.incident.opened_at,
        )

    def _text(self, text: str, *, firm: bool = True) -> str:
        """What somebody typed; of the firm's report only where it is about the installation."""
        if self._full:
            return text
        if self._width is Width.FIRM and not firm:
            return ""
        return widths.redacted(text)

    def _who(self, name: str) -> Who:
        if name in ("", MACHINE):
            return Who()
        if self._full or name not in self._numbers:
            return Who(self._of.named_staff(name))
        return Who(number=self._numbers[name])

    # --- what came in ---------------------------------------------------------------------------

    def _signals(self) -> Iterator[SignalLine]:
        for one in self._of.signals:
            if not widths.sees_signal(self._width, one.kind):
                continue
            technical = self._width is not Width.CLIENT
            yield SignalLine(
                at=one.received_at,
                kind=one.kind,
                zone=self._of.zone(one) or one.zone,
                treatment=one.treatment,
                quiet=one.treatment is Treatment.RESTORED or one.kind in _NOT_ALARMS,
                ended=one.treatment is Treatment.RESTORED or one.kind is Kind.RESTORE,
                code=one.code if technical else "",
                number=one.zone if technical else "",
                partition=one.partition if technical else "",
                text=self._text(one.text) if technical else "",
                panel_time=one.panel_time if technical else None,
                format=one.format if technical else "",
                line=one.line if self._full else "",
                user=one.panel_user if self._full else "",
                encrypted=one.encrypted and technical,
            )

    # --- what was done --------------------------------------------------------------------------

    def _moments(
        self, calls: Iterable[CallLine], signals: Iterable[SignalLine]
    ) -> Iterator[Moment]:
        yield from (Moment(one.at, Who(), signal=one) for one in signals)
        yield from (Moment(one.at, one.by, call=one) for one in calls if not one.withdrawn)
        for entry in self._of.entries:
            data = widths.shown(self._width, entry.kind, entry.data)
            if data is None:
                continue
            for field in ("by", "who_did"):
                if isinstance(data.get(field), str):
                    who = self._who(data[field])
                    data[field] = f"#{who.number}" if who.number else who.name or data[field]
            yield Moment(entry.at, self._who(entry.who), kind=entry.kind, data=data)

    def _calls(self) -> Iterator[CallLine]:
        for call in self._of.calls:
            if call.is_leg and not self._full:
                continue  # the station's own telephones
            if call.state is CallState.CANCELLED and not self._full:
                continue  # never dialled
            party = self._of.party(call.contact_id)
            role = party.role if party else None
            if widths.sees_call(self._width, role):
                yield self._call(call, party.name if party else "", role)

    def _call(self, call: Call, name: str, role: Role | None) -> CallLine:
        recording = self._of.recordings.get(call.recorded_as)
        service = call.purpose is Purpose.SERVICE
        line = next((s.line_name for s in self._of.service_calls if s.call_id == call.id), "")
        asked_by = call.operator or call.requester
        return CallLine(
            who=name or (line if self._full else ""),
            role=role,
            number=self._number(call),
            service=service,
            incoming=call.direction is Direction.INCOMING,
            attempt=call.attempt,
            asked_at=call.requested_at,
            placed_at=call.placed_at,
            answered_at=call.answered_at,
            ended_at=call.ended_at,
            outcome=call.outcome,
            by=self._who(asked_by),
            recording=(recording.sha256 or "") if recording and self._full else "",
            problem=recording.problem if recording and self._full else "",
            withdrawn=call.state is CallState.CANCELLED,
            ours=call.is_leg,
        )

    def _number(self, call: Call) -> str:
        if call.purpose is Purpose.SERVICE or not widths.sees_people(self._width):
            return ""
        number = directory.told_as(call)
        if self._full:
            return number
        return widths.masked(number) if number.startswith("+") else ""  # not an operator's name

    # --- what came of it ------------------------------------------------------------------------

    def _figures(self) -> Iterator[Figure]:
        facts = self._of
        begun = self._begun
        target = facts.target.total_seconds()
        for what, at in self._milestones():
            if at is not None and at >= begun:
                aim = target if what is Milestone.CLAIMED else None
                yield Figure(what, at, (at - begun).total_seconds(), aim)

    def _milestones(self) -> Iterator[tuple[Milestone, datetime | None]]:
        facts = self._of
        people = [one for one in facts.calls if not one.is_leg and not _incoming(one)]
        yield Milestone.SHOWN, self._entry("human")
        yield Milestone.CLAIMED, self._entry("claimed", "desk_taken")
        yield Milestone.FIRST_CALL, _first(one.placed_at for one in people)
        spoken = (one.answered_at for one in people if one.outcome in REACHED)
        yield Milestone.REACHED, _first(spoken)
        known = (v for v in facts.verifications if v.result is not Finding.NO_ANSWER)
        yield Milestone.VERIFIED, _first(one.found_at or one.at for one in known)
        yield Milestone.SERVICE, _first(one.said_at for one in facts.service_reports)
        yield Milestone.ON_SITE, self._entry("guard_on_site", "technician_on_site")
        yield Milestone.CLOSED, facts.incident.closed_at or self._entry("closed")

    def _entry(self, *kinds: str) -> datetime | None:
        return _first(entry.at for entry in self._of.entries if entry.kind in kinds)

    def _checks(self) -> Iterator[Check]:
        for one in self._of.verifications:
            yield Check(
                at=one.found_at or one.at,
                means=one.means,
                result=one.result,
                person=self._text(one.person),
                note=self._text(one.note),
                by=self._who(one.by),
                weight=one.weight if self._full else None,
            )

    def _told(self) -> Iterator[Told]:
        for one in self._of.service_reports:
            yield Told(
                at=one.said_at,
                service=one.service,
                answer=one.answer,
                reference=one.reference,
                counter_order=one.counter_order,
                by=self._who(one.by),
                line=one.line_name if self._full else "",
                person=one.person if self._full else "",
                note=one.note if self._full else "",
            )

    def _sent(self) -> Iterator[Sent]:
        for task in self._of.tasks:
            if task.kind != StepKind.SEND_GUARD.value:
                continue
            party = self._of.party(task.subject)
            technician = party is not None and party.role is Role.MAINTENANCE
            if widths.sees_people(self._width) or technician:
                yield self._sent_by(task, party.name if party else "", technician)

        for one in self._of.visits:
            yield Sent(
                who=one.name,
                technician=True,
                asked_at=None,
                accepted_at=one.accepted_at,
                on_site_at=one.on_site_at,
                left_at=one.left_at,
            )

    def _sent_by(self, task: Task, name: str, technician: bool) -> Sent:
        return Sent(
            who=name,
            technician=technician,
            asked_at=task.requested_at,
            accepted_at=_instant(task.data.get("accepted_at")),
            on_site_at=_instant(task.data.get("on_site_at")),
            left_at=_instant(task.data.get("left_at")),
            outcome=task.outcome,
            text=self._text(task.text) if task.ended_at else "",
        )

    def _measures(self) -> Iterator[Protection]:
        for one in self._of.measures:
            if self._width is Width.FIRM and one.kind is not Measure.ZONE_OUT_OF_SERVICE:
                continue
            firm = self._of.party(one.firm_id)
            yield Protection(
                kind=one.kind,
                text=self._text(one.text),
                firm=firm.name if firm else "",
                zone=one.zone,
                began_at=one.began_at,
                ends_at=one.ends_at,
                lifted_at=one.lifted_at,
                by=self._who(one.opened_by),
            )

    def _faults(self) -> Iterator[FaultLine]:
        for one in self._of.faults:
            firm = self._of.party(one.firm_id)
            yield FaultLine(
                zone=self._of.named(one.account, one.zone),
                text=self._text(one.text),
                cause=self._text(one.cause),
                firm=firm.name if firm else "",
                began_at=one.began_at,
                appointment_at=one.appointment_at,
                ended_at=one.ended_at,
            )

    def _open(self) -> Iterator[OpenLine]:
        for one in self._of.open:
            if not widths.sees_open(self._width, one.what):
                continue
            zone = one.what in (What.ZONE, What.BYPASS)
            name = self._of.named(self._of.incident.account, one.name) if zone else one.name
            yield OpenLine(one.what, self._text(name), one.since, one.due)

    def _pictures(self) -> Iterator[Picture]:
        if not widths.sees_people(self._width):
            return  # there are people in them
        for one in self._of.images:
            if one.problem and not self._full:
                continue
            yield _picture(one)


def _folded(moments: Iterable[Moment]) -> Iterator[Moment]:
    """The timeline with many calls in a row that reached nobody as one line: each is in the table
    of calls."""
    for vain, run in groupby(moments, key=_in_vain):
        row = list(run)
        if vain and len(row) >= MANY_CALLS:
            calls = tuple(one.call for one in row if one.call)
            yield replace(row[0], others=calls[1:])
        else:
            yield from row


def _in_vain(moment: Moment) -> bool:
    call = moment.call
    return call is not None and not call.service and call.outcome in _IN_VAIN


def _picture(one: Image) -> Picture:
    return Picture(
        id=one.id,
        camera=one.name,
        at=one.begins_at or one.taken_at,
        clip=one.take is Take.CLIP or one.path.endswith(".mp4"),
        path=one.path,
        sha256=one.sha256 or "",
        ends_at=one.ends_at,
        problem=one.problem,
    )


def _incoming(call: Call) -> bool:
    return call.direction is Direction.INCOMING


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)


def _instant(text: Any) -> datetime | None:
    return from_iso(text) if isinstance(text, str) and text else None
