"""A call plan: ordered steps, each with a table outcome → next step. Versions are immutable."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from typing import Any

from callflow.core.calls.call import Outcome
from callflow.core.calls.on_call import Who
from callflow.core.calls.purpose import Purpose
from callflow.core.interventions.law import Service
from callflow.core.plans.call_plan.vocabulary import (
    BACK_TO_LIST,
    CALLING,
    CONTINUE,
    EXHAUSTED,
    FIELDS,
    LIMITS,
    NOBODY,
    NORMAL_BOUNDS,
    WHO,
    Channel,
    Measure,
    Mode,
    PanelCommand,
    StepKind,
    Stop,
    WithReport,
)
from callflow.core.sites.site import Role


class PlanError(ValueError):
    """A plan that can't be used; the message says where and what to do.

    ``field`` is the path in its body, such as ``steps.2.attempts``.
    """

    def __init__(self, message: str, *, field: str = "steps") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step. ``…_s`` are seconds. Which settings count for which kind: ``vocabulary.FIELDS``.

    ``delay_s`` parts two attempts to one person, ``ring_s`` is how long a phone rings (None: the
    station's setting), ``limit_s`` how long the step may last, ``minutes`` how long what it opens
    lasts. ``text`` is what the operator is told, or what is said on the phone, or written. ``name``
    is what people call the step; "": by what it does.
    """

    id: str
    kind: StepKind
    name: str = ""
    text: str = ""
    limit_s: float | None = None
    who: tuple[Who, ...] = ()
    mode: Mode = Mode.IN_ORDER
    attempts: int = 1
    delay_s: float = 20.0
    ring_s: float | None = None
    stop: Stop = Stop.FIRST_VALID
    valid: int = 1  # people who must agree, where stop is n_valid
    call_back: bool = False  # people may ask, once, to be called again in ten minutes
    identify: bool = True  # a code is asked before a question or a message
    answers: tuple[str, ...] = ()  # what a question's keys mean, key 1 first
    checklist: tuple[str, ...] = ()  # what the operator must tick off
    accept_s: float = 300.0  # a firm that has not accepted by then: the next (D22)
    arrive_s: float = 1800.0
    report_s: float = 1800.0
    service: Service = Service.POLICE
    command: PanelCommand = PanelCommand.ARM
    zones: tuple[str, ...] = ()  # none named: all
    channel: Channel = Channel.MAIL
    to: str = ""  # an address, or the step that a go_to goes back to
    subject: str = ""
    report: WithReport = WithReport.NONE
    confirm: bool = False  # the plan waits until the notification is delivered
    until: str = ""  # a wait ends at this hour of the site, "08:00"
    restore: bool = False  # a wait ends when every zone is restored
    minutes: float = 60.0
    measure: Measure = Measure.OTHER
    report_every: int = 0  # minutes between two reports of a measure; 0: none is asked for
    times: int = 1
    code: str = ""  # the resolution code of a close
    outcomes: Mapping[str, str] = field(default_factory=dict)

    @property
    def selectors(self) -> tuple[Who, ...]:
        """Whom a calling step calls."""
        return self.who or ((Who(role=WHO[self.kind]),) if self.kind in WHO else ())

    @property
    def off_site(self) -> bool:
        """True where it calls anybody who is not on the premises."""
        return self.kind in CALLING and any(who.role is not Role.PREMISES for who in self.selectors)

    @property
    def limit(self) -> float:
        """The step's time limit, in seconds."""
        return LIMITS.get(self.kind, 60.0) if self.limit_s is None else self.limit_s

    def target(self, outcome: str) -> str | None:
        """Where ``outcome`` leads: a step's id, CONTINUE, or None for a human (the default)."""
        named = self.outcomes.get(str(outcome))
        if named is None and outcome == NOBODY:
            named = self.outcomes.get(EXHAUSTED)
        if named is not None:
            return named
        if self.kind in CALLING and (outcome in BACK_TO_LIST or self._goes_on(outcome)):
            return CONTINUE
        return None

    def _goes_on(self, outcome: str) -> bool:
        return self.stop is Stop.ALL and outcome in frozenset(Outcome)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One immutable version of a plan."""

    id: str
    version: int
    name: str
    steps: tuple[Step, ...]
    normal_s: float | None = None  # a treated site has so long to be normal; None: the station's

    @property
    def first(self) -> Step:
        return self.steps[0]

    def step(self, step_id: str) -> Step:
        """The step with this id. Raises PlanError."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise PlanError(f"plan {self.id}: there is no step {step_id!r}")


# --- as it is stored, frozen into incidents and exchanged ------------------------------------

#: What a setting is where it is left out.
DEFAULTS: Mapping[str, Any] = {
    one.name: one.default if one.default is not MISSING else {}
    for one in fields(Step)
    if one.name not in ("id", "kind")
}
#: What is written even where it is the default: an administrator wants to see it.
_ALWAYS = frozenset({"attempts", "delay_s", "stop", "minutes", "times", "service", "channel"})
ENUMS: Mapping[str, type[StrEnum]] = {
    "mode": Mode,
    "stop": Stop,
    "service": Service,
    "command": PanelCommand,
    "channel": Channel,
    "measure": Measure,
    "report": WithReport,
}
WHOLE = frozenset({"attempts", "valid", "times", "report_every"})
FLAGS = frozenset({"call_back", "identify", "confirm", "restore"})
LISTS = frozenset({"answers", "checklist", "zones"})
_TEXTS = frozenset({"name", "text", "to", "subject", "until", "code"})


#: The step of a guard whom a person sends, whatever the plan says (D33).
GUARD_BY_HAND = Step(id=Purpose.GUARD.value, kind=StepKind.SEND_GUARD)


def step_asked(plan: Plan, step_id: str) -> Step:
    """The step that something was asked for by: the plan's, or a person's own. Raises KeyError."""
    return GUARD_BY_HAND if step_id == GUARD_BY_HAND.id else plan.step(step_id)


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as it is stored, frozen into incidents and exchanged."""
    of_it = {} if plan.normal_s is None else {"normal_s": plan.normal_s}
    return {
        "id": plan.id,
        "version": plan.version,
        "name": plan.name,
        **of_it,
        "steps": [step_to_json(step) for step in plan.steps],
    }


def step_to_json(step: Step) -> dict[str, Any]:
    """One step, without what is left as it is by default."""
    body: dict[str, Any] = {"id": step.id, "kind": step.kind.value}
    for name in ("name", *FIELDS[step.kind], "text"):
        value = getattr(step, name)
        if value != DEFAULTS[name] or name in _ALWAYS:
            body[name] = setting_to_json(value)
    if step.outcomes or step.kind in CALLING:
        body["outcomes"] = dict(step.outcomes)
    return body


def setting_to_json(value: Any) -> Any:
    """A setting as it is written in a plan."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [one.to_json() if isinstance(one, Who) else one for one in value]
    return value


def from_json(body: Mapping[str, Any]) -> Plan:
    """The plan that ``body`` describes, as it is; ``problems`` says whether it can be used.

    Raises PlanError where it can't be read, naming what is wrong.
    """
    try:
        text = json.dumps(body)
    except (TypeError, ValueError, RecursionError):
        return _read(body)  # no JSON: what is wrong with it is said there
    return _of_text(text)


@lru_cache(maxsize=512)
def _of_text(text: str) -> Plan:
    """A running alarm's plan is looked at again at each of its steps."""
    return _read(json.loads(text))


def _read(body: Mapping[str, Any]) -> Plan:
    try:
        for name in ("id", "steps"):
            if name not in body:
                raise PlanError(f"the plan can't be read: it has no {name!r}", field=name)
        steps = body["steps"]
        if not isinstance(steps, Sequence) or isinstance(steps, str):
            raise PlanError("the plan can't be read: steps must be a list")
        return Plan(
            id=str(body["id"]),
            version=int(body.get("version", 1)),
            name=str(body.get("name", body["id"])),
            steps=tuple(_step(step, place) for place, step in enumerate(steps)),
            normal_s=_normal_s(body.get("normal_s")),
        )
    except PlanError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise PlanError(f"the plan can't be read: {error!r}") from error


def _normal_s(said: Any) -> float | None:
    """Seconds that a treated site has. Raises PlanError."""
    if said is None:
        return None
    least, most = NORMAL_BOUNDS
    if isinstance(said, bool) or not isinstance(said, int | float) or not least <= said <= most:
        raise PlanError(f"normal_s must be {least} to {most} seconds", field="normal_s")
    return float(said)


def _step(body: Any, place: int) -> Step:
    at = f"steps.{place}"
    if not (isinstance(body, dict) and "id" in body and "kind" in body):
        raise PlanError(f"step {place + 1}: it needs an id and a kind", field=at)
    step_id, named = str(body["id"]), str(body["kind"])
    if named not in frozenset(StepKind):
        known = ", ".join(StepKind)
        raise PlanError(
            f"step {step_id!r}: there is no kind of step {named!r}: {known}", field=f"{at}.kind"
        )
    kind = StepKind(named)
    known_fields = {"id", "kind", "name", "text", "outcomes", *FIELDS[kind]}
    if kind in CALLING and body.get("code") == "":
        known_fields.add("code")
    values: dict[str, Any] = {}
    for name, value in body.items():
        if name not in known_fields:
            raise PlanError(f"step {step_id!r}: a {kind} has no {name!r}", field=f"{at}.{name}")
        if name not in ("id", "kind", "code") or (kind is StepKind.CLOSE and name == "code"):
            try:
                values[name] = _value(name, value)
            except (TypeError, ValueError, AttributeError, OverflowError, KeyError) as error:
                raise PlanError(f"step {step_id!r}: {error}", field=f"{at}.{name}") from error
    return Step(id=step_id, kind=kind, **values)


def _value(name: str, value: Any) -> Any:
    if name == "outcomes":
        return {str(outcome): str(target) for outcome, target in dict(value or {}).items()}
    if name in ENUMS:
        return _one_of(name, value)
    if name == "who":
        return tuple(Who.from_json(one) for one in value)
    if name in LISTS:
        return _texts(name, value)
    if name in _TEXTS:
        return str(value)
    if name in FLAGS:
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be true or false")
        return value
    return _figure(name, value)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"{name} must be a list of texts")
    return tuple(str(one) for one in value)


def _figure(name: str, value: Any) -> float | None:
    if value is None and DEFAULTS[name] is None:
        return None
    if isinstance(value, bool | str):
        raise TypeError(f"{name} must be a number")
    if name in WHOLE and value != int(value):
        raise ValueError(f"{name} must be a whole number")
    return int(value) if name in WHOLE else float(value)


def _one_of(name: str, value: Any) -> StrEnum:
    words = ENUMS[name]
    if value not in frozenset(words):
        raise ValueError(f"{name} must be one of {', '.join(words)}")
    return words(value)
