"""What an operator did to an alarm is taken back within seconds, unless it went on since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident, State
from callflow.core.alarms.undo import Offer
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.task import TaskState
from callflow.handling.alarms import operating, undoing
from callflow.handling.base import refusals
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.interventions.measures import open_measure
from callflow.storage.alarms import incidents, tasks
from tests.integration.handling.alarms.test_operating import Desk
from tests.integration.handling.station import SHOP, Station

Row = dict[str, Any]


@pytest.fixture
def alice(station: Station) -> Desk:
    return Desk(station)


def offered(station: Station, who: str = "alice") -> Offer:
    offer = station.read(lambda tx: undoing.offered(tx, who, station.now))
    assert offer
    return offer


def undo(station: Station, who: str = "alice", *, after: float = 3) -> str:
    station.later(after)
    offer = offered(station, who)
    return station.write(lambda tx: undoing.take_back(tx, offer.id, who, station.now))


def refused_by_now(station: Station, offer: Offer) -> None:
    """It is not offered any more, and whoever sees it still is told."""
    assert station.read(lambda tx: undoing.offered(tx, "alice", station.now)) is None
    with pytest.raises(Refused, match="something happened"):
        station.write(lambda tx: undoing.take_back(tx, offer.id, "alice", station.now))


def shape(row: Incident) -> Row:
    """What a person would see of it."""
    changing = {"version", "machine_due", "due_at", "step_since"}
    return {name: value for name, value in vars(row).items() if name not in changing}


def test_an_undone_claim_lets_the_machine_go_on(station: Station, alice: Desk) -> None:
    before = station.alarm()
    assert station.wanted() == [SHOP]
    alice.takes(before)
    assert station.wanted() == []
    assert undo(station) == before.id
    now = station.incident(before.id)
    assert now.holder is None
    assert now.machine == "running"
    assert not now.with_human
    assert station.wanted() == [SHOP]  # the same person is called after all
    assert "undone" in station.told(before.id)


def test_an_undone_claim_frees_the_whole_site(station: Station, alice: Desk) -> None:
    one, other = station.alarm(), station.alarm(code="FA", zone="9")
    alice.takes(other)
    assert {row.holder for row in station.incidents()} == {"alice"}
    undo(station)
    assert {row.holder for row in station.incidents()} == {None}
    assert station.incident(one.id).machine == "running"


def test_an_undone_parking_is_held_again(station: Station, alice: Desk) -> None:
    row = station.alarm()
    alice.takes(row)
    station.later(20)
    before = station.incident(row.id)
    alice.parks(row, 300)
    undo(station)
    assert shape(station.incident(row.id)) == shape(before)


def test_what_was_given_back_or_handed_over_by_mistake_is_held_again(
    station: Station, alice: Desk
) -> None:
    row, other = station.alarm(), station.alarm(code="FA", zone="9")
    alice.takes(row)
    station.later(20)
    before = [station.incident(one.id) for one in (row, other)]
    for to in ("", "bruno"):
        if to:
            alice.transfers(row, to)
        else:
            alice.releases(row)
        assert station.incident(row.id).holder != "alice"
        assert undo(station) == row.id
        assert [shape(station.incident(one.id)) for one in before] == [shape(b) for b in before]
    assert station.told(row.id).count("undone") == 2
    assert station.told(other.id).count("undone") == 1  # the whole site had gone with it


def test_what_a_colleague_has_begun_with_is_theirs(station: Station, alice: Desk) -> None:
    row = station.alarm()
    alice.takes(row)
    alice.transfers(row, "bruno")
    offer = offered(station)
    Desk(station, "bruno").notes(row, "je m'en occupe")
    refused_by_now(station, offer)
    assert station.incident(row.id).holder == "bruno"


def test_who_goes_takes_nothing_back(station: Station, alice: Desk) -> None:
    """A shift's end, or a call that a colleague has answered, hands over for good."""
    row = station.alarm()
    alice.takes(row)
    station.later(20)
    station.write(lambda tx: operating.pass_on(tx, row.id, "alice", "bruno", station.now))
    assert station.read(lambda tx: undoing.offered(tx, "alice", station.now)) is None


def test_an_undone_closing_is_open_as_it_was(station: Station, alice: Desk) -> None:
    row = station.alarm()
    alice.takes(row)
    station.later(20)
    before = station.incident(row.id)
    alice.closes(row, text="erreur")
    assert station.incident(row.id).state != "open"
    undo(station)
    assert shape(station.incident(row.id)) == shape(before)


def test_a_second_closing_is_undone_to_awaiting_normal(station: Station, alice: Desk) -> None:
    row = station.alarm()
    alice.takes(row)
    alice.closes(row)
    assert station.incident(row.id).state == State.AWAITING_NORMAL.value
    station.later(60)
    lasts = timedelta(hours=1)
    station.write(
        lambda tx: open_measure(
            tx, station.incident(row.id), Measure.OTHER, "client", lasts, station.now
        )
    )
    before = station.incident(row.id)
    alice.closes(row)
    assert station.incident(row.id).state == State.FILED.value
    undo(station)
    assert shape(station.incident(row.id)) == shape(before)


def test_what_was_withdrawn_by_a_closing_is_asked_for_again(station: Station, alice: Desk) -> None:
    station.plan(
        "asks",
        {"id": "look", "kind": "act_on_panel", "text": "armer", "command": "arm"},
        {"id": "end", "kind": "hand_to_operator"},
    )
    station.put(plans={"*": "asks"})
    row = station.alarm()
    alice.takes(row)

    def states() -> list[str]:
        return [t.state for t in station.read(lambda tx: tasks.of_incident(tx, row.id))]

    assert states() == [TaskState.OPEN.value]
    station.later(20)
    alice.closes(row)
    assert states() == [TaskState.CANCELLED.value]
    undo(station)
    assert states() == [TaskState.OPEN.value]


def test_what_happened_since_makes_an_act_stand(station: Station, alice: Desk) -> None:
    row = station.alarm()
    alice.takes(row)
    offer = offered(station)
    station.alarm(zone="4")
    refused_by_now(station, offer)
    assert station.incident(row.id).holder == "alice"


def test_it_is_offered_for_eight_seconds_to_who_did_it_and_once(
    station: Station, alice: Desk
) -> None:
    row = station.alarm()
    alice.takes(row)
    offer = station.read(lambda tx: undoing.offered(tx, "alice", station.now))
    assert offer
    assert station.read(lambda tx: undoing.offered(tx, "bruno", station.now)) is None
    with pytest.raises(NotFound):
        station.write(lambda tx: undoing.take_back(tx, offer.id, "bruno", station.now))
    late = station.now + timedelta(seconds=12)
    assert station.read(lambda tx: undoing.offered(tx, "alice", late)) is None
    with pytest.raises(Refused, match="too late"):
        station.write(lambda tx: undoing.take_back(tx, offer.id, "alice", late))
    undo(station)
    with pytest.raises(Refused):
        station.write(lambda tx: undoing.take_back(tx, offer.id, "alice", station.now))


def test_a_taken_site_that_was_taken_already_offers_nothing(station: Station, alice: Desk) -> None:
    row = station.alarm()
    alice.takes(row)
    station.later(30)
    alice.takes(row)
    assert station.read(lambda tx: undoing.offered(tx, "alice", station.now)) is None


def test_a_parked_alarm_comes_back_with_its_reminder(station: Station, alice: Desk) -> None:
    row = station.alarm()
    alice.takes(row)
    until = station.now + timedelta(seconds=300)
    station.write(
        lambda tx: operating.park(
            tx, row.id, "alice", until, station.now, reminder="rappeler le gardien"
        )
    )
    station.later(301)
    station.decide(row.id)
    assert station.incident(row.id).parked_until is None
    assert [e.data["note"] for e in station.entries("unparked")] == ["rappeler le gardien"]
    assert station.incident(row.id).reminder == "rappeler le gardien"


def test_a_transfer_takes_the_whole_site_along(station: Station, alice: Desk) -> None:
    station.alarm()
    other = station.alarm(code="FA", zone="9")
    alice.takes(other)
    alice.transfers(other, "bruno")
    assert {row.holder for row in station.incidents()} == {"bruno"}
    with pytest.raises(Refused):
        Desk(station, "bruno").transfers(other, "bruno")


# --- several together --------------------------------------------------------------------------


def together(station: Station, row: Incident, act: str, **more: Any) -> None:
    def run(tx: Any) -> None:
        operating.act_together(tx, row.id, act, "alice", station.now, **more)

    station.write(run)


def test_several_of_a_site_are_closed_together(station: Station) -> None:
    rows = [station.alarm(), station.alarm(code="FA", zone="4")]
    for row in rows:
        together(station, row, "close", site="1002", code="false_alarm", text="exercice")
    assert {row.state for row in station.incidents()} == {State.AWAITING_NORMAL.value}
    with pytest.raises(Refused, match="another site"):
        together(station, rows[0], "note", site="1003", text="x")


def test_a_vital_alarm_or_one_of_no_storm_is_in_no_batch(station: Station) -> None:
    fire = station.alarm(code="FA", zone="9")
    with pytest.raises(Refused, match="no part of this storm"):
        together(station, fire, "close", storm="s", code="other")
    station.write(lambda tx: incidents.change(tx, fire, storm_id="s"))
    with pytest.raises(Refused, match="handled alone"):
        together(station, fire, "close", storm="s", code="other")
    assert station.incident(fire.id).state == "open"


def test_what_another_holds_is_not_parked_in_a_batch(station: Station) -> None:
    row = station.alarm()
    Desk(station, "bruno").takes(row)
    until = station.now + timedelta(minutes=5)
    with pytest.raises(refusals.Held, match="bruno"):
        together(station, row, "park", site="1002", until=until)
    Desk(station, "bruno").releases(row)
    together(station, row, "park", site="1002", until=until, text="après la tempête")
    assert station.incident(row.id).parked_until == until
    assert station.incident(row.id).reminder == "après la tempête"
