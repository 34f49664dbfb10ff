"""The AMI link against a scripted Asterisk: each hazard of docs/explanation/telephony.md's table,
provoked."""

from __future__ import annotations

import threading
import time
import uuid

import pytest

from ivr.ami import BadValue, Ended, LinkDown, MaybePlaced, NotPlaced, Refused, Timing
from tests.support.sip.scripted_ami import ANSWERS, BUSY, UNREACHABLE, Action, ScriptedAmi
from tests.support.stations.ami_station import CALLER, IMPATIENT, NUMBER, station

DIGITS = NUMBER.lstrip("+")


async def test_a_call_is_placed_rings_and_its_end_says_why() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.fates[DIGITS] = BUSY
        await at.ready()
        call = await at.call()
        await at.until(lambda: "Ended" in at.of(call))
        assert at.of(call) == ["Placed", "Ringing", "Ended"]
        assert at.events[-1] == Ended(call, cause=17, tech_cause=486, rang=True)
        sent = next(action.fields for action in ami.actions if action.name == "Originate")
        assert sent["Channel"] == f"PJSIP/{DIGITS}@trunk"
        assert "Variable" not in sent
        assert "Application" not in sent


async def test_the_channel_list_is_read_before_anything_is_dialled_after_each_connect() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.default_fate = ANSWERS
        placed: list[str] = []
        for _ in range(3):
            await at.until(lambda: len(at.resyncs) > len(placed) and at.link.ready)
            placed.append(await at.call())
            ami.cut()
            await at.until(lambda: not at.link.ready)
        assert ami.dialled_before_list() == []
        assert [len(found) for found in at.resyncs] == [0, 1, 2]


@pytest.mark.parametrize("fault", ["cut_before_response", "cut_after_response"])
async def test_a_link_cut_around_the_response_sends_nothing_again(fault: str) -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.default_fate = ANSWERS
        await at.ready()
        setattr(ami.faults, fault, 1)
        call_id = str(uuid.uuid4())
        if fault == "cut_before_response":
            with pytest.raises(MaybePlaced):
                await at.link.originate(call_id, NUMBER, CALLER, 30)
        else:
            await at.link.originate(call_id, NUMBER, CALLER, 30)
        await at.until(lambda: len(at.resyncs) == 2)
        assert at.resyncs[1] == {call_id}
        await at.ready()
        assert await at.link.status(call_id)
        assert ami.originated() == [call_id]


async def test_a_half_open_link_is_noticed_by_ping_and_dials_nothing_meanwhile() -> None:
    async with ScriptedAmi() as ami, station(ami, IMPATIENT) as at:
        await at.ready()
        ami.faults.half_open = True
        with pytest.raises(MaybePlaced):
            await at.call()
        assert not at.link.ready
        with pytest.raises(LinkDown):
            await at.call()
        await at.until(lambda: not at.link.connected)
        ami.faults.half_open = False
        await at.ready()
        assert len(ami.originated()) == 1
        assert ami.dialled_before_list() == []


async def test_a_device_that_changes_behind_its_list_is_known_as_it_is_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The change comes in the list's own segment: before whoever asked for the list reads it."""
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.devices["PJSIP/trunk"] = "NOT_INUSE"
        listed = ami._on_devicestatelist

        def listed_and_gone(action: Action) -> None:
            listed(action)
            ami.set_device("PJSIP/trunk", "UNAVAILABLE")

        monkeypatch.setattr(ami, "_on_devicestatelist", listed_and_gone)
        await at.ready()
        await at.link.devices()
        await at.until(lambda: len(at.devices) == 2)
        assert at.devices == [("PJSIP/trunk", "NOT_INUSE"), ("PJSIP/trunk", "UNAVAILABLE")]


async def test_an_idle_half_open_link_is_noticed_too() -> None:
    async with ScriptedAmi() as ami, station(ami, IMPATIENT) as at:
        await at.ready()
        ami.faults.half_open = True
        await at.until(lambda: not at.link.connected)
        ami.faults.half_open = False
        await at.until(lambda: len(at.resyncs) == 2)


async def test_a_slow_answer_of_one_action_is_forgiven_after_a_ping() -> None:
    async with ScriptedAmi() as ami, station(ami, IMPATIENT) as at:
        await at.ready()
        ami.faults.swallow_originates = 1
        with pytest.raises(MaybePlaced):
            await at.call()
        await at.ready()
        assert ami.links == 1
        assert len(at.resyncs) == 1


async def test_an_answer_that_came_while_the_process_was_held_up_is_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ScriptedAmi() as ami, station(ami, IMPATIENT) as at:
        ami.default_fate = ANSWERS
        originate = ami._on_originate

        def answered_and_held_up(action: Action) -> None:
            originate(action)
            threading.Event().wait(2 * IMPATIENT.action)  # nobody here reads what was sent

        monkeypatch.setattr(ami, "_on_originate", answered_and_held_up)
        await at.ready()
        call = await at.call()
        assert at.link.ready
        await at.until(lambda: "Answered" in at.of(call))


async def test_a_refused_login_backs_off_and_alarms_once() -> None:
    async with ScriptedAmi() as ami:
        ami.faults.refuse_logins = 3
        async with station(ami) as at:
            await at.ready()
            assert ami.links == 4
            assert at.alarms == ["ami_login_refused", "ami_up"]


async def test_an_asterisk_that_is_gone_is_said_once_and_found_again_when_it_is_back() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        await at.ready()
        await ami.stop()
        await at.until(lambda: at.alarms == ["ami_down"])
        with pytest.raises(LinkDown):
            await at.call()
        await ami.start()
        await at.ready()
        assert at.alarms == ["ami_down", "ami_up"]


async def test_each_event_twice_and_late_is_told_once() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.faults.each_event_times = 2
        ami.faults.event_delay = 0.1
        ami.fates[DIGITS] = BUSY
        await at.ready()
        call = await at.call()
        await at.until(lambda: "Ended" in at.of(call))
        other = await at.call()
        await at.until(lambda: "Ended" in at.of(other))
        assert at.of(call) == at.of(other) == ["Placed", "Ringing", "Ended"]


async def test_events_before_the_response() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.faults.events_before_response = True
        await at.ready()
        call = await at.call()
        await at.until(lambda: at.of(call) == ["Placed", "Ringing"])


async def test_a_channel_list_that_overtakes_its_response_is_whole() -> None:
    """panoramisk completes such a list at the response: live calls would be declared lost."""
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.default_fate = ANSWERS
        await at.ready()
        calls = {await at.call() for _ in range(5)}
        ami.faults.list_before_response = True
        assert await at.link.channels() == calls


async def test_a_failure_with_no_channel_is_told_and_one_with_a_live_channel_is_not() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.default_fate = ANSWERS
        await at.ready()
        ami.faults.fail_originates = 1
        failed = await at.call()
        await at.until(lambda: at.of(failed) == ["OriginateFailed"])
        live = await at.call()
        await at.until(lambda: "Answered" in at.of(live))
        ami.tell(
            {
                "Event": "OriginateResponse",
                "ActionID": f"originate/{live}",
                "Response": "Failure",
                "Reason": "0",
                "Uniqueid": live,
            }
        )
        ami.end(live)
        await at.until(lambda: "Ended" in at.of(live))
        assert at.of(live) == ["Placed", "Ringing", "Answered", "Ended"]


async def test_an_id_is_never_sent_twice() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        await at.ready()
        call = await at.call()
        with pytest.raises(BadValue):
            await at.link.originate(call, NUMBER, CALLER, 30)
        assert ami.originated() == [call]


async def test_asterisks_refusal_is_an_error_that_may_be_retried() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        await at.ready()
        ami.faults.refuse_originates = 1
        with pytest.raises(Refused, match="Extension does not exist") as refusal:
            await at.call()
        assert isinstance(refusal.value, NotPlaced)


async def test_a_queue_that_overflows_is_resynchronised() -> None:
    async with ScriptedAmi() as ami, station(ami, queue_size=20) as at:
        ami.fates[DIGITS] = UNREACHABLE
        ami.fates["33639980013"] = ANSWERS
        await at.ready()
        at.hold.clear()  # whoever stores the events is stuck
        live = await at.call("+33639980013")
        for _ in range(30):
            await at.call()
        await ami.until(lambda: set(ami.live) == {live})
        at.hold.set()
        # What was still on the wire may overflow it once more.
        await at.until(lambda: len(at.resyncs) >= 2 and at.link.ready)
        assert at.resyncs[-1] == {live}


async def test_an_end_heard_while_resynchronising_is_known_to_it() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.default_fate = ANSWERS
        await at.ready()
        call = await at.call()
        await at.until(lambda: "Answered" in at.of(call))
        ami.cut()
        ami.faults.list_before_response = True
        ami.end_after_next_login = call
        await at.until(lambda: len(at.resyncs) == 2)
        assert at.resyncs[1] == set()
        assert at.ends_at_resync[1][call].cause == 16
        await at.until(lambda: "Ended" in at.of(call))


async def test_a_flood_of_other_peoples_events_delays_nothing() -> None:
    async with ScriptedAmi() as ami:
        ami.faults.flood = 20_000
        begun = time.process_time()
        async with station(ami, Timing(action=60, channel_list=60)) as at:
            await at.ready()
            assert time.process_time() - begun < Timing().channel_list  # a station's own patience
            call = await at.call()
            await at.until(lambda: "Ringing" in at.of(call))
            assert len(at.resyncs) == 1


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\r\n\r\n\r\n",
        b"no colon at all\r\n\r\n",
        b"Event: Newstate\r\nEvent: Hangup\r\nUniqueid: a\r\nUniqueid: b\r\n\r\n",
        b"Response: Success\r\n\r\n",
        b"Response: Success\r\nActionID: callflow/999999\r\n\r\n",
        b"Event: Hangup\r\nUniqueid: not-ours.1\r\nCause: many\r\n\r\n",
        b"\xff\xfe\x00\x80: \xc3\r\n\r\n",
        b"Event: CoreShowChannelsComplete\r\nListItems: -5\r\n\r\n",
    ],
)
async def test_rubbish_on_the_link_costs_nothing(rubbish: bytes) -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        await at.ready()
        ami.raw(rubbish)
        call = await at.call()
        await at.until(lambda: "Ringing" in at.of(call))
        assert ami.links == 1


async def test_a_message_without_an_end_costs_the_link_and_no_more() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        await at.ready()
        ami.raw(b"Event: " + b"x" * (2 << 20))
        await at.until(lambda: len(at.resyncs) == 2)


@pytest.mark.parametrize(
    "number",
    [
        "+33639980012\r\nAction: Originate",
        "33639980012&PJSIP/33639980013@trunk",
        "33639980012@elsewhere",
        "+33 6 39 98",
        "",
        "+",
        "٣٣٦٣٩٩٨",
        "0" * 30,
    ],
)
async def test_only_digits_are_dialled(number: str) -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        await at.ready()
        with pytest.raises(BadValue):
            await at.call(number)
        assert ami.originated() == []


@pytest.mark.parametrize("call_id", ["/.*/", "all", "x\r\nAction: Logoff", "", "PJSIP/trunk-1"])
async def test_a_channel_is_named_by_our_ids_only(call_id: str) -> None:
    """Hangup takes a pattern between slashes: it would end every call."""
    async with ScriptedAmi() as ami, station(ami) as at:
        await at.ready()
        with pytest.raises(BadValue):
            await at.link.hangup(call_id)
        with pytest.raises(BadValue):
            await at.link.status(call_id)
        assert ami.names() == ["Login", "CoreShowChannels"]


async def test_hanging_up_and_asking_after_a_channel_that_is_gone() -> None:
    async with ScriptedAmi() as ami, station(ami) as at:
        ami.default_fate = ANSWERS
        await at.ready()
        call = await at.call()
        assert await at.link.status(call)
        assert await at.link.mute(call, True)
        assert await at.link.hangup(call)
        assert not await at.link.hangup(call)
        assert not await at.link.status(call)
        assert not await at.link.mute(call, False)
