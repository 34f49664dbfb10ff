"""A site goes in and comes out alike, secrets excepted; what is wrong names its field."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.plans import call_plan
from callflow.handling.base.fields import BadField
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.shape import Site
from callflow.storage.sites import contacts, sites
from tests.integration.handling.station import FIRST, SHOP, Station, a_site
from tests.support.rows.documents import site_document
from tests.support.rows.in_clear import in_clear

Row = dict[str, Any]


def get(station: Station, site_id: str = "1002") -> Row:
    found = station.read(lambda tx: site_document(tx, site_id))
    assert found is not None
    return found


def put(station: Station, body: Row, site_id: str = "1002") -> bool:
    return station.write(
        lambda tx: sites_sites.put_site(
            tx, station.vault, site_id, Site.read(body), "admin", station.now, because="asked for"
        )
    )


def test_what_get_gives_put_takes_and_nothing_changes(station: Station) -> None:
    everything = a_site(
        address="1 rue du Port",
        client="Chain",
        timezone="Indian/Reunion",
        language="en",
        state="commissioning",
        plans={"intrusion": "operator", "*": "intrusion", "vital": "fire"},
    )
    everything["accounts"][0]["dc09_key"] = "00" * 16
    put(station, everything)
    given = get(station)
    assert given["client"] == "Chain"
    assert given["plans"] == everything["plans"]
    assert put(station, given) is False
    assert get(station) == given


def test_secrets_go_in_and_never_come_out(station: Station) -> None:
    body = a_site()
    body["accounts"][0]["dc09_key"] = "0123456789abcdef" * 2
    put(station, body)
    given = get(station)
    text = str(given)
    assert not any(word in text for word in ("2580", "2581", "mimosa", "0123456789abcdef"))
    assert given["recognition_word_set"]
    assert given["accounts"][0]["dc09_key_set"]
    assert all(c["code_set"] and c["duress_code_set"] for c in given["contacts"])


def test_no_secret_stands_in_clear_in_the_database(station: Station) -> None:
    body = a_site()
    body["accounts"][0]["dc09_key"] = "0123456789abcdef" * 2
    put(station, body)

    def kept(tx: Any) -> str:
        rows = [sites.get(tx, "1002"), sites.account_keys(tx), contacts.called(tx, "1002")]
        return str(rows)

    text = station.read(kept)
    secrets = ("2580", "2581", "mimosa", "0123456789abcdef", str(bytes.fromhex("0123456789abcdef")))
    assert not any(in_clear(secret, text) for secret in secrets)


def test_a_secret_left_out_stays_and_null_removes_it(station: Station) -> None:
    given = get(station)
    for contact in given["contacts"]:
        contact["code"] = None
    given["recognition_word"] = None
    put(station, given)
    after = get(station)
    assert [c["code_set"] for c in after["contacts"]] == [False] * 3
    assert [c["duress_code_set"] for c in after["contacts"]] == [True] * 3
    assert not after["recognition_word_set"]


def test_contacts_are_shared_between_sites(station: Station) -> None:
    shared = {"id": "anne", "name": "anne", "role": "keyholder", "phone": FIRST, "code": "1111"}
    put(station, a_site("1002", contacts=[shared]))
    without_code = {key: value for key, value in shared.items() if key != "code"}
    put(station, a_site("1003", contacts=[{**without_code, "rank": 4}]), "1003")
    assert get(station, "1003")["contacts"][0]["code_set"]
    assert [get(station, s)["contacts"][0]["rank"] for s in ("1002", "1003")] == [1, 4]
    put(station, a_site("1002", contacts=[]))
    assert get(station, "1003")["contacts"][0]["id"] == "anne"


def test_two_clients_with_long_names_are_two(station: Station) -> None:
    for site_id, name in (("1002", "x" * 80 + "a"), ("1003", "x" * 80 + "b")):
        put(station, a_site(site_id, client=name), site_id)
    assert get(station, "1002")["client"] != get(station, "1003")["client"]


def test_an_account_left_out_is_nobodys_and_may_be_given_to_another(station: Station) -> None:
    put(station, a_site("1002", accounts=[{"account": "A1"}], zones=[]))
    assert station.alarm("BA", account="1002").kind == "unknown"
    put(station, a_site("1003", accounts=[{"account": "1002"}], zones=[]), "1003")
    assert station.alarm("FA", account="1002").site_id == "1003"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("06 39 98 00 01", SHOP),
        ("0639980001", SHOP),
        ("+33 6 39 98 00 01", SHOP),
        ("0033639980001", SHOP),
        ("+44 1632 960001", "+441632960001"),
        ("", None),
        (None, None),
    ],
)
def test_numbers_are_kept_in_e164(station: Station, written: str | None, kept: str | None) -> None:
    put(station, a_site(contacts=[{"id": "a", "name": "a", "role": "premises", "phone": written}]))
    assert get(station)["contacts"][0]["phone"] == kept


def contact(**wrong: Any) -> Row:
    return a_site(contacts=[{"id": "a", "name": "a", "role": "premises", **wrong}])


BAD: dict[str, tuple[Row, str]] = {
    "no name": (a_site(name=" "), "name"),
    "state": (a_site(state="asleep"), "state"),
    "time zone": (a_site(timezone="Mars/Phobos"), "timezone"),
    "a file for a zone": (a_site(timezone="../../etc/passwd"), "timezone"),
    "no account": (a_site(accounts=[{}]), "accounts.0.account"),
    "account too long": (a_site(accounts=[{"account": "1" * 17}]), "accounts.0.account"),
    "account's letters": (a_site(accounts=[{"account": "10-2"}]), "accounts.0.account"),
    "account with a line's end": (a_site(accounts=[{"account": "12\n"}]), "accounts.0.account"),
    "another's account": (
        a_site(accounts=[{"account": "1002"}, {"account": "1001"}]),
        "accounts.1.account",
    ),
    "a key's digits": (
        a_site(accounts=[{"account": "1002", "dc09_key": "xyz"}]),
        "accounts.0.dc09_key",
    ),
    "a key's length": (
        a_site(accounts=[{"account": "1002", "dc09_key": "00" * 15}]),
        "accounts.0.dc09_key",
    ),
    "a zone of nobody's": (
        a_site(zones=[{"account": "7", "zone": "1", "name": "x"}]),
        "zones.0.account",
    ),
    "a zone without a name": (a_site(zones=[{"account": "1002", "zone": "1"}]), "zones.0.name"),
    "a zone's kind": (
        a_site(zones=[{"account": "1002", "zone": "1", "name": "x", "kind": "ghost"}]),
        "zones.0.kind",
    ),
    "a contact without an id": (a_site(contacts=[{"name": "a"}]), "contacts.0.id"),
    "a contact's role": (contact(role="ghost"), "contacts.0.role"),
    "letters for a number": (contact(phone="call me"), "contacts.0.phone"),
    "a number too short": (contact(phone="06 39 98"), "contacts.0.phone"),
    "an emergency number": (contact(phone="112"), "contacts.0.phone"),
    "another": (contact(phone="17"), "contacts.0.phone"),
    "a code too short": (contact(code="123"), "contacts.0.code"),
    "a code too long": (contact(code="123456789"), "contacts.0.code"),
    "a code with letters": (contact(code="12a4"), "contacts.0.code"),
    "a code with other digits": (contact(code="１２３４"), "contacts.0.code"),
    "one code for both": (contact(code="2580", duress_code="2580"), "contacts.0.duress_code"),
    "an authority": (contact(authorities={"*": ["fly"]}), "contacts.0.authorities.*.0"),
    "an authority's kind": (
        contact(authorities={"ghost": ["cancel"]}),
        "contacts.0.authorities.ghost",
    ),
    "a plan that is none": (a_site(plans={"*": "no-such-plan"}), "plans.*"),
}


@pytest.mark.parametrize("wrong", BAD)
def test_what_is_wrong_is_named_and_nothing_is_changed(station: Station, wrong: str) -> None:
    body, field = BAD[wrong]
    put(station, a_site("1001"), "1001")
    before = get(station)
    with pytest.raises(BadField) as refused:
        put(station, body)
    assert refused.value.field == field
    assert get(station) == before


def test_what_a_file_may_write_every_door_takes_back() -> None:
    """One shape: what a file of sites made (an id of any signs, a rank beyond 99, a long address)
    was refused where the same site came by the interface."""
    contact = {"id": "Anne Marie", "name": "Anne", "rank": 150, "phone": "06 39 98 00 01"}
    read = Site.read({"name": "Shop", "address": "x" * 300, "contacts": [contact]})
    assert (read.contacts[0].id, read.contacts[0].rank) == ("Anne Marie", 150)
    assert read.changed(name="Boutique").contacts == read.contacts


def test_words_are_no_part_of_a_number() -> None:
    """An extension was lost in silence where a form or a file had it."""
    for said in ("06 39 98 00 01 ext 5", "tel:+33639980001", "1-800-FLOWERS"):
        with pytest.raises(BadField, match="is no phone number"):
            Site.read({"name": "Shop", "contacts": [{"id": "a", "name": "a", "phone": said}]})


def test_who_has_no_rank_is_called_in_the_order_of_the_list(station: Station) -> None:
    people = [{"id": name, "name": name} for name in ("zoe", "anne")]
    put(station, a_site(contacts=people))
    assert [(c["id"], c["rank"]) for c in get(station)["contacts"]] == [("zoe", 1), ("anne", 2)]


def test_a_plan_is_published_in_versions_that_stay(station: Station) -> None:
    first = [{"id": "hand", "kind": "hand_to_operator"}]
    second = [*first, {"id": "other", "kind": "hand_to_operator"}]
    for steps in (first, first, second):
        station.plan("mine", *steps)
    body = station.read(lambda tx: sites.plan_body(tx, "mine"))
    assert body is not None
    assert (body["version"], len(body["steps"])) == (2, 2)
    told = [e.data["version"] for e in station.entries("plan_published")]
    assert told[-2:] == [1, 2]  # the same again is no new version
    with pytest.raises(call_plan.PlanError):
        station.plan("mine")


# --- who changed what -----------------------------------------------------------------------------


def test_a_change_is_told_with_what_was_and_what_is(station: Station) -> None:
    station.put("1003")
    created = station.entries("site_created")[-1]
    assert (created.text, created.site) == ("Site créé par admin", "1003")
    station.put(name="Boutique", address="1 rue Haute")
    changed = station.entries("site_changed")[-1]
    fields = {path: both for path, both in changed.data["fields"].items() if both}
    assert fields == {
        "name": ["Shop", "Boutique"],
        "client": ["Shop", "Boutique"],
        "address": [None, "1 rue Haute"],
    }
    assert "nom Shop → Boutique" in changed.text


def test_of_a_secret_only_that_it_was_set_is_told(station: Station) -> None:
    body = a_site("1002")
    body["contacts"][1] |= {"code": "8642", "phone": "06 39 98 01 99"}
    for contact in (body["contacts"][0], body["contacts"][2]):
        del contact["code"], contact["duress_code"]
    del body["recognition_word"]
    put(station, body)
    changed = station.entries("site_changed")[-1]
    fields = changed.data["fields"]
    assert fields["contacts.1002-anne.code"] is None
    assert fields["contacts.1002-anne.phone"] == [FIRST, "+33639980199"]
    assert not in_clear("8642", station.entries("site_changed"))
    assert "1002-bruno" not in str(fields)


def test_what_changes_nothing_tells_nothing(station: Station) -> None:
    before = len(station.entries("site_changed"))
    put(station, get(station))
    assert len(station.entries("site_changed")) == before
