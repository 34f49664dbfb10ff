"""Which incident a signal belongs to: read once for a batch, changed in memory, written once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from callflow.core.alarms import correlation, incident
from callflow.core.alarms.correlation import Rates
from callflow.core.alarms.incident import Event, Machine, State
from callflow.core.calls.call import NOT_AT_SITE
from callflow.core.plans.choice import Alarm
from callflow.core.records.logbook import Draft
from callflow.core.signals import events
from callflow.core.signals.events import EventRow
from callflow.core.signals.signal import (
    ALWAYS_OWN,
    PERSONAL,
    STATION,
    Category,
    Kind,
    Signal,
    StoredSignal,
    Treatment,
)
from callflow.core.watch.supervision import station_signal
from callflow.handling.alarms import device_calls, origins, storms
from callflow.handling.alarms.acting import settle
from callflow.handling.alarms.deciding import Known, cancel, decide, mute_site
from callflow.handling.alarms.opening import opened, plan_for
from callflow.handling.alarms.rehearsing import end_for_real_alarm
from callflow.handling.alarms.surroundings import Seen, Surroundings
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import draft, tell
from callflow.handling.messages import images
from callflow.handling.watch import supervision
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.records import logbook as logbook_rows
from callflow.storage.signals import signals as signal_rows
from callflow.storage.signals.signals import Correlated
from callflow.storage.sites import contacts

Row = dict[str, Any]
#: Beside restores: what ends something, or tells that all is well.
_ENDING = frozenset({Kind.OPENING, Kind.CLOSING, Kind.CANCEL, Kind.TEST})
Treated = tuple[Treatment, Row | None]


class Correlation:
    """One batch of signals, in the order in which they count."""

    def __init__(self, tx: Tx, signals: list[StoredSignal], now: datetime, rates: Rates) -> None:
        self.tx, self.now, self._rates = tx, now, rates
        self.around = Surroundings(tx, signals, now)
        self.seen = [self.around.seen(signal) for signal in signals]
        mine = sorted(set(self.around.sites.values()))
        accounts = sorted({signal.account for signal in signals})
        self.unfiled: dict[str, list[Row]] = {}
        unfiled = incidents.unfiled(tx, mine, accounts)
        for row in unfiled:
            if not row["exercise"]:  # no signal joins a rehearsal
                self._index(row)
        self._exercises = [row for row in unfiled if row["exercise"]]
        self.fresh: dict[str, Row] = {}
        self.changed: dict[str, Row] = {}
        self.decide: dict[str, None] = {}  # in order, each once
        self._cancelled: dict[str, None] = {}
        self._newest: dict[str, datetime] = {}  # of each incident: this batch's newest alarm
        self._marks: list[Correlated] = []
        self._drafts: list[Draft] = []
        self._found: list[Signal] = []  # what the station found out
        self.undialled: list[str] = []  # incidents whose calls that nobody dialled yet are off
        self._tripped: dict[str, list[Seen]] = {}  # of each incident: what its cameras may show

    def run(self) -> None:
        """Correlate them all, then decide what was opened."""
        self._supervise()
        for seen in sorted(self.seen, key=lambda seen: seen.at):
            self.around.note_arming(seen)  # first: an alarm's rank may put it before its period
        for seen in self.seen:
            self._one(seen)
        storms.gather(self)
        incidents.insert(self.tx, list(self.fresh.values()))
        incidents.write(self.tx, [r for i, r in self.changed.items() if i not in self.fresh])
        logbook_rows.append(self.tx, *self._drafts)
        signal_rows.mark_correlated(self.tx, self._marks, self.now)
        self.around.write()
        self._found += origins.strangers(self.around, self.seen, self.now)
        if self._found:
            store_signals(self.tx, self._found)
        self._settle()
        self._call_off()
        self._look()
        for incident_id in self._cancelled:
            cancel(self.tx, incident_id, self.now)
        self._end_exercises()
        self._tie()
        for incident_id in self.decide:
            decide(self.tx, incident_id, self.now, self._known(incident_id))
        for row in self.fresh.values():
            if Kind(row["kind"]) in PERSONAL:  # nothing rings at its site any more (D7)
                mute_site(self.tx, row, self.now)

    def _row(self, incident_id: str) -> Row:
        """Of one that this batch opened or changed."""
        found = self.fresh.get(incident_id)
        return self.changed[incident_id] if found is None else found

    def _known(self, incident_id: str) -> Known:
        """What deciding it need not read again."""
        row = self._row(incident_id)
        here = self.unfiled.get(_place(row["site_id"], row["account"]), [])
        silent = any(other["duress"] or Kind(other["kind"]) in PERSONAL for other in here)
        return Known(self.around.reading(row["site_id"]), mute=None if silent else False)

    def _tie(self) -> None:
        """Who is on the line from a device calls about what its panel just sent (D8)."""
        for incident_id in self._newest:
            row = self._row(incident_id)
            if Kind(row["kind"]) in device_calls.VOICE_FIRST:
                device_calls.tie(self.tx, row, self.now)

    def _call_off(self) -> None:
        """What a storm holds rings nobody now."""
        for incident_id in self.undialled:
            row = self.changed[incident_id]
            for number in calls.cancel_requested(self.tx, incident_id, self.now, keep=NOT_AT_SITE):
                tell(self.tx, "call_cancelled", self.now, row, to=number)

    def _look(self) -> None:
        """The cameras of each site that was tripped are asked (D24)."""
        for incident_id, seen in self._tripped.items():
            row = self._row(incident_id)
            reading = self.around.reading(row["site_id"])
            if reading is not None and (cameras := reading.row["cameras"]):
                zones, at = {one.key for one in seen}, min(one.at for one in seen)
                images.at_signal(self.tx, row, zones, cameras, at, self.now)

    def _end_exercises(self) -> None:
        """Where a real alarm came a rehearsal is in its way."""
        alarmed = {self._row(incident_id)["site_id"] for incident_id in self.decide}
        mine = [row for row in self._exercises if row["site_id"] in alarmed]
        end_for_real_alarm(self.tx, mine, self.now)

    def _supervise(self) -> None:
        """What follows from who opened and when, before the arming is written."""
        declared = [seen for seen in self.seen if seen.site is not None]
        self._found += supervision.seen(self.tx, declared, self.around.awaited, self.now)

    def _settle(self) -> None:
        """A treated incident is filed whose last zone is restored, or whose site is armed again."""
        armed = {seen.site for seen in self.seen if seen.kind is Kind.CLOSING and seen.site}
        here = [row for site in armed for row in self.unfiled.get(site, [])]
        treated = self.changed | {row["id"]: row for row in here}
        for incident_id, changed in treated.items():
            if changed["state"] == State.AWAITING_NORMAL.value:
                row = incidents.get(self.tx, incident_id)
                assert row is not None
                settle(self.tx, row, self.now)

    def _index(self, row: Row) -> None:
        self.unfiled.setdefault(_place(row["site_id"], row["account"]), []).append(row)

    def here(self, seen: Seen) -> list[Row]:
        """The unfiled incidents of the signal's site, or account."""
        return self.unfiled.get(_place(seen.site, seen.signal.account), [])

    def _one(self, seen: Seen) -> None:
        treatment, found = self._treat(seen)
        signal = seen.signal
        self._marks.append(
            Correlated(
                signal.id,
                found["id"] if found else None,
                seen.meaning.kind.value,
                treatment.value,
                seen.deferred,
            )
        )
        if treatment is Treatment.COUNTED:
            return  # told once, for all of them
        raised = {"raised": f"{seen.at:%d/%m/%Y %H:%M:%S} UTC"} if seen.deferred else {}
        self._drafts.append(
            draft(
                "signal",
                self.now,
                incident=found["id"] if found else None,
                site=seen.site,
                code=signal.code,
                zone=signal.zone,
                format=signal.format,
                label=seen.meaning.fr,
                text=signal.text,
                signal=signal.id,
                treatment=treatment.value,
                **raised,
            )
        )

    # --- what is to be done with one ------------------------------------------------------

    def _treat(self, seen: Seen) -> Treated:
        place = _place(seen.site, seen.signal.account)
        if not seen.proven:  # whoever floods us in a panel's name makes that panel no runaway
            place = f"unproved:{place}"
        ran_away = not seen.of_station and self._rates.too_many(
            place, seen.signal.received_at, self.around.policy.runaway_after
        )
        if ran_away and (row := self._runaway(seen)) is not None:
            self.change(row, signal_count=row["signal_count"] + 1)
            return Treatment.COUNTED, row
        treatment, found = self._ordinarily(seen)
        if ran_away and not correlation.stands_alone(seen.kind, seen.meaning.category):
            found = self._runs_away(seen, found)
        return treatment, found

    def _runaway(self, seen: Seen) -> Row | None:
        """The incident that counts a runaway panel's signal; None: it is looked at by itself."""
        alone = correlation.stands_alone(seen.kind, seen.meaning.category)
        for row in self.here(seen):
            if alone and row["kind"] == seen.kind.value:
                return row
            if not alone and row["runaway_at"] is not None:
                return row
        return None

    def _runs_away(self, seen: Seen, found: Row | None) -> Row:
        """Too many signals in a minute: one incident counts them from now on, one entry says so."""
        row = found or self._open(seen, events.lookup(STATION, "RUNAWAY"), Kind.RUNAWAY)
        self.change(row, runaway_at=self.now)
        self.tell("runaway", row, account=seen.signal.account)
        if row["state"] == State.OPEN.value:
            self._hand_to_human(row, "runaway")
        return row

    def _ordinarily(self, seen: Seen) -> Treated:
        meaning = seen.meaning
        if meaning.opens or (seen.site is None and not seen.of_station):
            return self._alarming(seen)  # whatever an undeclared account sends is looked at
        if not seen.proven and (meaning.restores is not None or seen.kind in _ENDING):
            return Treatment.UNPROVED, self._unproved(seen)
        if meaning.restores is not None:
            row = self._restore(seen, meaning.restores)
            return Treatment.RESTORED if row else Treatment.NOTED, row
        if seen.kind is Kind.CANCEL and seen.site is not None:
            return self._cancel(seen, seen.site)
        return Treatment.NOTED, None

    def _alarming(self, seen: Seen) -> Treated:
        if self.around.tested(seen):
            return Treatment.TESTED, None
        if self._is_out(seen):
            return Treatment.SHUNTED, None
        row = next((row for row in self.here(seen) if self._same(row, seen)), None)
        again = row is not None and row["zones"].get(seen.key) == "alarm"
        if row is None:
            row, treatment = self._open(seen, seen.meaning, seen.kind), Treatment.OPENED
            self._count_trip(seen)
        else:
            if row["zones"].get(seen.key) == "restored":
                self._count_trip(seen)
            self._join(row, seen)
            treatment = Treatment.JOINED
        if seen.site is not None and not again and seen.kind is not Kind.TERMINATED:
            self._tripped.setdefault(row["id"], []).append(seen)
        self._newest[row["id"]] = max(self._newest.get(row["id"], seen.at), seen.at)
        self._cut_off(seen)
        return treatment, row

    def _same(self, row: Row, seen: Seen) -> bool:
        """Whether a signal belongs to an unfiled incident (D6).

        Kinds that always open their own still join the very same zone: a panel repeats itself.
        """
        if seen.kind in ALWAYS_OWN:
            own = row["kind"] == seen.kind.value
            return own and (seen.key in row["zones"] or self._of_one_cabin(row, seen))
        alarmed_at = row["alarm_at"] or row["opened_at"]
        return incident.joins(Kind(row["kind"]), seen.kind) and correlation.same_period(
            seen.kind, alarmed_at, self.around.began(seen)
        )

    def _of_one_cabin(self, row: Row, seen: Seen) -> bool:
        """Whether a lift's signal and its cabin's call are one matter: where the site has one."""
        called = seen.kind is Kind.LIFT and ("" in row["zones"]) != (seen.key == "")
        return (
            called
            and len(row["zones"]) == 1
            and row["state"] == State.OPEN.value
            and contacts.count_devices(self.tx, str(seen.site)) == 1
        )

    def _is_out(self, seen: Seen) -> bool:
        """Whether the signal's zone was taken out (a swinger)."""
        return self._may_swing(seen) and self.around.trips(seen).shunted_at is not None

    def _may_swing(self, seen: Seen) -> bool:
        alone = correlation.stands_alone(seen.kind, seen.meaning.category)
        return bool(seen.site and seen.key) and not seen.of_station and not alone

    def _count_trip(self, seen: Seen) -> None:
        """A zone's alarm opened an incident, or came again after its restore."""
        if seen.site is None or not self._may_swing(seen) or not seen.proven:
            return
        rules = self.around.rules(seen.site)
        count = self.around.trips(seen).again(rules, seen.at)
        self.around.keep_trips(seen, count)
        if count.trips == rules.swinger_after:
            self._finds("SWINGER", seen, count.since.isoformat(), zone=seen.signal.zone)

    def _cut_off(self, seen: Seen) -> None:
        """Both ways to the station lost while armed: as grave as an intrusion (D9)."""
        if seen.kind not in correlation.PATHS or seen.site is None:
            return
        here = self.here(seen)
        told = any(row["kind"] == Kind.PATHS_LOST.value for row in here)
        if told or len(correlation.lost_paths(here)) < 2 or not self.around.armed(seen.site):
            return
        self._finds("PATHS_LOST", seen, seen.at.isoformat())

    def _unproved(self, seen: Seen) -> Row:
        """Something would be over by it, and it may be anybody's: an incident in itself (D31)."""
        row = next((r for r in self.here(seen) if r["kind"] == Kind.UNPROVED.value), None)
        if row is None:
            return self._open(seen, events.lookup(STATION, "UNPROVED"), Kind.UNPROVED)
        self._join(row, seen)
        return row

    def _finds(self, code: str, seen: Seen, about: str, **fields: str) -> None:
        """The station found something out, by this signal: the next batch correlates it."""
        account = seen.signal.account
        about = f"{fields.get('zone', '')}|{about}"
        self._found.append(station_signal(code, account, about, self.now, **fields))

    # --- restores and cancels --------------------------------------------------------------

    def _restore(self, seen: Seen, kind: Kind) -> Row | None:
        """A restore closes nothing by itself: it marks the incident's zone restored."""
        here = self.here(seen)
        row = next((r for r in here if self._ends(r, seen, kind)), None)
        if row is None:
            return None
        self.change(row, zones={**row["zones"], seen.key: "restored"})
        self.tell("restored", row, zone=seen.signal.zone or seen.key)
        if row["machine_due"] is not None:  # its plan may wait for just this
            self.decide[row["id"]] = None
        lost = any(r["kind"] == Kind.PATHS_LOST.value and not _is_normal(r) for r in here)
        if kind in correlation.PATHS and lost and len(correlation.lost_paths(here)) < 2:
            self._finds("PATHS_BACK", seen, seen.at.isoformat())
        return row

    def _ends(self, row: Row, seen: Seen, kind: Kind) -> bool:
        if row["zones"].get(seen.key) is None:
            return False
        if incident.family(Kind(row["kind"]), kind):
            return True
        # Where an administrator gave a code another kind, its restore still tells of the old one.
        bent = bool(seen.key) and self.around.overrides_kinds(seen.site)
        return bent and row["zones"][seen.key] == "alarm"

    def _cancel(self, seen: Seen, site: str) -> Treated:
        """Cancelled by code at the panel: closes an unconfirmed intrusion, if in time."""
        rules = self.around.rules(site)
        about = [r for r in self.here(seen) if r["kind"] == Kind.INTRUSION.value]
        for row in about:
            alarm_at: datetime = row["alarm_at"] or row["opened_at"]
            alarm_at = self._newest.get(row["id"], alarm_at)
            in_time = correlation.may_cancel({**row, "alarm_at": alarm_at}, rules, seen.at)
            if in_time and alarm_at <= seen.at and self.around.may_cancel(seen):
                self._cancelled[row["id"]] = None
                return Treatment.CANCELLED, row
        return Treatment.NOTED, about[0] if about else None

    # --- changes in memory -----------------------------------------------------------------

    def change(self, row: Row, **values: Any) -> None:
        """Over ``row``, to be written at the end."""
        row.update(values)
        self.changed[row["id"]] = row

    def tell(self, kind: str, row: Row, **data: Any) -> None:
        """In the logbook of the incident, at the end."""
        self._drafts.append(draft(kind, self.now, incident=row["id"], site=row["site_id"], **data))

    def _join(self, row: Row, seen: Seen) -> None:
        another = seen.key not in row["zones"]
        self.change(
            row,
            zones={**row["zones"], seen.key: "alarm"},
            signal_count=row["signal_count"] + 1,
        )
        if not row["confirmed"] and (
            (another and seen.kind is Kind.INTRUSION)
            or (seen.meaning.category is Category.VITAL and row["category"] != Category.VITAL.value)
        ):
            self._confirm(row)
        if row["state"] != State.OPEN.value:
            self._reopen(row)
        elif row["parked_until"] is not None:  # a new alarm un-parks (D6)
            self.change(row, parked_until=None, queue_due=self.now)

    def _confirm(self, row: Row) -> None:
        """Two different zones of an intrusion, or a panel that says so: vital from now on (D5)."""
        self.change(row, confirmed=True, category=Category.VITAL.value, priority=1)
        self.tell("incident_confirmed", row)
        if row["state"] == State.OPEN.value:
            self._hand_to_human(row, "vital")

    def _hand_to_human(self, row: Row, reason: str) -> None:
        """As ``deciding.hand_to_human``, in memory."""
        if row["with_human"] and row["human_reason"] == reason:
            return
        due = row["queue_due"]
        if row["holder"] is None:
            kind, category = Kind(row["kind"]), Category(row["category"])
            target = self.now + self.around.policy.rings_after(kind, category)
            due = min(due or target, target)
        since = row["human_since"] or self.now
        values: Row = dict(with_human=True, human_reason=reason, human_since=since, queue_due=due)
        self.change(row, **values)
        self.tell("human", row, reason=reason, text="")

    def _reopen(self, row: Row) -> None:
        """A new alarm voids what was decided (D6): the plan starts over."""
        self.change(
            row,
            state=incident.after(State(row["state"]), Event.ALARM).value,
            step=None,
            step_since=None,
            machine=Machine.RUNNING.value,
            normal_due=None,
            closed_at=None,
            resolution_code=None,
            with_human=False,
            human_since=None,
            human_reason="",
            queue_due=None,
            holder=None,
            held_since=None,
            storm_id=None,
            storm_until=None,
        )
        self.tell("incident_reopened", row)
        self._from_receipt(row)
        self.decide[row["id"]] = None

    def _from_receipt(self, row: Row) -> None:
        """Vital and personal alarms stand in the human queue from the start (D5)."""
        kind, category = Kind(row["kind"]), Category(row["category"])
        if incident.starts_with_human(kind, category):
            self._hand_to_human(row, "personal" if kind in PERSONAL else "vital")

    def _open(self, seen: Seen, meaning: EventRow, kind: Kind) -> Row:
        account, zone = seen.signal.account, seen.signal.zone
        alarm = Alarm(
            kind=kind,
            category=meaning.category,
            account=account,
            zone=zone,
            armed=self.around.periods.armed([account]),
            at=seen.at,
        )
        plan = plan_for(self.tx, seen.site, alarm, self.now, self.around.reading(seen.site))
        row = opened(
            seen.signal.account,
            seen.key,
            meaning,
            plan,
            self.now,
            kind=kind,
            site=seen.site,
            raised_at=seen.at,
        )
        self.add(row)
        self._from_receipt(row)
        self.decide[row["id"]] = None
        return row

    def add(self, row: Row) -> None:
        """A new incident."""
        self.fresh[row["id"]] = row
        self._index(row)
        named = {"alarm": row["kind"], "priority": row["priority"], "plan": row["plan"]["name"]}
        self.tell("incident_opened", row, **named)


def _place(site: str | None, account: str) -> str:
    return site or f"account:{account}"


def _is_normal(row: Row) -> bool:
    return incident.is_normal(Kind(row["kind"]), row["zones"])
