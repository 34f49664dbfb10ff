"""Who listened to what was recorded: it is told, once in a while (CNIL: access is logged)."""

from __future__ import annotations

from datetime import datetime, timedelta

from callflow.handling.speaking import tell_of
from callflow.storage import Tx, calls, logbook

#: The kind of entry of a call's recording, and of what somebody said after a tone.
RECORDING, SPOKEN = "recording_heard", "spoken_heard"
#: A player asks for a sound's beginning again and again.
_AGAIN = timedelta(minutes=10)


def played(tx: Tx, kind: str, name: str, call_id: str, who: str, now: datetime) -> None:
    """``who`` plays what the call ``call_id`` left: ``name`` is the file's."""
    lately = logbook.of_kinds(
        tx, [kind], since=now - _AGAIN, until=now + _AGAIN, who=who, limit=100
    )
    if any(entry["data"]["name"] == name for entry in lately.rows):
        return
    call = calls.get(tx, call_id)
    if call is not None:
        told = {"by": who, "who_did": who, "to": call["to"], "call": call_id, "name": name}
        tell_of(tx, kind, call, now, **told)
