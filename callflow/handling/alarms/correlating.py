"""Which incident a signal belongs to: read once for a batch, changed in memory, written once."""

from datetime import datetime
from typing import Any, Unpack

from callflow.core.alarms import apply, correlation, incident
from callflow.core.alarms.correlation import Rates
from callflow.core.alarms.incident import Changes, Incident, State
from callflow.core.calls.purpose import NOT_AT_SITE
from callflow.core.messages.outbox import Camera
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
from callflow.handling.alarms.ends import bypassing
from callflow.handling.alarms.opening import in_shadow, named, opened, plan_for
from callflow.handling.alarms.rehearsing import end_for_real_alarm
from callflow.handling.alarms.surroundings import Seen, Surroundings
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import draft, tell
from callflow.handling.messages import images
from callflow.handling.watch import supervision
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from callflow.storage.signals.signals import Correlated
from callflow.storage.sites import contacts

#: Beside restores: what ends something, or tells that all is well.
_ENDING = frozenset({Kind.OPENING, Kind.CLOSING, Kind.CANCEL, Kind.TEST})
#: Of the station: an operator knows at once, whoever else is called for it.
_AT_ONCE = frozenset({Kind.TRUNK, Kind.RECEIVER})
Treated = tuple[Treatment, Incident | None]


class Correlation:
    """One batch of signals, in the order in which they count."""

    def __init__(self, tx: Tx, signals: list[StoredSignal], now: datetime, rates: Rates) -> None:
        self.tx, self.now, self._rates = tx, now, rates
        self.around = Surroundings(tx, signals, now)
        self.seen = [self.around.seen(signal) for signal in signals]
        mine = sorted(set(self.around.sites.values()))
        accounts = sorted({signal.account for signal in signals})
        unfiled = incidents.unfiled(tx, mine, accounts)
        self._exercises = [one for one in unfiled if one.exercise]  # no signal joins a rehearsal
        #: {id: the incident as it is by now}, of all that the batch reads, opens or changes.
        self._known: dict[str, Incident] = {}
        self._unfiled: dict[str, list[str]] = {}  # of each place: the ids of its incidents
        for one in unfiled:
            if not one.exercise:
                self._index(one)
        self._fresh: dict[str, None] = {}  # in order, each once, as all of these
        self._changed: dict[str, None] = {}
        self.decide: dict[str, None] = {}
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
        incidents.insert(self.tx, self.opened())
        older = [self._known[each] for each in self._changed if each not in self._fresh]
        incidents.write(self.tx, older)
        logbook.append(self.tx, *self._drafts)
        signals.mark_correlated(self.tx, self._marks, self.now)
        self.around.write()
        bypassing.note(self.tx, self.seen)
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
            decide(self.tx, incident_id, self.now, self._read_of(incident_id))
        for one in self.opened():
            if one.kind in PERSONAL:  # nothing rings at its site any more (D7)
                mute_site(self.tx, one, self.now)

    def opened(self) -> list[Incident]:
        """The incidents that this batch opened, as they are by now."""
        return [self._known[each] for each in self._fresh]

    def _read_of(self, incident_id: str) -> Known:
        """All that deciding it need not read again."""
        one = self._known[incident_id]
        silent = any(other.mute for other in self._at(_place(one.site_id, one.account)))
        return Known(self.around.reading(one.site_id), mute=None if silent else False)

    def _tie(self) -> None:
        """Tie whoever is on the line from a device to what its panel just sent (D8)."""
        for incident_id in self._newest:
            one = self._known[incident_id]
            if one.kind in device_calls.VOICE_FIRST:
                device_calls.tie(self.tx, one, self.now)

    def _call_off(self) -> None:
        """Call off the calls of what a storm holds now."""
        for incident_id in self.undialled:
            one = self._known[incident_id]
            for number in calls.cancel_requested(self.tx, incident_id, self.now, keep=NOT_AT_SITE):
                tell(self.tx, "call_cancelled", self.now, one, to=number)

    def _look(self) -> None:
        """The cameras of each site that was tripped are asked (D24)."""
        for incident_id, seen in self._tripped.items():
            one = self._known[incident_id]
            reading = self.around.reading(one.site_id)
            if reading is not None and (kept := reading.site.cameras):
                cameras = [Camera.of(reading.site.id, camera) for camera in kept]
                zones, at = {each.key for each in seen}, min(each.at for each in seen)
                images.at_signal(self.tx, one, zones, cameras, at, self.now)

    def _end_exercises(self) -> None:
        """Where a real alarm came a rehearsal is in its way."""
        alarmed = {self._known[incident_id].site_id for incident_id in self.decide}
        mine = [one for one in self._exercises if one.site_id in alarmed]
        end_for_real_alarm(self.tx, mine, self.now)

    def _supervise(self) -> None:
        """Look at who opened and when, before the arming is written."""
        declared = [seen for seen in self.seen if seen.site is not None]
        self._found += supervision.seen(self.tx, declared, self.around.awaited, self.now)

    def _settle(self) -> None:
        """A treated incident is filed whose last zone is restored, or whose site is armed again."""
        armed = {seen.site for seen in self.seen if seen.kind is Kind.CLOSING and seen.site}
        here = [one.id for site in armed for one in self._at(site)]
        for incident_id in dict.fromkeys([*self._changed, *here]):
            if self._known[incident_id].state is State.AWAITING_NORMAL:
                one = incidents.get(self.tx, incident_id)
                assert one is not None
                settle(self.tx, one, self.now)

    def _index(self, one: Incident) -> None:
        self._known[one.id] = one
        self._unfiled.setdefault(_place(one.site_id, one.account), []).append(one.id)

    def _at(self, place: str) -> list[Incident]:
        return [self._known[each] for each in self._unfiled.get(place, ())]

    def _here(self, seen: Seen) -> list[Incident]:
        """The unfiled incidents of the signal's site, or account."""
        return self._at(_place(seen.site, seen.signal.account))

    def _one(self, seen: Seen) -> None:
        treatment, found = self._treat(seen)
        signal = seen.signal
        self._marks.append(
            Correlated(
                signal.id,
                found.id if found else None,
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
                incident=found.id if found else None,
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
        if seen.signal.of_canary:
            return Treatment.NOTED, None
        place = _place(seen.site, seen.signal.account)
        if not seen.proven:  # whoever floods us in a panel's name makes that panel no runaway
            place = f"unproved:{place}"
        ran_away = not seen.of_station and self._rates.too_many(
            place, seen.signal.received_at, self.around.policy.runaway_after
        )
        if ran_away and (one := self._runaway(seen)) is not None:
            counted = self.change(one, signal_count=one.signal_count + 1)
            return Treatment.COUNTED, counted
        treatment, found = self._ordinarily(seen)
        if ran_away and not correlation.stands_alone(seen.kind, seen.meaning.category):
            found = self._runs_away(seen, found)
        return treatment, found

    def _runaway(self, seen: Seen) -> Incident | None:
        """The incident that counts a runaway panel's signal; None: it is looked at by itself."""
        alone = correlation.stands_alone(seen.kind, seen.meaning.category)
        for one in self._here(seen):
            if one.kind is seen.kind if alone else one.runaway_at is not None:
                return one
        return None

    def _runs_away(self, seen: Seen, found: Incident | None) -> Incident:
        """Too many signals in a minute: one incident counts them from now on, one entry says so."""
        one = found or self._open(seen, events.lookup(STATION, "RUNAWAY"), Kind.RUNAWAY)
        one = self.change(one, runaway_at=self.now)
        self.tell("runaway", one, account=seen.signal.account)
        return self._hand_to_human(one, "runaway") if one.state is State.OPEN else one

    def _ordinarily(self, seen: Seen) -> Treated:
        meaning = seen.meaning
        if meaning.opens or (seen.site is None and not seen.of_station):
            return self._alarming(seen)  # whatever an undeclared account sends is looked at
        if not seen.proven and (meaning.restores is not None or seen.kind in _ENDING):
            return Treatment.UNPROVED, self._unproved(seen)
        if meaning.restores is not None:
            one = self._restore(seen, meaning.restores)
            return Treatment.RESTORED if one else Treatment.NOTED, one
        if seen.kind is Kind.CANCEL and seen.site is not None:
            return self._cancel(seen, seen.site)
        return Treatment.NOTED, None

    def _alarming(self, seen: Seen) -> Treated:
        if self.around.tested(seen):
            return Treatment.TESTED, None
        if self._is_out(seen):
            return Treatment.SHUNTED, None
        one = next((one for one in self._here(seen) if self._same(one, seen)), None)
        again = one is not None and one.zones.get(seen.key) == "alarm"
        if one is None:
            one, treatment = self._open(seen, seen.meaning, seen.kind), Treatment.OPENED
            self._count_trip(seen)
        else:
            if one.zones.get(seen.key) == "restored":
                self._count_trip(seen)
            one, treatment = self._join(one, seen), Treatment.JOINED
        if seen.site is not None and not again and seen.kind is not Kind.TERMINATED:
            self._tripped.setdefault(one.id, []).append(seen)
        self._newest[one.id] = max(self._newest.get(one.id, seen.at), seen.at)
        self._cut_off(seen)
        return treatment, one

    def _same(self, one: Incident, seen: Seen) -> bool:
        """Say whether a signal belongs to an unfiled incident (D6).

        Kinds that always open their own still join the very same zone: a panel repeats itself.
        """
        if seen.kind is Kind.ORGAN:  # each has who looks after it
            return one.kind is seen.kind and seen.key in one.zones
        if seen.kind in ALWAYS_OWN:
            own = one.kind is seen.kind
            return own and (seen.key in one.zones or self._of_one_cabin(one, seen))
        return incident.joins(one.kind, seen.kind) and correlation.same_period(
            seen.kind, one.alarm_at or one.opened_at, self.around.began(seen)
        )

    def _of_one_cabin(self, one: Incident, seen: Seen) -> bool:
        """Say whether a lift's signal and its cabin's call are one matter: a site has one cabin."""
        called = seen.kind is Kind.LIFT and ("" in one.zones) != (seen.key == "")
        return (
            called
            and len(one.zones) == 1
            and one.state is State.OPEN
            and contacts.count_devices(self.tx, str(seen.site)) == 1
        )

    def _is_out(self, seen: Seen) -> bool:
        """Say whether the signal's zone was taken out (a swinger)."""
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
        here = self._here(seen)
        told = any(one.kind is Kind.PATHS_LOST for one in here)
        if told or len(correlation.lost_paths(here)) < 2 or not self.around.armed(seen.site):
            return
        self._finds("PATHS_LOST", seen, seen.at.isoformat())

    def _unproved(self, seen: Seen) -> Incident:
        """Something would be over by it, and it may be anybody's: an incident in itself (D31)."""
        one = next((one for one in self._here(seen) if one.kind is Kind.UNPROVED), None)
        if one is None:
            return self._open(seen, events.lookup(STATION, "UNPROVED"), Kind.UNPROVED)
        return self._join(one, seen)

    def _finds(self, code: str, seen: Seen, about: str, **fields: str) -> None:
        """The station found something out, by this signal: the next batch correlates it."""
        account = seen.signal.account
        about = f"{fields.get('zone', '')}|{about}"
        self._found.append(station_signal(code, account, about, self.now, **fields))

    # --- restores and cancels --------------------------------------------------------------

    def _restore(self, seen: Seen, kind: Kind) -> Incident | None:
        """A restore closes nothing by itself: it marks the incident's zone restored."""
        one = next((one for one in self._here(seen) if self._ends(one, seen, kind)), None)
        if one is None:
            return None
        one = self.change(one, zones={**one.zones, seen.key: "restored"})
        self.tell("restored", one, zone=seen.signal.zone or seen.key)
        if one.machine_due is not None:  # its plan may wait for just this
            self.decide[one.id] = None
        here = self._here(seen)
        lost = any(other.kind is Kind.PATHS_LOST and not other.normal for other in here)
        if kind in correlation.PATHS and lost and len(correlation.lost_paths(here)) < 2:
            self._finds("PATHS_BACK", seen, seen.at.isoformat())
        return one

    def _ends(self, one: Incident, seen: Seen, kind: Kind) -> bool:
        if one.zones.get(seen.key) is None:
            return False
        if incident.family(one.kind, kind):
            return True
        # Where an administrator gave a code another kind, its restore still tells of the old one.
        bent = bool(seen.key) and self.around.overrides_kinds(seen.site)
        return bent and one.zones[seen.key] == "alarm"

    def _cancel(self, seen: Seen, site: str) -> Treated:
        """Cancelled by code at the panel: closes an unconfirmed intrusion, if in time."""
        rules = self.around.rules(site)
        about = [one for one in self._here(seen) if one.kind is Kind.INTRUSION]
        for one in about:
            alarm_at = self._newest.get(one.id, one.alarm_at or one.opened_at)
            in_time = correlation.may_cancel(one, alarm_at, rules, seen.at)
            if in_time and alarm_at <= seen.at and self.around.may_cancel(seen):
                self._cancelled[one.id] = None
                return Treatment.CANCELLED, one
        return Treatment.NOTED, about[0] if about else None

    # --- changes in memory -----------------------------------------------------------------

    def change(self, one: Incident, **changes: Unpack[Changes]) -> Incident:
        """``one``, which is as this batch has it by now, with ``changes``: written at the end."""
        one = self._known[one.id] = self._known.get(one.id, one).but(**changes)
        self._changed[one.id] = None
        return one

    def as_it_is(self, one: Incident) -> Incident:
        """``one``, read just now, with what this batch changed of it and has not written yet."""
        return self._known.get(one.id, one)

    def tell(self, kind: str, one: Incident, **data: Any) -> None:
        """In the logbook of the incident, at the end."""
        self._drafts.append(draft(kind, self.now, incident=one.id, site=one.site_id, **data))

    def _join(self, one: Incident, seen: Seen) -> Incident:
        another = seen.key not in one.zones
        zones = {**one.zones, seen.key: "alarm"}
        one = self.change(one, zones=zones, signal_count=one.signal_count + 1)
        vital = seen.meaning.category is Category.VITAL and one.category is not Category.VITAL
        if not one.confirmed and ((another and seen.kind is Kind.INTRUSION) or vital):
            one = self._confirm(one)
        if one.state is not State.OPEN:
            return self._reopen(one)
        if one.parked_until is not None:  # a new alarm un-parks (D6)
            return self.change(one, parked_until=None, queue_due=self.now)
        return one

    def _confirm(self, one: Incident) -> Incident:
        """Two different zones of an intrusion, or a panel that says so: vital from now on (D5)."""
        one = self.change(one, **apply.confirm())
        self.tell("incident_confirmed", one)
        return self._hand_to_human(one, "vital") if one.state is State.OPEN else one

    def _hand_to_human(self, one: Incident, reason: str) -> Incident:
        handed = apply.hand_to_human(one, reason, self.now, self.around.policy.rings_after(one))
        if handed is None:
            return one
        if one.storm_until is not None:  # nothing stands for it any more
            self.decide[one.id] = None
        self.tell("human", one, reason=reason, text="")
        return self.change(one, **handed)

    def _reopen(self, one: Incident) -> Incident:
        """A new alarm voids what was decided (D6): the plan starts over."""
        one = self.change(one, **apply.reopen(one))
        self.tell("incident_reopened", one)
        self.decide[one.id] = None
        return self._from_receipt(one)

    def _from_receipt(self, one: Incident) -> Incident:
        """Vital and personal alarms stand in the human queue from the start (D5)."""
        if one.kind in _AT_ONCE:
            return self._hand_to_human(one, "station")
        if not incident.starts_with_human(one.kind, one.category):
            return one
        return self._hand_to_human(one, "personal" if one.kind in PERSONAL else "vital")

    def _open(self, seen: Seen, meaning: EventRow, kind: Kind) -> Incident:
        account, zone = seen.signal.account, seen.signal.zone
        alarm = Alarm(
            kind=kind,
            category=meaning.category,
            account=account,
            zone=zone,
            armed=self.around.periods.armed([account]),
            at=seen.at,
        )
        reading = self.around.reading(seen.site)
        plan = plan_for(self.tx, seen.site, alarm, self.now, reading)
        one = opened(
            seen.signal.account,
            seen.key,
            meaning,
            plan,
            self.now,
            kind=kind,
            site=seen.site,
            raised_at=seen.at,
            shadow=in_shadow(self.around.policy, reading.site if reading else None),
        )
        self.add(one)
        return self._from_receipt(one)

    def add(self, one: Incident) -> None:
        """A new incident, to be decided upon."""
        self._fresh[one.id] = None
        self._index(one)
        self.decide[one.id] = None
        self.tell("incident_opened", one, **named(one))

    def is_fresh(self, one: Incident) -> bool:
        """Say whether this batch opened it."""
        return one.id in self._fresh


def _place(site: str | None, account: str) -> str:
    return site or f"account:{account}"
