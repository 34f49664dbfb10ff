"""The backup station's code by telephone: guessing it gets nobody far, and somebody is told.

What a guess is worth is the chance that it is right (``core.callers.guessing``): those of a day at
all of its telephones, and those of an hour at each, have their limit over however many calls. Then
none is looked at, the right one neither, until the first of them is old enough.
"""

from collections.abc import Collection
from datetime import datetime

from callflow.core.callers import guessing
from callflow.core.calls.dialogue import CodeVerdict
from callflow.handling.base.telling import tell
from callflow.handling.watch import peers
from callflow.storage import Tx
from callflow.storage.callers import guesses
from callflow.storage.calls import calls
from callflow.storage.engine import locks
from callflow.vault import equal

#: In the place of a site, and before a number that we called: no site is called so, and whoever
#: calls us from that number, or says so, is somebody else.
_PEER = "@"


def check(tx: Tx, call_id: str, code: str, digits: str, now: datetime) -> CodeVerdict:
    """What was typed in a call to the backup station, whose ``code`` it should be."""
    call = calls.get(tx, call_id)
    if call is None:
        return CodeVerdict.WRONG
    locks.hold(tx, locks.Lock.GUESS, _PEER)
    about = calls.incident_of(tx, call)
    if _is_locked(tx, call.to, code, now):
        tell(tx, "codes_locked", now, about, to=call.to, call=call.id)
        return CodeVerdict.LOCKED
    if equal(code, digits):
        return CodeVerdict.OK
    chance = guessing.worth(1, len(code)) if len(digits) == len(code) else 0.0
    guesses.insert(tx, _PEER, _PEER + call.to, chance, now)
    tell(tx, "code_wrong", now, about, to=call.to, call=call.id)
    if _is_locked(tx, call.to, code, now):
        peers.guessed(tx, call.to, now)
    return CodeVerdict.WRONG


def counts_again(tx: Tx, numbers: Collection[str], code: str, now: datetime) -> bool:
    """True where none counted at one of these ``numbers``, and all of them are looked at again."""
    return peers.is_guessed(tx) and not any(_is_locked(tx, to, code, now) for to in numbers)


def look(tx: Tx, numbers: Collection[str], code: str, now: datetime) -> None:
    """Say so, once; call it again now and then."""
    if counts_again(tx, numbers, code, now):
        peers.guessed_no_more(tx, now)


def _is_locked(tx: Tx, number: str, code: str, now: datetime) -> bool:
    spent = guesses.spent(tx, _PEER, _PEER + number, now)
    guess = guessing.worth(1, len(code))
    return guessing.verdict(spent, guess, known=True) is not guessing.Verdict.MAY
