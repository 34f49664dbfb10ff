"""Screens at the desks: each page that is open there says when it drew what it was told. Pure.

A browser whose network lives and that paints no more looks like a quiet night to whoever sits in
front of it. Ages are seconds of the telling process's steady clock: a clock that is set freezes
nobody's screen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading

#: Seconds for which no page of somebody's may be in sight before that is said.
HIDDEN_AFTER = 120.0
#: A reading without another one after it says nothing any more.
VALID = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """A page that is open. Ages in seconds.

    ``open_for`` None: another process feeds it, and this one was told that it drew. ``drawn`` since
    it drew last, None: it never did; ``hidden_for`` None: it is in sight.
    """

    id: str
    user_id: str
    open_for: float | None
    drawn: float | None = None
    hidden_for: float | None = None

    @property
    def silent_for(self) -> float:
        """Since it last proved that it draws, or was opened."""
        return min((age for age in (self.open_for, self.drawn) if age is not None), default=0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """How somebody's screens are."""

    state: State
    reason: Reason | None
    silent_for: float


def merged(told: Iterable[Screen]) -> list[Screen]:
    """Each page once: the process that feeds it may be another than the one it speaks to."""
    told = list(told)
    fed = {one.id: one for one in told if one.open_for is not None}
    for one in told:
        mine = fed.get(one.id)
        if mine is None or mine.user_id != one.user_id or one.drawn is None:
            continue
        if mine.drawn is None or one.drawn < mine.drawn:
            fed[one.id] = replace(mine, drawn=one.drawn, hidden_for=one.hidden_for)
    return list(fed.values())


def condition(screens: Sequence[Screen], frozen_after: float) -> Condition | None:
    """How the screens of one person are; None: none is open, and nothing is known.

    A page that nobody sees and that says nothing is no trouble while another one is there: a
    browser may put it to sleep.
    """
    if not screens:
        return None
    dead = [one for one in screens if one.silent_for > frozen_after]
    alive = [one for one in screens if one not in dead]
    in_sight = [one for one in alive if one.hidden_for is None]
    frozen = [one for one in dead if one.hidden_for is None or not alive]
    silent = max(one.silent_for for one in frozen or screens)
    if frozen:
        state = State.DEGRADED if in_sight else State.FAILED
        return Condition(state=state, reason=Reason.FROZEN, silent_for=silent)
    hidden = min(one.hidden_for or 0.0 for one in alive)
    if not in_sight and hidden > HIDDEN_AFTER:
        return Condition(state=State.DEGRADED, reason=Reason.HIDDEN, silent_for=silent)
    return Condition(state=State.OK, reason=None, silent_for=silent)


def readings(
    on_shift: Mapping[str, str], told: Iterable[Screen], now: datetime, frozen_after: float
) -> list[Reading]:
    """A reading for each person on shift (their name by their id) who has a screen.

    A frozen one is vital where nobody else on shift sees alarms.
    """
    theirs: dict[str, list[Screen]] = {}
    for one in merged(told):
        theirs.setdefault(one.user_id, []).append(one)
    found = {
        user_id: how
        for user_id in on_shift
        if (how := condition(theirs.get(user_id, ()), frozen_after)) is not None
    }
    seeing = {user_id for user_id, how in found.items() if how.state is not State.FAILED}
    return [
        Reading(
            part=Part.SCREEN,
            name=on_shift[user_id],
            state=how.state,
            reason=how.reason,
            figure=round(how.silent_for, 1),
            unit="seconds",
            limit=frozen_after,
            at=now,
            valid=VALID,
            vital=not seeing - {user_id},
        )
        for user_id, how in found.items()
    ]
