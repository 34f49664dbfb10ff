"""What follows of how the organs are: noted, told in the logbook, and an alarm of the station."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from callflow.core.signals.signal import Signal
from callflow.core.time.instants import to_iso
from callflow.core.watch.failures import BACK, CODES, Change, follow, place
from callflow.core.watch.organs import Organ
from callflow.core.watch.supervision import station_signal
from callflow.core.watch.trends import CHANGES_KEPT, KEPT, Point
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.watch import organs as rows
from callflow.storage.watch import readings as history
from callflow.texts.station.organs import named, why


def changes(
    tx: Tx, organs: Sequence[Organ], now: datetime, *, watched_since: datetime | None = None
) -> list[Change]:
    """What a look at ``organs`` changes of what is noted of them. Only reads.

    ``watched_since``: since when somebody follows what the station judges of itself.
    """
    noted, since = rows.noted(tx), watched_since or now
    found = [
        follow(organ, noted.get(organ.key), now, watched_since=since, zone=STATION_ZONE)
        for organ in organs
    ]
    return [change for change in found if noted.get(change.organ.key) != change.noted]


def note(
    tx: Tx, organs: Sequence[Organ], now: datetime, *, watched_since: datetime | None = None
) -> None:
    """Write down what changed of ``organs``, and what follows of it."""
    changed = changes(tx, organs, now, watched_since=watched_since)
    rows.note(tx, {change.organ.key: change.noted for change in changed})
    for change in changed:
        if change.told:
            _tell(tx, change, now)
    signals = [signal for change in changed for signal in _signals(change, now)]
    if signals:
        store_signals(tx, signals)
    history.add_points(tx, [_point(change.organ, now, changed=True) for change in changed])


def forget(tx: Tx, keys: Collection[str], now: datetime) -> None:
    """Organs that are there no more: what they raised is over."""
    noted = rows.noted(tx)
    over = [(key, noted[key]) for key in keys if key in noted and noted[key].alarm]
    rows.forget(tx, keys)
    if over:
        store_signals(tx, [_back(key, one.alarm_at or one.since, now) for key, one in over])


def keep_figures(tx: Tx, organs: Iterable[Organ], now: datetime) -> None:
    """A point of the history of each organ that has a figure; what is too old is dropped."""
    history.add_points(tx, [_point(one, now) for one in organs if one.figure is not None])
    history.drop_points(tx, now - KEPT, now - CHANGES_KEPT)


def _point(organ: Organ, now: datetime, *, changed: bool = False) -> Point:
    return Point(key=organ.key, at=now, state=organ.state, figure=organ.figure, changed=changed)


def _tell(tx: Tx, change: Change, now: datetime) -> None:
    organ = change.organ
    tell(
        tx,
        "organ",
        now,
        organ=organ.part.value,
        organ_name=organ.name,
        organ_node=organ.node,
        organ_state=organ.state.value,
        organ_reason=organ.reason.value if organ.reason else "",
        detail_said=organ.detail if organ.ill else "",
    )


def _signals(change: Change, now: datetime) -> Iterable[Signal]:
    key, alarm_at = change.organ.key, change.noted.alarm_at
    if change.ended is not None:
        yield _back(key, change.ended, now)
    if change.raised and alarm_at is not None:
        yield _signal(CODES[change.raised], key, alarm_at, now, _said(change.organ))


def _said(organ: Organ) -> str:
    """In French, as the station's signals speak."""
    because = organ.reason.value if organ.reason else ""
    name = named(organ.part.value, organ.name, organ.node, 0)
    return f"{name} : {why(organ.state.value, because, organ.detail, 0)}"


def _back(key: str, began: datetime, now: datetime) -> Signal:
    return _signal(BACK, key, began, now, "")


def _signal(code: str, key: str, began: datetime, now: datetime, text: str) -> Signal:
    """The signal of one alarm, named alike by whoever finds it out."""
    named = place(key)
    found = station_signal(code, "", f"{named}|{to_iso(began)}", now, text=text)
    return found._replace(line=named)
