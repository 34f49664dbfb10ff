"""A station in shadow decides as the one that acts would, and calls, writes and sends nothing."""

from __future__ import annotations

import os
import random
import shutil
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from callflow.core.alarms.incident import Incident, Machine
from callflow.core.calls.call import Call, CallState, Direction, Outcome
from callflow.core.calls.purpose import Purpose
from callflow.core.calls.trunks import SHADOW
from callflow.core.messages.outbox import Channel, MessageState
from callflow.core.simulation.behaviour import ANSWERED
from callflow.core.simulation.stand_ins import NOBODY, StandIns, read
from callflow.handling.base import policy
from callflow.handling.calls import calling, stand_ins
from callflow.handling.messages import delivery
from callflow.handling.messages import outbox as posting
from callflow.handling.station import shadow
from callflow.handling.watch.health import health
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.calls import calls
from callflow.storage.messages import outbox
from callflow.storage.sites import sites
from callflow.vault import Vault
from tests.integration.handling.station import DESK, DUTY, FIRST, SHOP, Station
from tests.support.simulated_station.surroundings import drawn_ids

#: An hour of a busy station has 1,500 alarms: CALLFLOW_TEST_ALARMS asks for so many, which takes
#: eight minutes.
ALARMS = int(os.environ.get("CALLFLOW_TEST_ALARMS", "150"))


def set_shadow(station: Station, on: bool) -> None:
    """The station starts with the setting so."""
    settings = Settings(desk_phones=(DESK,), duty_numbers=(DUTY,), shadow=on)
    station.write(lambda tx: shadow.follow_setting(tx, shadow=on, now=station.now))
    station.write(lambda tx: policy.save_policy(tx, settings))


def plays(station: Station, people: StandIns, seconds: int) -> None:
    """Time passes, second by second; nobody is ever dialled."""
    for _ in range(seconds):
        station.later(1)
        station.write(lambda tx: stand_ins.go_on(tx, people, node="node0", now=station.now))
        assert station.place() == []


class TestWhole:
    def test_a_stand_in_gives_the_call_its_outcome_and_the_plan_goes_on(
        self, station: Station
    ) -> None:
        set_shadow(station, True)
        people = read(
            f"number,outcome,ring_s,talk_s\n{SHOP},no_answer,,\n{FIRST},verified_ok,5,20\n"
        )
        incident = station.alarm()
        assert incident.shadow
        plays(station, people, 200)
        called = station.called(incident.id)
        assert called[-1] == (FIRST, Outcome.VERIFIED_OK)
        assert set(called[:-1]) == {(SHOP, Outcome.NO_ANSWER)}
        kinds = station.told(incident.id)
        assert "call_shadowed" in kinds
        assert "call_placed" not in kinds
        one = station.calls(incident.id)[-1]
        assert (one.trunk, one.shadow) == (SHADOW, True)
        assert one.answered_at is not None
        assert one.ringing_at is not None
        assert timedelta(seconds=5) <= one.answered_at - one.ringing_at <= timedelta(seconds=6)

    def test_who_may_not_cancel_closes_nothing_though_the_list_says_so(
        self, station: Station
    ) -> None:
        station.put(contacts=[_inform_only()])
        set_shadow(station, True)
        incident = station.alarm()
        plays(station, read(f"number,keys\n{FIRST},2580#1\n"), 120)
        outcomes = {outcome for to, outcome in station.called(incident.id) if to == FIRST}
        assert outcomes == {Outcome.VERIFIED_NO_AUTHORITY}

    def test_unclaimed_work_rings_nobody_and_is_told_all_the_same(self, station: Station) -> None:
        set_shadow(station, True)
        incident = station.alarm("FA")  # a fire: a human's from its receipt
        plays(station, NOBODY, 120)
        assert "queue_call" in station.told(incident.id)

    def test_a_call_that_was_asked_for_before_is_not_placed(self, station: Station) -> None:
        incident = station.alarm()
        assert station.wanted() == [SHOP]
        set_shadow(station, True)
        assert station.place() == []
        assert station.incident(incident.id).shadow
        plays(station, NOBODY, 60)
        assert station.called(incident.id)[0] == (SHOP, Outcome.NO_ANSWER)

    def test_a_restart_in_the_middle_of_a_call_changes_nothing(self, station: Station) -> None:
        set_shadow(station, True)
        incident = station.alarm()
        people = read(rules='[[rules]]\noutcome = "going"\nring_s = 10\ntalk_s = 30')
        plays(station, people, 5)
        later = station.now + timedelta(seconds=600)  # nobody looked for ten minutes
        station.now = later
        again = read(rules='[[rules]]\noutcome = "going"\nring_s = 10\ntalk_s = 30')
        plays(station, again, 40)
        assert station.called(incident.id)[0] == (SHOP, Outcome.GOING)

    def test_no_message_leaves_and_the_step_that_waits_for_it_goes_on(
        self, station: Station
    ) -> None:
        set_shadow(station, True)
        incident = station.alarm()
        message = station.write(
            lambda tx: posting.post(
                tx, incident, Channel.MAIL, "anne@example.org", "Alarme", "Alarme", station.now
            )
        )
        room = dict.fromkeys(Channel, 8)
        assert station.write(lambda tx: delivery.claim_messages(tx, station.now, room)) == []
        kept = station.read(lambda tx: outbox.get(tx, str(message)))
        assert kept is not None
        assert (kept.state, kept.body != "") == (MessageState.SHADOW, True)
        assert "message_shadowed" in station.told(incident.id)

    def test_health_says_so(self, station: Station) -> None:
        set_shadow(station, True)
        assert station.read(lambda tx: health(tx, station.now))["shadow"] is True


class TestItsEnd:
    def test_what_is_open_becomes_a_persons_and_no_plan_calls_anybody(
        self, station: Station
    ) -> None:
        set_shadow(station, True)
        incident = station.alarm()
        plays(station, NOBODY, 3)
        set_shadow(station, False)
        after = station.incident(incident.id)
        assert (after.with_human, after.human_reason) == (True, "from_shadow")
        assert after.machine is Machine.STOPPED
        assert all(not call.live for call in station.calls(incident.id))
        station.later(1)
        assert SHOP not in station.place()
        assert "shadow_over" in [entry.kind for entry in station.entries("shadow_over")]

    def test_no_site_comes_out_of_it_by_itself(self, station: Station) -> None:
        set_shadow(station, True)
        set_shadow(station, False)
        site = station.read(lambda tx: sites.get(tx, "1002"))
        assert site is not None
        assert site.shadow_since is not None
        incident = station.alarm("BA", "5")
        assert incident.shadow
        plays(station, NOBODY, 60)
        told = station.read(lambda tx: health(tx, station.now))
        assert (told["shadow"], told["shadow_sites"]) == (False, 1)

    def test_a_start_without_a_change_says_nothing(self, station: Station) -> None:
        for on in (False, True, True, False, False):
            set_shadow(station, on)
        assert len(station.entries("shadow_begun")) == 1
        assert len(station.entries("shadow_over")) == 1


def _inform_only() -> dict[str, object]:
    return {
        "id": "1002-anne",
        "name": "anne",
        "role": "keyholder",
        "phone": FIRST,
        "code": "2580",
        "authorities": {"*": ["inform"]},
    }


# --- beside a live twin -------------------------------------------------------------------------


class Twin:
    """A live station whose people answer by chance, and write down how each call went."""

    def __init__(self, station: Station, seed: int) -> None:
        self.station, self._dice = station, random.Random(seed)
        self.lines = ["number;at;outcome;ring_s;talk_s"]
        self._going: dict[str, tuple[Outcome, int, int]] = {}

    def second(self) -> None:
        """A second of its time: what was asked for is dialled, rings, is picked up, ends."""
        station = self.station
        station.later(1)
        station.place()
        for call in station.read(lambda tx: calls.on_trunk(tx, "node0")):
            self._go_on(call)

    def _go_on(self, call: Call) -> None:
        station, now = self.station, self.station.now
        if call.id not in self._going:
            self._going[call.id] = self._draw(call)
        outcome, ring, talk = self._going[call.id]
        if station.read(lambda tx: calls.asked_to_end(tx, call.id)):
            station.hangs_up(call.id, Outcome.NO_ANSWER)
        elif call.state is CallState.STARTED:
            station.write(lambda tx: calling.call_ringing(tx, call.id, now))
        elif call.ringing_at is not None and call.answered_at is None:
            if now - call.ringing_at < timedelta(seconds=ring):
                return
            if outcome in ANSWERED:
                station.write(lambda tx: calling.call_answered(tx, call.id, now))
            else:
                station.hangs_up(call.id, outcome)
        elif call.answered_at is not None and now - call.answered_at >= timedelta(seconds=talk):
            if outcome is not Outcome.NO_KEY:
                station.says(call.id, outcome)
            station.hangs_up(call.id, outcome)

    def _draw(self, call: Call) -> tuple[Outcome, int, int]:
        if call.purpose is not Purpose.PLAN:
            outcome, ring, talk = Outcome.NO_ANSWER, int(call.ring_time), 0
        else:
            outcome = self._dice.choice(_ENDS)
            rings = (
                int(call.ring_time) if outcome is Outcome.NO_ANSWER else self._dice.randint(1, 9)
            )
            ring, talk = rings, self._dice.randint(3, 20)
        assert call.placed_at is not None
        self.lines.append(f"{call.to};{call.placed_at.isoformat()};{outcome};{ring};{talk}")
        return outcome, ring, talk


_ENDS = [
    *(Outcome.NO_ANSWER, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.NO_KEY, Outcome.UNREACHABLE),
    *(Outcome.VERIFIED_OK, Outcome.VERIFIED_OK, Outcome.GOING, Outcome.NEXT_PERSON),
    *(Outcome.SEND_GUARD, Outcome.HELP, Outcome.WRONG_CODE, Outcome.DURESS),
]
_CODES = ("BA", "BA", "BA", "FA", "PA", "TA", "AT", "GA", "MA")


def decided(station: Station) -> dict[str, list[object]]:
    """{account: of each of its incidents what was decided, whom it called and how it ended}."""
    found: dict[str, list[object]] = defaultdict(list)
    for one in station.incidents(limit=10_000):
        made = [
            (call.step, call.to, call.attempt, call.outcome, call.state)
            for call in station.calls(one.id)
            if call.direction is Direction.OUTGOING
        ]
        found[one.account].append((_end(one), made, _told(station, one)))
    return found


def _end(one: Incident) -> tuple[object, ...]:
    where = one.kind, one.category, one.priority, one.state, one.step, one.machine, one.duress
    return *where, one.with_human, one.human_reason, one.resolution_code, dict(one.zones)


def _told(station: Station, one: Incident) -> list[str]:
    """What its logbook says, but for how a call left, which is what differs."""
    said = station.told(one.id)
    return ["call_placed" if kind == "call_shadowed" else kind for kind in said]


@pytest.mark.parametrize("alarms", [40, pytest.param(ALARMS, marks=pytest.mark.deep)])
@pytest.mark.timeout(1200)
def test_it_decides_as_a_live_twin_with_the_same_outcomes(
    station: Station, vault: Vault, model: Path, tmp_path: Path, alarms: int
) -> None:
    twin_file = tmp_path / "twin.sqlite3"
    shutil.copy(model / "begun.sqlite3", twin_file)
    store = Store(f"sqlite:///{twin_file}", mac=vault.seal)
    live = Station(store, vault, begun=True)
    set_shadow(station, False)
    set_shadow(live, False)
    accounts = [f"{3000 + n}" for n in range(max(20, alarms // 10))]
    for each in (station, live):
        for place, account in enumerate(accounts):
            each.put(account, contacts=_people(place, account))
    set_shadow(station, True)
    twin, dice = Twin(live, seed=alarms), random.Random(alarms)
    coming = sorted(
        (dice.randrange(alarms * 60 // 25), dice.choice(accounts), dice.choice(_CODES), n)
        for n in range(alarms)
    )
    last = coming[-1][0] + 300

    def night(each: Station, second: Callable[[], None]) -> None:
        left = list(coming)
        with drawn_ids(random.Random(7)):  # of calls that are asked for at once the ids decide
            for at in range(last):
                while left and left[0][0] == at:
                    _, account, code, n = left.pop(0)
                    each.receives(each.signal(code, str(n % 7), account))
                    each.correlate()
                second()

    night(live, twin.second)
    people = read("\n".join(twin.lines))

    night(station, lambda: plays(station, people, 1))
    assert len(twin.lines) > alarms / 2
    mine, theirs = decided(station), decided(live)
    unlike = {a: (mine[a], theirs[a]) for a in theirs if mine[a] != theirs[a]}
    assert unlike == {}
    assert not station.entries("call_placed")
    store.close()


def _people(place: int, account: str) -> list[dict[str, object]]:
    everything = {"*": ["cancel", "send_guard"]}
    return [
        {
            "id": f"{account}-{name}",
            "name": name,
            "role": role,
            "phone": f"+336399{80 + kind}{place:03d}",
            "code": "2580",
            "duress_code": "2581",
            "authorities": everything,
        }
        for kind, (name, role) in enumerate(
            [("shop", "premises"), ("anne", "keyholder"), ("bruno", "keyholder")]
        )
    ]
