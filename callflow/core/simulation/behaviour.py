"""What people, and the machine's own ways out, do in a simulation: from a script, or by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from callflow.core.calls.call import REACHED, Outcome
from callflow.core.plans.call_plan import BY_OPERATOR, ENDS, Step, StepKind
from callflow.core.plans.task import TaskOutcome

_T = TypeVar("_T")

#: How long a phone rings where the step doesn't say, seconds; the station's setting by default.
RING_S = 30.0
_PICKED_UP_AFTER = 6.0  # seconds
_TALK_S = 25.0  # seconds: a code, the situation, a key
#: Ends of a call that was picked up.
ANSWERED = REACHED | {Outcome.NO_KEY, Outcome.HUNG_UP}
#: What most calls come to; the rest is anything that can happen.
_UNREACHED = frozenset({Outcome.NO_ANSWER, Outcome.BUSY, Outcome.NO_KEY, Outcome.UNREACHABLE})


class BehaviourError(ValueError):
    """A script that can't be used; the message says where and what to write."""


class Chance(Protocol):
    """Where chance comes from: ``random.Random`` with a seed, so that a run can be had again."""

    def random(self) -> float: ...

    def choice(self, seq: Sequence[_T], /) -> _T: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """How one call goes. ``outcome`` None: it never ends. Seconds."""

    outcome: Outcome | None
    wait_s: float = 0.0  # until it is placed
    ring_s: float = _PICKED_UP_AFTER
    talk_s: float = 0.0  # until it has its outcome
    hold_s: float = 0.0  # until the line is free after that


@dataclass(frozen=True, kw_only=True, slots=True)
class Doing:
    """What becomes of a task, and after how many seconds."""

    outcome: TaskOutcome
    after_s: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """What a guard does after he accepted, in seconds.

    ``on_site_s`` None: he doesn't say that he is there; ``report_s`` (from then, else from his
    acceptance) None: he reports nothing.
    """

    on_site_s: float | None = 900.0
    report_s: float | None = 600.0
    outcome: TaskOutcome = TaskOutcome.ALL_CLEAR


class Behaviours(Protocol):
    """What happens outside the machine, asked for at ``at`` (UTC).

    ``nth`` counts from 0, for each person, step or firm.
    """

    @property
    def restored_s(self) -> float | None:
        """How long after the alarm the zones come back to normal; None: they don't."""

    def call(self, step: Step, contact: str, nth: int, at: datetime) -> Answer: ...

    def task(self, step: Step, nth: int, at: datetime) -> Doing | None: ...

    def guard(self, step: Step, firm: str, nth: int, at: datetime) -> Guard: ...


def possible(step: Step) -> frozenset[Outcome]:
    """How a call of such a step can end on a real phone, but for what our own side does."""
    if step.kind is StepKind.SEND_GUARD:
        said = {Outcome.ACCEPTED, Outcome.DECLINED, Outcome.DURESS}
        return (_ends(StepKind.MESSAGE) - {Outcome.ACKNOWLEDGED}) | said
    later = {Outcome.CALL_BACK} if step.call_back else set()
    return _ends(step.kind) | later


def _ends(kind: StepKind) -> frozenset[Outcome]:
    return frozenset(end for end in Outcome if end in ENDS[kind]) - {Outcome.NO_NUMBER}


def usual(step: Step, outcome: Outcome, ring_s: float = RING_S) -> Answer:
    """A call that ends so, as long as such a call takes.

    ``ring_s`` is the station's setting, for a step that has none of its own.
    """
    if outcome in ANSWERED:
        return Answer(outcome=outcome, talk_s=_TALK_S)
    rings = outcome in (Outcome.NO_ANSWER, Outcome.UNKNOWN)
    return Answer(outcome=outcome, ring_s=(step.ring_s or ring_s) if rings else 1.0)


def _of_machine(step: Step) -> Doing | None:
    """What the machine does by itself succeeds; operators never come, unless a script says so."""
    return None if step.kind in BY_OPERATOR else Doing(outcome=TaskOutcome.DONE, after_s=5.0)


@dataclass(frozen=True, kw_only=True)
class Script:
    """Each person, step and firm does what is written, in order, the last again and again.

    ``calls`` is keyed by a contact's id, ``tasks`` by a step's, ``guards`` by a firm's contact id.
    Whoever is not named does not answer.
    """

    calls: Mapping[str, Sequence[Answer | Outcome]] = field(default_factory=dict)
    tasks: Mapping[str, Sequence[Doing | None]] = field(default_factory=dict)
    guards: Mapping[str, Sequence[Guard]] = field(default_factory=dict)
    others: Outcome = Outcome.NO_ANSWER
    restored_s: float | None = None
    ring_s: float = RING_S  # the station's setting

    def call(self, step: Step, contact: str, nth: int, at: datetime) -> Answer:
        written = _nth(self.calls.get(contact, ()), nth) or self.others
        answer = usual(step, written, self.ring_s) if isinstance(written, Outcome) else written
        if answer.outcome is not None and answer.outcome not in possible(step):
            can = ", ".join(sorted(possible(step)))
            raise BehaviourError(
                f"{contact}: a call of step {step.id!r} ({step.kind}) can't end with"
                f" {answer.outcome}: write one of {can}"
            )
        return answer

    def task(self, step: Step, nth: int, at: datetime) -> Doing | None:
        doing = _nth(self.tasks.get(step.id, (_of_machine(step),)), nth)
        if doing is not None and str(doing.outcome) not in ENDS[step.kind]:
            can = ", ".join(sorted(ENDS[step.kind]))
            raise BehaviourError(
                f"step {step.id!r} ({step.kind}) can't end with {doing.outcome}: write one of {can}"
            )
        return doing

    def guard(self, step: Step, firm: str, nth: int, at: datetime) -> Guard:
        return _nth(self.guards.get(firm, ()), nth) or Guard()

    @classmethod
    def from_json(cls, body: Any, ring_s: float = RING_S) -> Script:
        """What a file of behaviours says (docs/how-to/plans.md). Raises BehaviourError, naming the
        field.

        ``{"contacts": {ID: ["no_answer", {"outcome": "verified_ok", "ring_s": 5, "talk_s": 20}]},
        "steps": {ID: [{"outcome": "done", "after_s": 60}, null]}, "guards": {ID: [{"on_site_s":
        900, "report_s": 600, "outcome": "all_clear"}]}, "others": "no_answer", "restored_s": 60}``
        """
        _only(body, "behaviours", frozenset("contacts steps guards others restored_s".split()))
        return cls(
            calls=_lists(body, "contacts", _answer),
            tasks=_lists(body, "steps", _doing),
            guards=_lists(body, "guards", _guard),
            others=_member(Outcome, body.get("others", Outcome.NO_ANSWER), "others"),
            restored_s=_seconds(body, "restored_s", None, ""),
            ring_s=ring_s,
        )


#: Nobody answers, the machine's own acts succeed, and no operator comes.
NOBODY_ANSWERS = Script()


@dataclass(kw_only=True)
class RandomPeople:
    """Anything that can happen, by chance; the same again from the same seed."""

    chance: Chance
    restored_s: float | None = field(init=False)

    def __post_init__(self) -> None:
        self.restored_s = self._between(1, 3600) if self.chance.random() < 0.5 else None

    def call(self, step: Step, contact: str, nth: int, at: datetime) -> Answer:
        drawn = self.chance.random()
        if drawn < 0.02:
            return Answer(outcome=None)
        can = sorted(possible(step) & _UNREACHED if drawn < 0.5 else possible(step))
        outcome = self.chance.choice(can)
        talk = self._between(1, 400) if outcome in ANSWERED else 0.0
        return Answer(outcome=outcome, ring_s=self._between(1, 60), talk_s=talk)

    def task(self, step: Step, nth: int, at: datetime) -> Doing | None:
        if self.chance.random() < 0.25:
            return None
        said = frozenset(TaskOutcome) - {TaskOutcome.OVERDUE}
        ends = [TaskOutcome(end) for end in sorted(ENDS[step.kind] & said)]
        after = self._between(1, 1.5 * step.limit)
        return Doing(outcome=self.chance.choice(ends), after_s=after)

    def guard(self, step: Step, firm: str, nth: int, at: datetime) -> Guard:
        said = [TaskOutcome.ALL_CLEAR, TaskOutcome.TRACES, TaskOutcome.DURESS]
        return Guard(
            on_site_s=self._maybe(1.2 * step.arrive_s),
            report_s=self._maybe(1.2 * step.report_s),
            outcome=self.chance.choice(said),
        )

    def _between(self, least: float, most: float) -> float:
        return round(least + self.chance.random() * (most - least), 1)

    def _maybe(self, most: float) -> float | None:
        return None if self.chance.random() < 0.2 else self._between(1, most)


def _nth(written: Sequence[_T], nth: int) -> _T | None:
    return written[min(nth, len(written) - 1)] if written else None


# --- reading ------------------------------------------------------------------------------------


def _only(body: Any, name: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise BehaviourError(f"{name} must be an object")
    for key in body:
        if key not in known:
            raise BehaviourError(f"{name}: {key!r} is none of {', '.join(sorted(known))}")
    return body


def _lists(body: Mapping[str, Any], name: str, read: Any) -> dict[str, tuple[Any, ...]]:
    named = body.get(name, {})
    if not isinstance(named, dict):
        raise BehaviourError(f"{name} must be an object of lists")
    found = {}
    for key, each in named.items():
        listed = each if isinstance(each, list) else [each]
        where = f"{name}.{key}"
        found[str(key)] = tuple(read(one, f"{where}.{n}") for n, one in enumerate(listed))
    return found


def _answer(body: Any, name: str) -> Answer | Outcome:
    if isinstance(body, str):
        said: Outcome = _member(Outcome, body, name)
        return said
    _only(body, name, frozenset({"outcome", "ring_s", "talk_s"}))
    outcome = body.get("outcome")
    ring = _seconds(body, "ring_s", _PICKED_UP_AFTER, name)
    talk = _seconds(body, "talk_s", 0.0, name)
    return Answer(
        outcome=None if outcome is None else _member(Outcome, outcome, f"{name}.outcome"),
        ring_s=ring or 0.0,
        talk_s=talk or 0.0,
    )


def _doing(body: Any, name: str) -> Doing | None:
    if body is None:
        return None
    if isinstance(body, str):
        return Doing(outcome=_member(TaskOutcome, body, name))
    _only(body, name, frozenset({"outcome", "after_s"}))
    outcome = _member(TaskOutcome, body.get("outcome"), f"{name}.outcome")
    return Doing(outcome=outcome, after_s=_seconds(body, "after_s", 30.0, name) or 0.0)


def _guard(body: Any, name: str) -> Guard:
    _only(body, name, frozenset({"on_site_s", "report_s", "outcome"}))
    on_site = _seconds(body, "on_site_s", 900.0, name)
    return Guard(
        on_site_s=on_site,
        report_s=_seconds(body, "report_s", None if on_site is None else 600.0, name),
        outcome=_member(TaskOutcome, body.get("outcome", "all_clear"), f"{name}.outcome"),
    )


def _seconds(body: Mapping[str, Any], key: str, usually: float | None, name: str) -> float | None:
    value = body.get(key, usually)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 604800:
        where = f"{name}.{key}" if name else key
        raise BehaviourError(f"{where} must be a number of seconds, a week at most")
    return float(value)


def _member(of: Any, value: Any, name: str) -> Any:
    if value not in frozenset(of):
        raise BehaviourError(f"{name}: {value!r} is none of {', '.join(of)}")
    return of(value)
