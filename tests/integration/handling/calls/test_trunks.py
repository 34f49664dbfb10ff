"""Several trunks: which one a call takes, failover within one attempt, and how each is judged."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.calls.trunks import (
    AWAITED,
    FAILURES,
    LOST_AFTER,
    RATE_CALLS,
    REST,
    Reach,
    Registration,
    Seen,
)
from callflow.core.interventions.law import Finding, Means
from callflow.core.signals.signal import Kind
from callflow.core.watch.organs import Part
from callflow.core.watch.organs import State as OrganState
from callflow.core.watch.readings import Reading
from callflow.handling.alarms import operating
from callflow.handling.base import policy
from callflow.handling.calls import calling, trunking
from callflow.handling.interventions import directory
from callflow.handling.interventions import services as interventions_services
from callflow.handling.watch import readings
from callflow.settings.config import Settings
from callflow.settings.trunks import TrunkSettings
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.interventions import services
from tests.integration.handling.station import DESK, DUTY, FIRST, SHOP, Station

NODE = "node0"
NUMBERS = {"alpha": ("+33939980001", "+33139980001"), "beta": ("+33939980002", "+33139980002")}


def _trunk(name: str, channels: int, reserved: int) -> TrunkSettings:
    machine, human = NUMBERS[name]
    return TrunkSettings(
        name=name,
        channels=channels,
        reserved=reserved,
        machine_number=machine,
        human_number=human,
    )


def calls_go_over(station: Station, *trunks: TrunkSettings) -> None:
    """These are the station's trunks."""
    settings = Settings(trunks=trunks, desk_phones=(DESK,), duty_numbers=(DUTY,))
    station.write(lambda tx: policy.save_policy(tx, settings))


@pytest.fixture
def two(station: Station) -> Station:
    """Alpha has three channels, one of them reserved; beta two, none of them."""
    calls_go_over(station, _trunk("alpha", 3, 1), _trunk("beta", 2, 0))
    return station


def claimed(station: Station) -> list[calling.CallOrder]:
    return station.write(lambda tx: calling.claim_calls(tx, node=NODE, now=station.now))


def not_carried(station: Station, call_id: str, outcome: Outcome = Outcome.UNREACHABLE) -> None:
    """The trunk says 503."""
    station.write(
        lambda tx: calling.call_ended(
            tx,
            call_id,
            outcome=outcome,
            detail="cause 34, SIP 503",
            now=station.now,
            not_carried=True,
        )
    )


def sites_in_alarm(station: Station, count: int) -> None:
    for n in range(count):
        one = {"id": f"4{n:03}", "name": "x", "role": "premises", "phone": f"+336399840{n:02}"}
        station.put(f"4{n:03}", contacts=[one])
    station.receives(*(station.signal("BA", "3", f"4{n:03}") for n in range(count)))
    station.correlate()


# --- which one ------------------------------------------------------------------------------


def test_calls_fill_the_first_trunk_but_for_its_reserve_then_the_next(two: Station) -> None:
    sites_in_alarm(two, 6)
    assert [order.trunk for order in claimed(two)] == ["alpha", "alpha", "beta", "beta"]
    two.alarm("FA")
    assert [(order.to, order.trunk) for order in claimed(two)] == [(SHOP, "alpha")]
    health = two.read(lambda tx: trunking.trunk_health(tx, NODE, two.now, Seen()))
    assert [(trunk["name"], trunk["calls"], trunk["state"]) for trunk in health] == [
        ("alpha", 3, "up"),
        ("beta", 2, "up"),
    ]


def test_the_machine_and_a_human_show_different_numbers(two: Station) -> None:
    row = two.alarm("BA")
    (order,) = claimed(two)
    assert order.caller == NUMBERS["alpha"][0]
    two.hangs_up(order.call_id, "no_answer")
    two.write(lambda tx: operating.claim(tx, row.id, "alice", two.now))
    contact = "1002-anne"
    two.write(lambda tx: operating.request_contact_call(tx, row.id, "alice", contact, two.now))
    (order,) = claimed(two)
    assert (order.to, order.caller) == (FIRST, NUMBERS["alpha"][1])


def test_a_new_fire_has_the_first_channel_that_comes_free_before_many_that_wait(
    two: Station,
) -> None:
    """Second attempts, all of them as urgent as a fire's, wait for five channels."""
    many = 40
    sites_in_alarm(two, many)
    ended = 0
    while orders := claimed(two):
        for order in orders:
            two.hangs_up(order.call_id, "busy")
            ended += 1
    assert ended == many
    two.later(60)  # every second attempt is due
    repeats = [str(two.live(f"+336399840{n:02}").id) for n in range(many)]
    two.write(lambda tx: [calls.change(tx, repeat, priority=0) for repeat in repeats])
    full = claimed(two)
    assert 0 < len(full) < many / 2, "the others wait"
    two.alarm("FA")
    two.hangs_up(full[0].call_id, "busy")
    (next_one,) = claimed(two)
    assert next_one.to == SHOP


def test_a_new_fire_passes_the_repeats_of_fires_and_of_anything(two: Station) -> None:
    sites_in_alarm(two, 1)
    (order,) = claimed(two)
    two.hangs_up(order.call_id, "no_answer")
    two.later(20)  # the second attempt
    repeat = two.live("+33639984000")
    assert repeat.attempt == 2
    two.write(lambda tx: calls.change(tx, repeat.id, priority=0))
    two.later(1)
    two.alarm("FA")
    assert [order.to for order in claimed(two)] == [SHOP, "+33639984000"]


# --- failover -------------------------------------------------------------------------------


def test_a_call_that_was_not_carried_goes_on_in_the_same_attempt(two: Station) -> None:
    row = two.alarm("BA")
    (first,) = claimed(two)
    not_carried(two, first.call_id)
    (second,) = claimed(two)
    assert (second.to, second.trunk, second.caller) == (SHOP, "beta", NUMBERS["beta"][0])
    assert second.call_id != first.call_id

    shown = two.calls(row.id)
    assert [(c.attempt, c.trunk, c.outcome) for c in shown] == [
        (1, "alpha", "trunk_failure"),
        (1, "beta", None),
    ]
    assert shown[0].successor == second.call_id
    assert not two.incident(row.id).with_human, "nobody is told of what was made good"
    assert two.told(row.id).count("call_goes_on") == 1

    two.hangs_up(second.call_id, "no_answer")
    two.later(20)
    assert two.live(SHOP).attempt == 2, "one attempt was used up, not two"


def test_the_last_trunks_word_is_the_attempts_and_none_is_tried_twice(two: Station) -> None:
    row = two.alarm("BA")
    for _ in range(2):
        (order,) = claimed(two)
        not_carried(two, order.call_id)
    assert [c.trunk for c in two.calls(row.id)] == ["alpha", "beta"]
    assert [c.outcome for c in two.calls(row.id)] == ["trunk_failure", "unreachable"]
    assert claimed(two) == []


def test_busy_and_whatever_was_carried_goes_nowhere_else(two: Station) -> None:
    row = two.alarm("BA")
    (order,) = claimed(two)
    two.hangs_up(order.call_id, "busy")
    assert next(c.outcome for c in two.calls(row.id)) == "busy"
    assert all(c.successor is None for c in two.calls(row.id))


def test_with_one_trunk_nothing_goes_on(station: Station) -> None:
    row = station.alarm("BA")
    (order,) = claimed(station)
    not_carried(station, order.call_id)
    assert [c.outcome for c in station.calls(row.id)][:1] == ["unreachable"]
    assert station.calls(row.id)[0].successor is None


def test_what_was_withdrawn_while_its_trunk_refused_it_rings_nowhere(two: Station) -> None:
    row = two.alarm("BA")
    (order,) = claimed(two)
    two.write(lambda tx: operating.claim(tx, row.id, "alice", two.now))
    not_carried(two, order.call_id)
    assert claimed(two) == []

    other = two.alarm("BA", account="1002", zone="4")
    two.write(lambda tx: operating.release(tx, other.id, "alice", two.now))
    assert two.wanted() == []


def test_nothing_rings_over_another_trunk_after_duress(two: Station) -> None:
    two.alarm("BA")
    (order,) = claimed(two)
    two.alarm("HA")  # hold-up: nothing rings there any more (D7)
    not_carried(two, order.call_id)
    assert SHOP not in [order.to for order in claimed(two)]
    assert two.wanted() == []


def test_a_call_to_the_desk_goes_on_whatever_its_incident_does(two: Station) -> None:
    row = two.alarm("FA")
    two.later(120)
    desk = next(order for order in claimed(two) if order.to == DESK)
    not_carried(two, desk.call_id)
    assert (DESK, "beta") in [(order.to, order.trunk) for order in claimed(two)]
    assert row.id == two.incident(row.id).id


def test_a_waiting_successor_keeps_its_place(two: Station) -> None:
    two.alarm("BA")
    (order,) = claimed(two)
    two.later(1)
    sites_in_alarm(two, 4)
    not_carried(two, order.call_id)
    assert claimed(two)[0].to == SHOP


def test_a_service_is_reached_over_another_trunk_for_the_person_who_asked(two: Station) -> None:
    police = "+33130000017"
    line = {"id": "p", "service": "police", "name": "CIC", "number": police, "place": "78"}
    two.write(lambda tx: directory.put_directory(tx, [line], "admin", two.now))
    two.put(postcode="78120")
    row = two.alarm("BA")
    two.write(lambda tx: operating.claim(tx, row.id, "alice", two.now))
    two.write(lambda tx: _verify(tx, row.id, two))
    asked = two.write(
        lambda tx: interventions_services.service_call(tx, row.id, "alice", "police", two.now)
    )
    assert isinstance(asked, str)
    desk = two.picks_up(DESK)
    two.says(desk, "operator")
    (first,) = claimed(two)
    assert (first.to, first.caller) == (police, NUMBERS["alpha"][1])
    not_carried(two, first.call_id)
    (second,) = claimed(two)
    assert (second.to, second.caller) == (police, NUMBERS["beta"][1])
    kept = two.read(lambda tx: services.call(tx, asked))
    assert kept is not None
    assert kept.call_id == second.call_id
    assert two.call(desk).ended_at is None, "the operator is still there"
    assert all(police not in entry.text for entry in two.entries("call_goes_on"))


def _verify(tx: Any, incident_id: str, station: Station) -> None:
    means, found = Means.GUARD, Finding.CONFIRMED
    interventions_services.record_verification(
        tx, incident_id, "alice", means, found, "seen", station.now
    )


def test_a_call_that_speaks_for_several_incidents_does_so_over_the_next_trunk(
    two: Station,
) -> None:
    accounts = ("5001", "5002")
    for account in accounts:
        anne = {"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST}
        two.put(account, contacts=[anne])
        two.alarm("BA", account=account)
    (first,) = claimed(two)
    not_carried(two, first.call_id)
    (second,) = claimed(two)
    assert (first.to, second.to, second.trunk) == (FIRST, FIRST, "beta")
    assert claimed(two) == [], "the person rings once"
    two.hangs_up(second.call_id, "busy")
    for account in accounts:
        made = two.calls(two.incidents(account=account)[0].id)
        assert next(call.outcome for call in made if call.successor is None) == "busy"


# --- how each does --------------------------------------------------------------------------


def watch(station: Station, **reach: Reach) -> None:
    def look(tx: Any) -> None:
        seen = Seen(reach=reach)
        if trunking.trunks_changed(tx, NODE, seen, station.now):
            trunking.watch_trunks(tx, NODE, seen, station.now)

    station.write(look)
    station.correlate()


def states(station: Station) -> dict[str, str]:
    health = station.read(lambda tx: trunking.trunk_health(tx, NODE, station.now, Seen()))
    return {trunk["name"]: trunk["state"] for trunk in health}


def alarms(station: Station) -> list[Incident]:
    return [row for row in station.incidents() if row.kind == "trunk"]


def everybody_is_busy(station: Station) -> None:
    """Whoever is called now, or waits to be, is busy."""
    while up := station.read(lambda tx: calls.on_trunk(tx, NODE)) or claimed(station):
        for call in up:
            call_id = call.id if isinstance(call, Call) else call.call_id
            station.hangs_up(call_id, "busy")


def fresh_call(station: Station, account: str) -> str:
    """The trunk of a new site's call, which is carried, and answered by nobody."""
    number = f"+3363998{account}"
    one = {"id": account, "name": "x", "role": "premises", "phone": number}
    station.put(account, contacts=[one])
    station.alarm("BA", account=account)
    (order,) = [order for order in claimed(station) if order.to == number]
    station.hangs_up(order.call_id, "no_answer")
    return order.trunk


def test_a_trunk_that_carries_nothing_is_an_alarm_rests_and_comes_back_by_itself(
    two: Station,
) -> None:
    sites_in_alarm(two, FAILURES)
    watch(two)
    for order in claimed(two):
        if order.trunk == "alpha":
            not_carried(two, order.call_id)
    watch(two)
    assert states(two)["alpha"] == "up", "two failures are no evidence yet"
    two.alarm("FA")
    (fire,) = [order for order in claimed(two) if order.trunk == "alpha"]
    not_carried(two, fire.call_id)
    watch(two)
    assert states(two) == {"alpha": "down", "beta": "up"}
    (alarm,) = alarms(two)
    assert alarm.with_human
    assert two.entries("signal")[-1].data["text"] == "alpha@node0"

    everybody_is_busy(two)
    assert fresh_call(two, "4100") == "beta", "a trunk that is down comes last"
    two.later(REST.total_seconds() + 1)
    assert fresh_call(two, "4101") == "alpha", "it is tried again"
    watch(two)
    assert states(two)["alpha"] == "up"
    (alarm,) = alarms(two)
    assert alarm.zones == {"alpha@node0": "restored"}


def test_a_far_end_that_is_gone_is_told_once_and_its_return_too(two: Station) -> None:
    gone = Reach(reachable=False, since=two.now)
    watch(two, beta=gone)
    assert states(two)["beta"] == "up"
    two.now += LOST_AFTER
    for _ in range(2):
        watch(two, beta=gone)
    assert states(two)["beta"] == "down"
    assert len(alarms(two)) == 1
    watch(two, beta=Reach(reachable=True, since=two.now))
    assert states(two)["beta"] == "up"
    assert [e.data["code"] for e in two.entries("signal")] == ["TRUNK_DOWN", "TRUNK_BACK"]


def test_a_collapsing_answer_rate_is_a_station_alarm(two: Station) -> None:
    ended(two, RATE_CALLS, answered=3)
    watch(two)
    assert states(two)["alpha"] == "unanswered"
    (alarm,) = alarms(two)
    assert two.entries("signal")[-1].data["code"] == "TRUNK_UNANSWERED"
    ended(two, RATE_CALLS // 2, answered=RATE_CALLS // 2)
    watch(two)
    assert states(two)["alpha"] == "up"
    assert two.incident(alarm.id).zones == {"alpha@node0": "restored"}


def test_an_answer_rate_that_was_always_low_is_no_collapse(two: Station) -> None:
    two.now -= timedelta(days=1)
    ended(two, 210, answered=10)
    two.now += timedelta(days=1)
    ended(two, RATE_CALLS, answered=3)
    watch(two)
    assert states(two)["alpha"] == "up"


def ended(station: Station, count: int, *, answered: int) -> None:
    """So many calls over alpha that are over now, the last ``answered`` of them answered."""

    def rows(tx: Any) -> None:
        for n in range(count):
            at = station.now - timedelta(seconds=count - n)
            calls.insert(tx, _over(str(uuid.uuid4()), at, answered=n >= count - answered))

    station.write(rows)


def _over(call_id: str, at: Any, *, answered: bool) -> Call:
    return Call(
        id=call_id,
        step="keyholders",
        to=FIRST,
        attempt=1,
        state=CallState.ENDED,
        requested_at=at,
        priority=1,
        trunk="alpha",
        node=NODE,
        ring_time=30.0,
        outcome=Outcome.NO_KEY if answered else Outcome.NO_ANSWER,
        placed_at=at,
        answered_at=at if answered else None,
        ended_at=at,
    )


def test_what_one_node_does_not_reach_serves_another(two: Station) -> None:
    def look(tx: Any) -> None:
        gone = {"alpha": Reach(reachable=False, since=two.now - LOST_AFTER)}
        trunking.watch_trunks(tx, "node1", Seen(reach=gone), two.now)

    two.write(look)
    assert states(two)["alpha"] == "up"
    exchange = two.read(lambda tx: trunking.exchange(tx, policy.load_policy(tx), "node1", two.now))
    assert list(exchange.avoid) == ["alpha"]


def test_a_lost_registration_is_an_alarm_of_the_station_and_the_trunk_comes_last(
    two: Station,
) -> None:
    def look(registered: bool, since: timedelta = LOST_AFTER) -> None:
        known = Registration(registered=registered, since=two.now - since)
        seen = Seen(registered={"alpha": known})

        def watch(tx: Any) -> None:
            if trunking.trunks_changed(tx, NODE, seen, two.now):
                trunking.watch_trunks(tx, NODE, seen, two.now)

        two.write(watch)
        two.correlate()

    look(False, LOST_AFTER / 2)
    assert states(two)["alpha"] == "up", "a fresh Asterisk has asked nobody yet"
    look(False)
    assert states(two) == {"alpha": "unregistered", "beta": "up"}
    (alarm,) = alarms(two)
    assert (alarm.with_human, alarm.state) == (True, "open")
    sites_in_alarm(two, 1)
    orders = claimed(two)  # the site's people, and who is on duty for the station
    assert {order.trunk for order in orders} == {"beta"}
    assert DUTY in {order.to for order in orders}

    look(True)
    assert states(two)["alpha"] == "up"
    (alarm,) = alarms(two)
    assert alarm.zones == {"alpha@node0": "restored"}


def test_health_says_of_a_trunk_that_registers_whether_it_is(two: Station) -> None:
    def told(seen: Seen | None) -> list[bool | None]:
        health = two.read(lambda tx: trunking.trunk_health(tx, NODE, two.now, seen))
        return [trunk["registered"] for trunk in health]

    lost = Seen(registered={"alpha": Registration(registered=False, since=two.now)})
    assert told(lost) == [False, None]
    assert told(None) == [None, None], "its Asterisk is away"


# --- the station's own calls --------------------------------------------------------------------


@pytest.fixture
def narrow(station: Station) -> Station:
    """One trunk of two channels, one of them reserved."""
    settings = Settings(trunks=(_trunk("alpha", 2, 1),), desk_phones=(DESK,), duty_numbers=(DUTY,))
    station.write(lambda tx: policy.save_policy(tx, settings))
    return station


def organ_fails(station: Station, *, vital: bool = False) -> Incident:
    failed = Reading(
        part=Part.POWER,
        name="A",
        state=OrganState.FAILED,
        at=station.now,
        valid=timedelta(hours=1),
        vital=vital,
    )
    station.write(lambda tx: readings.take(tx, [failed], station.now))
    station.correlate()
    (alarm,) = station.read(lambda tx: incidents.open_ones(tx, kinds=[Kind.ORGAN]))
    return alarm


def acts(station: Station, call_id: str) -> bool:
    return station.read(lambda tx: calls.asked_to_end(tx, call_id))


@pytest.mark.parametrize("answered", [False, True])
def test_a_technicians_call_gives_its_channel_to_an_alarms(narrow: Station, answered: bool) -> None:
    about = organ_fails(narrow)
    technician = narrow.picks_up(DUTY) if answered else narrow.rings(DUTY)
    sites_in_alarm(narrow, 1)
    assert claimed(narrow) == []
    assert acts(narrow, technician)
    assert claimed(narrow) == []  # asked once, until the channel is free
    narrow.hangs_up(technician, "no_answer")
    assert [(order.to, order.trunk) for order in claimed(narrow)] == [("+33639984000", "alpha")]
    told = narrow.told(about.id)
    assert told.count("call_gives_way") == 1
    (first, again) = narrow.read(lambda tx: calls.of_incidents(tx, [about.id]))[about.id]
    assert (first.outcome, again.to, again.state) == (Outcome.UNKNOWN, DUTY, CallState.REQUESTED)
    narrow.hangs_up(narrow.live_on_trunk("+33639984000"), "no_answer")
    assert [order.to for order in claimed(narrow)] == [DUTY]  # nobody's alarm waits


def test_alarms_calls_go_first_whatever_was_asked_for_first(narrow: Station) -> None:
    organ_fails(narrow)
    narrow.now += timedelta(seconds=1)
    sites_in_alarm(narrow, 1)
    assert [order.to for order in claimed(narrow)] == ["+33639984000"]


def test_a_vital_organs_call_is_an_alarms(narrow: Station) -> None:
    about = organ_fails(narrow, vital=True)
    call = narrow.live(DUTY)
    assert call.priority == 0
    technician = narrow.rings(DUTY)
    sites_in_alarm(narrow, 2)
    assert len(claimed(narrow)) == 0  # the reserved one is a vital alarm's
    assert not acts(narrow, technician)
    assert "call_gives_way" not in narrow.told(about.id)


def test_who_said_that_they_see_to_it_is_not_cut_off(narrow: Station) -> None:
    organ_fails(narrow)
    technician = narrow.picks_up(DUTY)
    narrow.says(technician, "acknowledged")
    sites_in_alarm(narrow, 1)
    assert claimed(narrow) == []
    assert not acts(narrow, technician)


def rests(station: Station, name: str) -> None:
    """Asterisk does not reach this trunk's far end; who is told of it is not in our way."""
    gone = Reach(reachable=False, since=station.now - LOST_AFTER)
    seen = Seen(reach={name: gone})
    station.write(lambda tx: trunking.watch_trunks(tx, NODE, seen, station.now))


@pytest.fixture
def half(station: Station) -> Station:
    """Alpha is down; the technician has one of beta's two channels, the other is kept."""
    calls_go_over(station, _trunk("alpha", 3, 0), _trunk("beta", 2, 1))
    rests(station, "alpha")
    organ_fails(station)
    return station


def test_a_technicians_call_leaves_the_trunk_that_is_well_to_an_alarms(half: Station) -> None:
    technician = half.rings(DUTY)
    assert half.call(technician).trunk == "beta"
    sites_in_alarm(half, 1)
    assert claimed(half) == [], "it does not try what is down"
    assert acts(half, technician)
    half.hangs_up(technician, "no_answer")
    assert [(order.to, order.trunk) for order in claimed(half)] == [("+33639984000", "beta")]


def test_a_technicians_call_waits_for_a_trunk_that_is_well_but_not_for_ever(half: Station) -> None:
    sites_in_alarm(half, 1)
    assert [(order.to, order.trunk) for order in claimed(half)] == [("+33639984000", "beta")]
    assert claimed(half) == []
    half.now += REST
    assert [(order.to, order.trunk) for order in claimed(half)] == [(DUTY, "alpha")]


def test_where_nobody_gives_way_what_is_down_is_tried(half: Station) -> None:
    half.says(half.picks_up(DUTY), "acknowledged")
    sites_in_alarm(half, 1)
    assert [(order.to, order.trunk) for order in claimed(half)] == [("+33639984000", "alpha")]


def test_what_is_not_let_go_in_time_is_waited_for_no_longer(half: Station) -> None:
    half.rings(DUTY)
    sites_in_alarm(half, 1)
    assert claimed(half) == []
    half.now += AWAITED
    assert [(order.to, order.trunk) for order in claimed(half)] == [("+33639984000", "alpha")]


def test_two_alarms_wait_for_one_channel_and_one_of_them_tries_what_is_down(half: Station) -> None:
    half.rings(DUTY)
    sites_in_alarm(half, 2)
    assert [order.trunk for order in claimed(half)] == ["alpha"]
