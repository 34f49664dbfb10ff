"""Two nodes: who gets a call, and what becomes of the work of one that is lost."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from callflow.core.calls.call import Call, Dialogue
from callflow.core.calls.purpose import Purpose
from callflow.handling.alarms.acting import request_call
from callflow.handling.base.nodes import LOST_AFTER
from callflow.handling.base.policy import load_policy
from callflow.handling.calls import calling
from callflow.handling.watch import health as watch_health
from callflow.handling.watch import machines
from callflow.storage import Store, Tx
from callflow.storage.calls import calls
from callflow.storage.people import users
from callflow.vault import Vault
from tests.integration.handling.station import SHOP, Station

pytestmark = pytest.mark.both_databases

#: Seconds.
LONG = LOST_AFTER.total_seconds() + 1


def passes(station: Station, seconds: float, *nodes: str) -> None:
    """Time in which the web lives, and the telephony of these nodes."""
    until = station.now + timedelta(seconds=seconds)
    while station.now < until:
        station.now += timedelta(seconds=1)
        says(station, "web")
        for node in nodes:
            beats(station, node)
    station.look()


def says(station: Station, role: str, name: str = "", node: str = "", **state: Any) -> None:
    """A process lives."""
    now = station.now
    station.write(
        lambda tx: users.process_beat(
            tx, role, pid=1, since=now, now=now, state=state, name=name, node=node
        )
    )


def beats(station: Station, node: str, asterisk: str = "up") -> None:
    says(station, "telephony", f"telephony@{node}", node, asterisk=asterisk)


def asked(station: Station, to: str, room: str | None = None) -> Call:
    """A call that is asked for; its row."""
    made = station.write(
        lambda tx: request_call(
            tx,
            load_policy(tx),
            None,
            station.now,
            step=Purpose.QUEUE,
            to=to,
            attempt=1,
            dialogue=Dialogue.DESK,
            ring_time=30,
            priority=0,
            room=room,
        )
    )
    return station.call(made.id)


def numbers(count: int) -> list[str]:
    return [f"+336399840{n:02}" for n in range(count)]


def alarms(station: Station, count: int, letter: str = "N") -> list[Call]:
    """So many sites have an alarm; the calls to their premises that are asked for.

    The premises of the same place among the sites of another letter have the same number.
    """
    found = []
    for place, number in enumerate(numbers(count)):
        account = f"{letter}{place:03}"
        shop = dict(id=f"shop{place}", name="x", role="premises", phone=number)
        station.put(account, contacts=[shop])
        found += station.calls(station.alarm("BA", account=account).id)
    return found


def watch(station: Station) -> list[str]:
    return station.write(lambda tx: machines.watch_nodes(tx, station.now))


def claims(station: Station, node: str) -> list[str]:
    orders = station.write(lambda tx: calling.claim_calls(tx, node=node, now=station.now))
    return [order.to for order in orders]


def test_calls_are_spread_over_the_nodes_that_are_ready(station: Station) -> None:
    beats(station, "node0")
    beats(station, "node1")
    found = Counter(asked(station, number).node for number in numbers(40))
    assert set(found) == {"node0", "node1"}
    assert min(found.values()) >= 8


def test_a_node_without_its_asterisk_gets_no_call(station: Station) -> None:
    beats(station, "node0", asterisk="down")
    beats(station, "node1")
    assert {asked(station, number).node for number in numbers(12)} == {"node1"}


def test_where_no_node_is_ready_calls_wait_at_the_station_s(station: Station) -> None:
    assert asked(station, SHOP).node == "node0"
    beats(station, "node1", asterisk="down")
    assert asked(station, SHOP).node == "node0"


def test_whoever_waits_in_a_conference_is_joined_on_its_node(station: Station) -> None:
    beats(station, "node1")
    person = asked(station, SHOP)
    beats(station, "node0")
    desks = {asked(station, number, room=person.id).node for number in numbers(12)}
    assert desks == {person.node} == {"node1"}


def test_what_a_lost_node_did_not_place_is_handed_over(station: Station) -> None:
    beats(station, "node1")
    alarms(station, 6)
    passes(station, LONG, "node0")
    assert watch(station) == ["node1"]
    assert sorted(claims(station, "node0")) == numbers(6)
    assert claims(station, "node1") == []
    handed = station.entries("call_handed_over")
    assert {(e.data["from_node"], e.data["node"]) for e in handed} == {("node1", "node0")}


def test_what_it_had_placed_is_unknown_and_repeated_once_elsewhere(station: Station) -> None:
    beats(station, "node1")
    row = station.alarm("BA")
    assert claims(station, "node1") == [SHOP]
    passes(station, LONG, "node0")
    watch(station)
    first, *again = station.calls(row.id)
    assert (first.outcome, first.node) == ("unknown", "node1")
    assert [(call.to, call.node) for call in again] == [(SHOP, "node0")]
    assert [entry.data["node"] for entry in station.entries("call_left")] == ["node1"]
    watch(station)
    assert len(station.calls(row.id)) == 2


def test_nothing_is_given_up_while_nobody_else_can_call(station: Station) -> None:
    beats(station, "node1")
    row = station.alarm("BA")
    claims(station, "node1")
    alarms(station, 1)
    passes(station, LONG)
    assert watch(station) == ["node1"]
    assert [call.outcome for call in station.calls(row.id)] == [None]
    beats(station, "node1")
    assert watch(station) == []
    assert claims(station, "node1") == numbers(1)


def test_a_node_whose_asterisk_is_down_keeps_its_talks_and_no_waiting_call(
    station: Station,
) -> None:
    beats(station, "node1")
    row = station.alarm("BA")
    claims(station, "node1")
    waiting = asked(station, numbers(1)[0])
    beats(station, "node1", asterisk="down")
    beats(station, "node0")
    station.now += LOST_AFTER / 1.2
    watch(station)
    assert [call.outcome for call in station.calls(row.id)] == [None]
    assert station.call(waiting.id).node == "node0"


def test_a_node_is_not_lost_while_nobody_could_write(station: Station) -> None:
    """The database was away: the first who writes again must not judge the others by it."""
    passes(station, LONG, "node0", "node1")
    station.now += LOST_AFTER * 5
    says(station, "web")
    beats(station, "node0")
    assert watch(station) == []
    passes(station, LONG, "node0")
    assert watch(station) == ["node1"]


def test_a_loss_and_a_return_are_said_once(station: Station) -> None:
    beats(station, "node0")
    for _ in range(2):
        assert watch(station) == []
    passes(station, LONG)
    for _ in range(2):
        assert watch(station) == ["node0"]
    beats(station, "node0")
    for _ in range(2):
        assert watch(station) == []
    assert [station.told().count(kind) for kind in ("node_lost", "node_back")] == [1, 1]


def test_a_station_without_any_telephony_says_so(station: Station) -> None:
    watch(station)
    assert station.entries("node_lost") == []  # it has only begun
    passes(station, LONG)
    for _ in range(2):
        watch(station)
    assert [entry.data["node"] for entry in station.entries("node_lost")] == ["node0"]


def test_health_shows_every_process_and_every_node(station: Station) -> None:
    for node in ("node0", "node1"):
        beats(station, node)
    for name in ("engine", "engine1", "engine2"):
        says(station, "engine", name)
    for role in ("receiver", "web"):
        says(station, role)

    def health() -> dict[str, Any]:
        return station.read(lambda tx: watch_health.health(tx, station.now))

    assert (health()["status"], len(health()["processes"])) == ("ok", 7)
    beats(station, "node1", asterisk="down")
    assert (health()["status"], health()["asterisk"]) == ("degraded", "up")
    states = {node["node"]: node["state"] for node in health()["nodes"]}
    assert states == {"node0": "ready", "node1": "without Asterisk"}


def test_two_nodes_never_call_one_number_at_once(
    station: Station, tables: str, vault: Vault
) -> None:
    """Each claims in a transaction that does not see the other's."""
    for node, letter in (("node0", "N"), ("node1", "M")):
        beats(station, node)
        assert {call.node for call in alarms(station, 10, letter)} == {node}
        station.now += LOST_AFTER * 1.1  # the other's turn
    stores = [Store(tables, mac=vault.seal) for _ in range(2)]
    together = Barrier(2)

    def claimed(place: int) -> list[str]:
        def claim(tx: Tx) -> list[calling.CallOrder]:
            if tx.dialect.name != "sqlite":  # there one writes at a time
                together.wait(10)
            return calling.claim_calls(tx, node=f"node{place}", now=station.now)

        return [order.to for order in stores[place].write_now(claim)]

    try:
        with ThreadPoolExecutor(2) as pool:
            found = [number for part in pool.map(claimed, range(2)) for number in part]
    finally:
        for store in stores:
            store.close()
    assert found
    assert len(set(found)) == len(found)
    assert station.read(calls.count_live) == len(found)
