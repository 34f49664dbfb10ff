"""A real station calls phones of the simulated network; its dialogue is a throwaway script."""

from __future__ import annotations

import pytest

from ivr.asterisk.network_log import SeenCall
from ivr.asterisk.simulator import Phone
from tests.integration.asterisk.conftest import Pair
from tests.integration.asterisk.throwaway import AgiCall, AgiServer, Ami, until


def _ended_call(pair: Pair, number: str) -> SeenCall:
    """The one call to it, once the network has written down that it is over."""

    def ended() -> list[SeenCall]:
        return [call for call in pair.simulator.calls() if call.to == number and call.ended_at]

    until(lambda: bool(ended()))
    (call,) = ended()
    return call


def test_a_person_answers_and_types_a_code_that_the_dialogue_reads(
    pair: Pair, ami: Ami, agi: AgiServer
) -> None:
    heard: list[str] = []

    def dialogue(call: AgiCall) -> None:
        heard.append(call.keys(pair.prompt, 8))
        heard.append(call.keys(pair.prompt, 1))
        call.done()

    agi.script = dialogue
    pair.simulator.set_phone(Phone(number="+33639985001", after_s=3, keys="2580#w1"))
    call = ami.originate("33639985001")
    assert ami.event("Hangup", call)["Cause"] == "16"
    assert heard == ["2580", "1"]
    seen = _ended_call(pair, "+33639985001")
    assert seen.keys == "2580#1"
    assert seen.answered_at is not None
    assert (seen.answered_at - seen.at).total_seconds() > 2.9, "other phones answer after 2 s"


@pytest.mark.parametrize(
    ("behaviour", "cause", "number"),
    [
        ("busy", "17", "33639985021"),
        ("congestion", "34", "33639985022"),
        ("refuse", "21", "33639985023"),
    ],
)
def test_a_phone_that_does_not_answer_says_why(
    pair: Pair, ami: Ami, behaviour: str, cause: str, number: str
) -> None:
    pair.simulator.set_phone(Phone(number=f"+{number}", behaviour=behaviour, after_s=0))
    call = ami.originate(number)
    assert ami.event("Hangup", call)["Cause"] == cause
    assert _ended_call(pair, f"+{number}").answered_at is None


def test_a_number_that_does_not_exist_is_seen_by_the_network_all_the_same(
    pair: Pair, ami: Ami
) -> None:
    call = ami.originate("33639985999")
    assert ami.event("Hangup", call)["Cause"] == "1"
    until(lambda: any(c.to == "+33639985999" for c in pair.simulator.calls()))


def test_nobody_answers(pair: Pair, ami: Ami) -> None:
    pair.simulator.set_phone(Phone(number="+33639985003", behaviour="ring"))
    call = ami.originate("33639985003", timeout_s=5)
    ami.event("Newstate", call, ChannelStateDesc="Ringing")
    ami.event("Hangup", call)


def test_an_answering_machine_never_types(pair: Pair, ami: Ami, agi: AgiServer) -> None:
    heard: list[str] = []

    def dialogue(call: AgiCall) -> None:
        heard.append(call.keys(pair.prompt, 8, timeout_ms=500))
        call.done()

    agi.script = dialogue
    pair.simulator.set_phone(Phone(number="+33639985004", behaviour="voicemail", after_s=0))
    call = ami.originate("33639985004")
    ami.event("Hangup", call)
    assert heard == [""]


def test_someone_who_hangs_up_in_the_first_prompt(pair: Pair, ami: Ami, agi: AgiServer) -> None:
    over: list[str] = []

    def dialogue(call: AgiCall) -> None:
        over.append(call.keys(pair.prompt, 8))

    agi.script = dialogue
    pair.simulator.set_phone(Phone(number="+33639985005", behaviour="hang_up", after_s=0))
    call = ami.originate("33639985005")
    ami.event("Hangup", call)
    seen = _ended_call(pair, "+33639985005")
    assert seen.answered_at is not None
    assert seen.ended_at is not None
    assert (seen.ended_at - seen.answered_at).total_seconds() > 1
    assert over == [], "the prompt was never over, nor the time for keys after it"


def test_a_dialogue_goes_on_when_its_server_was_killed_and_came_back(pair: Pair, ami: Ami) -> None:
    pair.simulator.set_phone(Phone(number="+33639985006", after_s=0, keys="wwwww7www7www7"))
    first = pair.agi()
    first.script = lambda call: call.done() if call.keys(pair.prompt, 1) else None
    with first:
        call = ami.originate("33639985006")
        until(lambda: len(first.calls) == 1)
    heard: list[str] = []

    def resumed(call: AgiCall) -> None:
        heard.append(call.keys(pair.prompt, 1))
        call.done()

    second = pair.agi()
    second.script = resumed
    with second:
        ami.event("Hangup", call)
    assert heard == ["7"]
    assert [c["agi_uniqueid"] for c in second.calls] == [call]


def test_a_call_from_the_network_reaches_the_incoming_dialogue(
    pair: Pair, ami: Ami, agi: AgiServer
) -> None:
    heard: list[str] = []

    def dialogue(call: AgiCall) -> None:
        heard.append(call.keys(pair.prompt, 4))
        call.done()

    agi.script = dialogue
    pair.simulator.set_phone(Phone(number="+33639985007", keys="1234#"))
    pair.simulator.call_in("+33639985007", "+33639989999")
    until(lambda: heard == ["1234"])
    assert agi.calls[0]["agi_network_script"] == "incoming"
    assert agi.calls[0]["agi_callerid"] == "+33639985007"
    ami.event("Hangup", agi.calls[0]["agi_uniqueid"])


def test_the_trunk_carries_no_more_than_its_calls(pair: Pair, ami: Ami) -> None:
    pair.simulator.set_phone(Phone(number="+33639985008", behaviour="ring"))
    calls = [ami.originate("33639985008", timeout_s=60) for _ in range(60)]
    for call in calls:  # each is counted by now
        ami.event("Newstate", call, ChannelStateDesc="Ringing")
    assert ami.event("Hangup", ami.originate("33639985008"))["Cause"] == "34"
    for call in calls:
        ami.send(Action="Hangup", Channel=call)
    assert "34" not in {ami.event("Hangup", call)["Cause"] for call in calls}


def _converse(call: AgiCall) -> None:
    call.done(then="conference", room="incident-7")


def test_an_operator_who_leaves_the_conference_leaves_the_person_inside(
    pair: Pair, ami: Ami, agi: AgiServer
) -> None:
    agi.script = _converse
    pair.simulator.set_phone(Phone(number="+33639985010", after_s=0, tone_hz=440))
    pair.simulator.set_phone(Phone(number="+33639985011", after_s=0, tone_hz=1000))
    person = ami.originate("33639985010")
    ami.event("MusicOnHoldStart", person)
    ami.event("ConfbridgeJoin", person, Conference="incident-7")
    operator = ami.originate("33639985011")
    ami.event("ConfbridgeJoin", operator, Conference="incident-7")
    ami.event("MusicOnHoldStop", person)
    assert ami.send(Action="Hangup", Channel=operator)["Response"] == "Success"
    ami.event("Hangup", operator)
    until(lambda: sum(e["Event"] == "MusicOnHoldStart" for e in ami.events) == 2)
    live = ami.send(Action="Status", Channel=person)
    assert live["Response"] == "Success"
    ami.send(Action="Hangup", Channel=person)
    ami.event("Hangup", person)


def test_a_person_waits_with_music_while_the_server_stays_away_and_is_served_then(
    pair: Pair, ami: Ami
) -> None:
    pair.simulator.set_phone(Phone(number="+33639985012", after_s=0))
    call = ami.originate("33639985012")
    ami.event("MusicOnHoldStart", call)
    with pair.agi() as back:
        ami.event("Hangup", call)
        assert [served["agi_uniqueid"] for served in back.calls] == [call]


def test_the_least_rights_are_enough_and_no_more(pair: Pair, ami: Ami) -> None:
    assert ami.send(Action="Ping")["Response"] == "Success"
    assert ami.send(Action="CoreShowChannels")["Response"] == "Success"
    for forbidden in (
        {"Action": "Command", "Command": "core show version"},
        {"Action": "Redirect", "Channel": "none", "Context": "x", "Exten": "s", "Priority": "1"},
        {"Action": "GetConfig", "Filename": "pjsip.conf"},
        {"Action": "DBGet", "Family": "a", "Key": "b"},
    ):
        answer = ami.send(**forbidden)
        assert answer["Response"] == "Error", (forbidden, answer)


def test_a_wrong_secret_is_refused(pair: Pair) -> None:
    intruder = Ami(pair.ami_port, "wrong")
    assert intruder.logged_in["Response"] == "Error"
    intruder.close()


def test_an_adopted_asterisk_says_the_secret_that_was_rendered_meanwhile(
    pair: Pair, ami: Ami, agi: AgiServer
) -> None:
    """A call that is up goes on at its line."""
    dialplan = pair.station.instance.etc / "extensions.conf"
    before, secret = dialplan.read_text(), pair.station.instance.agi_secret()
    turns: list[str] = []

    def dialogue(call: AgiCall) -> None:
        turns.append(call.headers["agi_arg_1"])
        if len(turns) == 1:
            dialplan.write_text(before.replace(secret, "another-secret"))
            pair.station.read_again()
        else:
            call.done()

    agi.script = dialogue
    pair.simulator.set_phone(Phone(number="+33639985031", after_s=0))
    try:
        call = ami.originate("33639985031")
        assert ami.event("Hangup", call)["Cause"] == "16"
    finally:
        dialplan.write_text(before)
        pair.station.read_again()
    assert turns == [secret, "another-secret"]
