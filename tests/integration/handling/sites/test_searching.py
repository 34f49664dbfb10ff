"""Sites and people are found as they are typed: no accents, any case, numbers as dialled."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from callflow.storage import Store, Tx
from callflow.storage.engine.listing import Page
from callflow.storage.sites import search
from tests.integration.handling.station import Station

pytestmark = pytest.mark.both_databases

Row = dict[str, Any]
PHONE = "+33639985120"


@pytest.fixture
def named(station: Station) -> Station:
    for account, name, person in (
        ("2001", "École Zola", "Hélène Lefèvre"),
        ("2002", "Zinc et Cie", "Aïcha Nuñez"),
        ("2003", "eau vive", unicodedata.normalize("NFD", "Chloé Šimek")),
    ):
        contact = {"name": person, "role": "keyholder", "phone": PHONE, "language": "fr"}
        station.put(account, name=name, contacts=[{"id": f"c{account}", **contact}])
    return station


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ecole", ["École Zola"]),
        ("ÉCOLE", ["École Zola"]),
        ("Eau", ["eau vive"]),
        ("100%", []),
    ],
)
def test_a_site_is_found_whatever_its_accents(
    named: Station, store: Store, typed: str, found: list[str]
) -> None:
    rows = store.read_now(lambda tx: search.sites(tx, typed, limit=5))
    assert [row.name for row in rows] == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("helene", {"Hélène Lefèvre"}),
        ("LEFÈVRE", {"Hélène Lefèvre"}),
        ("nunez", {"Aïcha Nuñez"}),
        ("chloe s", {"Chloé Šimek"}),
        ("06 39 98 51 20", {"Hélène Lefèvre", "Aïcha Nuñez", "Chloé Šimek"}),
        ("+33 6 39 98 51", {"Hélène Lefèvre", "Aïcha Nuñez", "Chloé Šimek"}),
        ("985", set()),
    ],
)
def test_a_person_is_found_whatever_the_accents_and_the_blanks(
    named: Station, store: Store, typed: str, found: set[str]
) -> None:
    def look(tx: Tx) -> list[list[str]]:
        return [
            [one.name for one in search.people(tx, typed, limit=20)],
            [one.name for one in search.contacts(tx, typed, limit=20)],
            [one.name for one in search.known(tx, typed, limit=20)],
        ]

    for names in store.read_now(look):
        assert {unicodedata.normalize("NFC", name) for name in names} == found


def test_sites_are_sorted_as_people_read_them(named: Station, store: Store) -> None:
    rows, count = store.read_now(lambda tx: search.listed(tx, Page(sort="name")))
    names = [row.name for row, _ in rows]
    assert count == len(names)
    ours = [name for name in names if name in ("École Zola", "Zinc et Cie", "eau vive")]
    assert ours == ["eau vive", "École Zola", "Zinc et Cie"]
