"""Who listened to, or looked at, what was recorded: it is told, once in a while (CNIL: access is
logged)."""

from datetime import datetime, timedelta

from callflow.core.messages.outbox import Image, Take
from callflow.handling.base.telling import tell
from callflow.handling.calls.voices import tell_of
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.records import logbook

#: The kind of entry of a call's recording, and of what somebody said after a tone.
RECORDING, SPOKEN = "recording_heard", "spoken_heard"
#: The kind of entry of a still opened by itself, and of a clip.
IMAGE, CLIP = "image_opened", "clip_played"
#: A player asks for one file again and again, a piece at a time.
_AGAIN = timedelta(minutes=10)


def is_played(tx: Tx, kind: str, name: str, who: str, now: datetime) -> bool:
    """True where it was told already that ``who`` plays the file ``name``."""
    lately = logbook.of_kinds(
        tx, [kind], since=now - _AGAIN, until=now + _AGAIN, who=who, limit=100
    )
    return any(entry.data["name"] == name for entry in lately.entries)


def heard(tx: Tx, name: str, who: str, since: datetime, now: datetime) -> bool:
    """True where ``who`` played what somebody said after a tone, ``since`` then."""
    mine = logbook.of_kinds(tx, [SPOKEN], since=since, until=now, who=who, limit=1000)
    return any(entry.data["name"] == name for entry in mine.entries)


def played(tx: Tx, kind: str, name: str, call_id: str, who: str, now: datetime) -> None:
    """``who`` plays what the call ``call_id`` left: ``name`` is the file's."""
    if is_played(tx, kind, name, who, now):
        return
    call = calls.get(tx, call_id)
    if call is not None:
        told = {"by": who, "who_did": who, "to": call.to, "call": call_id, "name": name}
        tell_of(tx, kind, call, now, **told)


def kind_of(image: Image) -> str:
    """The kind of entry of who opens this still or clip."""
    return CLIP if image.take is Take.CLIP else IMAGE


def image_opened(tx: Tx, image: Image, who: str, now: datetime) -> None:
    """``who`` opens a still by itself, or plays a clip."""
    kind, name = kind_of(image), image.id
    if is_played(tx, kind, name, who, now):
        return
    told = {"by": who, "who_did": who, "camera": image.name, "name": name}
    tell(tx, kind, now, incidents.get(tx, image.incident_id), **told)
