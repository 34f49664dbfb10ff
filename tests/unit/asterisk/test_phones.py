from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr.asterisk.configuration import TEMPLATES
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.network_log import calls_file
from ivr.asterisk.simulator import Behaviour, Inband, Phone, Simulator, load_phones


@pytest.fixture
def simulator(tmp_path: Path) -> Simulator:
    return Simulator(Instance(kind=Kind.SIMULATOR, data_dir=tmp_path))


def test_the_demo_s_phones_are_all_in_the_fictional_range() -> None:
    phones = load_phones(TEMPLATES / "simulator" / "phones.yaml")
    assert len(phones) == len({phone.number for phone in phones}) > 40
    assert all(re.fullmatch(r"\+3363998\d{4}", phone.number) for phone in phones)


def test_a_phone_is_what_it_was_set_to(simulator: Simulator) -> None:
    phone = Phone(
        number="+33639980101",
        behaviour=Behaviour.ANSWER,
        after_s=2.5,
        keys="2580#w1",
        tone_hz=440,
        inband=Inband.ALSO,
    )
    simulator.set_phone(phone)
    assert simulator.get_phone("+33639980101") == phone
    assert simulator.phones() == [phone]
    assert Phone.from_dict("+33639980101", phone.as_dict()) == phone


def test_an_unknown_number_is_nobody_s(simulator: Simulator) -> None:
    assert simulator.get_phone("+33639980999") is None


def test_seeding_keeps_what_was_set_through_the_api(simulator: Simulator) -> None:
    simulator.set_phone(Phone(number="+33639980101", behaviour=Behaviour.BUSY))
    simulator.seed([Phone(number="+33639980101"), Phone(number="+33639980102")])
    assert [phone.behaviour for phone in simulator.phones()] == ["busy", "answer"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "0639980101"},
        {"number": "+336/../../etc"},
        {"behaviour": "explode"},
        {"behaviour": "sip:phone21"},
        {"behaviour": "sip:../x"},
        {"keys": "25 80"},
        {"keys": "1|2"},
        {"keys": "${SHELL(x)}"},
        {"after_s": -1},
        {"after_s": float("nan")},
        {"tone_hz": 9000},
    ],
)
def test_a_phone_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Phone(**{"number": "+33639980101", **wrong})  # type: ignore[arg-type]


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(ValueError, match="colour"):
        Phone.from_dict("+33639980101", {"colour": "red"})


LINES = """\
"CHAN_START","100.5","n-1","PJSIP/station-00000000","33639980101","33639989999",""
"CHAN_START","100.6","n-2","PJSIP/station-00000001","s","",""
"ANSWER","102.5","n-1","PJSIP/station-00000000","answer","33639989999",""
"KEY","103.0","n-1","PJSIP/station-00000000","answered","33639989999","{""extra"":""2""}"
"KEY","103.3","n-1","PJSIP/station-00000000","answered","33639989999","{""extra"":""#""}"
"HANGUP","110.25","n-1","PJSIP/station-00000000","answered","33639989999","{}"
"CHAN_START","120.0","n-3","PJSIP/station-00000002","33639980102","33639989999",""
"CHAN_START","230.0","n-4","PJSIP/station-00000003","33639980103","33639989999",""
"ANSWER","231.0","n-4","PJSIP/stat"""


def test_what_the_network_saw(simulator: Simulator) -> None:
    path = calls_file(simulator.instance)
    path.parent.mkdir(parents=True)
    path.write_text(LINES)
    simulator.instance.starts.write_text("90.0\n200.0\n")
    ended, cut, live = [call.as_dict() for call in simulator.calls()]
    assert ended == {
        "to": "+33639980101",
        "at": "1970-01-01T00:01:40.500Z",
        "answered_at": "1970-01-01T00:01:42.500Z",
        "ended_at": "1970-01-01T00:01:50.250Z",
        "keys": "2#",
    }
    assert (cut["to"], cut["ended_at"]) == ("+33639980102", "1970-01-01T00:03:20.000Z")
    assert (live["to"], live["answered_at"], live["ended_at"]) == ("+33639980103", None, None)


def test_what_is_written_later_is_seen_by_the_next_look(simulator: Simulator) -> None:
    path = calls_file(simulator.instance)
    path.parent.mkdir(parents=True)
    path.write_text(LINES)
    before = simulator.calls()
    with path.open("a") as file:
        file.write('ion-00000003","answer","33639989999",""\n')
    after = simulator.calls()
    assert before[:2] == after[:2]
    assert (before[2].answered_at, after[2].as_dict()["answered_at"]) == (
        None,
        "1970-01-01T00:03:51.000Z",
    )


def test_a_network_that_saw_nothing_has_no_calls(simulator: Simulator) -> None:
    assert simulator.calls() == []


def test_the_network_knows_which_of_several_trunks_a_call_came_over(simulator: Simulator) -> None:
    path = calls_file(simulator.instance)
    path.parent.mkdir(parents=True)
    line = '"CHAN_START","{}.0","n-{}","PJSIP/station{}-0000000a","33639980101","33939980001",""\n'
    channels = ["", "-alpha", "-b-2"]
    path.write_text("".join(line.format(n, n, name) for n, name in enumerate(channels)))
    assert [call.trunk for call in simulator.calls()] == ["trunk", "alpha", "b-2"]


def test_a_trunk_does_what_it_is_told(simulator: Simulator) -> None:
    simulator.set_trunk("alpha", "refuse")
    assert (simulator.instance.trunks / "alpha").read_text() == "refuse"
    with pytest.raises(ValueError, match="behaviour"):
        simulator.set_trunk("alpha", "explode")
    with pytest.raises(ValueError, match="name"):
        simulator.set_trunk("../alpha", "up")
