"""What is removed from a site is kept with its reason, and comes back just as it was."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callflow.core.records.retention import Kept, Rule
from callflow.core.sites.removed import Item, Removed
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.records import erasure
from callflow.handling.records import retention as records_retention
from callflow.handling.sites import removed
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.clients import client_key
from callflow.handling.sites.shape import Site
from callflow.handling.sites.sites import set_up
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.records import logbook, retention
from callflow.storage.sites import removed as rows
from callflow.storage.sites import search, sites
from callflow.storage.watch import supervision
from tests.integration.handling.records.test_erasing import everything, goes_on
from tests.integration.handling.station import FIRST, SECOND, Row, Station, a_site

KEY, PASSWORD = "0f1e2d3c" * 4, "cheval-blanc"
CAMERA: Row = {
    "id": "cour",
    "name": "Cour",
    "url": "rtsp://camera.example/live",
    "zones": ["3"],
    "kinds": ["intrusion"],
    "credentials": {"user": "vue", "password": PASSWORD},
}


def full() -> Row:
    """A shop that has some of everything."""
    return a_site(
        accounts=[{"account": "1002"}, {"account": "1002B", "dc09_key": KEY, "phone": FIRST}],
        zones=[
            {"account": "1002", "zone": "3", "name": "Hall"},
            {"account": "1002", "zone": "9", "name": "Lift", "kind": "lift"},
            {"account": "1002B", "zone": "12", "name": "Coffre", "kind": "intrusion"},
        ],
        panel_users=[
            {"account": "1002", "number": "05", "contact": "1002-anne", "part": "person"},
            {"account": "1002B", "number": "6", "contact": None, "part": "guard", "revoked": True},
        ],
        plans={"fire": "operator", "*": "intrusion"},
        plan_rules=[
            {"plan": "fire", "kinds": ["fire"]},
            {"plan": "operator", "zones": [{"account": "1002B", "zone": "12"}]},
            {"plan": "intrusion", "categories": ["technical"]},
        ],
        event_overrides=[{"code": "BA", "zone": "3", "kind": "fire", "priority": 1}],
        cameras=[{"id": "quai", "name": "Quai", "url": "http://quai.example/"}, CAMERA],
        schedule={"week": {"mon": ["08:00-18:30"]}, "exceptions": {"2026-12-24": []}},
    )


@pytest.fixture
def shop(station: Station) -> Station:
    write(station, full())
    return station


def write(station: Station, body: Row, why: str = "", site_id: str = "1002") -> None:
    station.write(
        lambda tx: sites_sites.put_site(
            tx, station.vault, site_id, Site.read(body), "alix", station.now, because=why
        )
    )


def site(station: Station, site_id: str = "1002") -> Row:
    """As PUT takes it, without what its panels tell."""
    found = station.read(lambda tx: sites_sites.get_site(tx, site_id))
    assert found is not None
    return dict(set_up(found))


def gone(station: Station, site_id: str = "1002") -> list[Removed]:
    return station.read(lambda tx: rows.of_site(tx, site_id, removed.PARTS))


def back(station: Station, removed_id: str, site_id: str = "1002") -> None:
    def run(tx: Tx) -> None:
        found = sites_sites.get_site(tx, site_id)
        assert found is not None
        body = removed.back(tx, station.vault, found, removed_id, "bea", station.now)
        sites_sites.put_site(tx, station.vault, site_id, body, "bea", station.now)

    station.write(run)


def told(station: Station, kind: str) -> list[Row]:
    entries = station.read(lambda tx: logbook.page(tx, site="1002", limit=200))
    return [row.data for row in entries if row.kind == kind]


def with_items(site: Row, part: str, items: Sequence[Item]) -> Row:
    """``site`` with just these items of a part."""
    if part == removed.PLANS:
        return {**site, part: {item["alarm"]: item["plan"] for item in items}}
    if part == removed.SCHEDULE:
        return {**site, part: items[0] if items else None}
    return {**site, part: items}


def without(station: Station, part: str, place: int) -> None:
    """One of a part is removed, what is the same of others stays."""
    body = site(station)
    items = removed.listed(body, part)
    del items[place]
    write(station, with_items(body, part, items), "déposé")


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("zones", 0),
        ("panel_users", 0),
        ("plans", 1),
        ("plan_rules", 0),
        ("plan_rules", 1),
        ("event_overrides", 0),
        ("cameras", 0),
        ("cameras", 1),
        ("schedule", 0),
    ],
)
def test_it_comes_back_in_its_place_as_it_was(shop: Station, part: str, place: int) -> None:
    before = site(shop)
    item = removed.listed(before, part)[place]
    without(shop, part, place)
    assert item not in removed.listed(site(shop), part)
    (row,) = gone(shop)
    assert (row.part, row.item, row.reason, row.removed_by, row.removed_at) == (
        part,
        item,
        "déposé",
        "alix",
        shop.now,
    )
    (entry,) = told(shop, "part_removed")
    assert (entry["item"], entry["because"], entry["by"]) == (item, "déposé", "alix")
    back(shop, row.id)
    assert site(shop) == before
    assert gone(shop) == []
    (entry,) = told(shop, "part_restored")
    assert (entry["item"], entry["by"]) == (item, "bea")
    with pytest.raises(NotFound):
        back(shop, row.id)


def key_of(station: Station, account: str) -> str | None:
    kept = station.read(sites.account_keys).get(account)
    return station.vault.decrypt(kept).hex() if kept else None


def test_an_account_comes_back_with_its_key_and_then_what_was_of_it(shop: Station) -> None:
    before = site(shop)
    body = {
        **before,
        "accounts": before["accounts"][:1],
        "zones": before["zones"][:2],
        "panel_users": before["panel_users"][:1],
        "plan_rules": [before["plan_rules"][0], before["plan_rules"][2]],
    }
    write(shop, body, "second transmetteur déposé")
    found = {row.part: row.id for row in gone(shop)}
    assert set(found) == {"accounts", "zones", "panel_users", "plan_rules"}
    for part in ("zones", "panel_users", "plan_rules"):
        with pytest.raises(Refused, match="bring that back first: 1002B"):
            back(shop, found[part])
    for part in ("accounts", "zones", "panel_users", "plan_rules"):
        back(shop, found[part])
    assert site(shop) == before
    assert key_of(shop, "1002B") == KEY


def test_a_camera_comes_back_with_its_password(shop: Station) -> None:
    without(shop, "cameras", 1)
    assert PASSWORD not in everything(shop)
    back(shop, gone(shop)[0].id)
    row = shop.read(lambda tx: sites.get(tx, "1002"))
    assert row is not None
    kept = shop.vault.decrypt(b64decode(row.cameras[1]["secret"]))
    assert json.loads(kept) == ["vue", PASSWORD]


@pytest.mark.both_databases
def test_an_account_of_another_site_meanwhile_comes_back_when_that_lets_it_go(
    shop: Station,
) -> None:
    """And the other site gets nothing that was this one's."""
    without_an_account(shop)
    account = next(row.id for row in gone(shop) if row.part == "accounts")
    other = a_site("2000", accounts=[{"account": "2000"}, {"account": "1002B"}], zones=[])
    write(shop, other, site_id="2000")
    theirs = site(shop, "2000")["accounts"]
    assert [(a["account"], a["dc09_key_set"], a["phone"]) for a in theirs] == [
        ("1002B", False, None),
        ("2000", False, None),
    ]
    assert shop.read(lambda tx: supervision.panel_users(tx, ["1002B"])) == []
    other["accounts"][1]["dc09_key"] = "ab" * 16
    write(shop, other, site_id="2000")
    with pytest.raises(BadField, match="belongs to another site: 2000"):
        back(shop, account)
    assert account in [row.id for row in gone(shop)]
    write(shop, {**other, "accounts": other["accounts"][:1]}, "rendu", site_id="2000")
    back(shop, account)
    assert key_of(shop, "1002B") == KEY
    (again,) = [a for a in site(shop)["accounts"] if a["account"] == "1002B"]
    assert again["phone"] == FIRST
    back_too = next(row.id for row in gone(shop, "2000") if row.part == "accounts")
    with pytest.raises(BadField, match="belongs to another site: 1002"):
        back(shop, back_too, "2000")


def test_a_removed_accounts_signal_is_an_operators(shop: Station) -> None:
    write(shop, {**site(shop), "accounts": [{"account": "1002B"}], "zones": [], "panel_users": []})
    incident = shop.alarm("BA")
    assert (incident.site_id, incident.kind, incident.with_human) == (
        None,
        "unknown",
        True,
    )


@pytest.mark.parametrize(
    ("part", "place", "again", "why"),
    [
        ("zones", 0, {"account": "1002", "zone": "003", "name": "Cave"}, "this number again: 3"),
        (
            "panel_users",
            0,
            {"account": "1002", "number": "5", "contact": None, "part": "guard"},
            "this number again: 05",
        ),
        ("plans", 0, {"alarm": "fire", "plan": "intrusion"}, "for these alarms again: fire"),
        ("plan_rules", 0, {"plan": "fire", "kinds": ["fire"]}, "this rule is there again"),
        ("event_overrides", 0, {"code": "BA", "zone": "03", "opens": True}, "again: BA 3"),
        ("cameras", 1, {**CAMERA, "id": "neuve"}, "has this address: Cour"),
        ("cameras", 1, {**CAMERA, "url": "http://neuve.example/"}, "is there again: Cour"),
        ("schedule", 0, {"week": {"tue": ["08:00-12:00"]}}, "its hours are watched again"),
    ],
)
def test_where_its_place_is_taken_it_is_refused_in_words_and_nothing_is_done(
    shop: Station, part: str, place: int, again: Row, why: str
) -> None:
    without(shop, part, place)
    body = site(shop)
    write(shop, with_items(body, part, [*removed.listed(body, part), again]))
    before, (row,) = everything(shop), gone(shop)
    with pytest.raises(Refused, match=why):
        back(shop, row.id)
    assert everything(shop) == before


def test_a_user_comes_back_once_who_it_stands_for_is_called_again(shop: Station) -> None:
    without(shop, "panel_users", 0)
    (row,) = gone(shop)
    body = site(shop)
    anne = next(c for c in body["contacts"] if c["id"] == "1002-anne")
    write(shop, {**body, "contacts": [c for c in body["contacts"] if c is not anne]}, "partie")
    with pytest.raises(Refused, match="not called for this site"):
        back(shop, row.id)
    body = site(shop)
    write(shop, {**body, "contacts": [*body["contacts"], anne]})
    back(shop, row.id)
    assert [u["contact"] for u in site(shop)["panel_users"]] == ["1002-anne", None]


def test_what_is_changed_or_only_said_otherwise_is_not_removed(shop: Station) -> None:
    body = site(shop)
    body["zones"][0] |= {"zone": "03", "name": "Entrée"}
    body["cameras"][0]["name"] = "Quai nord"
    body["plan_rules"][0]["kinds"] = ["gas"]
    body["schedule"]["week"]["mon"] = ["09:00-12:00"]
    write(shop, body)
    assert gone(shop) == []


def test_nothing_removed_is_found_or_shown_among_what_is_there(shop: Station) -> None:
    def found(text: str) -> list[str]:
        return [row.id for row in shop.read(lambda tx: search.sites(tx, text, limit=9))]

    assert found("1002B") == ["1002"]
    write(
        shop,
        {
            **site(shop),
            "accounts": [{"account": "1002"}],
            "zones": [],
            "plan_rules": [],
            "panel_users": [],
        },
        "déposé",
    )
    assert found("1002B") == []
    shown = str(site(shop))
    assert not any(word in shown for word in ("1002B", "Coffre"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def named_after_anne(station: Station) -> None:
    """A user who stands for her and a zone that has her name are removed, for a reason with it."""
    people: list[Row] = [
        {"id": "anne", "name": "Anne Quercy", "role": "keyholder", "phone": FIRST},
        {"id": "bruno", "name": "Bruno", "role": "keyholder", "phone": SECOND},
    ]
    users = [{"account": "1002", "number": "5", "contact": "anne", "part": "person"}]
    zones = [{"account": "1002", "zone": "7", "name": "Chambre QUERCY"}]
    body = a_site(contacts=people, panel_users=users, zones=zones, client="Époux Vandamme-Roy")
    write(station, body)
    write(station, {**body, "panel_users": [], "zones": []}, "Mme Quercy a déménagé")


@pytest.mark.both_databases
def test_who_is_erased_is_in_nothing_that_was_removed(station: Station, settings: Settings) -> None:
    named_after_anne(station)
    kept = station.read(lambda tx: list(erasure.what_is_kept(tx, "anne")))
    assert "removed_part" in {table for table, _ in kept}
    now = station.now
    station.write(
        lambda tx: erasure.begin_erasure(tx, station.vault, "anne", "asked for", "admin", now)
    )
    for _ in range(3):
        goes_on(station, settings)
    left = everything(station)
    assert [line for line in left.splitlines() if "quercy" in line.lower()] == []
    (zone,) = [row for row in gone(station) if row.reason]
    assert (zone.part, zone.item["name"]) == ("zones", "Chambre [effacé]")
    assert zone.reason == "Mme [effacé] a déménagé"


@pytest.mark.both_databases
def test_a_client_who_is_erased_leaves_nothing_removed(
    station: Station, settings: Settings
) -> None:
    named_after_anne(station)
    body = site(station)
    both = [{"account": "1002"}, {"account": "1002B", "dc09_key": KEY, "phone": SECOND}]
    write(station, {**body, "accounts": both, "cameras": [CAMERA]})
    write(station, {**body, "cameras": []}, "déposé")
    client = client_key("Époux Vandamme-Roy")
    given = [
        row
        for table, row in station.read(lambda tx: list(erasure.what_is_kept_of_client(tx, client)))
        if table == "removed_part"
    ]
    assert {row["part"] for row in given} == {"accounts", "zones", "panel_users", "cameras"}
    assert not any("secret" in row for row in given)
    write(station, {**body, "state": "terminated"}, "fin")
    now = station.now + timedelta(days=60)
    station.write(
        lambda tx: erasure.begin_client_erasure(tx, station.vault, client, "a letter", "odile", now)
    )
    for _ in range(4):
        goes_on(station, settings)
    assert gone(station) == []
    assert key_of(station, "1002B") is None
    left = everything(station)
    traces = ("vandamme", "quercy", FIRST[1:], "camera.example")
    assert [line for line in left.splitlines() if any(t in line.lower() for t in traces[:3])] == []


def without_an_account(station: Station) -> None:
    body = site(station)
    body |= {"accounts": [{"account": "1002"}], "plan_rules": []}
    body |= {"zones": body["zones"][:2], "panel_users": body["panel_users"][:1]}
    write(station, body, "déposé")


def purged(station: Station, days: int) -> tuple[bool, int]:
    """Whether anything is due after so many days, and what went."""
    at = station.now + timedelta(days=days)
    due = station.read(lambda tx: records_retention.any_due(tx, at))
    return due, station.write(lambda tx: records_retention.purge(tx, at))


@pytest.fixture
def kept_90_days(shop: Station) -> None:
    rule = Rule("r", Kept.PARTS, 90, shop.now, "odile", shop.now)
    shop.write(lambda tx: retention.set_rule(tx, rule, shop.now))


@pytest.mark.both_databases
@pytest.mark.usefixtures("kept_90_days")
def test_what_was_removed_goes_for_good_when_its_time_is_over(shop: Station) -> None:
    without(shop, "cameras", 1)
    without_an_account(shop)
    count = len(gone(shop))
    assert purged(shop, 89) == (False, 0)
    assert key_of(shop, "1002B") == KEY
    assert purged(shop, 91) == (True, count)
    assert gone(shop) == []
    assert key_of(shop, "1002B") is None


@pytest.mark.usefixtures("kept_90_days")
def test_an_account_that_was_removed_again_since_keeps_its_key(shop: Station) -> None:
    before = site(shop)
    without_an_account(shop)
    write(shop, before)
    shop.now += timedelta(days=50)
    without_an_account(shop)
    due, count = purged(shop, 41)
    assert due
    assert count > 0
    assert key_of(shop, "1002B") == KEY
    assert [row.known_by for row in gone(shop) if row.part == "accounts"] == ["1002B"]


def test_a_program_that_gives_no_reason_is_as_free_as_it_was(shop: Station) -> None:
    body: dict[str, Any] = site(shop)
    write(shop, {**body, "cameras": [], "event_overrides": []})
    assert {(row.part, row.reason) for row in gone(shop)} == {
        ("cameras", ""),
        ("event_overrides", ""),
    }
    write(shop, {**site(shop), "zones": [], "plan_rules": [], "reason": "travaux"})
    assert {row.reason for row in gone(shop) if row.part == "zones"} == {"travaux"}
