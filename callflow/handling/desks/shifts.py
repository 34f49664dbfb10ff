"""Taking up a shift, and handing it over: what is read, what is passed on, who is left (mission 1).

That the person signed with the password is checked before.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.core.alarms.incident import Incident, State
from callflow.core.desks import shift
from callflow.core.desks.shift import Shift
from callflow.core.plans.version import Published
from callflow.core.records.audit import QUIET
from callflow.core.records.logbook import Entry
from callflow.core.sites.instructions import Instruction
from callflow.core.watch.supervision import OnTest
from callflow.handling.alarms.operating import give_back, pass_on
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.desks.dead_man import attended
from callflow.handling.watch.health import health
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.desks import handover, shifts
from callflow.storage.plans import plans
from callflow.storage.records import logbook

#: Who has no shift behind them reads what changed in so long.
FIRST_TIME = timedelta(days=7)
#: Rows of each list that the page shows.
_MOST = 200
#: Entries of the logbook that it shows.
_ENTRIES = 50
#: Characters of a note for the next.
LONGEST_NOTE = 4000

_REFUSED: Mapping[shift.Why, str] = {
    shift.Why.NOT_READ: "acknowledge every open alarm before you sign",
    shift.Why.STALE: "this page was read too long ago: read it again, then sign",
    shift.Why.NOT_PASSED: "say who takes each alarm that you hold",
    shift.Why.VITAL: "a vital alarm is passed to a colleague on shift, not to the queue",
    shift.Why.NOT_ON_SHIFT: "only somebody on shift can take it",
    shift.Why.LAST: "nobody would be on shift: somebody takes up a shift first, or a supervisor"
    " signs with a written reason",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """What whoever takes up a shift reads. ``since``: the end of this person's last one.

    ``open`` are incidents to acknowledge, parked ones too; ``waiting`` those treated and not yet
    back to normal.
    """

    since: datetime
    first: bool  # this person never had a shift
    on_shift: list[Shift]
    notes: list[Shift]
    open: list[Incident]
    waiting: list[Incident]
    instructions: list[Instruction]
    tests: list[OnTest]
    plans: list[Published]
    people: list[Entry]
    entries: list[Entry]
    entry_count: int

    @property
    def sites(self) -> set[str | None]:
        """The sites of what is read."""
        agreed = {one.site_id for one in self.instructions} | {one.site_id for one in self.tests}
        return agreed | {one.site_id for one in (*self.open, *self.waiting)}


def to_take_over(tx: Tx, user_id: str, now: datetime) -> Handover:
    """Everything to read before signing."""
    last = shifts.last_ended(tx, user_id)
    since = last.ended_at if last and last.ended_at else now - FIRST_TIME
    return Handover(
        since=since,
        first=last is None,
        on_shift=shifts.on_shift(tx),
        notes=shifts.notes_since(tx, since, limit=_MOST),
        open=incidents.open_ones(tx),
        waiting=[one for one in incidents.queue(tx, limit=5000) if one.state is not State.OPEN],
        instructions=handover.instructions(tx, now, now + shift.AHEAD, limit=_MOST),
        tests=handover.tests(tx, now, limit=_MOST),
        plans=plans.published_since(tx, since, limit=_MOST),
        people=handover.people(tx, since, limit=_MOST),
        entries=logbook.since(tx, since, limit=_ENTRIES, but=QUIET),
        entry_count=logbook.count_since(tx, since, but=QUIET),
    )


def begin_shift(
    tx: Tx, user_id: str, who: str, ticked: Collection[str], read_at: datetime, now: datetime
) -> str:
    """Takes up a shift, with everything read at ``read_at``; its id. Raises Refused."""
    shifts.lock(tx)
    if shifts.running(tx, user_id) is not None:
        raise Refused("you are on shift already")
    if not shift.may_read_until(read_at, now):
        raise Refused(_REFUSED[shift.Why.STALE])
    read = to_take_over(tx, user_id, now)
    opened = {incident.id: incident.opened_at for incident in read.open}
    missing = shift.not_read(opened, ticked, read_at)
    if missing:
        raise Refused(_REFUSED[shift.Why.NOT_READ])
    attended(tx, now)
    shift_id = shifts.begin(tx, user_id, now)
    taken = [incident for incident in read.open if incident.id in ticked]
    tell(
        tx,
        "shift_begun",
        now,
        by=who,
        who_did=who,
        open=len(taken),
        waiting=len(read.waiting),
        instructions=len(read.instructions),
        tests=len(read.tests),
        plans=len(read.plans),
        notes=len(read.notes),
        status=health(tx, now)["status"],
        read={
            "at": read_at.isoformat(),
            "incidents": [incident.id for incident in taken],
            "instructions": [one.id for one in read.instructions],
            "tests": [one.id for one in read.tests],
            "plans": [f"{one.id} {one.version}" for one in read.plans],
            "notes": [note.id for note in read.notes],
        },
    )
    for incident in taken:
        tell(tx, "shift_took", now, incident, by=who, who_did=who)
    return shift_id


def end_forgotten(tx: Tx, user_id: str, by: str, reason: str, now: datetime) -> None:
    """A supervisor ends the shift of somebody who has gone; what they hold is the queue's again.

    Raises Refused.
    """
    shifts.lock(tx)
    found = shifts.running(tx, user_id)
    if found is None:
        raise Refused("this person is not on shift")
    if not reason.strip():
        raise Refused("write down why: the person didn't sign")
    leave(tx, user_id, found.name, now)
    tell(tx, "shift_ended_for", now, who_did=by, who=found.name, by=by, note=reason.strip())


def leave(tx: Tx, user_id: str, who: str, now: datetime) -> None:
    """Somebody is gone, signed or not: what they hold is the queue's again, their shift is over."""
    shifts.lock(tx)
    for incident in incidents.open_ones(tx, holder=who):
        give_back(tx, incident.id, who, now)
    running = shifts.running(tx, user_id)
    if running is not None:
        shifts.end(tx, running.id, now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """What stands between somebody and the end of the shift."""

    shift: Shift
    held: list[Incident]
    colleagues: list[str]


def to_hand_over(tx: Tx, user_id: str, who: str) -> Leaving:
    """What this person holds, and who can take it. Raises Refused."""
    mine = shifts.running(tx, user_id)
    if mine is None:
        raise Refused("you are not on shift")
    others = [other.name for other in shifts.on_shift(tx) if other.user_id != user_id]
    return Leaving(shift=mine, held=incidents.open_ones(tx, holder=who), colleagues=others)


def end_shift(
    tx: Tx,
    user_id: str,
    who: str,
    to: Mapping[str, str],
    now: datetime,
    *,
    note: str = "",
    supervisor: str = "",
    reason: str = "",
) -> None:
    """Ends the shift: what ``who`` holds goes where ``to`` says, {incident: colleague, or "" for
    the queue}. Raises Refused.

    ``supervisor`` signed the ``reason`` why nobody needs to be left.
    """
    shifts.lock(tx)
    leaving = to_hand_over(tx, user_id, who)
    held = [shift.Held(id=r.id, category=r.category) for r in leaving.held]
    wrong = shift.passing(held, to, leaving.colleagues)
    if wrong is not None:
        why, one = wrong
        about = to[one.id] if why is shift.Why.NOT_ON_SHIFT else ""
        raise Refused(_REFUSED[why], about)
    if not leaving.colleagues and not (supervisor and reason.strip()):
        raise Refused(_REFUSED[shift.Why.LAST])
    # What goes to the queue first: a transfer takes all that is held of its site along.
    for incident in sorted(leaving.held, key=lambda incident: bool(to[incident.id])):
        if not to[incident.id]:
            give_back(tx, incident.id, who, now)
        elif _holds(tx, incident.id, who):
            pass_on(tx, incident.id, who, to[incident.id], now)
    note = note.strip()[:LONGEST_NOTE]
    shifts.end(tx, leaving.shift.id, now, note=note)
    passed, left = len(leaving.held), ", ".join(leaving.colleagues) or "–"
    ids = [incident.id for incident in leaving.held]
    tell(tx, "shift_ended", now, by=who, who_did=who, passed=passed, left=left, incidents=ids)
    if note:
        tell(tx, "shift_note", now, by=who, who_did=who, note=note)
    if not leaving.colleagues:
        note = reason.strip()
        tell(tx, "shift_unattended", now, who_did=who, by=who, supervisor=supervisor, note=note)


def _holds(tx: Tx, incident_id: str, who: str) -> bool:
    incident = incidents.get(tx, incident_id)
    return incident is not None and incident.holder == who
