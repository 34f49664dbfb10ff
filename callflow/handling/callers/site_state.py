"""The state of a site as it is read out on the phone: armed or not, alarms, tests, last events."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callflow.core.calls.dialogue import Phrase
from callflow.core.signals.signal import PERSONAL, Kind
from callflow.core.sites.site import Site
from callflow.handling.callers import identity
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.watch import supervision

#: Events of so long ago are still read out, and so many of them.
_LATELY, _EVENTS = timedelta(days=7), 3
#: What nobody asks for: a panel's own signs of life.
_UNTOLD = frozenset({Kind.TEST, Kind.RESTORE, Kind.UNKNOWN} | PERSONAL)


def read_out(tx: Tx, site: Site, now: datetime, *, duress: bool) -> Iterator[Phrase]:
    """What is said of ``site``, its times local; where it is mute no alarm and no event (D29), but
    for whoever made it so by a code under ``duress``: they hear what they would have heard."""
    zone = ZoneInfo(site.timezone)
    hushed = not duress and incidents.site_is_mute(tx, site.id)
    armed = {one.armed for one in supervision.arming(tx, [site.id])[site.id].partitions}
    yield Phrase(_ARMED[frozenset(armed)])
    alarms = identity.open_alarms(tx, site.id)
    for kind in dict.fromkeys(incident.kind for incident in alarms):
        if kind not in PERSONAL and not hushed:  # mute (D7)
            yield Phrase("state_alarm", {"kind": kind})
    for test in supervision.running_tests(tx, [site.id], now).get(site.id, []):
        yield Phrase("state_test", {"at": test.ends_at.astimezone(zone)})
    sent = supervision.signals_since(tx, site.id, now - _LATELY)
    told = [signal for signal in sent if signal.kind not in _UNTOLD and signal.format != "station"]
    told = [] if hushed else told
    yield Phrase("state_events" if told else "state_no_events")
    for signal in reversed(told[-_EVENTS:]):
        at = signal.received_at.astimezone(zone)
        yield Phrase("state_event", {"day": at.date(), "at": at, "kind": signal.kind})


_ARMED: Mapping[frozenset[bool], str] = {
    frozenset(): "state_unknown",
    frozenset({True}): "state_armed",
    frozenset({False}): "state_disarmed",
    frozenset({True, False}): "state_partly",
}
