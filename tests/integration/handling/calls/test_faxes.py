"""A document by fax, as rows: one try is one call; what becomes of it, and what it may never do."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, Outcome
from callflow.core.messages.fax import Manner, Report
from callflow.core.messages.outbox import Channel, Claimed, Fault, Message, Undelivered
from callflow.core.messages.proof import Proof, Stage
from callflow.handling.alarms import operating
from callflow.handling.base import policy
from callflow.handling.calls import calling, faxes
from callflow.handling.interventions import directory, firms
from callflow.handling.messages import outbox as messages_outbox
from callflow.settings.config import Settings
from callflow.settings.trunks import TrunkSettings
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.messages import outbox, proofs
from tests.integration.handling.station import FIRST, SHOP, Station, a_site

FAX, FIRM_FAX, POLICE_FAX = "+33139980001", "+33139980002", "+33139980003"
POLICE = "+33130000017"
PAGES = 3
PASSED = Report(passed=True, pages=PAGES, rate=14_400, mode="T38", remote="+33 1 39 98 00 01")
BROKEN = Report(passed=False, pages=1, rate=4800, mode="T38", error="The call dropped prematurely")


@pytest.fixture
def office(station: Station) -> Station:
    """The premises have a fax machine; so have a firm of guards and a service."""
    shop, *people = a_site()["contacts"]
    station.put(contacts=[{**shop, "fax": FAX}, *people])
    firm = {"name": "Guards", "licence": "AUT-1", "fax": FIRM_FAX, "phone": "+33139980009"}
    station.write(
        lambda tx: firms.put_firm(tx, station.vault, "guards", firm, "admin", station.now)
    )
    line = {"id": "police", "service": "police", "name": "CORG", "number": POLICE}
    lines = [{**line, "fax": POLICE_FAX}]
    station.write(lambda tx: directory.put_directory(tx, lines, "admin", station.now))
    return station


def posted(
    station: Station, to: str = FAX, *, by: str = "", incident: Incident | None = None
) -> str:
    """A fax of the site, or of an alarm, is asked for; its message."""

    def post(tx: Tx) -> str:
        data = {"fax": {"by": by}} if by else {}
        site = None if incident else "1002"
        return messages_outbox.insert(
            tx,
            incident,
            station.now,
            channel=Channel.FAX,
            to=to,
            subject="Report",
            data=data,
            site=site,
        )

    return station.write(post)


def claimed(station: Station) -> list[Claimed]:
    return station.write(lambda tx: faxes.claim(tx, station.now, 8))


def asked(station: Station) -> str:
    """The fax that is due is drawn and its call asked for; the call."""
    (message,) = claimed(station)
    call_id = station.write(lambda tx: faxes.request(tx, message, PAGES, station.now, node="node0"))
    assert call_id is not None
    return call_id


def answered(station: Station) -> str:
    """The same, and the machine answers."""
    call_id = asked(station)
    assert station.picks_up(station.call(call_id).to) == call_id
    return call_id


def reports(station: Station, call_id: str, report: Report) -> None:
    for _ in range(2):  # told again by a link that was lost
        station.write(lambda tx: faxes.reported(tx, call_id, report, station.now))
    station.hangs_up(call_id)


def row(station: Station, message_id: str) -> Message:
    found = station.read(lambda tx: outbox.get(tx, message_id))
    assert found is not None
    return found


def proofs_of(station: Station, message_id: str) -> list[Proof]:
    return station.read(lambda tx: proofs.of_messages(tx, [message_id])).get(message_id, [])


def made(station: Station) -> list[Call]:
    return station.read(lambda tx: calls.of_kind(tx, "fax", limit=50))


def wait(station: Station, message_id: str) -> float:
    """Until it is due again; seconds."""
    before, station.now = station.now, row(station, message_id).due_at
    return (station.now - before).total_seconds()


def test_each_page_confirmed_is_its_proof(office: Station) -> None:
    incident = office.alarm()
    message = posted(office, incident=incident)
    call_id = answered(office)
    sent = office.read(lambda tx: faxes.to_send(tx, call_id))
    assert sent is not None
    assert (sent.message, sent.manner) == (message, Manner())
    reports(office, call_id, PASSED)
    assert row(office, message).state == "sent"
    (proof,) = proofs_of(office, message)
    assert (proof.stage, proof.reference, proof.incident_id) == (
        Stage.DELIVERED,
        call_id,
        incident.id,
    )
    assert proof.text == "3/3 p., 14400 bit/s, T.38, +33 1 39 98 00 01"
    assert office.call(call_id).outcome is Outcome.FAXED
    told = office.told(incident.id)
    assert told.count("message_sent") == 1
    assert told.index("call_placed") < told.index("message_sent") < len(told)
    assert office.read(lambda tx: faxes.to_send(tx, call_id)) is None, "what is sent is over"
    assert not claimed(office)
    assert office.read(lambda tx: calls.unrecorded(tx, "node0")) == []


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        ("busy", Fault.BUSY),
        ("no_answer", Fault.TIMEOUT),
        ("unreachable", Fault.UNREACHABLE),
        ("trunk_failure", Fault.NO_LINE),
    ],
)
def test_what_was_not_answered_is_tried_again_ever_later_and_each_time_told(
    office: Station, outcome: str, fault: Fault
) -> None:
    incident = office.alarm()
    message = posted(office, incident=incident)
    begun, waits = office.now, []
    while row(office, message).state != "failed":
        office.ends(FAX, outcome) if asked(office) else None
        assert row(office, message).last_error.startswith(fault.value)
        if row(office, message).state == "waiting":
            assert not claimed(office), "not before its time"
            waits.append(wait(office, message))
    assert waits[:4] == [60, 120, 240, 480]
    assert all(later >= sooner for sooner, later in pairwise(waits))
    assert office.now - begun <= timedelta(hours=1)
    tries = [call for call in office.calls(incident.id) if call.step == "fax"]
    assert [call.attempt for call in tries] == list(range(1, len(waits) + 2))
    assert len({call.id for call in tries}) == len(tries)
    assert office.told(incident.id).count("fax_tried") == len(waits)
    assert office.told(incident.id).count("message_failed") == 1
    assert office.incident(incident.id).human_reason == "undelivered"


def test_what_does_not_get_through_is_tried_in_another_manner(office: Station) -> None:
    message = posted(office)
    manners = []
    for _ in range(4):
        call_id = answered(office)
        sent = office.read(partial(faxes.to_send, call_id=call_id))
        assert sent is not None
        manners.append(sent.manner)
        reports(office, call_id, BROKEN)
        assert office.call(call_id).outcome is Outcome.NOT_FAXED
        assert "1/3 p., 4800 bit/s" in row(office, message).last_error
        wait(office, message)
    assert manners == [Manner(), Manner(9600), Manner(14_400, audio=True), Manner(4800)]


def test_a_machine_that_confirms_fewer_pages_did_not_take_it(office: Station) -> None:
    message = posted(office)
    call_id = answered(office)
    reports(office, call_id, Report(passed=True, pages=PAGES - 1))
    assert row(office, message).state == "waiting"
    assert proofs_of(office, message) == []


def test_somebody_who_answers_a_fax_is_no_machine(office: Station) -> None:
    message = posted(office)
    call_id = answered(office)
    office.hangs_up(call_id)
    assert row(office, message).last_error.startswith(Fault.BAD_LINE.value)


def test_a_fax_of_unknown_fate_goes_out_once_more_at_most(office: Station) -> None:
    incident = office.alarm()
    message = posted(office, incident=incident)
    office.loses(answered(office))
    assert row(office, message).last_error.startswith(Fault.UNKNOWN.value)
    wait(office, message)
    office.loses(answered(office))
    assert row(office, message).state == "failed"
    assert office.incident(incident.id).human_reason == "undelivered"
    office.now += timedelta(hours=1)
    assert not claimed(office)


def test_it_goes_on_over_the_next_trunk_as_the_same_try(station: Station, office: Station) -> None:
    trunks = tuple(
        TrunkSettings(name=name, machine_number=f"+3393998000{place}")
        for place, name in enumerate(("alpha", "beta"))
    )
    office.write(lambda tx: policy.save_policy(tx, Settings(trunks=trunks)))
    message = posted(office)
    first = asked(office)
    assert office.place() == [FAX]
    office.write(
        lambda tx: calling.call_ended(
            tx, first, outcome=Outcome.UNREACHABLE, now=office.now, not_carried=True
        )
    )
    assert row(office, message).state == "sending"
    assert not claimed(office)
    second = office.picks_up(FAX)
    assert (office.call(second).trunk, office.call(second).attempt) == ("beta", 1)
    sent = office.read(lambda tx: faxes.to_send(tx, second))
    assert sent is not None
    assert sent.number == "+33939980001", "the number of the trunk that carries it"
    reports(office, second, PASSED)
    assert row(office, message).state == "sent"
    assert row(office, message).attempts == 1


def test_it_never_takes_a_channel_that_is_kept_for_alarms(office: Station) -> None:
    one = TrunkSettings(name="trunk", channels=2, reserved=1, machine_number="+33939980001")
    office.write(lambda tx: policy.save_policy(tx, Settings(trunks=(one,))))
    office.put("1003", contacts=[])
    posted(office, FAX)
    posted(office, FIRM_FAX)
    for message in claimed(office):
        office.write(
            partial(faxes.request, message=message, pages=PAGES, now=office.now, node="node0")
        )
    assert len(office.place()) == 1, "the other channel is an alarm's"
    office.alarm("FA")
    assert SHOP in office.place()


def test_every_alarm_goes_first(office: Station) -> None:
    asked_for = posted(office)
    asked(office)
    office.now += timedelta(seconds=5)
    office.alarm("TA")
    orders = office.write(lambda tx: calling.claim_calls(tx, node="node0", now=office.now, limit=1))
    assert [order.to for order in orders] == [SHOP], asked_for


def test_nothing_but_a_declared_machine_is_called_for_a_fax(office: Station) -> None:
    for to, may in (
        (FAX, True),
        (FIRM_FAX, True),
        (FIRST, False),  # a keyholder's telephone
        (POLICE, False),
        (POLICE_FAX, False),  # for a person only
        ("+33139980077", False),
        ("112", False),
        ("+33112", False),
    ):
        message = posted(office, to)
        asked(office)
        assert office.place() == ([to] if may else []), to
        assert row(office, message).state == ("sending" if may else "failed"), to
        if not may:
            assert row(office, message).last_error.startswith(Fault.FORBIDDEN.value)
    message = posted(office, POLICE_FAX, by="ines")
    asked(office)
    assert office.place() == [POLICE_FAX]


def test_a_fax_machine_is_nobodys_telephone(office: Station) -> None:
    """A machine that is called by voice shrieks at whoever waits."""
    office.plan(
        "ring-it", {"id": "m", "kind": "message", "text": "Hello", "who": [{"role": "premises"}]}
    )
    office.alarm()
    assert FAX not in office.wanted()


def test_nothing_leaves_for_a_mute_alarm(office: Station) -> None:
    incident = office.alarm()
    message = posted(office, incident=incident)
    asked(office)
    office.alarm("HA")
    assert FAX not in office.place()
    assert row(office, message).state == "failed"


def test_whoever_takes_the_alarm_leaves_its_fax_alone(office: Station) -> None:
    incident = office.alarm()
    posted(office, incident=incident)
    call_id = asked(office)
    office.write(lambda tx: operating.claim(tx, incident.id, "ines", office.now))
    assert office.call(call_id).state == "requested"


def test_a_dead_process_leaves_it_to_the_next_and_none_is_sent_twice(office: Station) -> None:
    message = posted(office)
    (first,) = claimed(office)
    office.now += faxes.DRAWN_WITHIN
    (second,) = claimed(office)
    late = office.write(lambda tx: faxes.request(tx, first, PAGES, office.now, node="node0"))
    assert late is None, "somebody else has it"
    assert office.write(lambda tx: faxes.request(tx, second, PAGES, office.now, node="node0"))
    for _ in range(5):  # while its call waits, or goes on, nobody takes it again
        office.now += timedelta(minutes=15)
        assert claimed(office) == []
    assert row(office, message).attempts == 2
    assert len(made(office)) == 1


def test_what_cannot_be_drawn_is_a_humans(office: Station) -> None:
    incident = office.alarm()
    message = posted(office, incident=incident)
    (claim,) = claimed(office)
    failure = Undelivered(Fault.TOO_LARGE, "120 pages: 100 are the most")
    office.write(lambda tx: faxes.not_drawn(tx, claim, failure, office.now))
    assert row(office, message).state == "failed"
    assert office.incident(incident.id).human_reason == "undelivered"


def test_its_cover_says_whose_machine_it_is(office: Station) -> None:
    for to, name in ((FAX, "shop"), (FIRM_FAX, "Guards"), (POLICE_FAX, "CORG")):
        message = row(office, posted(office, to))
        said = office.read(partial(faxes.addressed, message=message))
        assert said.name == name
