"""Stored signals are correlated: each opens an incident, joins one, or is only kept."""

import logging
from datetime import datetime

from callflow.core.alarms.correlation import Rates
from callflow.core.calls.call import Outcome
from callflow.core.plans import standard
from callflow.core.signals import events
from callflow.core.signals.signal import Kind, StoredSignal, Treatment
from callflow.handling.alarms.acting import hand_to_human
from callflow.handling.alarms.correlating import Correlation
from callflow.handling.alarms.opening import named, opened
from callflow.handling.base.policy import load_policy
from callflow.handling.base.telling import tell
from callflow.storage import AWAY, Tx, savepoint
from callflow.storage.alarms import incidents
from callflow.storage.signals import signals
from callflow.storage.signals.signals import ALL, Correlated, Share

log = logging.getLogger(__name__)


def correlate(
    tx: Tx, now: datetime, *, limit: int = 400, rates: Rates | None = None, share: Share = ALL
) -> int:
    """Take signals of the backlog, vital first, and give each its incident; how many.

    One that can't be correlated holds up no other: it becomes a human's. ``rates`` remember from
    one batch to the next how many signals each site sends.
    """
    backlog = signals.claim(tx, share, now, limit=limit)
    rates = rates or Rates()
    if backlog and not _together(tx, backlog, now, rates):
        for signal in backlog:
            if not _together(tx, [signal], now, rates):
                _give_up(tx, signal, now)
    return len(backlog)


def _together(tx: Tx, signals: list[StoredSignal], now: datetime, rates: Rates) -> bool:
    """Correlate ``signals``, or undo it all and say no."""
    try:
        with savepoint(tx):
            Correlation(tx, signals, now, rates).run()
    except AWAY:
        raise
    except Exception:
        log.exception("correlating %d signals failed", len(signals))
        return False
    return True


def _give_up(tx: Tx, signal: StoredSignal, now: datetime) -> None:
    """A signal that our code can't take: an incident without a site, for a human to look at."""
    shadow = load_policy(tx).shadow
    incident = opened(signal.account, "", events.UNKNOWN, standard.OPERATOR, now, shadow=shadow)
    incidents.insert(tx, [incident])
    tell(tx, "incident_opened", now, incident, **named(incident))
    mark = Correlated(signal.id, incident.id, Kind.UNKNOWN.value, Treatment.OPENED.value)
    signals.mark_correlated(tx, [mark], now)
    hand_to_human(tx, incident, Outcome.ERROR.value, now, text=signal.id)
