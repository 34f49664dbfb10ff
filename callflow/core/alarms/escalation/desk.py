"""Bringing a human to somebody who waits (D12), and to unclaimed work (D21)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callflow.core.calls.call import Call, Outcome

#: An operator who hung up on somebody still in the conference: the desk rings again after this.
BRIDGE_PAUSE = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The station's own phones, in calling order: the desk, then the duty numbers."""

    desk_phones: tuple[str, ...]
    duty_numbers: tuple[str, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        return self.desk_phones + self.duty_numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class DeskCall:
    """Ring ``to``, a phone of the station, now."""

    to: str
    attempt: int


def bridge_step(
    desk: Desk, tried: Sequence[Call], now: datetime, *, busy: Collection[str] = ()
) -> tuple[DeskCall | None, datetime | None]:
    """The next to ring for a person who waits in a conference, and when to look again.

    ``tried`` are the calls made for this conference so far. The person is never given up: after
    the last number comes the first again. ``busy`` phones are passed over: they ring, or speak,
    for somebody else, and may do so for long.
    """
    numbers = tuple(dict.fromkeys(desk.numbers))
    if not numbers or any(call.live for call in tried):
        return None, None
    last = tried[-1] if tried else None
    begin = _after(numbers, tried)
    turn = [(begin + step) % len(numbers) for step in range(len(numbers))]
    place = next((place for place in turn if numbers[place] not in busy), None)
    if place is None:
        return None, now + BRIDGE_PAUSE
    if last is not None and last.ended_at is not None:
        round_done = place <= (begin - 1) % len(numbers)
        again = last.ended_at + BRIDGE_PAUSE
        if (round_done or last.outcome is Outcome.OPERATOR) and again > now:
            return None, again
    return DeskCall(to=numbers[place], attempt=len(tried) + 1), None


def _after(numbers: Sequence[str], tried: Sequence[Call]) -> int:
    """The place of the number whose turn it is."""
    if tried and tried[-1].to in numbers:
        return (numbers.index(tried[-1].to) + 1) % len(numbers)
    return len(tried) % len(numbers)


def queue_number(desk: Desk, level: int) -> str | None:
    """The phone that rings the ``level``-th time unclaimed work is found; None: there is none."""
    return desk.numbers[level % len(desk.numbers)] if desk.numbers else None


def with_first(desk: Desk, phone: str | None) -> Desk:
    """``phone``, an operator's own, counts as the first desk phone."""
    return replace(desk, desk_phones=(phone, *desk.desk_phones)) if phone else desk
