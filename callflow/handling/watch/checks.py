"""Checks and drills of the station: asked for, signed, seen by the machine, told as organs.

That the person signed with the password is checked before.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite

from callflow import ids
from callflow.core.folding import folded
from callflow.core.people.users import Role
from callflow.core.records.logbook import MACHINE
from callflow.core.station.backups import Run, What
from callflow.core.time.instants import to_iso
from callflow.core.watch import checks
from callflow.core.watch.checks import (
    PEOPLE,
    USUAL,
    Check,
    Done,
    Proof,
    Seen,
    Source,
    Standing,
    Stands,
)
from callflow.core.watch.organs import Part, State, key_of
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import STATION_ZONE, load_policy
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import storable, tell
from callflow.handling.watch import readings
from callflow.storage import Tx
from callflow.storage.signals import signals
from callflow.storage.watch import backups
from callflow.storage.watch import checks as rows
from callflow.storage.watch import readings as reading_rows
from callflow.texts import word
from callflow.texts.station import checks as texts
from callflow.texts.station.organs import UNITS

#: Characters of a remark, and of a reason.
LONGEST = 1000
#: Checks that one station has at most.
MOST = 200
_FAR = 1e9
_ORDER = {
    order: place
    for place, order in enumerate((Stands.FAILED, Stands.LATE, Stands.DUE, Stands.DONE))
}


def standings(tx: Tx, now: datetime) -> list[Standing]:
    """Every check as it stands: those that failed first, then late and due ones, then by period."""
    done = rows.last(tx)
    found = [
        checks.standing(check, done.get(check.id), now, STATION_ZONE) for check in rows.in_force(tx)
    ]
    periods = list(checks.Period)
    return sorted(
        found, key=lambda s: (_ORDER[s.stands], periods.index(s.check.period), s.check.id)
    )


# --- what is asked for ------------------------------------------------------------------------


def begin_usual(tx: Tx, now: datetime) -> None:
    """At a start of the station: the checks of the usual list that it never had are asked for from
    now on. What somebody changed, or took away, stays so."""
    known = {check.id for check in rows.every(tx)}
    new = [usual.since(now, MACHINE) for usual in USUAL if usual.id not in known]
    for check in new:
        rows.put(tx, check)
    if new:
        tell(tx, "checks_begun", now, count=len(new))


def add(tx: Tx, check: Check, by: str, now: datetime) -> str:
    """One more is asked for; its id is made of its title. Raises BadField, Refused."""
    known = {one.id for one in rows.every(tx)}
    if len(known) >= MOST:
        raise Refused("the station has too many checks: take some away")
    made = replace(_whole(check), id=_new_id(check.title, known), since=now, changed_by=by)
    rows.put(tx, made)
    tell(tx, "check_added", now, by=by, who_did=by, title=_title(made), check=made.id)
    return made.id


def change(tx: Tx, check: Check, by: str, now: datetime) -> None:
    """It is asked for like this. Another period counts from now on. Raises BadField, NotFound."""
    before = known(tx, check.id)
    since = before.since if before.period is check.period else now
    made = replace(
        _whole(check),
        since=since,
        changed_by=by,
        told=before.told,
        told_at=before.told_at,
        last_id=before.last_id,
    )
    rows.put(tx, made)
    tell(tx, "check_changed", now, by=by, who_did=by, title=_title(made), check=made.id)


def put(tx: Tx, check: Check, by: str, now: datetime) -> None:
    """It is asked for like this; one that was taken away, or never was there, from now on. Raises
    BadField, Refused."""
    before = rows.get(tx, check.id)
    if before is not None and before.retired_at is None:
        change(tx, check, by, now)
        return
    if check.id in _TAKEN or not NAME.fullmatch(check.id):
        raise BadField("id", "a check's name is of small letters, digits and hyphens")
    if before is None and len(rows.every(tx)) >= MOST:
        raise Refused("the station has too many checks: take some away")
    last = before.last_id if before is not None else None
    made = replace(_whole(check), since=now, changed_by=by, last_id=last)
    rows.put(tx, made)
    tell(tx, "check_added", now, by=by, who_did=by, title=_title(made), check=made.id)


def retire(tx: Tx, check_id: str, reason: str, by: str, now: datetime) -> None:
    """It is asked for no more; what was done stays. Raises NotFound, BadField."""
    check = known(tx, check_id)
    reason = " ".join(storable(reason).split())[:LONGEST]
    if not reason:
        raise BadField("reason", "say why, in words")
    rows.put(tx, replace(check, retired_at=now, changed_by=by))
    tell(
        tx,
        "check_retired",
        now,
        by=by,
        who_did=by,
        title=_title(check),
        check=check.id,
        note=reason,
    )
    readings.forget(tx, [key_of(Part.DRILL, check.id, "")], now)


def known(tx: Tx, check_id: str) -> Check:
    """A check that is asked for. Raises NotFound."""
    check = rows.get(tx, check_id)
    if check is None or check.retired_at is not None:
        raise NotFound("there is no such check")
    return check


def _whole(check: Check) -> Check:
    """Its texts as they are kept. Raises BadField."""
    title, text = " ".join(storable(check.title).split())[:200], storable(check.text).strip()
    check = replace(
        check,
        title="" if texts.is_usual(check.id, title, "title") else title,
        text="" if texts.is_usual(check.id, text, "text") else text,
        unit=" ".join(storable(check.unit).split())[:16],
        subject=storable(check.subject).strip()[:64] if check.source in _ABOUT else "",
    )
    wrong = checks.fault(check, ours=check.id in texts.USUAL)
    if wrong is not None:
        raise BadField(*wrong)
    return check


#: What the machine sees by something that is named.
_ABOUT = (Source.READING, Source.SIGNAL)
_NO_LETTER = re.compile(r"[^0-9a-z]+")
#: How a check is named.
NAME = re.compile("[0-9a-z]+(-[0-9a-z]+)*")
#: What the pages' own addresses are called.
_TAKEN = frozenset({"new", "sign"})


def _new_id(title: str, known: Iterable[str]) -> str:
    base = _NO_LETTER.sub("-", folded(title)).strip("-")[:40] or "check"
    taken, number, made = {*known, *texts.USUAL, *_TAKEN}, 1, base
    while made in taken:
        number += 1
        made = f"{base}-{number}"
    return made


def _title(check: Check) -> str:
    return texts.title(check.id, check.title, "fr") or check.id


# --- done -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """What somebody says of a check. ``seen``: the id of the last time that their page showed."""

    check_id: str
    seen: str
    ok: bool
    figure: float | None = None
    remark: str = ""
    document_id: str | None = None
    with_file: bool = False  # one is to follow


def may_sign(check: Check, role: Role) -> bool:
    """True where somebody of that role may."""
    return role in PEOPLE and PEOPLE.index(role) >= PEOPLE.index(check.who)


def check_signed(tx: Tx, signed: Signed, role: Role, now: datetime) -> Standing:
    """The check that is signed, as it stood. Raises Refused, NotFound, BadField."""
    check = known(tx, signed.check_id)
    one = checks.standing(check, rows.last(tx).get(check.id), now, STATION_ZONE)
    if (check.last_id or "") != signed.seen:
        raise Refused("somebody signed this meanwhile: read it again", _title(check))
    if not may_sign(check, role):
        raise Refused("your role does not sign this", _title(check))
    _check_proof(check, signed)
    return one


def _check_proof(check: Check, signed: Signed) -> None:
    figure, name = signed.figure, _title(check)
    if figure is not None and (not isfinite(figure) or abs(figure) > _FAR):
        raise BadField("figure", "write a number", name)
    if not signed.ok:
        if not signed.remark.strip():
            raise BadField("remark", "say what is wrong", name)
        return
    if check.proof is Proof.FIGURE and figure is None:
        raise BadField("figure", "write down what was measured", name)
    if figure is not None and not check.holds(figure):
        raise BadField("figure", "this is out of bounds: say that it failed, and why", name)
    if check.proof is Proof.FILE and not (signed.with_file or signed.document_id):
        raise BadField("file", "add the file that proves it", name)


def sign(tx: Tx, signed: Signed, by: str, role: Role, now: datetime) -> None:
    """Somebody did it, or it failed. Raises Refused, NotFound, BadField."""
    one = check_signed(tx, replace(signed, with_file=False), role, now)
    done = Done(
        id=ids.new(now),
        check_id=one.check.id,
        at=now,
        by=by,
        ok=signed.ok,
        figure=signed.figure,
        unit=one.check.unit if signed.figure is not None else "",
        remark=storable(signed.remark).strip()[:LONGEST],
        document_id=signed.document_id,
        late=one.stands is Stands.LATE,
    )
    _note(tx, one.check, done, now)


def _note(tx: Tx, check: Check, done: Done, now: datetime) -> None:
    rows.note_done(tx, done)
    seen = not done.by
    kind = (
        ("check_seen" if seen else "check_done")
        if done.ok
        else ("check_seen_failed" if seen else "check_failed")
    )
    data = {"title": _title(check), "check": check.id, "said": _said(done)}
    if done.by:
        data |= {"by": done.by, "who_did": done.by}
    tell(tx, kind, now, **data)
    one = checks.standing(replace(check, last_id=done.id), done, now, STATION_ZONE)
    _take(tx, [one], now)


def _said(done: Done) -> str:
    parts = []
    if done.figure is not None:
        parts.append(f"{done.figure:g} {word(UNITS, done.unit, 'fr')}".strip())
    parts += [done.remark] if done.remark else []
    return "".join(f" — {part}" for part in parts)


# --- what the machine does by itself ------------------------------------------------------------


def follow(tx: Tx, now: datetime) -> None:
    """What the machine saw is ticked; what is late, or failed, is told as an organ. Nearly always
    it only reads. A station that is held asks nobody: what was due meanwhile is another's."""
    if load_policy(tx).held:
        return
    found, ticked = standings(tx, now), False
    for one in found:
        seen = _SEEN[one.check.source](tx, one) if one.asked and one.check.source else None
        if seen is not None:
            _note(tx, one.check, _done_by_machine(one, seen, now), now)
            ticked = True
    due = [one for one in (standings(tx, now) if ticked else found) if checks.to_tell(one, now)]
    for one in due:
        if one.stands is Stands.LATE and one.check.told is not State.DEGRADED:
            since = to_iso(one.due_at)
            tell(tx, "check_late", now, title=_title(one.check), check=one.check.id, since=since)
    _take(tx, due, now)


def _done_by_machine(one: Standing, seen: Seen, now: datetime) -> Done:
    return Done(
        id=ids.new(now),
        check_id=one.check.id,
        at=seen.at,
        by="",
        ok=seen.ok,
        figure=seen.figure,
        unit=seen.unit,
        remark=seen.remark[:LONGEST],
        late=seen.at >= one.late_at,
    )


def _take(tx: Tx, found: Sequence[Standing], now: datetime) -> None:
    if not found:
        return
    told = [checks.reading(one, now) for one in found]
    readings.take(tx, told, now)
    rows.note_told(tx, {each.name: each.state for each in told}, now)


def _backup(tx: Tx, one: Standing) -> Seen | None:
    """A backup that was made; one that failed is the backups' own organ."""
    run = next((run for run in _runs(tx, What.BACKUP, one) if run.ok), None)
    if run is None:
        return None
    return Seen(at=run.begun_at, figure=float(run.size), unit="bytes", remark=run.folder)


def _restore(tx: Tx, one: Standing) -> Seen | None:
    run = next(_runs(tx, What.DRILL, one), None)
    if run is None:
        return None
    if not run.ok:
        return Seen(at=run.begun_at, ok=False, remark=run.problem)
    return Seen(at=run.begun_at, figure=float(run.files), unit="files")


def _runs(tx: Tx, what: What, one: Standing) -> Iterator[Run]:
    """Those that ended and began since it was due, the newest first."""
    for run in backups.newest(tx, what, limit=5):
        if run.ended_at is not None and _since(one, run.begun_at):
            yield run


def _since(one: Standing, at: datetime) -> bool:
    """True where that was after the last time, and when it was due."""
    return at >= one.due_at and (one.last is None or at > one.last.at)


def _reading(tx: Tx, one: Standing) -> Seen | None:
    """Every organ of the part was found well since it was due."""
    found = [each for each in reading_rows.every(tx) if each.part.value == one.check.subject]
    if not found or not all(r.state is State.OK and _since(one, r.at) for r in found):
        return None
    newest = max(found, key=lambda each: each.at)
    figure = newest.figure if len(found) == 1 else float(len(found))
    unit = newest.unit if len(found) == 1 else "organs"
    return Seen(at=newest.at, figure=figure, unit=unit if figure is not None else "")


def _signal(tx: Tx, one: Standing) -> Seen | None:
    at = signals.last_of(tx, one.check.subject, one.due_at)
    return Seen(at=at) if at is not None and _since(one, at) else None


_SEEN: Mapping[Source, Callable[[Tx, Standing], Seen | None]] = {
    Source.BACKUP: _backup,
    Source.RESTORE: _restore,
    Source.READING: _reading,
    Source.SIGNAL: _signal,
}
