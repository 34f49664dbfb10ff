"""How the station's organs are, as it is said on the phone: what is not well, and for how long."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from callflow.core.calls.dialogue import Phrase
from callflow.core.watch.failures import place
from callflow.core.watch.organs import Organ, Part, Reason, State
from callflow.storage import Tx
from callflow.storage.watch import organs as rows
from callflow.storage.watch import readings
from callflow.texts import word
from callflow.texts.station.organs import REASONS, STATES, named

#: So many are named; of more only how many.
_NAMED = 5
#: The worst first.
_ORDER = (State.FAILED, State.UNKNOWN, State.DEGRADED)


def said(organs: Collection[Organ], now: datetime, language: str) -> Iterator[Phrase]:
    """What is not well of these, the worst and the oldest first, or that all is."""
    ill = [one for one in organs if one.ill]
    ill.sort(key=lambda one: (_ORDER.index(one.state), one.since or now, one.key))
    if not ill:
        yield Phrase("station_well")
    for one in ill[:_NAMED]:
        yield _said(one.part, one.name, one.state, one.reason, one.since, now, language)
    if len(ill) > _NAMED:
        yield Phrase("organs_more", {"more": str(len(ill) - _NAMED)})


def of_alarm(tx: Tx, matters: Collection[str], now: datetime, language: str) -> Iterator[Phrase]:
    """What an alarm of the station is about: the organs of these places (``failures.place``)."""
    reasons = {one.key: one.reason for one in readings.every(tx)}
    for key, noted in rows.noted(tx).items():
        if place(key) in matters and noted.state is not State.OK:
            part, _, rest = key.partition(":")
            name = rest.rpartition("@")[0]
            reason = reasons.get(key)
            yield _said(Part(part), name, noted.state, reason, noted.since, now, language)


def _said(
    part: Part,
    name: str,
    state: State,
    reason: Reason | None,
    since: datetime | None,
    now: datetime,
    language: str,
) -> Phrase:
    why = word(REASONS, reason.value, language) if reason else word(STATES, state.value, language)
    told = {"organ": named(part.value, name, "", _column(language)), "why": why}
    told |= {"written": language}
    if since is None:
        return Phrase("organ_ill", told)
    return Phrase("organ_ill_for", {**told, "lasting": lasting(now - since, language)})


def _column(language: str) -> int:
    return 0 if language.startswith("fr") else 1


def lasting(time: timedelta, language: str) -> str:
    """How long it is so, as people say it: minutes, from two hours on hours, from two days days."""
    minutes = max(0, int(time / timedelta(minutes=1)))
    for size, french, english in _UNITS:
        if minutes >= 2 * size or size == 1:
            count = minutes // size
            unit = (french, english)[_column(language)]
            return f"{count} {unit}" + ("s" if count > 1 else "")
    raise AssertionError("a minute is the least of them")


_UNITS = ((1440, "jour", "day"), (60, "heure", "hour"), (1, "minute", "minute"))
