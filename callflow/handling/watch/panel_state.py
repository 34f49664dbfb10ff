"""A zone of a panel as a probe reads it: its last alarm, or that alarm's end."""

from datetime import datetime, timedelta

from callflow.core.signals import events
from callflow.core.signals.signal import StoredSignal, Treatment
from callflow.core.sites.zones import zone_key
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.probes import Found, Probe
from callflow.storage import Tx
from callflow.storage.signals import signals

#: Signals of the account that are looked through.
_LOOKED_THROUGH = 200
_YEAR = timedelta(days=366)
_ALARMS = frozenset({Treatment.OPENED, Treatment.JOINED, Treatment.COUNTED})
_ENDS = frozenset({Treatment.RESTORED, Treatment.NOTED})


def found(tx: Tx, probe: Probe, now: datetime) -> Found:
    """How ``probe.asked``, a zone of the account ``probe.target`` ("": any), is by its signals."""
    newest = signals.newest(tx, probe.target, now - _YEAR, limit=_LOOKED_THROUGH)
    for signal in newest:
        if probe.asked and zone_key(signal.zone) != zone_key(probe.asked):
            continue
        state = _state(signal)
        if state is not None:
            said = Reason.SIGNALLED if state is State.FAILED else None
            return Found(state=state, reason=said, detail=signal.text if said else "")
    return Found(state=State.UNKNOWN, reason=Reason.TOO_FEW)


def _state(signal: StoredSignal) -> State | None:
    """None: it tells nothing of it, such as a test, or an end that anybody may have sent (D31)."""
    if signal.treatment in _ALARMS:
        return State.FAILED
    ends = events.lookup(signal.format, signal.code).restores is not None
    return State.OK if ends and signal.treatment in _ENDS else None
