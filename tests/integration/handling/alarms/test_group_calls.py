"""One call to a person who stands behind many incidents lists them, and speaks for all (D10)."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.handling.alarms import operating
from callflow.handling.calls import dialogues
from callflow.storage.calls import calls
from tests.integration.handling.station import FIRST, SECOND, Station

Row = dict[str, Any]

PEOPLE = {"id": "people", "kind": "call_list", "outcomes": {"verified_ok": "end"}}
STEPS = (PEOPLE, {"id": "end", "kind": "close", "code": "false_alarm"})


def sites(station: Station, count: int, **differently: Any) -> list[str]:
    """So many sites of one keyholder, whose authority may differ at the last."""
    station.plan("p", *STEPS)
    names = [f"2{place:03d}" for place in range(count)]
    for name in names:
        anne = {"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST, "code": "2580"}
        granted: Row = {"authorities": {"*": ["cancel"]}}
        if name == names[-1]:
            granted |= differently
        station.put(name, name=f"Site {name}", plans={"intrusion": "p"}, contacts=[anne | granted])
    return names


def alarms(station: Station, *accounts: str) -> list[Incident]:
    """An alarm of each, one second after the other."""
    rows = []
    for account in accounts:
        rows.append(station.alarm("BA", account=account))
        station.later(1)
    return rows


def outcomes(station: Station, *accounts: str) -> list[str | None]:
    rows = [station.incidents(account=account)[0] for account in accounts]
    return [station.calls(row.id)[-1].outcome for row in rows]


def test_twenty_alarms_of_one_person_ring_once_and_are_listed(station: Station) -> None:
    names = sites(station, 20)
    alarms(station, *names)
    assert station.place() == [FIRST]
    assert station.place() == []
    leader = station.picks_up_ringing(FIRST)
    begun = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, leader))
    assert begun is not None
    assert sorted(begun[0].others) == [f"Site {name}" for name in names[1:]]
    station.says(leader, "verified_ok")
    station.hangs_up(leader)
    assert outcomes(station, *names) == ["verified_ok"] * 20
    states = {station.incidents(account=name)[0].resolution_code for name in names}
    assert states == {"false_alarm"}
    assert station.place() == []
    # What was said is in one recording: none is looked for where nothing was dialled.
    missing = station.write(lambda tx: calls.unrecorded(tx, "node0"))
    assert [call.id for call in missing] == [leader]


def test_an_answer_counts_as_far_as_the_authority_goes(station: Station) -> None:
    names = sites(station, 2, authorities={"*": ["inform"]})
    alarms(station, *names)
    station.place()
    leader = station.picks_up_ringing(FIRST)
    station.says(leader, "verified_ok")
    station.hangs_up(leader)
    assert outcomes(station, *names) == ["verified_ok", "verified_no_authority"]
    assert station.incidents(account=names[1])[0].state == "open"


def test_an_alarm_while_it_rings_is_told_in_the_same_call_but_not_once_it_is_spoken_in(
    station: Station,
) -> None:
    first, second, third = sites(station, 3)
    station.alarm("BA", account=first)
    station.place()
    station.alarm("BA", account=second)
    leader = station.picks_up_ringing(FIRST)
    begun = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, leader))
    assert begun is not None
    assert begun[0].others == (f"Site {second}",)
    station.alarm("BA", account=third)
    assert station.place() == []
    station.says(leader, "verified_ok")
    station.hangs_up(leader)
    assert outcomes(station, first, second, third) == ["verified_ok", "verified_ok", None]
    assert station.place() == [FIRST]


def test_who_takes_an_alarm_takes_it_out_of_the_call(station: Station) -> None:
    first, second = sites(station, 2)
    rows = alarms(station, first, second)
    station.place()
    station.write(lambda tx: operating.claim(tx, rows[1].id, "anna", station.now))
    assert station.call_states(rows[1].id) == ["cancelled"]
    station.replies(FIRST, "verified_ok")
    assert station.incident(rows[1].id).state == "open"


def test_a_call_withdrawn_while_it_rings_leaves_the_others_theirs(station: Station) -> None:
    first, second = sites(station, 2)
    rows = alarms(station, first, second)
    station.place()
    leader = station.live(FIRST)
    assert leader.incident_id == rows[0].id
    station.write(lambda tx: operating.claim(tx, rows[0].id, "anna", station.now))
    station.hangs_up(leader.id, "no_answer")
    assert station.call_states(rows[1].id) == ["requested"]
    assert station.place() == [FIRST]


def test_a_code_under_threat_silences_every_site_of_the_call(station: Station) -> None:
    names = sites(station, 3)
    alarms(station, *names)
    station.place()
    leader = station.picks_up_ringing(FIRST)
    station.says(leader, "duress")
    station.hangs_up(leader)
    rows = [station.incidents(account=name)[0] for name in names]
    assert [(row.duress, row.with_human) for row in rows] == [(True, True)] * 3
    assert FIRST not in station.place()


def test_a_lost_call_is_repeated_once_for_all_of_them(station: Station) -> None:
    names = sites(station, 3)
    alarms(station, *names)
    for _ in range(2):
        assert station.place() == [FIRST]
        station.loses(station.live_on_trunk(FIRST))
    assert outcomes(station, *names) == ["unknown"] * 3
    assert FIRST not in station.place()


@pytest.mark.parametrize("kind", ["HA", "PA"])
def test_a_mute_site_is_in_no_call(station: Station, kind: str) -> None:
    first, second = sites(station, 2)
    station.alarm("BA", account=first)
    station.alarm(kind, account=second)
    station.alarm("BA", account=second, zone="4")
    assert station.place() == [FIRST]
    leader = station.live(FIRST).id
    assert station.read(lambda tx: calls.followers(tx, leader)) == []
    assert SECOND not in station.wanted()


@pytest.mark.parametrize("texts", [("À traiter", "À traiter"), ("À traiter", "Coupez le gaz")])
def test_one_firm_hears_one_message_for_all_its_faults_if_it_is_the_same(
    station: Station, texts: tuple[str, str]
) -> None:
    names = []
    for place, text in enumerate(texts):
        tell = {"id": "tell", "kind": "message", "who": [{"role": "maintenance"}], "text": text}
        station.plan(f"m{place}", {**tell, "outcomes": {"acknowledged": "end"}}, STEPS[1])
        firm = {"id": "firm", "name": "Firm", "role": "maintenance", "phone": SECOND}
        name = f"3{place:03d}"
        station.put(name, name=name, plans={"power": f"m{place}"}, contacts=[firm])
        station.alarm("AT", account=name)
        station.later(1)
        names.append(name)
    station.place()
    station.says(station.picks_up_ringing(SECOND), "acknowledged")
    station.hangs_up(station.live_on_trunk(SECOND))
    same = texts[0] == texts[1]
    assert outcomes(station, *names) == ["acknowledged", "acknowledged" if same else None]
