"""How often codes may be guessed on the phone, by site, by caller and in all. Pure.

What a guess is worth is the chance that it is right: so many codes of the site, of all that have as
many digits. A site's wrong guesses of a day together stay below ``AT_MOST``; whoever goes on is
put through to a human, and no code of that site counts until the first of them is a day old.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from callflow.core.sites.site import Coded

#: The chance, per site and day, that somebody who guesses is let in.
AT_MOST = 0.001
DAY = timedelta(days=1)
#: So many wrong codes of one caller's number within so long, and none of theirs counts.
OF_CALLER, CALLER_WITHIN = 6, timedelta(hours=1)
#: So many in all within so long are an attack: then only who calls from a number that is known at
#: the site may type a code.
OF_ALL, ALL_WITHIN = 30, timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """Wrong guesses so far: their worth at the site in a day, the caller's in ``CALLER_WITHIN``,
    everybody's in ``ALL_WITHIN``."""

    worth: float = 0.0
    of_caller: int = 0
    of_all: int = 0


def codes_of(people: Iterable[Coded]) -> int:
    """How many codes they have together."""
    return sum(bool(one.code) + bool(one.duress_code) for one in people)


class Verdict(StrEnum):
    """True where a code is looked at."""

    MAY = "may"
    LOCKED = "locked"  # a human takes over
    UNWELCOME = "unwelcome"  # an attack is on, and nobody knows this number: a human who is asked


def worth(codes: int, digits: int) -> float:
    """The chance that one guess of so many ``digits`` is one of ``codes``."""
    return codes / 10.0**digits


def is_attack(wrong_of_all: int) -> bool:
    """True where codes are being guessed by somebody who means it."""
    return wrong_of_all >= OF_ALL


def verdict(spent: Spent, guess: float, *, known: bool) -> Verdict:
    """The verdict on one more guess, worth ``guess``. ``known``: the caller's number is that of
    somebody of the site."""
    if is_attack(spent.of_all) and not known:
        return Verdict.UNWELCOME
    # Rounded: ten guesses of a ten-thousandth each are a thousandth.
    if round(spent.worth + guess, 9) > AT_MOST or spent.of_caller >= OF_CALLER:
        return Verdict.LOCKED
    return Verdict.MAY
