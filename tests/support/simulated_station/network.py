"""The telephone network and the people at its ends: who picks up, what they type, when they leave.

What is counted of calls is counted here, at the far end.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

CODE, DURESS_CODE, BAD_CODE = "2580", "2581", "9999"


@dataclass(kw_only=True, slots=True)
class Manner:
    """How one call to a number goes. Times in seconds.

    ``cause`` (Q.850) and ``sip`` are what the network says where nobody picks up; ``codes`` are
    typed one after the other where a code is asked, ``key`` where a key is; "" is silence.
    ``leaves_after`` ends the call at any point.
    """

    rings: bool = True
    picks_up_after: float | None = None  # None: never
    gives_up_after: float = 600.0  # the network's own patience, or the time until it refuses
    cause: int = 19
    sip: int | None = 480
    codes: list[str] = field(default_factory=list)
    key: str = ""
    leaves_after: float | None = None


#: What people do, with its weight.
_PEOPLE: tuple[tuple[float, str], ...] = (
    (7.0, "identified"),
    (0.7, "help"),
    (0.7, "operator"),
    (0.8, "wrong_code"),
    (0.8, "wrong_then_right"),
    (0.6, "duress"),
    (1.2, "hangs_up"),
    (0.8, "falls_silent"),
    (1.5, "voicemail"),
    (3.0, "no_answer"),
    (1.5, "busy"),
    (0.7, "refuses"),
    (0.7, "unreachable"),
    (0.5, "congestion"),
)
#: What they type where a code is asked; then, where a key is, "?" is any of those offered.
_TYPED: dict[str, tuple[list[str], str]] = {
    "identified": ([CODE], "?"),
    "hangs_up": ([CODE], "?"),
    "help": (["2"], "2"),
    "operator": (["0"], "0"),
    "wrong_code": ([BAD_CODE, BAD_CODE], ""),
    "wrong_then_right": ([BAD_CODE, CODE], "?"),
    "duress": ([DURESS_CODE], "?"),
    "falls_silent": ([CODE], ""),
    "voicemail": ([], ""),
    "takes": ([], "1"),
    "leaves_it": ([], ""),
}
#: "False alarm" most often: also "acknowledged", "accepted", the first answer.
_ANY_KEY = "1112345567"
_UNANSWERED: dict[str, tuple[int, int | None]] = {
    "busy": (17, 486),
    "refuses": (21, 603),
    "unreachable": (1, 404),
    "congestion": (34, 503),
}


class Network:
    """Counts every INVITE, and says when one should never have come.

    ``broken`` is told of what must not happen; ``allowed`` are the numbers that may ring.
    """

    def __init__(
        self,
        rng: random.Random,
        *,
        allowed: frozenset[str],
        desk: frozenset[str],
        now: Callable[[], float],
        broken: Callable[[str], None],
    ) -> None:
        self._rng, self._allowed, self._desk = rng, allowed, desk
        self._now, self._broken = now, broken
        self.invites: Counter[str] = Counter()  # by the call's id
        self.live: dict[str, str] = {}  # number → the call that it rings or speaks for
        self.trunks_down: set[str] = set()
        self.kind = True  # once faults are over, a desk always answers in the end
        self._off_hook: dict[str, float] = {}  # number → until when, after a call was torn away

    def invite(self, call_id: str, digits: str, trunk: str) -> Manner:
        """Somebody is called over ``trunk``; how it will go."""
        number = f"+{digits}"
        self.invites[call_id] += 1
        if self.invites[call_id] > 1:
            self._broken(f"the call {call_id} was dialled twice")
        if number not in self._allowed:
            self._broken(f"{number} was dialled, which nobody may call")
        if number in self.live:
            self._broken(f"{number} rings for two calls: {self.live[number]} and {call_id}")
        if trunk in self.trunks_down:
            return Manner(rings=False, gives_up_after=self._rng.uniform(0.1, 4), cause=20, sip=None)
        if self._off_hook.pop(number, 0.0) > self._now():
            return Manner(rings=False, gives_up_after=0.2, cause=17, sip=486)
        self.live[number] = call_id
        return self._at_desk() if number in self._desk else self._person()

    def over(self, call_id: str, digits: str, *, torn: bool = False) -> None:
        """The call ended; ``torn``: no end was signalled, so the phone stays off the hook."""
        number = f"+{digits}"
        if self.live.get(number) == call_id:
            del self.live[number]
            if torn and self._rng.random() < 0.5:
                self._off_hook[number] = self._now() + self._rng.uniform(5, 60)

    def _at_desk(self) -> Manner:
        if self._rng.random() < (0.5 if not self.kind else 0.15):
            return Manner(gives_up_after=600)
        takes = self._rng.random() < 0.7
        return self._answers("takes" if takes else "leaves_it")

    def _person(self) -> Manner:
        names = [name for _, name in _PEOPLE]
        does = self._rng.choices(names, [weight for weight, _ in _PEOPLE])[0]
        if does in _UNANSWERED:
            cause, sip = _UNANSWERED[does]
            after = self._rng.uniform(0.3, 6)
            return Manner(rings=after > 3, gives_up_after=after, cause=cause, sip=sip)
        if does == "no_answer":
            return Manner(gives_up_after=self._rng.choice([8.0, 600.0]))
        return self._answers(does)

    def _answers(self, does: str) -> Manner:
        codes, key = _TYPED[does]
        return Manner(
            picks_up_after=self._rng.uniform(1, 25),
            codes=list(codes),
            key=self._rng.choice(_ANY_KEY) if key == "?" else key,
            leaves_after=self._rng.uniform(1, 15) if does == "hangs_up" else None,
        )
