"""A configuration that one station wrote, taken by another; and folders that nobody should take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import yaml

from callflow.core.people.users import Role
from callflow.handling.plans import plans, withdrawal
from callflow.handling.sites import own_days
from callflow.handling.station import configuration
from callflow.handling.station.users import add_user
from callflow.handling.transfer import departure
from callflow.handling.transfer.configuration import Reading
from callflow.handling.transfer.writing import By, Outcome
from callflow.storage import schema as t
from callflow.storage.people import users
from callflow.storage.plans import plans as plan_rows
from callflow.storage.sites import own_days as day_rows
from callflow.storage.sites import sites
from tests.integration.handling.sites.test_imports import everything
from tests.integration.handling.station import Station
from tests.integration.handling.transfer.rich import KEY, documents, emptied
from tests.support.rows.in_clear import in_clear

pytestmark = pytest.mark.both_databases


class Files:
    """A folder of text in memory."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def names(self) -> Sequence[str]:
        return list(self.texts)

    def text(self, name: str) -> str:
        return self.texts[name]


def written(station: Station) -> dict[str, str]:
    return dict(station.read(lambda tx: list(configuration.configuration(tx))))


def reads(station: Station, texts: dict[str, str], *, dry: bool = False) -> Outcome:
    by = By(who="alix", name="night", because="configuration night")
    reading = Reading(
        Files(texts),
        by,
        read=station.read,
        write=station.write,
        vault=station.vault,
        now=lambda: station.now,
    )
    return reading.go(dry=dry)


def without_secrets(texts: dict[str, str]) -> dict[str, Any]:
    """What must be the same once another station has read it: secrets, versions and when a plan was
    withdrawn are each station's own, and so are services, whose numbers are secret."""

    def plain(said: Any) -> Any:
        if isinstance(said, dict):
            own = ("version", "withdrawn_at", "withdrawn_by", "set_by")
            return {k: plain(v) for k, v in said.items() if not (k.endswith("_set") or k in own)}
        return [plain(each) for each in said] if isinstance(said, list) else said

    loaded = {name: plain(yaml.safe_load(text)) for name, text in texts.items()}
    return {name: said for name, said in loaded.items() if name != "directory.yaml"}


@pytest.fixture
def set_up(rich: Station) -> Station:
    """The rich station, with people, days and a plan of its own, and one that is withdrawn."""
    day = (rich.now + timedelta(days=40)).date()

    def around(tx: Any) -> None:
        for id in ("mine", "gone"):
            body = {**(sites.plan_body(tx, "intrusion") or {}), "id": id}
            plans.publish_plan(tx, body, "odile", rich.now, why="à nous")
        revision = withdrawal.get_standing(tx, "gone").revision
        withdrawal.withdraw(tx, "gone", revision, "plus utile", "odile", rich.now)
        own_days.set_days(tx, "FR", "Alsace", [day], True, "Pont", "odile", rich.now)
        add_user(tx, "lou", Role.SUPERVISOR, "x", rich.now, by="odile", skills=["fire"])

    rich.write(around)
    rich.put("1002", plans={"*": "mine"})
    return rich


def forgets(station: Station) -> None:
    """What a station that begins has not: sites, days, people and plans of its own."""
    emptied(station)

    def forget(tx: Any) -> None:
        for name in ("own_day", "plan_withdrawal"):
            tx.exec_driver_sql(f'DELETE FROM "{name}"')
        tx.exec_driver_sql("DELETE FROM plan WHERE id IN ('mine', 'gone')")
        tx.execute(t.user.delete().where(t.user.c.name == "lou"))

    station.write(forget)


def test_what_one_station_wrote_makes_another_the_same(set_up: Station) -> None:
    texts, before = written(set_up), documents(set_up)
    for secret in ("2580", "tilleul", "verveine", KEY, "+33130123456"):
        assert not in_clear(secret, texts)
    again = reads(set_up, texts)
    assert (again.faults, again.created, again.changed, again.same) == ([], 0, 0, 3)

    forgets(set_up)
    untouched = everything(set_up.store.url)
    tried = reads(set_up, texts, dry=True)
    assert everything(set_up.store.url) == untouched
    done = reads(set_up, texts)
    assert [fault.code for fault in done.faults] == [
        "is missing: the full number, such as 01 23 45 67 89"
    ]
    for name in ("created", "refused", "contacts", "faults", "notes"):
        assert getattr(tried, name) == getattr(done, name), name
    assert documents(set_up) == before
    assert without_secrets(written(set_up)) == without_secrets(texts)
    assert list(set_up.read(plan_rows.withdrawals)) == ["gone"]
    assert len(set_up.read(day_rows.every)) == 1
    lou = set_up.read(lambda tx: users.user_by_name(tx, "lou"))
    assert lou is not None
    assert (lou.role, lou.password, lou.skills) == ("supervisor", "", ("fire",))
    (lost,) = [note for note in done.notes if note.site == "rich"]
    assert "accounts.dc09_key" in lost.said("en", str)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sites/a.yaml", "a: &x [1]\nb: [*x, *x]\n"),
        ("sites/a.yaml", "!!python/object/apply:os.system ['true']\n"),
        ("sites/a.yaml", "id: b\nname: B\n"),
        ("sites/a.yaml", "- 1\n"),
        ("sites/a.yaml", "name: [\n"),
        ("firms.yaml", "x: 1\n"),
        ("plans/p.yaml", "id: p\nname: P\nsteps: []\nelse: 1\n"),
        ("people.yaml", "- {name: root2, role: everything}\n"),
        ("holidays.yaml", "- {day: never, place: FR}\n"),
    ],
)
def test_a_file_that_is_none_is_told_and_nothing_comes_of_it(
    station: Station, name: str, text: str
) -> None:
    before = everything(station.store.url)
    outcome = reads(station, {name: text})
    assert [fault.sheet for fault in outcome.faults] == [name]
    assert everything(station.store.url) == before


def test_what_is_wrong_with_a_site_names_its_file_and_field(station: Station) -> None:
    text = "id: a\nname: A\naccounts: [{account: '1'}]\nzones: [{account: '2', zone: '1', name: z}]"
    outcome = reads(station, {"sites/a.yaml": text, "readme.yaml": ""})
    assert [(f.sheet, f.site, f.code) for f in outcome.faults] == [
        ("sites/a.yaml", "a", "is no account of this site")
    ]
    assert [(f.sheet, f.code) for f in outcome.notes] == [("readme.yaml", "not_read")]


def test_everything_that_happened_leaves_in_open_formats(set_up: Station) -> None:
    set_up.alarm()
    found = {name: b"".join(pieces).decode() for name, pieces in departure.files(set_up.read)}
    assert {"tables/sites.csv", "tables/contacts.csv", "history/recordings.csv"} <= set(found)
    signals = [json.loads(line) for line in found["history/signal.jsonl"].splitlines()]
    entries = [json.loads(line) for line in found["history/logbook.jsonl"].splitlines()]
    assert signals[-1]["account"] == "1002"
    assert [entry["number"] for entry in entries] == sorted(e["number"] for e in entries)
    assert {"site_created", "guard_firm_changed"} <= {entry["kind"] for entry in entries}
    for secret in ("2580", "tilleul", "verveine", KEY, "130123456"):
        assert not in_clear(secret, found)
