"""Lists at a size: as many statements for many rows as for few, words found, nothing read whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from callflow.handling.base.telling import tell
from callflow.handling.plans import plans
from callflow.handling.sites import sites
from callflow.handling.sites.shape import Site
from callflow.storage import Store, Tx
from callflow.storage import schema as t
from callflow.storage.records import logbook
from callflow.storage.sites import search
from callflow.vault import Vault
from tests.support.rows.migrated import migrate
from tests.support.stations.web_station import site_body

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ALL: dict[str, Any] = {"since": NOW - timedelta(days=9), "until": NOW + timedelta(days=9)}


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    migrate(database_url)
    made = Store(database_url, mac=Vault(tmp_path / "keys").seal)
    yield made
    made.close()


def _statements(store: Store, read: Any) -> int:
    """How many are executed."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(store._reader_engine, "before_cursor_execute", note)
    try:
        store.read_now(read)
    finally:
        event.remove(store._reader_engine, "before_cursor_execute", note)
    return len(said)


def test_many_sites_take_as_many_statements_as_one(store: Store, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys")
    accounts = [f"{number}" for number in range(1001, 1009)]

    def put(tx: Tx) -> None:
        plans.publish_standard_plans(tx, "test", NOW)
        for account in accounts:
            sites.put_site(tx, vault, account, Site.read(site_body(account)), "test", NOW)

    store.write_now(put)

    def listed(some: list[str]) -> Any:
        return lambda tx: sites.get_sites(tx, some)

    found = store.read_now(listed([*accounts, "none"]))
    assert [site.id for site in found] == accounts
    for site in found:
        assert site.numbers == [site.id]
        assert {zone.account for zone in site.zones} == {site.id}
        assert [c.id for c in site.contacts] == [f"{site.id}-{rank}" for rank in range(3)]
    assert _statements(store, listed(accounts)) == _statements(store, listed(accounts[:1]))

    def followers(tx: Tx) -> None:
        uses = list(plans.uses_of(tx, "intrusion", NOW))
        assert [use.site.id for use in uses] == accounts

    assert _statements(store, followers) < len(accounts)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("école", {"École Jules-Ferry"}),
        ("ÉCOLE", {"École Jules-Ferry"}),
        ("ecole", {"École Jules-Ferry"}),
        ("FERRY", {"École Jules-Ferry"}),
        ("béranger", {"Pharmacie BÉRANGER"}),
        ("e", {"École Jules-Ferry", "Pharmacie BÉRANGER", "Garage [a-z]*? 50 %"}),
        ("é", {"École Jules-Ferry", "Pharmacie BÉRANGER", "Garage [a-z]*? 50 %"}),
        ("[a-z]*?", {"Garage [a-z]*? 50 %"}),
        ("50 %", {"Garage [a-z]*? 50 %"}),
        ("b_ranger", set()),
        (".*", set()),
        ("^E", set()),
        ("\\", set()),
    ],
)
def test_words_are_found_in_whatever_case_and_without_their_accents(
    store: Store, typed: str, found: set[str]
) -> None:
    names = ("École Jules-Ferry", "Pharmacie BÉRANGER", "Garage [a-z]*? 50 %")
    rows = [{"id": name[:3], "name": name} for name in names]
    store.write_now(lambda tx: tx.execute(t.client.insert(), rows))
    query = select(t.client.c.name).where(search.holds(t.client.c.name, typed))
    assert set(store.read_now(lambda tx: tx.execute(query).scalars().all())) == found


@pytest.mark.parametrize("kinds", [False, True])
def test_a_search_for_words_stops_somewhere_and_goes_on_from_there(
    store: Store, monkeypatch: pytest.MonkeyPatch, kinds: bool
) -> None:
    def write(tx: Tx) -> None:
        for number in range(100):
            at, said = NOW + timedelta(seconds=number), f"volet {number}"
            if number % 3:
                tell(tx, "note", at, who_did="ana", site=f"{number}", note=said)
            else:
                tell(tx, "station", at, who_did="ana", site=f"{number}", text=said, about="x")

    store.write_now(write)
    monkeypatch.setattr(logbook, "DEPTH", 20)

    def page(before: int | None) -> logbook.Found:
        asked: dict[str, Any] = {**ALL, "before": before, "words": "VOLET 5", "limit": 3}
        if kinds:
            return store.read_now(lambda tx: logbook.of_kinds(tx, ("note", "station"), **asked))
        return store.read_now(lambda tx: logbook.search(tx, who="ana", **asked))

    seen: list[str | None] = []
    before: int | None = None
    pages = 0
    while True:
        found = page(before)
        pages += 1
        seen += [row.site for row in found.entries]
        if len(found.entries) < 3 and found.beyond is None:
            break
        last = found.entries[-1] if len(found.entries) == 3 else found.beyond
        assert last is not None
        before = last.number
    assert seen == [*(f"{number}" for number in range(59, 49, -1)), "5"]
    assert pages > 4  # no page looks through everything


def test_a_program_that_asks_since_an_instant_gets_every_entry_since(store: Store) -> None:
    def write(tx: Tx) -> None:
        for number, minute in enumerate((1, 2, 9, 3, 4, 10, 5)):  # a clock was set back
            tell(tx, "note", NOW + timedelta(minutes=minute), who_did="ana", note=f"{number}")

    store.write_now(write)
    found = store.read_now(lambda tx: logbook.page(tx, since=NOW + timedelta(minutes=4)))
    assert [row.data["note"] for row in found] == ["2", "4", "5", "6"]
    late = store.read_now(lambda tx: logbook.page(tx, since=NOW + timedelta(minutes=11)))
    assert late == []
