"""A plan is replayed over the stored incidents of one plan: read as they were, page by page."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from callflow.core.alarms.incident import Incident, Machine, State
from callflow.core.calls.call import Call, Outcome
from callflow.core.calls.purpose import Purpose
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import Plan, StepKind
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.records.logbook import MACHINE, Entry
from callflow.core.signals import events
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.simulation import backtest
from callflow.core.simulation.backtest import Difference, Happening, Past, PastCall, PastTask, What
from callflow.core.sites.zones import zone_key
from callflow.core.time.instants import from_iso, to_iso
from callflow.handling.plans.simulation import plan_at
from callflow.handling.sites.in_force import site_now
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls
from callflow.storage.records import logbook
from callflow.texts import REASONS, RESOLUTIONS, word
from callflow.texts.counts import agreed
from callflow.texts.plans.simulation import BACKTEST

#: Incidents that are read and replayed in one transaction.
PAGE = 100

#: Entries that say that the machine acted: it looked at its plan then.
_LOOKED = frozenset(
    "step call_requested no_number dial_refused task_asked task_ended human closed".split()
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """What one page found. ``unlike`` are incidents that their own plan, replayed, does not call
    as it did: an operator dialled, or a crash was in the way. ``next`` goes on from there."""

    examined: int
    differences: tuple[Difference, ...]
    unlike: tuple[str, ...]
    next: tuple[datetime, str] | None


def backtest_page(
    tx: Tx,
    plan_id: str,
    plan: Plan,
    *,
    since: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = PAGE,
) -> Backtest:
    """Replay ``plan`` over incidents that had a version of ``plan_id``, oldest first.

    Rehearsals, and what is still open, are left out. ``since`` is the earliest opening (UTC).
    """
    alarms = incidents.of_plan(tx, plan_id, since=since, after=after, limit=limit)
    examined, differences, unlike = 0, [], []
    for past in _read(tx, alarms):
        examined += 1
        if not backtest.reproduced(past):
            unlike.append(past.incident)
        difference = backtest.compare(past, plan_at(tx, plan, past.site.id))
        if difference is not None:
            differences.append(difference)
    last = alarms[-1] if len(alarms) == limit else None
    return Backtest(
        examined=examined,
        differences=tuple(differences),
        unlike=tuple(unlike),
        next=(last.opened_at, last.id) if last else None,
    )


def to_json(found: Backtest) -> dict[str, object]:
    """What was found, for programs; times are ISO 8601 in UTC."""
    return {
        "examined": found.examined,
        "differences": [_difference(each) for each in found.differences],
        "unlike": list(found.unlike),
    }


def lines(found: Backtest, language: str) -> Iterator[str]:
    """The same as people read it."""
    say = partial(word, BACKTEST, language=language)
    for each in found.differences:
        yield say("differs").format(incident=each.incident, at=f"{each.opened_at:%d/%m/%Y %H:%M}")
        for key, course in (("was", each.was), ("would_be", each.would_be)):
            called = ", ".join(course.called) or "–"
            end = word({**RESOLUTIONS, **REASONS}, course.end, language)
            yield say(key).format(called=called, end=end)
    counts = {"examined": found.examined, "differ": len(found.differences)}
    yield agreed(say("found"), counts, language).format_map(counts)
    if found.unlike:
        of = {"count": len(found.unlike), "incidents": ", ".join(found.unlike)}
        yield agreed(say("unlike"), of, language).format_map(of)


def _difference(each: Difference) -> dict[str, object]:
    return {
        "incident": each.incident,
        "opened_at": to_iso(each.opened_at),
        "what": list(each.what),
        "was": {**asdict(each.was), "called": list(each.was.called)},
        "would_be": {**asdict(each.would_be), "called": list(each.would_be.called)},
    }


def _read(tx: Tx, found: Sequence[Incident]) -> Iterator[Past]:
    ids = [incident.id for incident in found]
    of_calls, of_logbook = calls.of_incidents(tx, ids), logbook.of_incidents(tx, ids)
    for incident in found:
        assert incident.site_id is not None, "``of_plan`` has only those of sites"
        site = site_now(tx, incident.site_id, incident.kind, incident.opened_at)
        if site is None:
            continue
        entries = of_logbook[incident.id]
        yield Past(
            incident=incident.id,
            plan=call_plan.from_json(incident.plan),
            site=site,
            opened=_as_opened(incident, entries),
            calls=list(_calls(of_calls[incident.id], entries)),
            tasks=(asked := [_task(task) for task in tasks.of_incident(tx, incident.id)]),
            happenings=[*_happenings(incident, entries), *_of_guards(asked, of_calls[incident.id])],
            looks=sorted({e.at for e in entries if e.kind in _LOOKED}),
            closed="" if incident.state is State.OPEN else incident.resolution_code or "",
        )


def _as_opened(incident: Incident, entries: Sequence[Entry]) -> Incident:
    """The incident before anything was decided, and before anybody knew more of it."""
    kinds = {entry.kind for entry in entries}
    graver = bool({"incident_confirmed", "personal_path"} & kinds) or (
        incident.duress and incident.kind is not Kind.DURESS
    )
    category = events.usual(incident.kind)[0] if graver else incident.category
    mute = any(_says_mute(incident, e) and e.at == incident.opened_at for e in entries)
    return incident.but(
        category=Category.VITAL if incident.kind in PERSONAL else category,
        state=State.OPEN,
        duress=mute or incident.kind is Kind.DURESS,
        zones=dict.fromkeys(list(incident.zones)[:1], "alarm"),
        step=None,
        step_since=None,
        machine=Machine.RUNNING,
        with_human=False,
        holder=None,
        grounds=None,
        rounds={},
    )


# --- calls and tasks ------------------------------------------------------------------------


def _calls(made: Sequence[Call], entries: Sequence[Entry]) -> Iterator[PastCall]:
    """The plan's calls; one that went on over another trunk is one call."""
    concluded = {e.data.get("call"): e.at for e in entries if e.kind == "call_result"}
    before = {call.successor: call for call in made if call.successor is not None}
    for call in made:
        unnumbered = call.outcome is Outcome.NO_NUMBER and call.placed_at is None
        if call.purpose is not Purpose.PLAN or call.successor is not None or unnumbered:
            continue
        first = call
        while first.id in before:
            first = before[first.id]
        led = call.requested_at if call.leader is not None else None
        yield PastCall(
            step=call.step,
            contact=call.contact_id or "",
            requested_at=first.requested_at,
            placed_at=first.placed_at or led,
            answered_at=call.answered_at,
            concluded_at=concluded.get(call.id),
            ended_at=call.ended_at,
            outcome=call.outcome,
        )


def _task(task: Task) -> PastTask:
    guard, outcome = task.kind == StepKind.SEND_GUARD.value, task.outcome
    by_plan = outcome is TaskOutcome.OVERDUE or (guard and task.ended_by == MACHINE)
    return PastTask(
        step=task.step,
        kind=task.kind,
        subject=task.subject,
        requested_at=task.requested_at,
        accepted_at=_instant(task.data.get("accepted_at")),
        on_site_at=_instant(task.data.get("on_site_at")),
        ended_at=task.ended_at,
        outcome=None if by_plan else outcome,
        at_once=bool(outcome and task.ended_at and task.ended_at <= task.requested_at),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else from_iso(text)


# --- what came from outside -----------------------------------------------------------------

_BY_KIND = {
    "claimed": What.TAKEN,
    "resumed": What.RESUMED,
    "incident_reopened": What.REOPENED,
    "incident_confirmed": What.CONFIRMED,
}


def _happenings(incident: Incident, entries: Sequence[Entry]) -> Iterator[Happening]:
    plan = call_plan.from_json(incident.plan)
    closing = {step.id for step in plan.steps if step.kind is StepKind.CLOSE}
    by_plan = {e.at for e in entries if e.kind == "step" and e.data["step"] in closing}
    for entry in entries:
        at, data = entry.at, entry.data
        if entry.kind in _BY_KIND:
            yield Happening(at=at, what=_BY_KIND[entry.kind])
        elif entry.kind == "closed" and at not in by_plan:
            yield Happening(at=at, what=What.CLOSED, value=data["resolution"])
        elif entry.kind == "restored":
            yield Happening(at=at, what=What.RESTORED, value=_key(incident, data["zone"]))
        elif entry.kind == "signal" and data.get("treatment") == "joined":
            yield Happening(at=at, what=What.ALARM, value=_key(incident, data["zone"]))
        elif _says_mute(incident, entry):
            yield Happening(at=at, what=What.MUTED)


def _says_mute(incident: Incident, entry: Entry) -> bool:
    """Another alarm of the site is the personal one."""
    personal = incident.kind in PERSONAL
    return bool(entry.kind == "human" and entry.data["reason"] == "personal") and not personal


def _key(incident: Incident, zone: str) -> str:
    """Which zone, or path, of the incident a signal told of."""
    key = zone_key(zone)
    known = list(incident.zones)
    return key if key in known or not known else known[0]


def _of_guards(asked: Sequence[PastTask], made: Sequence[Call]) -> Iterator[Happening]:
    """What firms said to an operator, and not on the phone of the plan."""
    said = {c.contact_id for c in made if c.outcome is Outcome.ACCEPTED}
    for task in asked:
        if task.kind != StepKind.SEND_GUARD.value or task.subject in said:
            continue
        if task.accepted_at is not None:
            at, what = task.accepted_at, What.GUARD_ACCEPTED
            yield Happening(at=at, what=what, value=task.subject)
        elif task.outcome is not None and task.ended_at is not None:
            at, what = task.ended_at, What.GUARD_REPORTED
            yield Happening(at=at, what=what, value=task.subject, outcome=task.outcome)
