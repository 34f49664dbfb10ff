"""Stand-ins for the people whom a station in shadow does not call: what each call comes to. Pure.

From a list of calls as they went at the old system (CSV), then from rules (TOML); whoever neither
names does not answer. The same call always comes to the same: chance is drawn from the rules' seed
and the call, so that a restart in the middle changes nothing.

CSV: a header, then a call a line, separated by commas, semicolons or tabs. ``number`` (E.164) or
``contact`` (id), ``outcome`` or ``keys``; and, as far as known, ``at`` (ISO 8601, UTC where it says
no zone), ``ring_s`` and ``talk_s``. A line with a time is the call within five minutes of it; lines
without are a person's first, second, … attempt, the last again and again.

TOML: ``seed``, and ``[[rules]]``, of which the first that fits counts. It fits by whatever it names
of ``number``, ``contact``, ``role``, ``rank``, ``attempt``, ``kind`` (of alarm); then ``outcome``,
or ``outcomes`` with a weight each, ``ring_s``, ``talk_s``.
"""

import csv
import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from callflow.core.calls.call import ANSWERS, Dialogue, Outcome
from callflow.core.simulation.behaviour import ANSWERED, Answer

#: A line with a time is about a call within so long of it.
NEAR = timedelta(minutes=5)
#: Seconds until somebody picks up, of a conversation, and until the network refuses.
PICKS_UP, TALKS, REFUSES = 6.0, 25.0, 1.0
_LONGEST = 3600.0
_MOST_LINES = 500_000

#: What a call never comes to by what people do: these are our own side's.
_OURS = frozenset({Outcome.NO_NUMBER, Outcome.TRUNK_FAILURE, Outcome.ERROR})
#: What the last key means; a code before it is taken to be right.
_VERIFYING: Mapping[str, Outcome] = {
    "0": Outcome.OPERATOR,
    "1": Outcome.VERIFIED_OK,
    "2": Outcome.HELP,
    "3": Outcome.GOING,
    "4": Outcome.SEND_GUARD,
    "5": Outcome.NEXT_PERSON,
    "6": Outcome.KNOWN_CAUSE,
    "7": Outcome.CALL_BACK,
}
_ASKING: Mapping[Dialogue, Mapping[str, Outcome]] = {
    Dialogue.QUESTION: {str(n): answer for n, answer in enumerate(ANSWERS, 1)},
    Dialogue.MESSAGE: {"1": Outcome.ACKNOWLEDGED, "7": Outcome.CALL_BACK},
    Dialogue.GUARD: {"1": Outcome.ACCEPTED, "2": Outcome.DECLINED},
    Dialogue.DESK: {"1": Outcome.OPERATOR},
    Dialogue.PEER: {"1": Outcome.OPERATOR},
}


class BadStandIns(ValueError):
    """A file that can't be used; the message says where, and what to write."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A call that nobody makes. ``at``: when it would ring, UTC; ``role`` and ``rank`` of whoever
    is called at the alarm's site, "" and 0 where they have none."""

    number: str
    contact: str
    at: datetime
    attempt: int
    dialogue: Dialogue
    ring_time: float
    kind: str = ""
    account: str = ""
    step: str = ""
    role: str = ""
    rank: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One call of the list."""

    number: str
    contact: str
    at: datetime | None
    outcome: Outcome | None
    keys: str
    ring_s: float | None
    talk_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What whoever fits does; ``outcomes`` with their weights."""

    wants: Mapping[str, Any]
    outcomes: tuple[tuple[Outcome, float], ...]
    ring_s: float | None = None
    talk_s: float | None = None

    def fits(self, asked: Asked) -> bool:
        """True where the call is one of those that it names."""
        return all(getattr(asked, name) == value for name, value in self.wants.items())


@dataclass(frozen=True, kw_only=True)
class StandIns:
    """Everybody who is not called."""

    lines: Mapping[str, Sequence[Line]]  # by number, and by contact
    rules: Sequence[Rule] = ()
    seed: int = 0

    def answer(self, asked: Asked) -> Answer:
        """How the call goes."""
        line = self._line(asked)
        if line is not None:
            outcome = line.outcome or _of_keys(line.keys, asked.dialogue)
            return _answer(asked, outcome, line.ring_s, line.talk_s)
        rule = next((rule for rule in self.rules if rule.fits(asked)), None)
        if rule is None:
            return _answer(asked, Outcome.NO_ANSWER, None, None)
        return _answer(asked, self._drawn(rule, asked), rule.ring_s, rule.talk_s)

    def _line(self, asked: Asked) -> Line | None:
        theirs = self.lines.get(asked.contact) or self.lines.get(asked.number) or ()
        timed = [(abs(line.at - asked.at), line) for line in theirs if line.at is not None]
        near = [(off, line) for off, line in timed if off <= NEAR]
        if near:
            return min(near, key=lambda one: one[0])[1]
        untimed = [line for line in theirs if line.at is None]
        return untimed[min(asked.attempt, len(untimed)) - 1] if untimed else None

    def _drawn(self, rule: Rule, asked: Asked) -> Outcome:
        if len(rule.outcomes) == 1:
            return rule.outcomes[0][0]
        about = (self.seed, asked.account, asked.kind, asked.step, asked.number, asked.attempt)
        digest = hashlib.blake2b(repr(about).encode(), digest_size=8).digest()
        left = int.from_bytes(digest) / 2**64 * sum(weight for _, weight in rule.outcomes)
        for outcome, weight in rule.outcomes:
            left -= weight
            if left < 0:
                return outcome
        return rule.outcomes[-1][0]


#: Nobody answers.
NOBODY = StandIns(lines={})


def _answer(asked: Asked, outcome: Outcome, ring_s: float | None, talk_s: float | None) -> Answer:
    if outcome in ANSWERED:
        ring = PICKS_UP if ring_s is None else ring_s
        if ring < asked.ring_time:
            return Answer(outcome=outcome, ring_s=ring, talk_s=TALKS if talk_s is None else talk_s)
        outcome = Outcome.NO_ANSWER  # not before our patience was over
    rings = outcome in (Outcome.NO_ANSWER, Outcome.UNKNOWN)
    usual = asked.ring_time if rings else REFUSES
    return Answer(outcome=outcome, ring_s=min(usual if ring_s is None else ring_s, asked.ring_time))


def _of_keys(keys: str, dialogue: Dialogue) -> Outcome:
    """What the last key says where that is asked; none: somebody who typed nothing."""
    last = keys.rstrip("#")[-1:]
    if last == "0":
        return Outcome.OPERATOR
    return _ASKING.get(dialogue, _VERIFYING).get(last, Outcome.NO_KEY)


# --- reading --------------------------------------------------------------------------------


def read(calls: str = "", rules: str = "") -> StandIns:
    """Both files' texts. Raises BadStandIns."""
    lines: dict[str, list[Line]] = {}
    for line in _lines(calls) if calls.strip() else ():
        for key in filter(None, {line.contact, line.number}):
            lines.setdefault(key, []).append(line)
    seed, made = _rules(rules)
    return StandIns(lines=lines, rules=made, seed=seed)


_COLUMNS = frozenset({"number", "contact", "at", "outcome", "keys", "ring_s", "talk_s"})


def _lines(text: str) -> Iterable[Line]:
    head = text.lstrip("\ufeff").splitlines()[0]
    separator = max(",;\t", key=head.count)
    reader = csv.DictReader(text.lstrip("\ufeff").splitlines(), delimiter=separator)
    names = {name.strip() for name in reader.fieldnames or ()}
    if not names & {"number", "contact"} or not names & {"outcome", "keys"}:
        raise BadStandIns("the first line must name number or contact, and outcome or keys")
    if unknown := names - _COLUMNS:
        raise BadStandIns(f"{min(unknown)!r} is none of {', '.join(sorted(_COLUMNS))}")
    for place, row in enumerate(reader, 2):
        if place > _MOST_LINES:
            raise BadStandIns(f"more than {_MOST_LINES} lines")
        cells = {str(name).strip(): str(cell or "").strip() for name, cell in row.items() if name}
        yield _line(cells, f"line {place}")


def _line(cells: Mapping[str, str], where: str) -> Line:
    number, contact = cells.get("number", ""), cells.get("contact", "")
    if not (number or contact):
        raise BadStandIns(f"{where}: says neither number nor contact")
    outcome, keys = cells.get("outcome", ""), cells.get("keys", "")
    if not (outcome or keys):
        raise BadStandIns(f"{where}: says neither outcome nor keys")
    return Line(
        number=number,
        contact=contact,
        at=_moment(cells.get("at", ""), where),
        outcome=_outcome(outcome, where) if outcome else None,
        keys=keys,
        ring_s=_seconds(cells.get("ring_s") or None, f"{where}: ring_s"),
        talk_s=_seconds(cells.get("talk_s") or None, f"{where}: talk_s"),
    )


def _moment(text: str, where: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadStandIns(f"{where}: {text!r} is no time such as 2026-11-30T03:12:05Z") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _outcome(value: Any, where: str) -> Outcome:
    known = frozenset(Outcome) - _OURS
    if value not in known:
        raise BadStandIns(f"{where}: {value!r} is none of {', '.join(sorted(known))}")
    return Outcome(value)


def _seconds(value: Any, where: str) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST or isinstance(value, bool):
        raise BadStandIns(f"{where} must be seconds, {_LONGEST:.0f} at most")
    return seconds


_WANTS: Mapping[str, type] = {
    "number": str,
    "contact": str,
    "role": str,
    "rank": int,
    "attempt": int,
    "kind": str,
}
_SAYS = frozenset({"outcome", "outcomes", "ring_s", "talk_s"})


def _rules(text: str) -> tuple[int, tuple[Rule, ...]]:
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadStandIns(f"the rules are no TOML: {error}") from None
    _only(body, frozenset({"seed", "rules"}), "the rules")
    seed, rules = body.get("seed", 0), body.get("rules", [])
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise BadStandIns("seed must be a whole number")
    if not isinstance(rules, list):
        raise BadStandIns("write each rule as [[rules]]")
    return seed, tuple(_rule(each, f"rule {place}") for place, each in enumerate(rules, 1))


def _rule(body: Any, where: str) -> Rule:
    _only(body, frozenset(_WANTS) | _SAYS, where)
    wants = {name: value for name, value in body.items() if name in _WANTS}
    for name, value in wants.items():
        if not isinstance(value, _WANTS[name]) or isinstance(value, bool):
            raise BadStandIns(f"{where}: {name} must be {_WANTS[name].__name__}")
    if ("outcome" in body) == ("outcomes" in body):
        raise BadStandIns(f"{where}: write outcome, or outcomes with a weight each")
    weights = body["outcomes"] if "outcomes" in body else {body["outcome"]: 1.0}
    if not isinstance(weights, dict) or not weights:
        raise BadStandIns(f"{where}: outcomes must be a table such as {{ no_answer = 0.6 }}")
    return Rule(
        wants=wants,
        outcomes=tuple((_outcome(name, where), _weight(w, where)) for name, w in weights.items()),
        ring_s=_seconds(body.get("ring_s"), f"{where}: ring_s"),
        talk_s=_seconds(body.get("talk_s"), f"{where}: talk_s"),
    )


def _weight(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise BadStandIns(f"{where}: a weight is a number above 0")
    return float(value)


def _only(body: Any, known: frozenset[str], where: str) -> None:
    if not isinstance(body, dict):
        raise BadStandIns(f"{where} must be a table")
    for name in body:
        if name not in known:
            raise BadStandIns(f"{where}: {name!r} is none of {', '.join(sorted(known))}")
