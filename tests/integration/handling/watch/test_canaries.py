"""Canaries as rows: one at a time, over trunks that have channels to spare, in nobody's way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.calls.call import CallState, Dialogue, Outcome
from callflow.core.calls.dial_policy import NOT_OUR_NUMBER
from callflow.core.calls.purpose import Purpose
from callflow.core.watch.organs import Part, Reason, State
from callflow.handling.base import policy
from callflow.handling.calls import calling
from callflow.handling.watch import canaries, organs
from callflow.handling.watch.canaries import Due
from callflow.settings.config import Settings
from callflow.settings.trunks import TrunkSettings
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.people import users
from callflow.storage.watch import canaries as rows
from tests.integration.handling.station import DESK, DUTY, FIRST, NIGHT, SHOP, Station

NODE, OURS = "node0", "+33139980000"
HOUR = timedelta(hours=1)
BEGUN = NIGHT - HOUR
SHOWN = {"alpha": "+33939980001", "beta": "+33939980002"}


def trunk(name: str, **changed: Any) -> TrunkSettings:
    fields = {"channels": 5, "reserved": 1, "machine_number": SHOWN.get(name, OURS), **changed}
    return TrunkSettings(name=name, **fields)


def use(station: Station, *trunks: TrunkSettings, **changed: Any) -> None:
    """Trunks, and a telephony that lives."""
    settings = Settings(
        trunks=trunks,
        canary_number=OURS,
        desk_phones=(DESK,),
        duty_numbers=(DUTY,),
        **changed,
    )
    station.write(lambda tx: policy.save_policy(tx, settings))


def beats(station: Station, **states: str) -> None:
    """Telephony says that it lives, and how its trunks are."""
    told = [{"name": name, "state": state} for name, state in states.items()]
    station.write(
        lambda tx: users.process_beat(
            tx,
            "telephony",
            pid=1,
            since=BEGUN,
            now=station.now,
            state={"asterisk": "up", "trunks": told},
            name="telephony",
            node=NODE,
            host="here",
        )
    )


@pytest.fixture
def two(station: Station) -> Station:
    use(station, trunk("alpha"), trunk("beta"))
    return station


def due(station: Station) -> Due | None:
    beats(station)
    return station.write(lambda tx: canaries.find(tx, station.now, BEGUN))


def look(station: Station) -> Due | None:
    """As the engine does."""
    found = due(station)
    if found is not None:
        station.write(lambda tx: canaries.act(tx, found, station.now))
    return found


def claim(station: Station) -> list[calling.CallOrder]:
    return station.write(lambda tx: calling.claim_calls(tx, node=NODE, now=station.now))


def placed(station: Station) -> calling.CallOrder:
    """The next canary, on its trunk."""
    assert look(station) is not None
    (order,) = claim(station)
    return order


def comes_back(station: Station, call: str, *, out: float = 2.5, back: float = 2.5) -> None:
    """Answered, and each leg measured."""

    def legs(tx: Tx) -> None:
        assert canaries.picked_up(tx, call, station.now)
        assert canaries.came_back(tx, call, "node0-1.7", SHOWN["alpha"])
        canaries.listened(tx, call, back)
        canaries.heard(tx, call, "node0-1.7", out)

    station.write(legs)
    ends(station, call, Outcome.HUNG_UP)


def ends(station: Station, call: str, outcome: Outcome, **more: Any) -> None:
    now = station.now
    station.write(lambda tx: calling.call_ended(tx, call, outcome=outcome, now=now, **more))


def newest(station: Station, trunk: str = "alpha") -> list[tuple[State | None, Reason | None]]:
    found = station.write(lambda tx: rows.newest(tx, trunk, NODE, limit=9))
    return [(one.state, one.reason) for one in found]


def said(station: Station) -> tuple[State, Reason | None] | None:
    """What the station says of the first trunk's canary; None: nothing yet."""
    beats(station)
    found = station.read(lambda tx: organs.organs(tx, organs.facts(tx, station.now), station.now))
    mine = [one for one in found if (one.part, one.name) == (Part.CANARY, "alpha")]
    return (mine[0].state, mine[0].reason) if mine else None


def test_each_trunk_is_tried_alone_one_after_the_other_and_again_a_period_later(
    two: Station,
) -> None:
    first = placed(two)
    assert (first.to, first.trunk, first.dialogue) == (OURS, "alpha", Dialogue.CANARY)
    assert first.caller == SHOWN["alpha"]
    assert look(two) is None, "one at a time"
    comes_back(two, first.call_id)
    assert look(two) == Due(settle=first.call_id)
    assert newest(two) == [(State.OK, None)]
    second = placed(two)
    assert second.trunk == "beta"
    ends(two, second.call_id, Outcome.UNREACHABLE, detail="SIP 503", not_carried=True)
    assert claim(two) == [], "what a trunk did not carry is handed on to none"
    assert look(two) == Due(settle=second.call_id)
    assert newest(two, "beta") == [(State.FAILED, Reason.NO_ANSWER)]
    two.now += timedelta(seconds=61)
    assert (found := look(two)) is not None, "once more, before anybody is told"
    assert found.trunk == "beta"


def test_a_station_that_is_new_waits_a_period(two: Station) -> None:
    beats(two)
    found = two.write(lambda tx: canaries.find(tx, two.now, two.now - timedelta(minutes=59)))
    assert found is None


@pytest.mark.parametrize(
    "changed",
    [{"canary_every": 0}, {"shadow": True}],
)
def test_a_station_that_makes_none(station: Station, changed: dict[str, Any]) -> None:
    use(station, trunk("alpha"), **changed)
    assert look(station) is None
    assert station.write(lambda tx: calls.of_kind(tx, Purpose.CANARY, limit=9)) == []


@pytest.mark.parametrize(
    "of_trunk",
    [{"enabled": False}, {"canary": False}, {"channels": 2, "reserved": 0}, {"reserved": 5}],
)
def test_a_trunk_that_is_not_tried(station: Station, of_trunk: dict[str, Any]) -> None:
    use(station, trunk("alpha", **of_trunk), trunk("beta"))
    assert due(station) == Due(trunk="beta", node=NODE)


def test_what_is_tried_no_more_says_nothing_any_more(station: Station) -> None:
    use(station, trunk("alpha"))
    for _ in range(2):
        comes_back(station, placed(station).call_id, out=0.0)
        look(station)
        station.now += timedelta(minutes=2)
    assert said(station) == (State.FAILED, Reason.NO_AUDIO_OUT)
    use(station, trunk("alpha", canary=False), trunk("beta"))
    assert look(station) == Due(over=True, trunk="alpha", node=NODE)
    assert said(station) is None
    assert look(station) == Due(trunk="beta", node=NODE)


def test_a_trunk_that_is_down_is_an_alarm_already(two: Station) -> None:
    beats(two, alpha="down")
    found = two.write(lambda tx: canaries.find(tx, two.now, BEGUN))
    assert found == Due(trunk="beta", node=NODE)


def test_it_waits_behind_a_vital_call_and_leaves_a_channel_free(two: Station) -> None:
    two.put()
    assert look(two) is not None
    two.alarm("FA")  # a fire: its calls are vital
    orders = claim(two)
    assert [order.to for order in orders] == [SHOP]
    two.now += timedelta(seconds=31)
    assert look(two) is not None, "it is withdrawn"
    (call,) = two.write(lambda tx: calls.of_kind(tx, Purpose.CANARY, limit=9))
    assert call.state is CallState.CANCELLED
    assert newest(two) == [(State.UNKNOWN, None)], "that says nothing of its trunk"


def test_a_failure_is_told_once_it_failed_twice_and_so_is_its_end(station: Station) -> None:
    use(station, trunk("alpha"))
    told = []
    for back in (0.0, 0.0, 2.5):
        comes_back(station, placed(station).call_id, back=back)
        assert look(station) is not None
        told.append(said(station))
        station.now += timedelta(minutes=10)
    assert told == [None, (State.FAILED, Reason.NO_AUDIO_IN), (State.OK, None)]


def test_the_machine_calls_its_own_number_and_no_other(two: Station) -> None:
    assert look(two) is not None
    (call,) = two.read(lambda tx: calls.of_kind(tx, Purpose.CANARY, limit=9))
    two.write(lambda tx: calls.change(tx, call.id, to=FIRST))
    two.put()
    assert claim(two) == []
    assert two.call(call.id).detail == NOT_OUR_NUMBER
    assert look(two) == Due(settle=call.id)
    assert newest(two) == [(State.UNKNOWN, None)]


def test_nobody_proves_themselves_by_keys_that_were_overheard(two: Station) -> None:
    call = placed(two).call_id
    two.write(lambda tx: canaries.picked_up(tx, call, two.now))
    assert two.write(lambda tx: canaries.came_back(tx, call, "node0-1.7", SHOWN["alpha"]))
    assert not two.write(lambda tx: canaries.came_back(tx, call, "node0-1.8", FIRST))
    ends(two, call, Outcome.HUNG_UP)
    assert two.read(canaries.awaited) is None
    two.write(lambda tx: canaries.listened(tx, call, 2.5))
    two.write(lambda tx: canaries.heard(tx, call, "node0-1.8", 0.0))  # the other one's
    two.write(lambda tx: canaries.heard(tx, call, "node0-1.7", 2.5))
    look(two)
    assert newest(two) == [(State.OK, None)]
    assert not two.write(lambda tx: canaries.came_back(tx, call, "node0-1.9", FIRST))


@pytest.mark.parametrize(
    ("shown", "heard", "ours"),
    [
        (SHOWN["alpha"], 0.0, True),  # its keys and its sound were lost
        (FIRST, 2.0, True),  # and it shows another number
        (FIRST, 0.0, False),  # somebody called, and gave up
        (FIRST, None, False),
    ],
)
def test_whoever_hung_up_without_a_key_is_a_caller_unless_all_says_otherwise(
    two: Station, shown: str, heard: float | None, ours: bool
) -> None:
    call = placed(two).call_id

    def may(tx: Tx) -> bool:
        return canaries.may_have_come_back(tx, call, "node0-1.7", shown, heard)

    assert not two.write(may), "not before it was answered"
    two.write(lambda tx: canaries.picked_up(tx, call, two.now))
    assert two.write(may) is ours


def test_its_keys_are_of_one_call_and_one_station(station: Station) -> None:
    keys = canaries.keys(station.vault, "one")
    assert keys == canaries.keys(station.vault, "one")
    assert len(keys) == 10
    assert keys.isdecimal()
    others = {canaries.keys(station.vault, f"call {n}") for n in range(100)}
    assert len(others | {keys}) == 101
