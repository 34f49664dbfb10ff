"""What alarms leave is deleted when its time is over: rows first, each file by a row of its own.

One transaction takes a small batch: the rows name no file any more, a row asks for each file to be
deleted, and the logbook tells which they were. A crash anywhere leaves rows that are gone on with.

Of a filed alarm the rows go; its entries of the logbook stay where they are in their chain, without
a word (``callflow.core.records.logbook``), for a chain or a seal without its hashes would prove
nothing.
"""

import contextlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from callflow import ids
from callflow.core.records import retention
from callflow.core.records.logbook import MACHINE
from callflow.core.records.retention import Kept, LegalHold, Rule
from callflow.core.time.instants import to_iso
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.records.erasure import begin_erasure
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.alarms import incidents
from callflow.storage.records import past
from callflow.storage.records import retention as rows
from callflow.storage.sites import removed
from callflow.vault import Vault

#: Files and signals of one transaction, which holds up others for so long.
_FILES, _SIGNALS = 100, 500
#: Alarms, calls (and call-backs, messages) and entries of the logbook of one transaction.
_INCIDENTS, _CALLS, _ENTRIES = 10, 50, 100
#: People that are tried for one erasure.
_PEOPLE = 20
#: What was removed from sites, of one transaction.
_PARTS = 100
#: Why a recording or an image has no file any more.
PURGED = "purged"


def set_days(tx: Tx, what: Kept, days: int, since: date, by: str, now: datetime) -> None:
    """``what`` is kept for so many days from that day on. Raises Refused."""
    if why := retention.fault(what, days):
        limits = retention.LIMITS[what]
        raise Refused(why, f"{limits.least}-{limits.most}")
    if since < retention.first_day(now, STATION_ZONE):
        raise Refused("a change begins tomorrow at the earliest: what is deleted never comes back")
    before = rows.rules(tx)
    at = retention.begin_of(since, STATION_ZONE)
    rows.set_rule(tx, Rule(ids.new(now), what, days, at, by, now), now)
    fields = {f"retention.{what}": [retention.in_force(before, now).get(what), days]}
    tell(tx, "retention_set", now, by=by, who_did=by, fields=fields, since=to_iso(at))


def place_hold(tx: Tx, incident_id: str, reason: str, by: str, now: datetime) -> None:
    """Nothing of this alarm is deleted until the hold is lifted. Raises Refused."""
    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise NotFound("there is no such alarm")
    if not reason.strip():
        raise Refused("say why this alarm must be kept")
    if rows.holds(tx, incident_id=incident_id):
        raise Refused("this alarm is held already")
    hold = LegalHold(ids.new(now), incident_id, reason.strip(), by, now)
    rows.insert_hold(tx, hold)
    tell(tx, "hold_placed", now, incident, by=by, who_did=by, text=reason.strip())


def lift_hold(tx: Tx, hold_id: str, by: str, now: datetime) -> None:
    """It may be deleted with others of its age again. Raises NotFound."""
    hold = rows.hold(tx, hold_id)
    if hold is None or hold.lifted_at is not None:
        raise NotFound("there is no such legal hold")
    rows.lift_hold(tx, hold_id, by, now)
    tell(tx, "hold_lifted", now, incidents.get(tx, hold.incident_id), by=by, who_did=by)


def due_until(tx: Tx, now: datetime) -> Iterator[tuple[Kept, int, datetime]]:
    """What has an end, its days, and the time before which it is due."""
    for what, days in retention.in_force(rows.rules(tx), now).items():
        yield what, days, retention.before(days, now)


def any_due(tx: Tx, now: datetime) -> bool:
    """True where there is anything to delete."""
    return any(
        rows.any_due(tx, what, before) for what, _, before in due_until(tx, now) if what in _PURGES
    )


def purge(tx: Tx, now: datetime) -> int:
    """Delete what is due, a small batch of each; how much."""
    done = 0
    for what, days, before in due_until(tx, now):
        if what not in _PURGES:
            continue
        for told in _PURGES[what](tx, before, now):
            about = {"kept": what.value, "days": days, **told}
            if "entries" in told:
                tell(tx, "erased", now, **about)
            else:
                tell(tx, "purged", now, **about)
            done += told["count"]
    return done


def person_is_due(tx: Tx, now: datetime) -> bool:
    """True where somebody's time is over."""
    return any(
        rows.any_due(tx, what, before)
        for what, _, before in due_until(tx, now)
        if what is Kept.PEOPLE
    )


def erase_one(tx: Tx, vault: Vault, now: datetime) -> str | None:
    """Begin to erase one of those whose time is over; the erasure's id. None: nobody's is, or
    what they are part of is not over, or held."""
    for what, days, before in due_until(tx, now):
        if what is not Kept.PEOPLE:
            continue
        for contact_id in rows.due_ids(tx, rows.due_people(before), _PEOPLE):
            with contextlib.suppress(Refused):
                why = f"conservation : {days} jours"
                return begin_erasure(tx, vault, contact_id, why, MACHINE, now)
    return None


def _recordings(tx: Tx, before: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    found = rows.due_files(tx, rows.due_recordings(before), _FILES)
    if found:
        names = [file.name for file in found]
        rows.forget_recordings(tx, names, PURGED)
        rows.doom(tx, "recordings", found, now)
        yield {"count": len(found), "calls": names}
    voices = rows.due_files(tx, rows.due_voices(before), _FILES)
    if voices:
        names = [file.name for file in voices]
        rows.forget_voices(tx, names)
        rows.doom(tx, "recordings", voices, now)
        yield {"count": len(voices), "voices": names}


def _images(tx: Tx, before: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    found = rows.due_files(tx, rows.due_images(before), _FILES)
    if found:
        names = [file.name for file in found]
        rows.forget_images(tx, names, PURGED)
        rows.doom(tx, "images", found, now)
        yield {"count": len(found), "images": names}
    yield from _papers(tx, rows.due_documents(before), now)


def _papers(tx: Tx, due: Any, now: datetime) -> Iterator[dict[str, Any]]:
    """Documents whose time is over, or that of the images in them: their files go."""
    found = rows.due_files(tx, due, _FILES)
    if found:
        names = [file.name for file in found]
        past.forget_documents(tx, names)
        rows.doom(tx, "documents", found, now)
        yield {"count": len(found), "documents": names}


def _signals(tx: Tx, before: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    found = rows.oldest_signals(tx, before, _SIGNALS)
    if found:
        rows.delete_signals(tx, [signal.number for signal in found])
        yield {"count": len(found), "until": to_iso(found[-1].received_at)}


def _parts(tx: Tx, before: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """What was removed from sites comes back no more."""
    found = rows.due_ids(tx, removed.due(before), _PARTS)
    if found:
        removed.let_go(tx, found)
        yield {"count": len(found)}


def _incidents(tx: Tx, before: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """Alarms whose time is over: their files and parts, then their words, then they themselves."""
    found = rows.due_ids(tx, past.due_incidents(before), _INCIDENTS)
    due = past.lock_incidents(tx, found, before) if found else []
    if due:
        yield from _without_images(tx, due, now)
        yield from _without_calls(tx, past.calls_of(tx, due), now)
        rows.doom(tx, "documents", past.documents_of(tx, due), now)
        past.delete_parts(tx, due, now)
        entries = past.entries_of(tx, due, _ENTRIES)
        if entries:
            yield {"count": len(entries), "entries": past.cover(tx, entries)}
        if past.let_signals_go(tx, due, _SIGNALS) < _SIGNALS and len(entries) < _ENTRIES:
            past.delete_incidents(tx, due)
            yield {"count": len(due)}
    yield from _of_no_incident(tx, before, now)


def _of_no_incident(tx: Tx, before: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    calls = rows.due_ids(tx, past.due_calls(before), _CALLS)
    if calls:
        yield from _without_calls(tx, calls, now)
        yield {"count": len(calls)}
    for table, due in ((t.call_back, past.due_call_backs), (t.outbox, past.due_messages)):
        found = rows.due_ids(tx, due(before), _CALLS)
        if found:
            past.delete_rows(tx, table, found)
            yield {"count": len(found)}
    yield from _papers(tx, past.due_documents(before), now)
    entries = past.old_entries(tx, before, _ENTRIES)
    if entries:
        yield {"count": len(entries), "entries": past.cover(tx, entries)}
    past.forget_notes(tx, before)


def _without_images(tx: Tx, due: list[str], now: datetime) -> Iterator[dict[str, Any]]:
    images = past.images_of(tx, due)
    if images:
        rows.doom(tx, "images", images, now)
        names = [file.name for file in images]
        yield {"kept": Kept.IMAGES.value, "count": len(images), "images": names}


def _without_calls(tx: Tx, calls: list[str], now: datetime) -> Iterator[dict[str, Any]]:
    """These calls go, with what was recorded and said in them."""
    recordings, voices = past.files_of_calls(tx, calls)
    for which, found in (("calls", recordings), ("voices", voices)):
        if found:
            rows.doom(tx, "recordings", found, now)
            names = [file.name for file in found]
            yield {"kept": Kept.RECORDINGS.value, "count": len(found), which: names}
    past.delete_calls(tx, calls)


_PURGES = {
    Kept.RECORDINGS: _recordings,
    Kept.IMAGES: _images,
    Kept.SIGNALS: _signals,
    Kept.PARTS: _parts,
    Kept.INCIDENTS: _incidents,
}
