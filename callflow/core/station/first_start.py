"""The first start: what a new station still lacks until somebody's phone rings for a test alarm.

Pure. Nothing is ticked by hand: each part is read from what the rows and the running system say.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.calls.call import REACHED, Call, CallState, Outcome
from callflow.core.calls.dial_policy import refusal
from callflow.core.calls.on_call import on_call
from callflow.core.plans.call_plan import CALLING, Plan
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Contact, Site, SiteState

#: What the test alarm is about.
KIND = Kind.INTRUSION
#: The line is proven: somebody heard us, typed a code or a key, and was understood.
PROOF = REACHED - {Outcome.WRONG_CODE}
#: Contract lives in which people are called (D2).
CALLABLE = (SiteState.COMMISSIONING, SiteState.ACTIVE)
#: A call that nobody placed for so long waits for something.
_SOON = timedelta(seconds=6)


class Part(StrEnum):
    """What a station needs, in the order in which a fault explains those after it."""

    RUNNING = "running"  # its processes and its Asterisk
    TRUNK = "trunk"  # the way to the telephone network
    NUMBER = "number"  # what called people see
    OPERATOR = "operator"  # somebody who works at the desk
    SITE = "site"  # with an account
    CONTACT = "contact"  # whose phone will ring
    PLAN = "plan"  # which calls that contact
    ALARM = "alarm"  # the test


class Mark(StrEnum):
    """How a part is."""

    DONE = "done"
    TODO = "todo"
    WRONG = "wrong"  # something stands in the way
    RUNS = "runs"  # it is happening now


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One part. ``why`` is what is said of it (web/pages/station/start_words.py), ``about`` of
    whom or what.
    """

    part: Part
    mark: Mark
    why: str = "done"
    about: str = ""
    number: str = ""  # the phone that it is about


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """An enabled trunk. ``state`` as ``GET health`` has it, "" where nobody told; ``address`` is
    its far end's, "" where another PBX knows it; ``leads`` is false where nothing is there."""

    name: str
    state: str
    address: str = ""
    leads: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """The newest test alarm: whether it goes on, and its calls in their order."""

    runs: bool
    calls: Sequence[Call]


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What was seen at ``now`` (UTC). ``site`` is the one that the test is about, and ``sites``
    how many there are: 0, 1, or 2 for more; ``plan`` is what an alarm would follow there now."""

    now: datetime
    missing: Sequence[str]
    asterisk: bool
    lines: Sequence[Line]
    number: str
    made_up: bool  # the number is nobody's: the one that stands in the settings' defaults
    operators: Sequence[str]
    sites: int
    site: Site | None
    account: str
    plan: Plan | None
    test: Trial | None


def examine(facts: Facts) -> list[Check]:
    """Every part."""
    return [look(facts) for look in _LOOKS]


def _running(facts: Facts) -> Check:
    if facts.missing:
        about = ", ".join(facts.missing)
        return Check(part=Part.RUNNING, mark=Mark.WRONG, why="missing", about=about)
    if not facts.asterisk:
        return Check(part=Part.RUNNING, mark=Mark.WRONG, why="asterisk")
    return Check(part=Part.RUNNING, mark=Mark.DONE)


def _trunk(facts: Facts) -> Check:
    up = [line.name for line in facts.lines if line.leads and line.state == "up"]
    if up:
        return Check(part=Part.TRUNK, mark=Mark.DONE, about=", ".join(up))
    leading = [line for line in facts.lines if line.leads]
    if not leading:
        return Check(part=Part.TRUNK, mark=Mark.TODO, why="none")
    told = [line for line in leading if line.state]
    if not told or not facts.asterisk:
        return Check(part=Part.TRUNK, mark=Mark.WRONG, why="untold", about=_named(leading))
    return Check(part=Part.TRUNK, mark=Mark.WRONG, why=told[0].state, about=_named(told))


def _named(lines: Sequence[Line]) -> str:
    return ", ".join(f"{line.name} {line.address}".strip() for line in lines)


def _number(facts: Facts) -> Check:
    if facts.made_up:
        return Check(part=Part.NUMBER, mark=Mark.TODO, why="made_up", number=facts.number)
    return Check(part=Part.NUMBER, mark=Mark.DONE, number=facts.number)


def _operator(facts: Facts) -> Check:
    if not facts.operators:
        return Check(part=Part.OPERATOR, mark=Mark.TODO, why="none")
    return Check(part=Part.OPERATOR, mark=Mark.DONE, about=", ".join(facts.operators[:3]))


def _site(facts: Facts) -> Check:
    if facts.site is None:
        why = "which" if facts.sites else "none"
        return Check(part=Part.SITE, mark=Mark.TODO, why=why)
    if not facts.account:
        return Check(part=Part.SITE, mark=Mark.WRONG, why="no_account", about=facts.site.name)
    if facts.site.state not in CALLABLE:
        return Check(part=Part.SITE, mark=Mark.WRONG, why="over", about=facts.site.name)
    return Check(part=Part.SITE, mark=Mark.DONE, about=f"{facts.site.name} · {facts.account}")


def _contact(facts: Facts) -> Check:
    site = facts.site
    if site is None or not site.contacts:
        why = "no_site" if site is None else "none"
        return Check(part=Part.CONTACT, mark=Mark.TODO, why=why)
    phones = [contact for contact in site.contacts if contact.phone]
    if not phones:
        about = site.contacts[0].name
        return Check(part=Part.CONTACT, mark=Mark.WRONG, why="no_number", about=about)
    sound = [contact for contact in phones if refusal(contact.phone or "") is None]
    if not sound:
        return Check(part=Part.CONTACT, mark=Mark.WRONG, why="refused", about=phones[0].name)
    called = first_called(facts)
    if called is not None:
        number = called.phone or ""
        return Check(part=Part.CONTACT, mark=Mark.DONE, about=called.name, number=number)
    planned = facts.plan and _named_by(facts.plan, site)
    why = "away" if planned else "not_called"
    return Check(part=Part.CONTACT, mark=Mark.WRONG, why=why, about=sound[0].name)


def _named_by(plan: Plan, site: Site) -> bool:
    """True where the plan calls somebody who has a number, at whatever hour."""
    selectors = [who for step in plan.steps if step.kind in CALLING for who in step.selectors]
    return any(person.phone for who in selectors for person in who.of(site, KIND))


def first_called(facts: Facts) -> Contact | None:
    """Whose phone the plan rings first now; None: nobody's."""
    if facts.site is None or facts.plan is None:
        return None
    for step in facts.plan.steps:
        if step.kind in CALLING:
            for person in on_call(facts.site, step.selectors, KIND, facts.now):
                if person.phone and refusal(person.phone) is None:
                    return person
    return None


def _plan(facts: Facts) -> Check:
    if facts.plan is None:
        return Check(part=Part.PLAN, mark=Mark.TODO, why="none")
    about = facts.plan.name
    if not any(step.kind in CALLING for step in facts.plan.steps):
        return Check(part=Part.PLAN, mark=Mark.WRONG, why="calls_nobody", about=about)
    return Check(part=Part.PLAN, mark=Mark.DONE, about=about)


def _alarm(facts: Facts) -> Check:
    test = facts.test
    if test is None:
        return Check(part=Part.ALARM, mark=Mark.TODO, why="none")
    proven = next((call for call in test.calls if call.outcome in PROOF), None)
    if proven is not None:
        return Check(part=Part.ALARM, mark=Mark.DONE, number=proven.to)
    if not test.calls:
        why, mark = ("begins", Mark.RUNS) if test.runs else ("no_call", Mark.WRONG)
        return Check(part=Part.ALARM, mark=mark, why=why)
    live = next((call for call in test.calls if call.live), None)
    if live is not None:
        waits = live.state is CallState.REQUESTED and facts.now - live.requested_at > _SOON
        mark = Mark.WRONG if waits else Mark.RUNS
        why = "waits" if waits else live.state.value
        return Check(part=Part.ALARM, mark=mark, why=why, number=live.to)
    last = test.calls[-1]
    why = "cancelled" if last.outcome is None else last.outcome.value
    return Check(part=Part.ALARM, mark=Mark.WRONG, why=why, number=last.to)


_LOOKS: tuple[Callable[[Facts], Check], ...] = (
    _running,
    _trunk,
    _number,
    _operator,
    _site,
    _contact,
    _plan,
    _alarm,
)
