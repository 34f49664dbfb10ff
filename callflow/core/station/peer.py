"""The backup station: what it is told of, and until when. Pure.

It is told of a vital alarm that nobody took within its target, of alarms that wait too long or are
too many (overflow), and of every failure of the station's own organs. It is told again and again
under the same id, and each time answers how far it is: heard, taken by somebody there. What it does
not answer, or nobody there takes, is said to it by telephone as well, to whoever has its code: by
one of its numbers after the other. Of a failure that endangers nobody it is enough that it heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from callflow.core.calls.call import Call, Outcome
from callflow.core.signals.signal import Category, Kind
from callflow.core.time.instants import to_iso


class Stage(StrEnum):
    """How far the backup station is with what it is told."""

    ASKED = "asked"  # it has not answered yet
    HEARD = "heard"  # it has it, and nobody there took it yet
    TAKEN = "taken"  # somebody there did
    OVER = "over"  # somebody here did, or nobody needs to


#: Stages in which it is told again.
OPEN = frozenset({Stage.ASKED, Stage.HEARD})
#: It is asked again so often; ever later where it does not answer.
EVERY = timedelta(seconds=5)
LONGEST_WAIT = timedelta(seconds=30)
#: Without an answer, and without anybody there who takes it, for so long: it is called; and again.
CALLED_UNHEARD, CALLED_UNTAKEN = timedelta(seconds=20), timedelta(seconds=60)
CALLED_AGAIN = timedelta(seconds=90)
#: Characters of a text, bytes of a message, seconds that its clock may be wrong by.
LONGEST_TEXT, LONGEST_BODY, SKEW = 500, 16_384, 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """When it is told. ``vital_after``: beyond the target of a vital alarm; ``waiting_after``: of
    any alarm, None: never; ``most_waiting``: so many may wait, None: any number."""

    vital_after: timedelta = timedelta(0)
    waiting_after: timedelta | None = None
    most_waiting: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An alarm in the human queue that nobody holds. ``target``: how long it may stand so."""

    id: str
    kind: Kind
    category: Category
    since: datetime
    target: timedelta


def to_tell(waiting: Sequence[Waiting], rules: Rules, now: datetime) -> list[str]:
    """Of which alarms, the most urgent first; those that wait for the backup station itself are
    none. ``waiting``: the most urgent first."""
    found = [one for one in waiting if one.kind is not Kind.PEER]
    late = [one for one in found if _is_late(one, rules, now)]
    most = rules.most_waiting
    beyond = [] if most is None else found[most:]  # the most urgent stay with who is here
    return list(dict.fromkeys(one.id for one in (*late, *beyond)))


def _is_late(one: Waiting, rules: Rules, now: datetime) -> bool:
    waited = now - one.since
    if one.category is Category.VITAL and waited >= one.target + rules.vital_after:
        return True
    return rules.waiting_after is not None and waited >= rules.waiting_after


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One alarm of which the backup station is told. Times are UTC."""

    id: str
    incident_id: str
    stage: Stage
    asked_at: datetime
    due_at: datetime
    heard_at: datetime | None = None
    called_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: int = 0
    taken_by: str = ""
    error: str = ""

    def answered(self, answer: Answer, now: datetime, *, enough: bool = False) -> Notice:
        """It answered. ``enough``: nobody there needs to take it."""
        taken = Stage.TAKEN if answer.taken else Stage.HEARD
        return replace(
            self,
            stage=taken,
            heard_at=self.heard_at or now,
            ended_at=now if answer.taken or enough else None,
            taken_by=answer.by,
            due_at=now + EVERY,
            attempts=0,
            error="",
        )

    def unanswered(self, error: str, now: datetime) -> Notice:
        """It did not, or refused."""
        tries = self.attempts + 1
        wait = min(EVERY * 2 ** min(tries - 1, 8), LONGEST_WAIT)
        return replace(self, attempts=tries, error=error, due_at=now + wait)

    def to_call(self, numbers: Sequence[str], made: Sequence[Call], now: datetime) -> str | None:
        """The number at which it must be said by telephone, too; None: at none now.

        ``made``: the calls that were made for it there, in their order. Who answered without the
        code, or not at all, leads to the next number at once; after the last one comes a pause.
        """
        if not numbers or self.stage not in OPEN or any(call.live for call in made):
            return None
        after = CALLED_UNHEARD if self.heard_at is None else CALLED_UNTAKEN
        if now - (self.heard_at or self.asked_at) < after:
            return None
        turn = len(made) % len(numbers)
        rests = self.called_at is not None and now - self.called_at < CALLED_AGAIN
        return None if turn == 0 and rests else numbers[turn]

    def taken_by_phone(self, made: Sequence[Call], now: datetime) -> Notice | None:
        """Somebody who has the code said there that they take it; None: nobody did."""
        took = next((call for call in made if call.result is Outcome.OPERATOR), None)
        if took is None:
            return None
        return replace(self, stage=Stage.TAKEN, ended_at=now, taken_by=took.to)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What is told. ``station``: who tells; ``numbers``: whom to call about it, as people read it;
    ``mute``: nobody at the site may hear of it (D7)."""

    id: str
    station: str
    kind: Kind
    category: Category
    since: datetime
    site: str
    place: str
    account: str
    mute: bool
    numbers: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As it is sent."""
        return {
            "id": self.id,
            "station": self.station,
            "kind": self.kind.value,
            "category": self.category.value,
            "since": to_iso(self.since),
            "site": self.site,
            "place": self.place,
            "account": self.account,
            "mute": self.mute,
            "numbers": list(self.numbers),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """How far the backup station is; ``by``: who has it there."""

    taken: bool
    by: str = ""

    @classmethod
    def from_json(cls, told: Any) -> Answer:
        """Raises ValueError where it is none."""
        said = told if isinstance(told, Mapping) else {}
        taken, by = said.get("taken"), said.get("by")
        if taken is not True and taken is not False:
            raise ValueError("no answer of a backup station")
        return cls(taken=taken, by=by[:64] if isinstance(by, str) else "")
