"""Hardware receivers: who was ever heard, and whether it is lost now."""

from collections.abc import Mapping, Sequence

from callflow.core.signals.signal import Signal
from callflow.handling.base.storing import store_signals
from callflow.storage import Tx
from callflow.storage.people import users

_RECEIVERS = "receivers"


def known_receivers(tx: Tx) -> dict[str, bool]:
    """{receiver: whether it is lost} as ``note_receivers`` wrote it last."""
    return dict(users.settings(tx).get(_RECEIVERS, {}))


def note_receivers(tx: Tx, receivers: Mapping[str, bool], signals: Sequence[Signal] = ()) -> None:
    """Keep who was heard, together with the station's signals that tell what changed."""
    users.write_settings(tx, {_RECEIVERS: dict(receivers)})
    if signals:
        store_signals(tx, signals)
