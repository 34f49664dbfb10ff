"""The station's power as its supplies tell it (RFC 9271), and what is to be done of it. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.calls.call import Call, Direction
from callflow.core.calls.purpose import Purpose
from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading

#: Words of which one must be there.
_TELLING = frozenset({"OL", "OB", "FSD", "OFF", "BYPASS"})
#: Characters of what a device says of itself that are kept.
_LONGEST = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Supply:
    """A UPS, or another device, as its driver told it last.

    ``words`` are those of ``ups.status``; ``runtime`` is the seconds that its battery lasts,
    ``charge`` is in per cent, None where it does not tell. ``problem``: it could not be asked.
    """

    name: str
    words: frozenset[str] = frozenset()
    runtime: float | None = None
    charge: float | None = None
    told: str = ""  # its own alarm, as it words it
    problem: str = ""

    @property
    def is_known(self) -> bool:
        """True where it says what it lives on; a driver that just began says that it waits."""
        return not self.problem and bool(self.words & _TELLING)

    @property
    def on_battery(self) -> bool:
        """True where the mains are away; a forced shutdown is one of a battery that ends."""
        return "FSD" in self.words or ("OB" in self.words and "OL" not in self.words)

    @property
    def left(self) -> float:
        """Seconds until it is dark; endless where nothing says so."""
        if "FSD" in self.words:
            return 0.0
        return math.inf if self.runtime is None else self.runtime


def supply(name: str, variables: Mapping[str, str]) -> Supply:
    """What the variables of a device (RFC 9271, 5) say; its text is cut."""
    return Supply(
        name=name,
        words=frozenset(variables.get("ups.status", "").split()),
        runtime=_number(variables.get("battery.runtime", "")),
        charge=_number(variables.get("battery.charge", "")),
        told=variables.get("ups.alarm", "")[:_LONGEST],
    )


def unasked(name: str, problem: str) -> Supply:
    """One that could not be asked, and why."""
    return Supply(name=name, problem=problem[:_LONGEST] or "?")


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Seconds. ``grace``: so long on battery is nobody's trouble yet (a flicker, a test of the
    battery); ``silent``: so long unasked is a failure. With ``hand_over`` left another station is
    offered the work; with ``stop`` left, or a battery that says that it is low, the station stops;
    with ``last`` left it does so whoever else is called. ``stop`` 0: it never does."""

    grace: float = 20.0
    silent: float = 300.0
    hand_over: float = 900.0
    stop: float = 180.0
    last: float = 60.0


# --- how each is --------------------------------------------------------------------------


#: The worst first: {a word of ups.status: how the supply is then}.
_WORDS: Mapping[str, tuple[State, Reason]] = {
    "OFF": (State.FAILED, Reason.SWITCHED_OFF),
    "OVER": (State.DEGRADED, Reason.OVERLOADED),
    "BYPASS": (State.DEGRADED, Reason.BYPASSED),
    "RB": (State.DEGRADED, Reason.REPLACE_BATTERY),
    "LB": (State.DEGRADED, Reason.LOW_BATTERY),  # on mains: it charges
    "CAL": (State.DEGRADED, Reason.CALIBRATING),
    "ALARM": (State.DEGRADED, Reason.ALARMED),
}


def reading(
    found: Supply, node: str, since: datetime, at: datetime, rules: Rules, valid: timedelta
) -> Reading:
    """How a supply is; ``since`` it is on battery, or could not be asked."""
    lasted = (at - since).total_seconds()
    state, reason, vital = _judged(found, lasted, rules)
    return Reading(
        part=Part.POWER,
        name=found.name,
        node=node,
        state=state,
        reason=reason,
        detail=found.problem or found.told,
        figure=None if found.runtime is None else round(found.runtime / 60, 1),
        unit="" if found.runtime is None else "minutes",
        limit=None if found.runtime is None else round(rules.stop / 60, 1),
        at=at,
        valid=valid,
        vital=vital,
    )


def _judged(found: Supply, lasted: float, rules: Rules) -> tuple[State, Reason | None, bool]:
    """State, reason, and whether its failure is a vital one."""
    if not found.is_known:
        silent = lasted >= rules.silent
        return State.FAILED if silent else State.UNKNOWN, Reason.SILENT, False
    if found.on_battery:
        if is_low(found, rules):
            return State.FAILED, Reason.LOW_BATTERY, True
        tests = "CAL" in found.words
        if tests or lasted < rules.grace:
            return State.DEGRADED, Reason.CALIBRATING if tests else Reason.ON_BATTERY, False
        return State.FAILED, Reason.ON_BATTERY, False
    told = next((each for word, each in _WORDS.items() if word in found.words), None)
    return (*told, False) if told else (State.OK, None, False)


def is_low(found: Supply, rules: Rules) -> bool:
    """True where a supply on battery ends soon."""
    low = "LB" in found.words or "FSD" in found.words
    return found.on_battery and (low or found.left <= rules.stop)


# --- generators ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Generator:
    """The generator as a device tells of it. ``fuel`` is in the device's own unit; None: unknown,
    or nobody asks. ``problem``: it could not be asked."""

    name: str
    runs: bool | None = None
    fuel: float | None = None
    fuel_limit: float | None = None
    problem: str = ""


def generator_reading(found: Generator, node: str, at: datetime, valid: timedelta) -> Reading:
    """How the generator is. It runs: somebody should look; it runs with little fuel: it ends."""
    low = found.fuel is not None and found.fuel_limit is not None and found.fuel < found.fuel_limit
    state, reason = State.OK, None
    if found.problem or (found.runs is None and found.fuel is None):
        state, reason = State.UNKNOWN, Reason.SILENT
    elif low:
        state, reason = State.FAILED if found.runs else State.DEGRADED, Reason.LITTLE_FUEL
    elif found.runs:
        state, reason = State.DEGRADED, Reason.ON_GENERATOR
    measured = Reading(
        part=Part.GENERATOR,
        name=found.name,
        node=node,
        state=state,
        reason=reason,
        detail=found.problem,
        at=at,
        valid=valid,
        vital=low and bool(found.runs),
    )
    if found.fuel is None:
        return measured
    return replace(measured, figure=found.fuel, unit="percent", limit=found.fuel_limit)


# --- what is to be done -------------------------------------------------------------------


class Act(StrEnum):
    """Whatever the power asks of the station: each does what the ones before it do, too."""

    NOTHING = "nothing"
    OFFER = "offer"  # another station is offered the work, recordings are brought to the disk
    WAIT = "wait"  # it would stop, and somebody is on the line
    STOP = "stop"


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """Calls that live: of people in need (a vital or personal alarm's, a caller's, one that an
    operator speaks in), and others, which the machine makes."""

    in_need: int = 0
    others: int = 0


def decide(supplies: Sequence[Supply], calls: Calls, rules: Rules) -> Act:
    """What to do now. The supplies stand in for each other: as long as one has mains nothing is.

    Nobody's silence stops the station; nobody in need is hung up, whatever the battery says.
    """
    known = [one for one in supplies if one.is_known]
    if not known or not all(one.on_battery for one in known):
        return Act.NOTHING
    left = max(one.left for one in known)
    if not all(is_low(one, rules) for one in known):
        return Act.OFFER if left <= rules.hand_over else Act.NOTHING
    if rules.stop == 0 or len(known) < len(supplies):
        return Act.OFFER
    if calls.in_need or (calls.others and left > rules.last):
        return Act.WAIT
    return Act.STOP


def is_back(supplies: Sequence[Supply]) -> bool:
    """True where a station that stopped may begin again: one of its supplies has mains."""
    return any(one.is_known and not one.on_battery and "OFF" not in one.words for one in supplies)


def is_in_need(call: Call) -> bool:
    """True where nobody may hang it up: a vital alarm's or a person's, a caller's, one in a
    conference. A desk that rings for work is called again."""
    if call.purpose is Purpose.QUEUE:
        return False
    return call.priority == 0 or call.direction is Direction.INCOMING or call.room is not None
