"""What callers do in the menu, as rows; whoever guesses codes gets nowhere."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from callflow.core.callers import guessing
from callflow.core.calls.call import Outcome
from callflow.core.watch.supervision import OnTest
from callflow.handling.alarms.operating import claim
from callflow.storage import Tx
from callflow.storage.sites import sites
from callflow.storage.watch import supervision
from tests.integration.handling.station import DESK, FIRST, SHOP, Station
from tests.support.phones.menu_caller import MenuCaller
from tests.support.rows.in_clear import in_clear

STRANGER = "+33639987001"
_NUMBERS = itertools.count()
EVERYTHING = {"*": ["cancel", "send_guard", "set_on_test", "instruct"]}


def call(station: Station, number: str = FIRST) -> MenuCaller:
    call_id = f"1795000000.{next(_NUMBERS)}"
    return MenuCaller(station.store, station.vault, number, call_id).calls(station.now)


def put(station: Station, **changed: Any) -> None:
    """Anne may do everything and has a code of her own; Bruno may nothing."""
    people: list[dict[str, Any]] = [
        {"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST, "language": "fr"},
        {"id": "bruno", "name": "Bruno", "role": "keyholder", "phone": SHOP, "language": "en"},
    ]
    people[0] |= {"code": "2580", "duress_code": "2581", "authorities": EVERYTHING}
    people[1] |= {"code": "3691", "authorities": {}}
    station.put(contacts=people, **changed)


def rings(station: Station) -> list[str]:
    """Whom the station calls, or is about to."""
    made = [row for one in station.incidents() for row in station.calls(one.id)]
    return [row.to for row in made if row.direction == "outgoing" and not row.ended_at]


def on_test(station: Station) -> list[OnTest]:
    running = station.read(lambda tx: supervision.running_tests(tx, ["1002"], station.now))
    return running.get("1002", [])


# --- who is it? ---------------------------------------------------------------------------


def test_a_known_number_is_asked_for_the_code_and_a_stranger_for_the_account(
    station: Station,
) -> None:
    put(station)
    assert "Tapez votre code" in call(station).heard[0]
    assert "numéro d'abonné" in call(station, STRANGER).heard[0]
    known = call(station, STRANGER).types("1002", "3691")
    assert "Thank you" in known.heard[-1]  # Bruno's language, once it is him
    assert station.call(known.call_id).contact_id == "bruno"
    assert station.entries("caller_known")


def test_of_two_with_one_code_it_is_whoever_s_number_it_is(station: Station) -> None:
    for number, who in ((SHOP, "1002-shop"), (FIRST, "1002-anne")):
        caller = call(station, number).types("2580")
        assert station.call(caller.call_id).contact_id == who


def test_nobody_learns_from_the_menu_whether_an_account_exists(station: Station) -> None:
    put(station)
    there = call(station, STRANGER).types("1002", "0007", "1002", "0007").heard
    nowhere = call(station, STRANGER).types("9999", "0007", "9999", "0007").heard
    assert there == nowhere


def test_a_second_wrong_code_brings_a_human(station: Station) -> None:
    put(station)
    caller = call(station).types("0007", "0008")
    assert (caller.progress.result, caller.progress.bridge) == (Outcome.WRONG_CODE, True)
    assert station.live(DESK).room == caller.call_id


def test_a_device_and_the_caller_of_a_held_or_a_mute_site_skip_the_menu(station: Station) -> None:
    cabin = {"id": "cabin", "name": "Cabin", "role": "device", "phone": STRANGER}
    station.put(contacts=[*_people(station), cabin])
    assert not call(station, STRANGER).facts.menus
    held = station.alarm("BA")
    assert call(station).facts.menus
    station.write(lambda tx: _claimed(tx, held.id, station))
    assert not call(station).facts.menus
    station.alarm("HA")
    assert not call(station).facts.menus


def _people(station: Station) -> list[dict[str, Any]]:
    put(station)
    return [{"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST, "code": "2580"}]


def _claimed(tx: Tx, incident_id: str, station: Station) -> None:
    claim(tx, incident_id, "claire", station.now)


# --- guessing -----------------------------------------------------------------------------


def test_a_site_s_codes_are_locked_once_guessing_could_pay(station: Station) -> None:
    put(station)  # three codes: three guesses of four digits are worth 0.0009
    for code in ("0007", "0008", "0009"):
        call(station, f"+3363998{code}0").types("1002", code)
    locked = call(station).types("2580")  # right, and not even looked at
    assert "les codes ne sont pas acceptés" in locked.heard[-1]
    assert locked.progress.bridge
    assert station.call(locked.call_id).contact_id is None
    station.now += guessing.DAY + timedelta(seconds=1)
    assert "code reconnu" in call(station).types("2580").heard[-1]


def test_where_many_have_codes_each_gets_in_from_their_own_number(station: Station) -> None:
    team: list[dict[str, Any]] = [
        {
            "id": f"p{n}",
            "name": f"P{n}",
            "role": "keyholder",
            "phone": f"+3363998020{n}",
            "code": f"25{n}0",
            "duress_code": f"25{n}1",
        }
        for n in range(1, 7)
    ]
    station.put(contacts=team)  # one guess at twelve codes would be worth more than a day's
    assert "code reconnu" in call(station, "+33639980203").types("2530").heard[-1]
    assert "pas reconnu" in call(station, "+33639980203").types("2540").heard[-1]
    stranger = call(station, STRANGER).types("1002", "2530")
    assert stranger.progress.bridge  # a human


def test_a_right_code_costs_nothing(station: Station) -> None:
    put(station)
    for _ in range(12):
        assert "code reconnu" in call(station).types("2580").heard[-1]


def test_guessing_over_many_sites_is_one_alarm_and_lets_honest_callers_in(
    station: Station,
) -> None:
    put(station)
    for place in range(guessing.OF_ALL // 2):
        call(station, f"+336399870{place:02d}").types(f"4{place:03d}", "1111", "5000", "1111")
    station.correlate()
    guesser = call(station, STRANGER).types("1002", "1111")
    (alarm,) = [row for row in station.incidents() if row.kind == "guessing"]
    assert alarm.with_human
    assert "les codes ne sont pas acceptés" in guesser.heard[-1]
    assert not guesser.progress.bridge  # nobody is woken by each of them
    assert call(station, STRANGER).types("1002", "1111", "0").progress.bridge  # but by who asks
    assert "code reconnu" in call(station).types("2580").heard[-1]


# --- deeds --------------------------------------------------------------------------------


def test_a_zone_is_put_on_test_told_of_and_ended(station: Station) -> None:
    put(station)
    caller = call(station).types("2580", "4", "2", "3", "2")
    assert "la zone 3 est en essai jusqu'à 6 heures" in caller.heard[-1]
    (test,) = on_test(station)
    assert test.zones == ("3",)
    assert test.ends_at == station.now + timedelta(hours=2)
    caller.types("3")
    assert "En essai jusqu'à 6 heures" in caller.heard[-1]
    caller.types("4")
    assert "L'essai est terminé" in caller.heard[-1]
    assert on_test(station) == []
    caller.hangs_up()
    assert station.call(caller.call_id).outcome == "served"


def test_nobody_puts_on_test_what_they_may_not_or_what_is_in_alarm(station: Station) -> None:
    put(station)
    assert "Mise en essai" in call(station).types("2580").heard[-1]
    assert "on test" not in "".join(call(station, SHOP).types("3691", "9").heard)
    caller = call(station).types("2580", "4", "2", "77", "1")
    assert "n'a pas cette zone" in caller.heard[-1]
    caller.types("4", "1")
    station.alarm("BA")  # meanwhile
    caller.types("1")
    assert "Un site en alarme ne se met pas en essai" in caller.heard[-1]
    assert on_test(station) == []


def test_an_alarm_is_cancelled_with_its_cause_and_rings_nobody_any_more(station: Station) -> None:
    put(station)
    alarm = station.alarm("BA")
    caller = call(station).types("2580", "1", "2")
    assert "En cours : alarme intrusion" in caller.heard[1]
    assert "annulée" in caller.heard[-1]
    after = station.incident(alarm.id)
    assert (after.resolution_code, after.closed_at) == ("technical", station.now)
    assert "Anne" in after.resolution_text
    assert rings(station) == []


@pytest.mark.parametrize("code", ["FA", "GA"])
def test_a_vital_alarm_is_cancelled_by_nobody_on_the_phone(station: Station, code: str) -> None:
    put(station)
    alarm = station.alarm(code)
    caller = call(station).types("2580", "1", "1")
    assert "un opérateur va vérifier" in caller.heard[-1]
    assert caller.progress.bridge
    after = station.incident(alarm.id)
    assert (after.state, after.human_reason) == ("open", "operator")
    assert station.entries("cancel_asked")


def test_whoever_the_plan_calls_and_calls_back_answers_for_it(station: Station) -> None:
    put(station)
    alarm = station.alarm("BA")
    assert station.place() == [FIRST]
    caller = call(station).types("2580")
    row = station.call(caller.call_id)
    assert (row.incident_id, row.step) == (alarm.id, "keyholders")
    station.ends(FIRST, "busy")
    assert rings(station) == []  # the plan waits: she is on the line
    caller.types("5")  # the next person
    caller.hangs_up()
    assert rings(station) == [SHOP]


def test_closing_late_moves_the_closing_of_today_only(station: Station) -> None:
    station.now = station.now.replace(hour=16)
    put(station, schedule={"week": {"wed": ["08:00-19:00"]}, "late": 15})
    for time in ("9900", "1830", "0400"):
        assert "pas acceptée" in call(station).types("2580", "5", time).heard[-1]
    caller = call(station).types("2580", "5", "2230")
    assert "fermeture est attendue à 22 heures 30" in caller.heard[-1]
    row = station.read(lambda tx: sites.get(tx, "1002"))
    assert row is not None
    assert row.schedule is not None
    assert row.schedule["exceptions"] == {"2026-11-25": ["08:00-22:30"]}
    assert row.schedule_due == station.now.replace(hour=21, minute=45)
    (told,) = station.entries("closing_late")
    assert told.who == "Anne"


def test_a_code_is_changed_and_an_easy_or_a_taken_one_is_not(station: Station) -> None:
    put(station)
    caller = call(station).types("2580")
    for bad in ("1111", "1234", "9876", "123", "123456789", "3691", "2580", "2581"):
        caller.types("7", bad[:8] if bad != "123456789" else "12")
        assert "ne peut pas être choisi" in caller.heard[-1], bad
    caller.types("7", "4815", "4816")
    assert "diffèrent" in caller.heard[-1]
    caller.types("7", "4815", "4815")
    assert "changé" in caller.heard[-1]
    assert "pas reconnu" in call(station).types("2580").heard[-1]
    assert "code reconnu" in call(station).types("4815").heard[-1]
    assert not in_clear("4815", station.entries("code_changed"))


def test_the_call_list_is_read_out(station: Station) -> None:
    put(station)
    said = call(station).types("2580", "8").heard[-1]
    assert said.startswith("Numéro 1, Anne. Numéro 2, Bruno.")


def test_under_duress_all_sounds_like_success_and_nothing_is_done(station: Station) -> None:
    put(station)
    honest = call(station).types("2580", "4", "1", "1", "3")
    ended = honest.types("4")
    assert on_test(station) == []
    threatened = call(station).types("2581", "4", "1", "1")
    assert threatened.heard == ended.heard[: len(threatened.heard)]  # word for word
    assert on_test(station) == []
    station.correlate()
    (alarm,) = station.incidents()
    assert (alarm.kind, alarm.with_human) == ("duress", True)
    assert station.entries("deed_under_duress")
    assert station.call(threatened.call_id).result == "duress"


def test_duress_in_an_alarm_sounds_like_cancelling_it_and_makes_it_mute(station: Station) -> None:
    put(station)
    station.alarm("BA")
    honest = call(station).types("2580", "1", "1")
    alarm = station.alarm("BA")
    threatened = call(station).types("2581", "1", "1")
    assert threatened.heard == honest.heard
    after = station.incident(alarm.id)
    assert (after.duress, after.state) == (True, "open")


def test_a_caller_whose_site_went_meanwhile_is_a_human_s(station: Station) -> None:
    put(station)
    caller = call(station).types("2580")
    station.put(contacts=[])
    with pytest.raises(LookupError):
        caller.types("3")
