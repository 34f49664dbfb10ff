"""Two sites of one station, of which one acts: who does, and what it takes to change that. Pure.

One site *acts*; the other is its *mirror* and *stands by*: it has every row that was acknowledged
(PostgreSQL replicates synchronously) and lets nothing leave. Who acts is counted by an *epoch*:
each promotion makes the next one, and whoever hears of a later one than its own is the mirror. A
site that acted and does not know whether it still does *waits*: nothing of it runs until it has
heard the other, or a person has said that the other is off.

Both sites keep what they claim in a file of their own, with their last sign of life. For ``LAPSE``
after that a site goes on by itself; a mirror is promoted no sooner than ``SILENT`` after it heard
the other last. So a restart and a promotion don't meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

#: After its last sign of life a site that acted goes on for so long without having heard the other.
LAPSE = timedelta(seconds=15)
#: The other must have been silent for so long before a person may say that it is off.
SILENT = timedelta(seconds=30)


class Standing(StrEnum):
    """What a site does."""

    ACTING = "acting"  # its roles run: the station is here
    STANDING_BY = "standing_by"  # it follows the other
    WAITING = "waiting"  # it acted, and does not know whether it still is the one


class MirrorRefused(Exception):
    """What was asked for would risk that two sites act, or lose what was acknowledged; the message
    says why, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a site keeps of itself. ``acts``: it was the one in ``epoch``. ``alone``: since then it
    acknowledged signals that its mirror may not have."""

    name: str
    epoch: int = 0
    acts: bool = False
    alone: bool = False

    def to_json(self) -> dict[str, Any]:
        """As it is kept, and as the other site is told."""
        return {"name": self.name, "epoch": self.epoch, "acts": self.acts, "alone": self.alone}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Claim:
        """What ``to_json`` gave. Raises ValueError where it is something else."""
        name, epoch, acts, alone = (told.get(key) for key in ("name", "epoch", "acts", "alone"))
        whole = isinstance(epoch, int) and not isinstance(epoch, bool) and epoch >= 0
        if not (isinstance(name, str) and whole and isinstance(acts, bool)):
            raise ValueError("no claim of a site")
        return cls(name=name, epoch=epoch, acts=acts, alone=alone is True)  # type: ignore[arg-type]


def standing(mine: Claim, other: Claim | None, *, lapse: timedelta) -> Standing:
    """What a site does now. ``other``: what the other says of itself, None where it is silent;
    ``lapse``: how long ago this site gave its own last sign of life."""
    if other is not None and _is_later(other, mine):
        return Standing.STANDING_BY
    if not mine.acts:
        return Standing.STANDING_BY
    return Standing.ACTING if other is not None or lapse <= LAPSE else Standing.WAITING


def _is_later(other: Claim, mine: Claim) -> bool:
    """Two that were promoted at once, unseen by each other, have one epoch: one is chosen."""
    if other.epoch != mine.epoch:
        return other.epoch > mine.epoch
    return other.acts and mine.acts and other.name > mine.name


def promoted(mine: Claim, other: Claim | None) -> Claim:
    """The claim of a site from its promotion on. Nobody mirrors it yet."""
    epoch = max(mine.epoch, other.epoch if other is not None else 0) + 1
    return Claim(name=mine.name, epoch=epoch, acts=True, alone=True)


def sentence(other: str) -> str:
    """What a person types who has seen to it that the other site is off."""
    return f"{other} is off"


def check_promotion(
    mine: Claim,
    other: Claim | None,
    *,
    acting: bool,
    silent: timedelta,
    typed: str,
    alive: Sequence[str],
    other_name: str,
) -> None:
    """Raises MirrorRefused unless the other has agreed, or is off by all that can be known.

    ``other``: what it answers now. ``silent``: since when it did not. ``alive``: addresses of the
    other at which somebody still answers. ``typed``: a person's word.
    """
    if acting:
        raise MirrorRefused("this site acts already")
    if other is not None:
        if other.acts:
            raise MirrorRefused(
                f"{other_name} lives and acts: run `callflow demote` there, it hands over"
            )
        return
    if alive:
        raise MirrorRefused(
            f"{other_name} is not off: {', '.join(alive)} answers. Cut its power or its network"
            " first"
        )
    if silent < SILENT:
        left = (SILENT - silent).total_seconds()
        raise MirrorRefused(
            f"{other_name} was heard just now: try again in {left:.0f} s, once its power or its"
            " network is cut"
        )
    if typed != sentence(other_name):
        raise MirrorRefused(
            f"two sites that act would call everybody twice: see to it that {other_name} is off"
            f' (its power, or its network), then type exactly "{sentence(other_name)}"'
        )
