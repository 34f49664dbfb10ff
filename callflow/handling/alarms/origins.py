"""Where signals come from, against where their panels are declared to send from."""

from collections.abc import Sequence
from datetime import datetime

from callflow.core.signals.proof import is_of
from callflow.core.signals.signal import PHONE_LINE, Signal
from callflow.core.watch.supervision import station_signal
from callflow.handling.alarms.surroundings import Seen, Surroundings


def strangers(around: Surroundings, seen: Sequence[Seen], now: datetime) -> list[Signal]:
    """The station's signals about those that came from elsewhere: one a day of each origin."""
    found = []
    for one in seen:
        declared = around.declared.get(one.signal.account)
        if declared is None or one.of_station:
            continue
        line, caller = one.signal.line, one.signal.caller
        if declared.keyed and not one.proven:  # DC-09 says so by itself, other ways don't
            found.append(_said("UNENCRYPTED", one, line, "chiffré", now))
        if declared.line and not is_of(line, declared.line):
            found.append(_said("WRONG_LINE", one, line, declared.line, now))
        if declared.phone and line == PHONE_LINE and caller != declared.phone:
            found.append(_said("WRONG_CALLER", one, caller or "-", declared.phone, now))
    return found


def _said(code: str, seen: Seen, found: str, declared: str, now: datetime) -> Signal:
    day = seen.signal.received_at.date().isoformat()
    text = f"{found} (déclaré : {declared})"
    return station_signal(code, seen.signal.account, f"{found}|{day}", now, text=text)
