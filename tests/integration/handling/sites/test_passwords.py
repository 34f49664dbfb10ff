"""Spoken passwords: judged, limited, logged without what was typed, and duress in silence (D14)."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.sites.password import Heard
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.sites import passwords
from callflow.storage import schema as t
from callflow.vault import Vault
from tests.integration.handling.alarms.test_operating import Desk
from tests.integration.handling.station import Station, a_site
from tests.support.rows.documents import site_document

Row = dict[str, Any]

#: The site's first keyholder, who has passwords.
WHOSE = a_site()["contacts"][1]["id"]


@pytest.fixture
def held(station: Station) -> Incident:
    """An alarm that alice holds, at a site whose first keyholder has passwords."""
    contacts = a_site()["contacts"]
    contacts[1] |= {"password": "Été indien", "duress_password": "hiver"}
    station.put(contacts=contacts, password="boutique")
    row = station.alarm()
    Desk(station).takes(row)
    return row


def hears(station: Station, held: Incident, heard: str, contact: str | None = None) -> Heard:
    whose = WHOSE if contact is None else contact
    return station.write(
        lambda tx: passwords.password_heard(
            tx, station.vault, held.id, "alice", whose, heard, station.now
        )
    )


def test_right_and_wrong_are_told_apart_and_logged_without_the_word(
    station: Station, held: Incident
) -> None:
    assert hears(station, held, "eté INDIEN") is Heard.MATCHES
    assert hears(station, held, "été normand") is Heard.DIFFERS
    assert hears(station, held, "Boutique.", "") is Heard.MATCHES
    told = str([station.entries(kind) for kind in ("password_right", "password_wrong")]).lower()
    assert "password_right" in told
    assert "password_wrong" in told
    for word in ("indien", "normand", "boutique"):
        assert word not in told


def test_duress_is_raised_in_silence_and_logged_like_a_right_one(
    station: Station, held: Incident
) -> None:
    assert hears(station, held, "hiver !") is Heard.DURESS
    row = station.incident(held.id)
    assert row.duress
    assert row.holder == "alice"
    assert [e.text for e in station.entries("password_right")]
    assert station.entries("password_wrong") == []
    assert hears(station, held, "hiver") is Heard.DURESS  # again: nothing breaks


def test_three_wrong_ones_end_the_guessing(station: Station, held: Incident) -> None:
    for _ in range(3):
        assert hears(station, held, "faux") is Heard.DIFFERS
    with pytest.raises(Refused, match="too many"):
        hears(station, held, "été indien")
    assert hears(station, held, "boutique", "") is Heard.MATCHES  # another's are their own
    station.later(16 * 60)
    Desk(station).takes(held)
    assert hears(station, held, "été indien") is Heard.MATCHES


def test_who_has_no_password_or_holds_nothing_is_refused(station: Station, held: Incident) -> None:
    other = a_site()["contacts"][0]["id"]
    with pytest.raises(Refused, match="no password is agreed"):
        hears(station, held, "x1y2", other)
    with pytest.raises(NotFound):
        hears(station, held, "x1y2", "nobody")
    with pytest.raises(Refused, match="as it was heard"):
        hears(station, held, " ! ")
    Desk(station).releases(held)
    with pytest.raises(Refused, match="take the incident first"):
        hears(station, held, "été indien")


def test_one_that_was_altered_is_no_ones_and_can_be_agreed_anew(
    station: Station, held: Incident
) -> None:
    person = t.contact
    station.write(
        lambda tx: tx.execute(
            person.update().where(person.c.id == WHOSE).values(password=b"altered")
        )
    )
    with pytest.raises(Refused, match="can't be read"):
        hears(station, held, "été indien")
    contacts = a_site()["contacts"]
    contacts[1] |= {"duress_password": "automne"}
    station.put(contacts=contacts)
    contacts[1] |= {"password": "printemps"}
    station.put(contacts=contacts)
    assert hears(station, held, "printemps") is Heard.MATCHES


def test_a_password_is_shown_for_a_reason_and_the_look_is_logged(
    station: Station, held: Incident
) -> None:
    def look(reason: str) -> str:
        return station.write(
            lambda tx: passwords.reveal_password(
                tx, station.vault, held.id, "alice", WHOSE, reason, station.now
            )
        )

    with pytest.raises(Refused, match="for a reason"):
        look(" ")
    assert station.entries("password_revealed") == []
    assert look("le gardien l'épelle") == "Été indien"
    (entry,) = station.entries("password_revealed")
    assert entry.data["reason"] == "le gardien l'épelle"
    assert "indien" not in str(entry).lower()


def test_passwords_go_in_and_never_come_out(station: Station, held: Incident, vault: Vault) -> None:
    site = station.read(lambda tx: site_document(tx, "1002"))
    assert site
    assert site["password_set"]
    assert not site["duress_password_set"]
    assert [c["password_set"] for c in site["contacts"]].count(True) == 1
    assert "indien" not in str(site).lower()
    station.put(contacts=a_site()["contacts"])  # left out: unchanged
    assert hears(station, held, "été indien") is Heard.MATCHES
    contacts = a_site()["contacts"]
    contacts[1] |= {"password": None, "duress_password": None}
    station.put(contacts=contacts, password=None)
    with pytest.raises(Refused, match="no password is agreed"):
        hears(station, held, "été indien")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"password": "a!b"}, "contacts.1.password"),
        ({"password": "été 42", "duress_password": "ETE42"}, "contacts.1.duress_password"),
        ({"duress_password": "Eté indien"}, "contacts.1.duress_password"),
    ],
)
def test_a_bad_password_names_its_field(
    station: Station, held: Incident, sent: Row, field: str
) -> None:
    contacts = a_site()["contacts"]
    contacts[1] |= sent
    with pytest.raises(BadField) as refused:
        station.put(contacts=contacts)
    assert refused.value.field == field
