"""What an operator does with the telephone, in rows: who is rung, held, handed on, and let go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Mode, Outcome
from callflow.core.people.sessions import Session
from callflow.handling.alarms import operating
from callflow.handling.base.refusals import Held, NotFound, Refused
from callflow.handling.calls import calling, control, dialogues, phones, telephone
from callflow.handling.station import users as accounts
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.calls import phones as phone_rows
from callflow.storage.desks import shifts as shift_rows
from callflow.storage.people import access, users
from callflow.texts import entry_text
from ivr.telephony.phones import COMES_BACK_WITHIN, Phones
from tests.integration.handling.desks.test_distribution import acts, comes_in, rings, works
from tests.integration.handling.station import DESK, FIRST, SECOND, SHOP, Station

Row = dict[str, Any]
STRANGER = "+33639987001"


def held_by(station: Station, who: str, code: str = "BA") -> Incident:
    """An alarm that ``who`` took before anybody was called."""
    incident = station.alarm(code)
    station.write(lambda tx: operating.claim(tx, incident.id, who, station.now))
    return station.incident(incident.id)


def calls_contact(station: Station, incident: Incident, who: str, contact: str, **how: Any) -> None:
    station.write(
        lambda tx: telephone.call_contact(tx, incident.id, who, contact, station.now, **how)
    )


def talks(station: Station, who: str = "ines", contact: str = "1002-anne") -> Incident:
    """``who`` is in conversation with a keyholder of an alarm that they hold; the alarm."""
    incident = held_by(station, who)
    calls_contact(station, incident, who, contact)
    station.picks_up(f"op-{who}")
    station.picks_up(FIRST)
    acts(station)
    return incident


# --- calling ------------------------------------------------------------------------------


def test_the_operators_own_phone_rings_first_and_then_the_person(station: Station) -> None:
    station.put()
    works(station, "ines")
    incident = held_by(station, "ines")
    calls_contact(station, incident, "ines", "1002-anne")
    assert station.place() == ["op-ines"]
    station.picks_up_ringing("op-ines")
    assert station.place() == [FIRST]
    leg, person = station.live("op-ines"), station.live(FIRST)
    assert leg.room == person.room
    assert (person.dialogue, person.requester, person.contact_id) == (
        "talk",
        "ines",
        "1002-anne",
    )
    assert "click_to_call" in station.told(incident.id)


def test_nobody_is_called_before_the_operator_is_there(station: Station) -> None:
    station.put()
    works(station, "ines")
    incident = held_by(station, "ines")
    calls_contact(station, incident, "ines", "1002-anne")
    station.ends("op-ines", "no_answer")
    assert station.place() == []
    assert FIRST not in [to for to, _ in station.called(incident.id)]


def test_an_operator_without_a_telephone_has_the_machine_ask(station: Station) -> None:
    station.put()
    works(station, "ines", phone="UNAVAILABLE")
    incident = held_by(station, "ines")
    calls_contact(station, incident, "ines", "1002-anne")
    assert station.live(FIRST).dialogue == "verification"


def test_while_nobody_answers_the_next_of_the_same_role_is_called(station: Station) -> None:
    station.put()
    works(station, "ines")
    incident = held_by(station, "ines")
    calls_contact(station, incident, "ines", "1002-anne", role=True)
    station.picks_up("op-ines")
    station.ends(FIRST, "busy")
    assert station.place() == [SECOND]
    assert station.live("op-ines").room == station.live(SECOND).room
    station.picks_up_ringing(SECOND)
    station.hangs_up(station.live(SECOND).id)
    assert [kind for _, kind in acts(station)] == ["hang_up"]  # nobody is left for the operator


def test_one_who_does_not_answer_ends_the_call_where_nobody_follows(station: Station) -> None:
    station.put()
    works(station, "ines")
    calls_contact(station, held_by(station, "ines"), "ines", "1002-anne")
    station.picks_up("op-ines")
    station.ends(FIRST, "no_answer")
    assert [kind for _, kind in acts(station)] == ["hang_up"]


def test_a_second_person_joins_the_conversation(station: Station) -> None:
    station.put()
    works(station, "ines")
    incident = talks(station)
    calls_contact(station, incident, "ines", "1002-bruno")
    station.picks_up(SECOND)
    rooms = {station.live(to).room for to in ("op-ines", FIRST, SECOND)}
    assert len(rooms) == 1
    station.hangs_up(station.live(FIRST).id)
    assert acts(station) == []  # the other one is still there


def test_nobody_of_a_personal_alarm_is_called(station: Station) -> None:
    station.put()
    works(station, "ines")
    incident = held_by(station, "ines", "HA")
    with pytest.raises(Refused, match="nothing may ring"):
        calls_contact(station, incident, "ines", "1002-anne")
    assert station.place() == []


def test_only_the_holder_calls(station: Station) -> None:
    station.put()
    works(station, "ines")
    works(station, "jean")
    incident = held_by(station, "jean")
    with pytest.raises(Held):
        calls_contact(station, incident, "ines", "1002-anne")


def test_whoever_called_is_called_back_and_nobody_else_is(station: Station) -> None:
    works(station, "ines")
    station.hangs_up(comes_in(station))
    station.write(lambda tx: telephone.call_number(tx, "ines", STRANGER, station.now))
    station.picks_up("op-ines")
    assert station.place() == [STRANGER]
    station.hangs_up(station.live_on_trunk(STRANGER))
    station.hangs_up(station.live("op-ines").id)
    station.now += timedelta(seconds=1)
    station.write(lambda tx: telephone.call_number(tx, "ines", "+33639987009", station.now))
    station.picks_up("op-ines")
    assert station.place() == []
    assert station.entries("dial_refused")


# --- hold, keys, mute ---------------------------------------------------------------------


def test_hold_and_resume_are_acts_on_the_person(station: Station) -> None:
    station.put()
    works(station, "ines")
    talks(station)
    person = station.live(FIRST).id
    station.write(lambda tx: control.hold(tx, "ines", person, station.now))
    assert acts(station) == [(person, "hold")]
    assert station.call(person).held
    station.write(lambda tx: control.hold(tx, "ines", person, station.now))
    assert acts(station) == []  # held already
    station.write(lambda tx: control.resume(tx, "ines", person, station.now))
    assert acts(station) == [(person, "resume")]


def test_nobody_stays_on_hold_when_the_operator_vanishes(station: Station) -> None:
    station.put()
    works(station, "ines")
    talks(station)
    person = station.live(FIRST).id
    station.write(lambda tx: control.hold(tx, "ines", person, station.now))
    acts(station)
    station.loses(station.live("op-ines").id)
    assert (person, "resume") in acts(station)
    assert station.read(calls.waiting)


def test_keys_are_sent_and_never_kept_in_the_logbook(station: Station) -> None:
    station.put()
    works(station, "ines")
    incident = talks(station)
    person = station.live(FIRST).id
    presses(station, person, "4711#")
    orders = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    assert [(o.kind, o.argument) for o in orders] == [("keys", "4711#")]
    assert not any("4711" in text for text in station.told(incident.id))
    for bad in ("", "12x", "1" * 21, "1,2"):
        with pytest.raises(Refused, match="keys are digits"):
            presses(station, person, bad)


def presses(station: Station, person: str, typed: str) -> None:
    station.write(lambda tx: control.keys(tx, "ines", person, typed, station.now))


def test_a_stranger_to_the_call_can_do_nothing_with_it(station: Station) -> None:
    station.put()
    works(station, "ines")
    works(station, "jean")
    talks(station)
    person = station.live(FIRST).id
    with pytest.raises(Refused, match="in no call"):
        station.write(lambda tx: control.hold(tx, "jean", person, station.now))
    with pytest.raises(Refused, match="in no call"):
        station.write(lambda tx: control.resume(tx, "jean", person, station.now))
    with pytest.raises(NotFound):
        station.write(lambda tx: control.hold(tx, "ines", "nobody's", station.now))


# --- the end ------------------------------------------------------------------------------


def test_hanging_up_by_the_page_ends_the_call_for_those_outside(station: Station) -> None:
    station.put()
    works(station, "ines")
    talks(station)
    leg, person = station.live("op-ines").id, station.live(FIRST).id
    station.write(lambda tx: control.hang_up(tx, "ines", station.now))
    assert set(acts(station)) == {(person, "hang_up"), (leg, "hang_up")}


def test_a_receiver_that_is_put_down_ends_it_and_a_phone_that_vanishes_does_not(
    station: Station,
) -> None:
    station.put()
    works(station, "ines")
    talks(station)
    leg, person = station.live("op-ines").id, station.live(FIRST).id
    station.write(
        lambda tx: calling.call_ended(
            tx, leg, outcome=Outcome.HUNG_UP, now=station.now, receiver_down=True
        )
    )
    assert acts(station) == [(person, "hang_up")]


def test_a_page_that_lost_the_sound_comes_back_into_its_call(station: Station) -> None:
    station.put()
    works(station, "ines")
    incident = talks(station)
    leg, person = station.live("op-ines").id, station.live(FIRST).id
    station.write(lambda tx: control.rejoin(tx, "ines", leg, station.now))
    station.write(lambda tx: control.rejoin(tx, "ines", leg, station.now))  # asked twice
    assert acts(station) == [(leg, "hang_up")]
    assert station.place() == []  # one call at a time to one phone
    station.hangs_up(leg)
    assert station.place() == ["op-ines"]
    station.picks_up_ringing("op-ines")
    assert station.live("op-ines").room == person
    assert station.call(person).ended_at is None
    assert station.incident(incident.id).holder == "ines"
    with pytest.raises(NotFound):
        station.write(lambda tx: control.rejoin(tx, "jean", leg, station.now))


# --- handing on ---------------------------------------------------------------------------


def test_a_call_is_handed_on_with_its_alarm(station: Station) -> None:
    station.put()
    works(station, "ines")
    works(station, "jean")
    incident = talks(station)
    leg = station.live("op-ines").id
    station.write(lambda tx: control.hand_on(tx, "ines", "jean", station.now, attended=False))
    assert (leg, "hang_up") in acts(station)
    station.picks_up("op-jean")
    assert station.incident(incident.id).holder == "jean"
    assert station.live("op-jean").room == station.live(FIRST).room


def test_speaking_first_holds_the_person_and_sends_nobody_away(station: Station) -> None:
    station.put()
    works(station, "ines")
    works(station, "jean")
    talks(station)
    person = station.live(FIRST).id
    station.write(lambda tx: control.hand_on(tx, "ines", "jean", station.now, attended=True))
    assert acts(station) == [(person, "hold")]
    with pytest.raises(Refused, match="nobody would be left"):
        station.write(lambda tx: control.complete(tx, "ines", station.now))
    station.picks_up("op-jean")
    station.write(lambda tx: control.call_off(tx, "ines", station.now))
    colleague = station.live("op-jean").id
    assert set(acts(station)) == {(colleague, "hang_up"), (person, "resume")}


def test_who_has_no_telephone_is_handed_nothing(station: Station) -> None:
    station.put()
    works(station, "ines")
    works(station, "jean", phone="UNAVAILABLE")
    talks(station)
    with pytest.raises(Refused, match="colleague"):
        station.write(lambda tx: control.hand_on(tx, "ines", "jean", station.now, attended=False))
    assert acts(station) == []


# --- joining, listening -------------------------------------------------------------------


def test_a_waiting_person_is_taken_from_the_list(station: Station) -> None:
    works(station, "ines", on_shift=False)
    waiting = comes_in(station)
    assert rings(station, waiting) == [DESK]
    station.write(lambda tx: telephone.join(tx, "ines", waiting, station.now))
    station.look()
    assert "op-ines" in rings(station, waiting)
    station.picks_up("op-ines")
    with pytest.raises(Refused, match="somebody is with"):
        station.write(lambda tx: telephone.join(tx, "jean", waiting, station.now))


def test_listening_leaves_the_operator_the_only_one_for_the_person(station: Station) -> None:
    station.put()
    works(station, "ines")
    works(station, "rose", role="supervisor", on_shift=False)
    incident = talks(station)
    leg = station.live("op-ines").id
    station.write(lambda tx: control.listen(tx, "rose", leg, Mode.LISTEN, station.now))
    station.picks_up("op-rose")
    spied = station.write(
        lambda tx: dialogues.dialogue_begin(tx, station.vault, station.live("op-rose").id)
    )
    assert spied is not None
    assert (spied[0].spied, spied[0].whispers) == (leg, False)
    assert station.incident(incident.id).holder == "ines"
    assert "listened_in" in station.told(incident.id)
    station.write(lambda tx: control.hang_up(tx, "ines", station.now))
    assert (station.live(FIRST).id, "hang_up") in acts(station)  # a listener keeps nobody


@pytest.mark.parametrize("mode", [Mode.LISTEN, Mode.WHISPER, Mode.BARGE])
def test_a_supervisor_hangs_up_and_the_others_go_on(station: Station, mode: Mode) -> None:
    station.put()
    works(station, "ines")
    works(station, "rose", role="supervisor", on_shift=False)
    talks(station)
    leg = station.live("op-ines").id
    station.write(lambda tx: control.listen(tx, "rose", leg, mode, station.now))
    station.picks_up("op-rose")
    acts(station)
    station.write(lambda tx: control.hang_up(tx, "rose", station.now))
    assert acts(station) == [(station.live("op-rose").id, "hang_up")]


def test_a_supervisor_who_barged_in_and_was_left_with_the_person_ends_the_call(
    station: Station,
) -> None:
    station.put()
    works(station, "ines")
    works(station, "rose", role="supervisor", on_shift=False)
    talks(station)
    leg = station.live("op-ines").id
    station.write(lambda tx: control.listen(tx, "rose", leg, Mode.BARGE, station.now))
    station.picks_up("op-rose")
    station.write(lambda tx: control.hang_up(tx, "ines", station.now))
    station.hangs_up(leg)
    acts(station)
    station.write(lambda tx: control.mute(tx, "rose", True, station.now))  # as the page offers
    station.write(lambda tx: control.hang_up(tx, "rose", station.now))
    rose, person = station.live("op-rose").id, station.live(FIRST).id
    assert acts(station) == [(rose, "mute"), (person, "hang_up"), (rose, "hang_up")]


# --- telephones ---------------------------------------------------------------------------


def a_session(station: Station, who: str, token: str) -> None:
    def insert(tx: Tx) -> None:
        user = users.user_by_name(tx, who)
        assert user is not None
        until = station.now + timedelta(hours=12)
        given = "", "", "", user.name, user.role, user.language, None
        session = Session(token, user.id, "x", station.now, until, station.now, *given)
        access.insert_session(tx, session, station.now)

    station.write(insert)


def takes_phone_away(station: Station, name: str) -> None:
    """The one that stands in for a real one in these tests has no secret."""
    station.write(lambda tx: phones.end_phone(tx, name, station.now))


def softphone(station: Station, who: str, session: str) -> phones.Credentials:
    return station.write(lambda tx: phones.softphone(tx, station.vault, who, session, station.now))


def test_a_softphone_lasts_as_long_as_its_session(station: Station) -> None:
    takes_phone_away(station, works(station, "ines"))
    a_session(station, "ines", "one")
    given = softphone(station, "ines", "one")
    assert softphone(station, "ines", "one") == given
    found = station.read(lambda tx: phones.endpoints(tx, station.vault, "node0"))
    assert [(p.name, p.secret) for p in found] == [(given.name, given.secret)]
    row = station.read(lambda tx: phone_rows.get(tx, given.name))
    assert row is not None
    assert given.secret not in str(row)  # encrypted at rest
    station.write(lambda tx: access.end_sessions(tx, station.now, user_id="ines"))
    station.write(lambda tx: phones.end_orphans(tx, station.now))
    assert station.read(lambda tx: phones.endpoints(tx, station.vault, "node0")) == []


def test_a_telephone_whose_secret_was_altered_silences_no_other(station: Station) -> None:
    for name in ("ines", "marc"):
        takes_phone_away(station, works(station, name))
        a_session(station, name, name)
    altered, other = (softphone(station, name, name) for name in ("ines", "marc"))
    station.write(lambda tx: phone_rows.change(tx, altered.name, secret="YWx0ZXJlZA=="))
    found = station.read(lambda tx: phones.endpoints(tx, station.vault, "node0"))
    assert [phone.name for phone in found] == [other.name]
    given = softphone(station, "ines", "ines")
    assert given.name != altered.name
    found = station.read(lambda tx: phones.endpoints(tx, station.vault, "node0"))
    assert {phone.name for phone in found} == {given.name, other.name}


def test_the_softphone_of_an_earlier_session_ends_with_its_call(station: Station) -> None:
    station.put()
    works(station, "ines")
    talks(station)
    leg = station.live("op-ines").id
    a_session(station, "ines", "two")
    given = softphone(station, "ines", "two")
    assert given.name != "op-ines"
    assert (leg, "hang_up") in acts(station)
    with pytest.raises(Refused, match="not connected"):
        station.write(lambda tx: phones.own_phone(tx, "ines"))  # not registered yet


def test_a_session_that_is_ended_in_a_call_ends_the_call(station: Station) -> None:
    station.put()
    works(station, "ines")
    talks(station)
    leg, person = station.live("op-ines").id, station.live(FIRST).id
    station.write(lambda tx: phone_rows.change(tx, "op-ines", ended_at=station.now))
    station.write(lambda tx: phones.end_orphans(tx, station.now))
    assert acts(station) == [(leg, "hang_up")]
    station.hangs_up(leg)
    station.look()
    assert DESK in rings(station, person)  # whoever was with them is brought to somebody else


async def test_a_phone_that_registers_anew_before_its_old_connection_ends_keeps_its_call(
    station: Station,
) -> None:
    """The order that Asterisk tells it in: test_browser_telephone.py."""
    station.put()
    works(station, "ines")
    talks(station)
    leg = station.live("op-ines").id
    held = Phones(station.store, station.vault, None, node="node0", now=lambda: station.now)
    for address, connected in (("sip:a", True), ("sip:b", True), ("sip:a", False)):
        held.connected("op-ines", address, connected)
    station.later(COMES_BACK_WITHIN)
    await held.tell()
    assert (leg, "hang_up") not in acts(station)
    held.connected("op-ines", "sip:b", False)
    station.later(COMES_BACK_WITHIN)
    await held.tell()
    assert (leg, "hang_up") in acts(station)


def test_who_is_disabled_is_gone_at_once_with_telephones_shift_and_alarms(station: Station) -> None:
    station.put()
    works(station, "ines")
    talks(station)
    leg, person = station.live("op-ines").id, station.live(FIRST).id
    held = [row for row in station.incidents(state="open") if row.holder == "ines"]
    assert held
    station.write(lambda tx: phones.desk_phone(tx, station.vault, "ines", station.now))
    station.write(lambda tx: shift_rows.begin(tx, "ines", station.now))
    station.write(lambda tx: accounts.disable_user(tx, "ines", "zoe", station.now))
    assert acts(station) == [(leg, "hang_up")]
    assert station.read(phone_rows.live) == []
    assert station.read(lambda tx: shift_rows.running(tx, "ines")) is None
    assert [station.incident(row.id).holder for row in held] == [None] * len(held)
    with pytest.raises(NotFound):  # a request that was under way
        station.write(lambda tx: phones.desk_phone(tx, station.vault, "ines", station.now))
    station.hangs_up(leg)
    station.look()
    assert DESK in rings(station, person)  # whoever was with them is brought to somebody else


def test_a_desk_phone_is_given_once_and_logged(station: Station) -> None:
    takes_phone_away(station, works(station, "ines"))
    first = station.write(lambda tx: phones.desk_phone(tx, station.vault, "ines", station.now))
    second = station.write(lambda tx: phones.desk_phone(tx, station.vault, "ines", station.now))
    live = {p.name for p in station.read(lambda tx: phones.endpoints(tx, station.vault, "node0"))}
    assert first.name not in live
    assert second.name in live
    told = station.entries("desk_phone_given")
    assert [row.text for row in told] == ["Téléphone fixe déclaré : le poste de ines"] * 2
    assert entry_text(told[0].kind, told[0].data, "en").endswith("the desk of ines")
    assert not [row for row in told if "op-" in str(row.data)]


def test_the_premises_may_be_called_by_hand_too(station: Station) -> None:
    station.put()
    works(station, "ines")
    calls_contact(station, held_by(station, "ines"), "ines", "1002-shop")
    station.picks_up("op-ines")
    assert station.place() == [SHOP]
