"""What a dialogue may say and accept in a call: facts from the rows, codes from the vault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callflow.core.calls.call import Call
from callflow.core.calls.dialogue import Answer, CodeVerdict, Dialogue, Facts, Progress, State
from callflow.core.signals.signal import Kind
from callflow.handling.calls import calling, dialogues
from callflow.storage import Tx
from callflow.storage.calls import calls
from tests.integration.handling.station import DESK, FIRST, SHOP, Station

EVERYTHING = {"*": ["cancel", "send_guard"]}
OFF_SITE = {Answer.HELP, Answer.GOING, Answer.NEXT_PERSON, Answer.KNOWN_CAUSE}


def begin(station: Station, call_id: str) -> tuple[Facts, Progress]:
    found = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, call_id))
    assert found is not None
    return found


def facts(station: Station, number: str) -> Facts:
    return begin(station, str(station.live(number).id))[0]


def one(role: str, authorities: dict[str, list[str]], **more: Any) -> list[dict[str, Any]]:
    """A site's only contact."""
    fields = {"id": "c", "name": "c", "role": role, "phone": FIRST, "code": "2580"}
    return [fields | {"authorities": authorities} | more]


def test_what_is_said_of_the_alarm(station: Station) -> None:
    station.put(address="1 rue du Port", timezone="America/Martinique", language="en")
    station.alarm("BA", "3")
    said = facts(station, SHOP)
    assert (said.dialogue, said.site_name, said.address) == (
        Dialogue.VERIFICATION,
        "Shop",
        "1 rue du Port",
    )
    assert (said.kind, said.zone, said.zone_name) == (Kind.INTRUSION, "3", "Hall")
    assert said.recognition_word == "mimosa"
    assert said.language == "fr"  # the contact's, not the site's
    assert said.at is not None
    assert said.at.hour == 23  # the site's own time


@pytest.mark.parametrize(
    ("role", "authorities", "code", "answers"),
    [
        ("premises", EVERYTHING, "BA", {Answer.HELP, Answer.FALSE_ALARM, Answer.SEND_GUARD}),
        ("premises", {"*": ["cancel"]}, "FA", {Answer.HELP, Answer.FALSE_ALARM}),
        ("premises", {}, "BA", {Answer.HELP}),
        ("premises", {"fire": ["cancel"]}, "BA", {Answer.HELP}),
        ("premises", {"*": ["cancel"], "intrusion": []}, "BA", {Answer.HELP}),
        ("keyholder", {}, "BA", OFF_SITE),
        ("keyholder", {"*": ["cancel"]}, "BA", OFF_SITE | {Answer.FALSE_ALARM}),
        ("keyholder", {"*": ["send_guard"]}, "BA", OFF_SITE | {Answer.SEND_GUARD}),
        ("keyholder", {"*": ["cancel"]}, "FA", OFF_SITE),  # identity is not knowledge (D3)
    ],
)
def test_the_keys_are_the_persons_authorities_on_site_or_off(
    station: Station, role: str, authorities: dict[str, list[str]], code: str, answers: set[Answer]
) -> None:
    station.put(contacts=one(role, authorities))
    station.alarm(code)
    assert facts(station, FIRST).answers == answers


def test_a_confirmed_intrusion_takes_the_cancel_key_away_from_off_site(station: Station) -> None:
    station.put(contacts=one("keyholder", EVERYTHING))
    station.alarm("BA", "3")
    assert Answer.FALSE_ALARM in facts(station, FIRST).answers
    station.alarm("BA", "4")
    assert Answer.FALSE_ALARM not in facts(station, FIRST).answers


def test_under_duress_nobody_cancels(station: Station) -> None:
    station.put(contacts=one("premises", EVERYTHING))
    station.alarm("BA")
    call_id = station.picks_up(FIRST)
    station.says(call_id, "duress")
    assert Answer.FALSE_ALARM not in begin(station, call_id)[0].answers


def test_a_desk_hears_what_waits_and_nothing_secret(station: Station) -> None:
    station.alarm("HA")
    station.later(1)
    station.alarm("FA")
    station.later(30)
    said = facts(station, DESK)
    assert (said.dialogue, said.waiting_count, said.recognition_word) == (Dialogue.DESK, 2, None)
    assert (said.kind, said.personal, said.room) == (Kind.HOLD_UP, True, "")


@pytest.mark.parametrize(
    ("digits", "verdict"),
    [
        ("2580", CodeVerdict.OK),
        ("2581", CodeVerdict.DURESS),
        ("2582", CodeVerdict.WRONG),
        ("", CodeVerdict.WRONG),
        ("25800", CodeVerdict.WRONG),
    ],
)
def test_a_typed_code(station: Station, digits: str, verdict: CodeVerdict) -> None:
    station.alarm("BA")
    call_id = str(station.live(SHOP).id)
    check = dialogues.dialogue_check_code
    assert station.read(lambda tx: check(tx, station.vault, call_id, digits)) is verdict


def test_another_persons_code_a_person_without_one_and_no_call_are_wrong(station: Station) -> None:
    contacts = one("premises", {}, code=None)
    contacts.append({**contacts[0], "id": "d", "role": "keyholder", "phone": SHOP, "code": "1111"})
    station.put(contacts=contacts)
    station.alarm("BA")
    call_id = str(station.live(FIRST).id)

    def verdicts(tx: Tx) -> set[CodeVerdict]:
        check = dialogues.dialogue_check_code
        asked = [(call_id, "1111"), (call_id, "2580"), ("no such call", "2580")]
        return {check(tx, station.vault, call, digits) for call, digits in asked}

    assert station.read(verdicts) == {CodeVerdict.WRONG}


def test_a_dialogue_goes_on_from_what_was_committed(station: Station) -> None:
    station.alarm("BA")
    call_id = station.picks_up(SHOP)
    first = Progress.start(Facts(dialogue=Dialogue.VERIFICATION))
    assert begin(station, call_id)[1] == first
    assert begin(station, call_id)[1] == replace(first, begun=True)
    progress = Progress(state=State.MENU, begun=True)
    station.write(lambda tx: calls.change(tx, call_id, progress=progress.to_json()))
    assert begin(station, call_id)[1] == progress
    assert station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, "nobody's")) is None


def test_what_is_said_of_a_site_in_each_language_of_its_people(station: Station) -> None:
    said = station.read(lambda tx: dialogues.site_facts(tx, station.vault, "1002"))
    assert [(f.language, f.site_name, f.recognition_word) for f in said] == [
        ("fr", "Shop", "mimosa")
    ]
    assert station.read(lambda tx: dialogues.site_facts(tx, station.vault, "nobody's")) == []


def incoming(station: Station, number: str, call_id: str = "in-1") -> Call:
    station.write(lambda tx: dialogues.incoming_call(tx, call_id, number, "node0", station.now))
    return station.call(call_id)


def test_who_calls_a_site_in_alarm_is_tied_to_it(station: Station) -> None:
    row = station.alarm("BA")
    call = incoming(station, FIRST)
    assert (call.incident_id, call.direction) == (row.id, "incoming")
    assert incoming(station, FIRST) == call  # said twice: one row
    assert begin(station, "in-1")[0].dialogue is Dialogue.INCOMING


@pytest.mark.parametrize("number", ["", "anonymous", "+33639987777", "x" * 500, "\0", "é{to}"])
def test_anybody_may_call_and_asks_for_a_human_who_is_rung(station: Station, number: str) -> None:
    assert incoming(station, number).incident_id is None
    station.says("in-1", "operator")
    station.write(lambda tx: calling.join_room(tx, "in-1", station.now))
    assert station.live(DESK).room == "in-1"
    station.hangs_up("in-1")
