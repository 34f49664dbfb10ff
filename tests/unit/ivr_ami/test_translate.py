"""AMI messages to our events, whatever their order and number."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from callflow.core.messages.fax import Report
from ivr.ami.events import Answered, Ended, Faxed, OriginateFailed, Placed, Ringing
from ivr.ami.translate import ORIGINATE, Translator, number, parsed, text

CALL = "7d4a2f0c-1b2e-4c3d-8e5f-000000000001"

NEW = {"event": "Newchannel", "uniqueid": CALL, "channelstate": "0"}
RINGING = {"event": "Newstate", "uniqueid": CALL, "channelstate": "5"}
DIAL = {"event": "DialState", "destuniqueid": CALL, "dialstatus": "RINGING"}
UP = {"event": "Newstate", "uniqueid": CALL, "channelstate": "6"}
FAILED = {
    "event": "OriginateResponse",
    "actionid": ORIGINATE + CALL,
    "response": "Failure",
    "reason": "0",
    "uniqueid": CALL,
}
HANGUP = {"event": "Hangup", "uniqueid": CALL, "cause": "17", "techcause": "486 Busy Here"}
SECOND_LEG = {"event": "Hangup", "uniqueid": CALL + ";2", "cause": "16"}
OTHERS = {"event": "Newstate", "uniqueid": "1764000000.12", "channelstate": "6"}

_ORDER = [Placed, Ringing, Answered, Ended]


@given(
    st.lists(
        st.sampled_from([NEW, RINGING, DIAL, UP, FAILED, HANGUP, SECOND_LEG, OTHERS]), max_size=20
    )
)
def test_events_in_any_order_and_number_only_move_a_call_forward(
    messages: list[dict[str, str]],
) -> None:
    translator = Translator()
    told = [event for message in messages for event in translator.events(message, 1)]
    assert {event.call_id for event in told} <= {CALL}
    ranks = [_ORDER.index(type(event)) for event in told]
    assert all(one < next_ for one, next_ in pairwise(ranks))


def test_hangup_says_how_far_the_call_came() -> None:
    translator = Translator()
    for message in (NEW, RINGING, UP):
        list(translator.events(message, 1))
    assert list(translator.events(HANGUP, 1)) == [
        Ended(CALL, cause=17, tech_cause=486, rang=True, answered=True)
    ]


def test_hangup_says_whether_something_was_heard_before_an_answer() -> None:
    translator = Translator()
    progress = {**DIAL, "dialstatus": "PROGRESS"}
    assert list(translator.events(progress, 1)) == [Placed(CALL)]
    assert list(translator.events(HANGUP, 1)) == [
        Ended(CALL, cause=17, tech_cause=486, early_media=True)
    ]


def test_a_failure_counts_only_for_what_this_link_sent_and_nothing_was_seen_of() -> None:
    translator = Translator()
    assert list(translator.events(FAILED, 1)) == []  # not ours
    assert translator.sent(CALL, 1)
    assert list(translator.events(FAILED, 2)) == []  # what happened in between is not known
    assert list(translator.events(FAILED, 1)) == [OriginateFailed(CALL, "reason 0")]
    assert list(translator.events(FAILED, 1)) == []


def test_a_failure_that_overtook_its_channel_is_followed_by_how_the_call_ended() -> None:
    translator = Translator()
    assert translator.sent(CALL, 1)
    assert list(translator.events(FAILED, 1)) == [OriginateFailed(CALL, "reason 0")]
    assert list(translator.events(NEW, 1)) == [Placed(CALL)]
    assert list(translator.events(HANGUP, 1)) == [Ended(CALL, cause=17, tech_cause=486)]
    assert list(translator.events(FAILED, 1)) == []


def test_a_ring_time_that_ran_out_is_known_though_its_response_overtook_the_channel() -> None:
    translator = Translator()
    assert translator.sent(CALL, 1)
    list(translator.events({**FAILED, "reason": "3"}, 1))
    (placed, ringing, ended) = (
        event for message in (NEW, RINGING, HANGUP) for event in translator.events(message, 1)
    )
    assert (placed, ringing) == (Placed(CALL), Ringing(CALL))
    assert isinstance(ended, Ended)
    assert ended.timed_out


def test_an_id_is_sent_once() -> None:
    translator = Translator()
    assert translator.sent(CALL, 1)
    assert not translator.sent(CALL, 1)
    assert not translator.sent(CALL, 2)


def test_a_call_from_outside_is_followed_once_it_is_remembered() -> None:
    translator = Translator()
    hangup = {"event": "Hangup", "uniqueid": "node0-1764000000.12", "cause": "16"}
    assert list(translator.events(hangup, 1)) == []
    translator.remember("node0-1764000000.12", rang=True, answered=True)
    (ended,) = translator.events(hangup, 1)
    assert isinstance(ended, Ended)
    assert ended.answered


def test_its_memory_is_bounded() -> None:
    translator = Translator(remembered=10)
    for serial in range(100):
        assert translator.sent(f"7d4a2f0c-1b2e-4c3d-8e5f-{serial:012d}", 1)
    assert len(translator._calls) == 10


def test_headers_that_come_twice_or_mean_nothing() -> None:
    twice = parsed("Event: Hangup\r\nUniqueid: a\r\nuniqueid: b\r\nnothing\r\nExten: \r\nA: b:c ")
    assert twice == {"event": "Hangup", "uniqueid": "a", "exten": "", "a": "b:c"}
    assert text(twice, "uniqueid") == "a"
    assert text(twice, "cause") == ""
    assert number({"cause": "x"}, "cause") is None
    assert number({"cause": "²"}, "cause") is None
    assert number({"cause": "9" * 30}, "cause") is None
    assert number({"techcause": "503 Service Unavailable"}, "techcause") == 503


def test_what_a_fax_machine_calls_itself_is_only_a_name() -> None:
    """The dialplan lets no comma of it through; a header that came twice counts once."""
    said = parsed(
        f"Event: UserEvent\r\nUserEvent: CallflowFax\r\nUniqueid: {CALL}\r\nStatus: FAILED\r\n"
        "Pages: 1\r\nRate: 9600\r\nMode: T38\r\nRemote: " + "9" * 200 + "\r\nStatus: SUCCESS\r\n"
        "Error: The call dropped prematurely"
    )
    (event,) = Translator().events(said, 1)
    report = Report(
        passed=False,
        pages=1,
        rate=9600,
        mode="T38",
        remote="9" * 40,
        error="The call dropped prematurely",
    )
    assert event == Faxed(CALL, report)
    assert report.text(3) == f"1/3 p., 9600 bit/s, T.38, {'9' * 40}, The call dropped prematurely"


def test_another_event_of_a_dialplan_is_no_fax() -> None:
    theirs = {"event": "UserEvent", "userevent": "Other", "uniqueid": CALL, "status": "SUCCESS"}
    assert list(Translator().events(theirs, 1)) == []
    stranger = {**theirs, "userevent": "CallflowFax", "uniqueid": "1.2"}
    assert list(Translator().events(stranger, 1)) == []
