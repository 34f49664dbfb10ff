"""What is asked for in one commit, at one instant, keeps its order on both databases."""

from __future__ import annotations

from callflow.core.calls.call import Act, Dialogue
from callflow.handling.alarms.acting import ask_act, request_call
from callflow.handling.base.policy import load_policy
from callflow.storage import Tx
from callflow.storage.calls import calls
from tests.integration.handling.station import SHOP, Station

NODE = "node0"
NUMBERS = [f"+336399842{n:02}" for n in range(20)]


def test_calls_are_placed_in_the_order_in_which_they_were_asked_for(station: Station) -> None:
    def ask(tx: Tx) -> None:
        for number in NUMBERS:
            request_call(
                tx,
                load_policy(tx),
                None,
                station.now,
                step="test",
                to=number,
                attempt=1,
                dialogue=Dialogue.TALK,
                ring_time=30.0,
                priority=1,
            )

    station.write(ask)
    found = station.write(lambda tx: calls.requested(tx, NODE, limit=len(NUMBERS)))
    assert [call.to for call in found] == NUMBERS


def test_acts_on_a_call_are_done_in_the_order_in_which_they_were_asked_for(
    station: Station,
) -> None:
    station.alarm("BA")
    call = station.rings(SHOP)
    wanted = [f"n{n}" for n in range(20)]

    def ask(tx: Tx) -> None:
        for name in wanted:
            ask_act(tx, call, Act.ANNOUNCE, "test", station.now, name)

    station.write(ask)
    acts = station.write(lambda tx: calls.claim_actions(tx, NODE, station.now))
    assert [act.argument for act in acts] == wanted


def test_signals_of_one_frame_are_read_in_its_order(station: Station) -> None:
    zones = [f"{n}" for n in range(1, 9)]
    station.receives(*(station.signal("BA", zone) for zone in zones))
    station.correlate()
    told = [one.data["zone"] for one in station.entries("signal")]
    assert told == zones
