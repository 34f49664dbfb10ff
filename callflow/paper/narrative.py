"""A report in a few sentences: what a hurried reader takes away."""

from collections.abc import Iterator

from callflow.core.alarms.incident import State
from callflow.core.calls.call import REACHED
from callflow.core.records.reports.lines import Milestone, Report
from callflow.core.records.reports.widths import Width
from callflow.paper.words import Say
from callflow.texts import moments, reports

#: So many zones are named.
_ZONES = 4


def summary(say: Say) -> str:
    """The sentences that are true of it, one after the other."""
    return " ".join(say.set(each) for each in _sentences(say, say.report) if each)


def _sentences(say: Say, of: Report) -> Iterator[str]:
    yield _opened(say, of)
    if of.confirmed:
        yield _said(say, "confirmed")
    if of.width is not Width.FIRM:
        claimed = [one for one in of.figures if one.what is Milestone.CLAIMED]
        if claimed:
            yield _said(say, "claimed", say.duration(claimed[0].seconds))
        yield _called(say, of)
    yield from _came(say, of)
    yield from _found(say, of)
    yield from _protected(say, of)
    yield _ended(say, of)


def _said(say: Say, name: str, *values: object, **named: object) -> str:
    return reports.SUMMARY[name][0 if say.language == "fr" else 1].format(*values, **named)


def _opened(say: Say, of: Report) -> str:
    zones = ""
    if of.zones:
        named = ", ".join(of.zones[:_ZONES]) + ("…" if len(of.zones) > _ZONES else "")
        zones = _said(say, "zones", named)
    begun = of.begun_at
    return _said(
        say,
        "opened" if of.site_name else "opened_nowhere",
        day=moments.date(begun, of.timezone, of.language),
        time=moments.clock(begun, of.timezone),
        alarm=say.word("kind", of.kind),
        zones=zones,
        site=of.site_name,
    )


def _called(say: Say, of: Report) -> str:
    made = [one for one in of.calls if one.placed_at and not one.incoming and not one.ours]
    if not made:
        return ""
    reached = sum(1 for one in made if one.outcome in REACHED)
    head = (
        _said(say, "called_one")
        if len(made) == 1
        else _said(say, "called", say.word("number", len(made)))
    )
    if not reached:
        return head + _said(say, "reached_none")
    if len(made) == 1:
        return head + _said(say, "reached_all")
    return head + (_said(say, "reached_one") if reached == 1 else _said(say, "reached", reached))


def _found(say: Say, of: Report) -> Iterator[str]:
    if of.checks:
        last = of.checks[-1]
        means, finding = say.word("means", last.means), say.finding(last.result)
        yield _said(say, "verified", means=means, finding=finding)
    for one in of.told:
        if not one.counter_order:
            service = say.word("service", one.service)
            answer = say.word("asked", one.answer)
            time = moments.clock(one.at, of.timezone)
            yield _said(say, "service", service=service, time=time, answer=answer)


def _came(say: Say, of: Report) -> Iterator[str]:
    for one in of.sent:
        if one.on_site_at is None:
            continue
        who = moments.capital(one.who or say("technician" if one.technician else "guard"))
        time = moments.clock(one.on_site_at, of.timezone)
        if one.outcome is None:
            yield _said(say, "guard", who=who, time=time)
        else:
            outcome = say.word("outcome", one.outcome)
            yield _said(say, "guard_outcome", who=who, time=time, outcome=outcome)


def _protected(say: Say, of: Report) -> Iterator[str]:
    for one in of.measures:
        until = moments.moment(one.lifted_at or one.ends_at, of.timezone, of.language)
        yield _said(say, "measure", what=say.word("measure", one.kind), until=until)


def _ended(say: Say, of: Report) -> str:
    if of.closed_at is None or of.state is State.OPEN:
        return _said(say, "open")
    same = moments.date(of.closed_at, of.timezone, "en") == moments.date(
        of.begun_at, of.timezone, "en"
    )
    told = "closed" if same else "closed_later"
    return _said(
        say,
        told if of.resolution else "closed_untold",
        day=moments.date(of.closed_at, of.timezone, of.language),
        time=moments.clock(of.closed_at, of.timezone),
        resolution=say.word("resolution", of.resolution),
    )
