"""What callers say after a tone: kept at once, whatever becomes of the call.

It means nothing until its page says so: ``confirmed`` is for the deed that makes something of it.
Where the call ends before, a person calls back: nothing that somebody said is lost.
"""

from datetime import datetime
from typing import Any

from callflow.core.calls.call import Call, CallState, Outcome, VoiceNote
from callflow.handling.base.telling import tell
from callflow.handling.callers import call_backs
from callflow.handling.desks.waiting_line import was_with_human
from callflow.storage import Tx
from callflow.storage.calls import calls, spoken
from callflow.storage.records import words
from callflow.storage.sites import sites


def said(
    tx: Tx, call_id: str, *, name: str, path: str, sha256: str, duration: float, now: datetime
) -> None:
    """``name`` was said in the call, and is kept at ``path`` of the recordings. Idempotent."""
    call = calls.get(tx, call_id, lock=True)
    if call is None or spoken.get(tx, name) is not None:
        return
    spoken.insert(tx, VoiceNote(name, call_id, path, sha256, duration, said_at=now))
    told: dict[str, Any] = dict(voice=name, duration=round(duration, 1), path=path, sha256=sha256)
    tell_of(tx, "spoken", call, now, call=call_id, node=call.node, **told)
    if call.state is CallState.ENDED:
        call_over(tx, call, now)


def drafted(tx: Tx, name: str, text: str, now: datetime) -> None:
    """What a machine made of ``name``; "": nothing. The logbook is searched by it too."""
    spoken.draft(tx, name, text, now)
    if text:
        words.voices_changed(tx, [name])


def confirmed(tx: Tx, call_id: str, now: datetime) -> None:
    """Whoever spoke stands by what they said last."""
    spoken.settle(tx, call_id, now)


def call_over(tx: Tx, call: Call, now: datetime) -> None:
    """The call is over: what was said in it and came to nothing is a call-back, unless a person
    spoke with them, or they did it under threat."""
    left = spoken.unsettled(tx, call.id)
    if not left:
        return
    spoken.settle(tx, call.id, now)
    if call.result is Outcome.DURESS:
        return
    tell_of(tx, "spoken_unfinished", call, now, call=call.id, voice=left[-1], to=call.to)
    if call.room is None and not was_with_human(tx, call):
        call_backs.unfinished(tx, call, now)


def tell_of(tx: Tx, kind: str, of_call: Call, now: datetime, **data: Any) -> None:
    """An entry about a call: of its incident, else of the site of whoever is known in it."""
    incident = calls.incident_of(tx, of_call)
    of = {} if incident else {"site": _site(tx, of_call)}
    tell(tx, kind, now, incident, **of, **data)


def _site(tx: Tx, call: Call) -> str | None:
    """The site of whoever is known; a number alone proves none."""
    place = (call.progress or {}).get("place") or {}
    kept = place.get("kept") or {}
    known = sites.get(tx, kept["site"]) if kept.get("person") and "site" in kept else None
    return str(known.id) if known else None
