"""Two systems hear one panel: which of their answers it is given, and when.

While a station runs in the shadow of an older one, each frame goes on to that system as it came.
Pure. The rules, in this order:

1. An acknowledgement promises that the signal is where it is acted upon. So whoever *acts* for the
   account (the other system while its site is in shadow, ours once it is in service) must have it,
   whatever the mode.
2. The mode says who else must: both, in the safe default. Whoever must have it and says nothing in
   time leaves the panel without an answer: it keeps the signal, sends it again, or takes its second
   path. A repeat is one signal here; the other system is used to them.
3. Whoever does not act and *can't* read a frame (no key, an account that it no longer has) is not
   waited for: no repeat would help, and the panel is not to suffer for it.
4. The panel gets the answer of whoever acts, byte for byte: the other system's while it is in
   charge, whatever it says (an encrypted ACK, a NAK, a command), else ours. What it never gets is
   an acknowledgement of one while the other, who must have it too, has not.

Messages of no account (a receiver's heartbeat) belong to the link: the mode alone decides.
"""

from enum import StrEnum


class Mode(StrEnum):
    """Who must have a signal before its panel is told that it is taken, beside whoever acts."""

    BOTH = "both"
    OURS = "ours"
    THEIRS = "theirs"


class Side(StrEnum):
    """One of the two systems."""

    OURS = "ours"
    THEIRS = "theirs"


class Word(StrEnum):
    """A system's own answer to one frame."""

    WAITING = "waiting"
    TOOK = "took"  # has it: stored and acknowledged
    REFUSED = "refused"  # can't take it, and a repeat would not help
    SILENT = "silent"  # does not have it: no answer in time, no connection, no store


class Given(StrEnum):
    """The panel's answer."""

    NOT_YET = "not_yet"
    OURS = "ours"
    THEIRS = "theirs"
    NOTHING = "nothing"


def acting(mode: Mode, *, account: str, in_shadow: bool) -> Side:
    """Who acts on a message; ``in_shadow``: its account's site is, or the account is not ours."""
    if account:
        return Side.THEIRS if in_shadow else Side.OURS
    return Side.OURS if mode is Mode.OURS else Side.THEIRS


def answer(mode: Mode, acts: Side, *, ours: Word, theirs: Word) -> Given:
    """The answer that may go back to the panel now."""
    words = {Side.OURS: ours, Side.THEIRS: theirs}
    other = Side.THEIRS if acts is Side.OURS else Side.OURS
    match words[acts]:
        case Word.SILENT:
            return Given.NOTHING
        case Word.WAITING:
            return Given.NOT_YET
        case Word.REFUSED:
            return Given(acts.value)
    if mode is Mode(acts.value) or words[other] in (Word.TOOK, Word.REFUSED):
        return Given(acts.value)
    return Given.NOT_YET if words[other] is Word.WAITING else Given.NOTHING
