"""How the station's organs are, as it is said on the phone: what is not well, and for how long."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from callflow.core.alarms.incident import Incident
from callflow.core.calls.dialogue import Phrase
from callflow.core.signals.signal import FAILURES
from callflow.core.watch.failures import Noted, failed
from callflow.core.watch.organs import Organ, Part, Reason, State, key_of
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


def of_alarm(tx: Tx, about: Incident, now: datetime, language: str) -> Iterator[Phrase]:
    """The organs that an alarm of the station is about, and since when they are so; of an alarm of
    another kind nothing."""
    if about.kind not in FAILURES:
        return
    noted, reasons = rows.noted(tx), {one.key: one.reason for one in readings.every(tx)}
    for matter, state in about.zones.items():
        found = failed(about.kind, matter, noted) if state == "alarm" else None
        if found is None:
            continue
        part, name = found
        key = next((key for key in noted if key.startswith(key_of(part, name, ""))), "")
        one = noted.get(key) or Noted(state=State.FAILED, since=about.opened_at)
        yield _said(part, name, one.state, reasons.get(key), one.since, now, language)


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
    minutes = int(time / timedelta(minutes=1))
    if minutes < 1:
        return ("moins d'une minute", "less than a minute")[_column(language)]
    for size, french, english in _UNITS:
        if minutes >= 2 * size or size == 1:
            count = minutes // size
            unit = (french, english)[_column(language)]
            return f"{count} {unit}" + ("s" if count > 1 else "")
    raise AssertionError("a minute is the least of them")


_UNITS = ((1440, "jour", "day"), (60, "heure", "hour"), (1, "minute", "minute"))
