"""Sites are moved over a lot at a time, and back: this station acts for those alone."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest

from callflow.core.alarms.incident import Machine
from callflow.core.records.monthly import Subject, number_of
from callflow.core.signals.protocol import Heard
from callflow.core.simulation.stand_ins import NOBODY
from callflow.core.station.commissioning import Check
from callflow.core.station.comparison import Columns
from callflow.handling.alarms import operating
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import NotFound
from callflow.handling.calls import stand_ins, trial_calls
from callflow.handling.records import monthly
from callflow.handling.station import commissioning, comparing
from callflow.storage.messages import outbox
from callflow.storage.records import monthly as monthly_rows
from callflow.storage.sites import moves, sites
from callflow.storage.watch import comparisons
from tests.integration.handling.interventions.test_interventions import OWN, put_firm
from tests.integration.handling.station import DESK, SHOP, Station
from tests.integration.handling.watch.test_shadow import plays, set_shadow


def over(station: Station, *site_ids: str, in_spite: str = "essai") -> commissioning.Moved:
    return station.write(
        lambda tx: commissioning.move_over(
            tx, site_ids, "odile", station.now, lot="lot 1", in_spite=in_spite
        )
    )


def back(station: Station, *site_ids: str, reason: str = "panne") -> tuple[str, ...]:
    return station.write(
        lambda tx: commissioning.move_back(tx, site_ids, "odile", station.now, reason=reason)
    )


@pytest.fixture
def beside(station: Station) -> Station:
    """Out of the shadow itself; its two sites are still the other system's."""
    station.put("1003", contacts=_people("1003"))
    set_shadow(station, True)
    set_shadow(station, False)
    return station


def _people(account: str) -> list[dict[str, object]]:
    return [
        {
            "id": f"{account}-shop",
            "name": "shop",
            "role": "premises",
            "phone": "+33639980777",
            "code": "2580",
            "authorities": {"*": ["cancel"]},
        }
    ]


def test_only_a_site_that_was_moved_is_called_for(beside: Station) -> None:
    over(beside, "1002")
    mine, theirs = beside.alarm(account="1002"), beside.alarm(account="1003")
    assert (mine.shadow, theirs.shadow) == (False, True)
    assert beside.place() == [SHOP]
    beside.write(lambda tx: stand_ins.go_on(tx, NOBODY, node="node0", now=beside.now))
    assert [call.shadow for call in beside.calls(theirs.id)] == [True]
    assert beside.read(lambda tx: load_policy(tx).shadow_sites) == 1
    (entry,) = beside.entries("site_moved_in_spite")
    assert (entry.site, entry.who) == ("1002", "odile")


def test_of_a_site_in_shadow_no_camera_is_recorded_and_no_report_leaves(beside: Station) -> None:
    """Its client's and its firm's reports wait until the last of their sites is moved over."""
    put_firm(beside, "near", phone=OWN)
    link = {"id": "near", "name": "near", "role": "guard", "phone": OWN}
    for site in ("1002", "1003"):
        camera = {"id": site, "name": site, "url": f"rtsp://192.0.2.7/{site}", "pre_alarm": True}
        people = [*_people(site), link]
        beside.put(site, client=f"Client {site}", cameras=[camera], contacts=people)
        known = beside.read(partial(sites.get, site_id=site))
        assert known
        _subscribe(beside, Subject.CLIENT, known.client_id)
    _subscribe(beside, Subject.FIRM, "near")
    _subscribe(beside, Subject.STATION, "")

    assert _leaves(beside) == (set(), [Subject.STATION])
    over(beside, "1002")
    assert _leaves(beside) == ({"1002"}, [Subject.CLIENT])
    over(beside, "1003")
    assert _leaves(beside) == ({"1002", "1003"}, [Subject.CLIENT, Subject.FIRM])


def _subscribe(station: Station, subject: Subject, whose: str) -> None:
    how = ("a@example.org", "fr", "odile", station.now)
    station.write(lambda tx: monthly.subscribe(tx, subject, whose, *how))


def _leaves(station: Station) -> tuple[set[str], list[Subject]]:
    """Which cameras are recorded, and whose reports of October are made now."""
    first, made = date(2026, 10, 1), []
    while due := station.read(lambda tx: monthly_rows.next_due(tx, number_of(first))):
        station.write(
            partial(monthly.made, wanted=due, first=first, now=station.now, document=None)
        )
        made.append(due.subject)
    return {camera.id for camera in station.read(outbox.recorded_cameras)}, sorted(made)


def test_a_shared_number_that_only_seems_to_be_called_holds_up_nobody(beside: Station) -> None:
    beside.put("1003", contacts=[{**_people("1003")[0], "phone": SHOP}])
    over(beside, "1002")
    beside.alarm(account="1003")
    beside.write(lambda tx: stand_ins.go_on(tx, NOBODY, node="node0", now=beside.now))
    beside.alarm(account="1002")
    assert beside.place() == [SHOP]


def test_work_of_a_site_in_shadow_rings_no_desk_and_keeps_none_from_ringing(
    beside: Station,
) -> None:
    over(beside, "1002")
    beside.alarm("FA", account="1003")
    beside.later(120)
    assert beside.wanted().count(DESK) == 0
    beside.alarm("FA", account="1002")
    beside.later(60)
    assert DESK in beside.wanted()


def test_what_was_open_is_a_persons_and_its_plan_calls_nobody(beside: Station) -> None:
    incident = beside.alarm(account="1002")
    plays(beside, NOBODY, 3)
    over(beside, "1002")
    after = beside.incident(incident.id)
    assert (after.shadow, after.with_human, after.machine) == (False, True, Machine.STOPPED)
    assert after.human_reason == "from_shadow"
    assert all(not call.live for call in beside.calls(incident.id))
    beside.write(lambda tx: operating.claim(tx, incident.id, "odile", beside.now))
    beside.write(lambda tx: operating.resume_plan(tx, incident.id, "odile", beside.now))
    assert beside.place() != []  # by a person's hand it goes on, and really calls


def test_the_way_back_leaves_what_is_open_to_a_person_and_the_next_to_the_other(
    beside: Station,
) -> None:
    over(beside, "1002")
    incident = beside.alarm(account="1002")
    beside.later(1)
    assert back(beside, "1002") == ("1002",)
    after = beside.incident(incident.id)
    assert (after.shadow, after.with_human, after.machine) == (False, True, Machine.STOPPED)
    assert beside.alarm("GA", "5").shadow
    assert beside.place() == []
    (entry,) = beside.entries("site_moved_back")
    assert "panne" in entry.text
    assert beside.read(lambda tx: moves.latest(tx, ["1002"]))["1002"].in_service is False


def test_moving_twice_or_where_nothing_is_to_be_moved_does_nothing(beside: Station) -> None:
    over(beside, "1002", "1002")
    over(beside, "1002")
    assert len(beside.entries("site_moved_in_spite")) == 1
    assert back(beside, "1003") == ()
    with pytest.raises(NotFound):
        over(beside, "none")
    with pytest.raises(BadField):
        back(beside, "1002", reason="  ")


def test_a_site_that_is_not_ready_is_left_and_says_why(beside: Station) -> None:
    done = over(beside, "1002", in_spite="")
    assert done.moved == ()
    assert {one.check for one in done.left["1002"]} == {
        Check.TEST_CALL,
        Check.HEARD,
        Check.DAYS,
    }
    assert beside.entries("site_moved") == []


def test_a_site_that_is_ready_is_moved_without_a_word(beside: Station) -> None:
    _hear(beside)
    for contact in ("1002-shop", "1002-anne", "1002-bruno"):
        _tries(beside, contact)
    _compares(beside, days=8)
    found = beside.read(lambda tx: commissioning.looked_at(tx, "1002", beside.now))
    assert found == []
    over(beside, "1002", in_spite="")
    assert [entry.site for entry in beside.entries("site_moved")] == ["1002"]


def _hear(station: Station) -> None:
    heard = {"1002": Heard(station.now, "dc09-tcp")}
    station.write(lambda tx: sites.note_heard(tx, heard))


def _tries(station: Station, contact: str) -> None:
    """A test call that the person answers by a key."""
    incident = station.write(
        lambda tx: trial_calls.test_call(tx, "1002", contact, "odile", station.now)
    )
    (call,) = station.calls(incident.id)
    assert not call.shadow  # a person asked for it, and it is announced: it really rings
    station.replies(call.to, "acknowledged")


def _compares(station: Station, *, days: int) -> None:
    """Each day's list says what we say."""
    station.later(days * 86_400)
    station.receives(station.signal("RP", "0", "1002"))
    station.correlate()
    line = f"1002,{station.now.isoformat()}"
    data = f"account,at\n{line}\n".encode()
    laid = station.read(lambda tx: comparing.lay(tx, data, Columns()))
    station.write(lambda tx: comparing.keep(tx, laid, "jour.csv", "odile", station.now))


def test_a_comparison_is_kept_told_and_counts_against_its_site(beside: Station) -> None:
    incident = beside.alarm(account="1002")
    at = (beside.now + timedelta(seconds=2)).isoformat()
    lost = (beside.now + timedelta(seconds=9)).isoformat()
    data = f"account,at,Prio\n1002,{at},4\n1003,{lost},1\nx\n".encode()
    chosen = Columns(priority="Prio")
    beside.write(lambda tx: comparing.set_columns(tx, chosen, "odile", beside.now))
    assert beside.read(comparing.columns) == chosen
    laid = beside.read(lambda tx: comparing.lay(tx, data, chosen))
    made = beside.write(lambda tx: comparing.keep(tx, laid, "jour.csv", "odile", beside.now))
    assert (made.compared, made.unread) == (1, 1)
    found = beside.read(lambda tx: comparisons.differences(tx, made.id))
    assert [(one.what, one.account, one.incident) for one in found] == [
        ("priority", "1002", incident.id),
        ("missing", "1003", None),
    ]
    (entry,) = beside.entries("compared")
    assert "jour.csv" in entry.text
    of = beside.read(lambda tx: comparisons.of_site(tx, "1002"))
    assert of.differed_at is not None
