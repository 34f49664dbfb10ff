"""Conversations over real sockets: what is heard, committed and handed over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import CodeVerdict, Dialogue, Effect, Facts, Progress, State
from tests.integration.agi.conftest import FACTS, Station, eventually
from tests.support.phones.agi_phone import AgiPhone, header


async def test_the_right_code_then_false_alarm(station: Station) -> None:
    phone = await station.phone("2580#", "1").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]
    assert station.store.progress["call-1"].state is State.END
    assert phone.variables == {"CALLFLOW_DONE": "1"}
    assert "Mot de reconnaissance : tulipe." in phone.heard[0]
    assert "Boulangerie" not in phone.heard[0]
    assert "Boulangerie Martin." in phone.heard[1]
    assert (
        phone.heard[2]
        == "Vous avez tapé 1, fausse alarme. C'est noté. Nous vous remercions, au revoir."
    )


async def test_help_goes_on_in_a_conference_that_is_set_before_the_words(station: Station) -> None:
    phone = await station.phone("2").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.HELP]
    expected = {"CALLFLOW_ROOM": "call-1", "CALLFLOW_NEXT": "conference", "CALLFLOW_DONE": "1"}
    assert phone.variables == expected
    words = next(i for i, c in enumerate(phone.commands) if c.startswith("STREAM FILE"))
    assert any("CALLFLOW_NEXT" in c for c in phone.commands[:words])
    assert "CALLFLOW_DONE" in phone.commands[-1]


async def test_a_desk_joins_the_room_of_the_person_who_waits(station: Station) -> None:
    station.store.facts["desk-1"] = Facts(dialogue=Dialogue.DESK, room="call-9")
    phone = await station.phone("1").call("outgoing", "desk-1")
    assert phone.variables["CALLFLOW_ROOM"] == "call-9"
    assert station.store.concluded["desk-1"] == [Outcome.OPERATOR]


async def test_somebody_who_calls_reaches_a_human(station: Station) -> None:
    phone = await station.phone("").call("incoming", "1700000000.5", agi_callerid="+33639981234")
    assert station.store.arrivals == [("1700000000.5", "+33639981234", "33639989999")]
    assert station.store.concluded["1700000000.5"] == [Outcome.OPERATOR]
    assert phone.variables["CALLFLOW_NEXT"] == "conference"


async def test_the_recording_is_muted_while_the_code_is_asked_and_never_longer(
    station: Station,
) -> None:
    await station.phone("1111#", "2580#", "3").call("outgoing", "call-1")
    assert station.mutes == [("call-1", True), ("call-1", False)]
    station.mutes.clear()
    await station.phone("hang up").call("outgoing", "call-1")
    station.store.progress.clear()
    await station.phone("eof").call("outgoing", "call-1")
    await eventually(lambda: station.mutes[-1:] == [("call-1", False)])


async def test_a_mute_that_fails_stops_nobody(station: Station) -> None:
    async def down(channel_id: str, on: bool) -> None:
        raise ConnectionError("AMI is down")

    station.dialogues._mute = down
    await station.phone("2580#", "1").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]


async def test_the_hash_key_after_the_longest_code_answers_no_question(station: Station) -> None:
    station.store.codes["12345678"] = CodeVerdict.OK
    phone = await station.phone("12345678#", "1").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]
    assert len(phone.heard) == 3


async def test_keys_that_no_command_read_are_heeded_once(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asterisk threw them away while we committed; AMI told them."""
    typed = iter(["1111##2580##9", "1"])
    check = station.store.check_code

    async def slow(
        channel_id: str, facts: Facts, progress: Progress, digits: str
    ) -> tuple[Progress, Sequence[Effect]]:
        for key in next(typed, ""):
            station.dialogues.key(channel_id, key)
        return await check(channel_id, facts, progress, digits)

    monkeypatch.setattr(station.store, "check_code", slow)
    phone = await station.phone("1111#").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]
    # Neither the second question nor the menu had to be said.
    assert [words.split(".")[0] for words in phone.heard] == [
        "Bonjour, ici la télésurveillance Callflow",
        "Vous avez tapé 1, fausse alarme",
    ]


async def test_what_is_typed_before_the_first_word_answers_nothing(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = station.store.load

    async def loading(channel_id: str) -> tuple[Facts, Progress] | None:
        station.dialogues.key(channel_id, "2")
        return await load(channel_id)

    monkeypatch.setattr(station.store, "load", loading)
    phone = await station.phone("2580#", "1").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]
    assert len(phone.heard) == 3


async def test_any_key_ends_the_announcement_of_a_place_and_nothing_else(station: Station) -> None:
    station.store.facts["call-1"] = Facts(dialogue=Dialogue.INCOMING, position=2)
    station.store.progress["call-1"] = Progress(state=State.POSITION, begun=True, bridge=True)
    phone = await station.phone("7").call("outgoing", "call-1")
    assert '"0123456789*#"' in next(c for c in phone.commands if c.startswith("STREAM FILE"))
    assert station.store.progress["call-1"].state is State.END
    assert phone.variables["CALLFLOW_NEXT"] == "conference"


async def test_a_new_server_goes_on_in_the_same_call(station: Station) -> None:
    """The first server dies while the keys are said; what was typed before is not asked again."""
    await station.phone("2580#", "eof").call("outgoing", "call-1")
    assert station.store.progress["call-1"].state is State.MENU
    phone = await station.phone("1").call("outgoing", "call-1")
    assert phone.heard[0].startswith(
        "Pardon pour cette coupure. Merci, code reconnu. Alarme intrusion."
    )
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]
    assert station.mutes[-1] == ("call-1", False)


async def test_a_result_whose_second_commit_was_lost_is_concluded_by_the_next_server(
    station: Station,
) -> None:
    station.store.progress["call-1"] = Progress(
        state=State.BRIDGING, begun=True, bridge=True, say="key_help", result=Outcome.HELP
    )
    phone = await station.phone().call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.HELP]
    assert phone.variables["CALLFLOW_NEXT"] == "conference"


async def test_a_dialogue_at_its_end_only_says_so(station: Station) -> None:
    station.store.progress["call-1"] = Progress(
        state=State.END, begun=True, bridge=True, result=Outcome.HELP
    )
    phone = await station.phone().call("outgoing", "call-1")
    assert phone.heard == []
    expected = {"CALLFLOW_ROOM": "call-1", "CALLFLOW_NEXT": "conference", "CALLFLOW_DONE": "1"}
    assert phone.variables == expected


@pytest.mark.parametrize("over", ["hang up", "redirect", "glued", "eof", "511"])
async def test_the_end_of_a_session_is_not_the_end_of_the_call(station: Station, over: str) -> None:
    phone = await station.phone("2580#", over).call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == []
    assert "CALLFLOW_DONE" not in phone.variables
    again = await station.phone("3").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.GOING]
    assert again.variables["CALLFLOW_DONE"] == "1"


async def test_a_channel_that_nobody_knows_is_not_dropped(station: Station) -> None:
    phone = await station.phone().call("outgoing", "call-unknown")
    assert phone.variables["CALLFLOW_NEXT"] == "conference"
    assert phone.variables["CALLFLOW_DONE"] == "1"
    assert station.store.concluded["call-unknown"] == [Outcome.ERROR]


async def test_an_exception_of_ours_hands_the_person_over(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(channel_id: str, *_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(station.store, "check_code", broken)
    phone = await station.phone("2580#").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.ERROR]
    assert phone.variables["CALLFLOW_NEXT"] == "conference"


async def test_a_file_that_cannot_be_played_hands_the_person_over(station: Station) -> None:
    phone = await station.phone("-1").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.ERROR]
    assert phone.variables["CALLFLOW_NEXT"] == "conference"


async def test_while_the_store_is_away_the_call_is_held_by_asterisk(station: Station) -> None:
    station.store.failing = True
    phone = await station.phone("2580#").call("outgoing", "call-1")
    assert phone.variables == {}
    station.store.failing = False
    await station.phone("2580#", "1").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]


async def test_a_server_that_closes_leaves_its_calls_to_the_next(station: Station) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", station.server.port)
    writer.write(header("outgoing", "call-1"))
    assert (await reader.readline()).startswith(b"GET DATA")
    await station.server.close()
    assert await reader.read() == b""
    writer.close()
    assert station.store.concluded["call-1"] == []


async def test_what_only_this_call_says_is_prepared_when_it_is_answered(station: Station) -> None:
    await station.phone("2580#", "1").call("outgoing", "call-1")
    texts = [sentence.text for sentence in station.speech.prepared]
    assert texts[0] == "Bonjour, ici la télésurveillance Callflow."
    assert {"Boulangerie Martin.", "Alarme intrusion."} <= set(texts)
    assert "Nous vous remercions, au revoir." not in texts
    shared = {sentence.text for sentence in station.speech.prepared if sentence.shared}
    assert "Boulangerie Martin." not in shared
    assert "Alarme intrusion." in shared


async def test_three_hundred_conversations_at_once(station: Station) -> None:
    """All those answered together are served; each hears its own site."""
    station.server._limit = 400
    for i in range(300):
        station.store.facts[f"c{i}"] = replace(FACTS, site_name=f"Site {i}")
    phones: list[AgiPhone] = await asyncio.gather(
        *(station.phone("2580#", "1").call("outgoing", f"c{i}") for i in range(300))
    )
    for i, phone in enumerate(phones):
        assert f"Site {i}." in phone.heard[1]
        assert station.store.concluded[f"c{i}"] == [Outcome.VERIFIED_OK]
