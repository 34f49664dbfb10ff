"""A published plan is withdrawn once no site follows it, or will; and brought back as it was."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from callflow.core.plans import call_plan
from callflow.core.plans.standing import Standing
from callflow.core.signals.signal import Kind
from callflow.core.sites.instructions import Instruction, InstructionKind
from callflow.core.sites.site import SiteState
from callflow.handling.alarms import rehearsing
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.plans import lists, plans
from callflow.handling.plans.withdrawal import (
    Moved,
    PlanStanding,
    bring_back,
    get_standing,
    why_kept,
    withdraw,
)
from callflow.handling.sites import contracts, instructions
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.files.saving import SitesChanged
from callflow.handling.sites.shape import Site
from callflow.handling.station import configuration
from callflow.storage import Store, Tx
from callflow.storage.engine.listing import Page
from callflow.storage.sites import sites
from callflow.vault import Vault
from tests.integration.handling.sites.test_imports import a_file, prepared, write
from tests.integration.handling.station import FIRST, Station, a_site
from tests.support.rows.documents import site_document

Row = dict[str, Any]

CALL: Row = {"id": "call", "kind": "call_list", "outcomes": {"exhausted": "hand"}}
HAND: Row = {"id": "hand", "kind": "hand_to_operator"}
NIGHT_PLAN: Row = {"id": "night", "name": "Nuit", "steps": [CALL, HAND]}
FOLLOWED = "sites follow this plan"
GONE = "this plan is withdrawn"


@pytest.fixture
def station(station: Station) -> Station:
    station.plan("night", CALL, HAND)
    return station


def standing(station: Station, plan_id: str = "night") -> PlanStanding:
    return station.read(lambda tx: get_standing(tx, plan_id))


def withdraws(station: Station, plan_id: str = "night", why: str = "Plus de nuits") -> PlanStanding:
    known = standing(station, plan_id).revision
    return station.write(lambda tx: withdraw(tx, plan_id, known, why, "odile", station.now))


def brings_back(station: Station, why: str = "Les nuits reprennent") -> PlanStanding:
    known = standing(station).revision
    return station.write(lambda tx: bring_back(tx, "night", known, why, "odile", station.now))


def contract_in(tx: Tx, station: Station, state: SiteState, days: int = 0) -> None:
    at = station.now + timedelta(days=days) if days else None
    contracts.change_contract(
        tx, "1002", state, reason="asked", effective_at=at, who="odile", now=station.now
    )


def contract(station: Station, state: SiteState, days: int = 0) -> None:
    station.write(lambda tx: contract_in(tx, station, state, days))


def agreed_in(tx: Tx, station: Station, begins: int = 0) -> Instruction:
    """An instruction to follow the plan, in so many hours."""
    made = Instruction(
        id="",
        site_id="1002",
        kind=InstructionKind.PLAN,
        begins_at=station.now + timedelta(hours=begins),
        ends_at=station.now + timedelta(hours=begins + 8),
        author="anne",
        made_at=station.now,
        plan="night",
        kinds=frozenset({Kind.INTRUSION}),
    )
    return instructions.make(tx, "1002", made, lowers=False, now=station.now)


def agreed(station: Station, begins: int = 0) -> Instruction:
    return station.write(lambda tx: agreed_in(tx, station, begins))


def test_it_is_withdrawn_and_brought_back_with_a_reason(station: Station) -> None:
    before = station.read(lambda tx: plans.history(tx, "night"))
    found = withdraws(station)
    assert (found.state, found.version) == (Standing.WITHDRAWN, 1)
    assert (found.withdrawn_by, found.because) == ("odile", "Plus de nuits")
    assert found.withdrawn_at == station.now
    assert station.read(lambda tx: plans.history(tx, "night")) == before
    assert station.read(lambda tx: plans.get_version(tx, "night", 1)).name == "night"
    found = brings_back(station)
    assert (found.state, found.withdrawn_at, found.because) == (Standing.IN_USE, None, None)
    told = [*station.entries("plan_withdrawn"), *station.entries("plan_brought_back")]
    assert [entry.text for entry in told] == [
        "Consigne night retirée par odile : Plus de nuits",
        "Consigne night remise en service par odile : Les nuits reprennent",
    ]
    assert [(entry.who, entry.data["fields"]) for entry in told] == [
        ("odile", {"plan_state": ["in_use", "withdrawn"]}),
        ("odile", {"plan_state": ["withdrawn", "in_use"]}),
    ]


def test_without_a_reason_or_twice_it_is_not(station: Station) -> None:
    with pytest.raises(Refused, match="say why it is withdrawn"):
        withdraws(station, why="  ")
    with pytest.raises(Refused, match="is not withdrawn"):
        brings_back(station)
    withdraws(station)
    with pytest.raises(Refused, match="withdrawn already"):
        withdraws(station)
    with pytest.raises(Refused, match="say why it is brought back"):
        brings_back(station, why="")
    with pytest.raises(NotFound):
        standing(station, "nothing")
    assert len(station.entries("plan_withdrawn")) == 1


def test_who_knew_another_version_is_told(station: Station) -> None:
    known = standing(station).revision
    station.plan("night", {**HAND, "text": "Vite"})
    with pytest.raises(Moved) as refused:
        station.write(lambda tx: withdraw(tx, "night", known, "x", "odile", station.now))
    assert refused.value.revision == standing(station).revision != known
    withdrawn = withdraws(station).revision
    brings_back(station)
    station.now += timedelta(seconds=1)
    withdraws(station)
    with pytest.raises(Moved):  # it was withdrawn again since
        station.write(lambda tx: bring_back(tx, "night", withdrawn, "x", "odile", station.now))


@pytest.mark.parametrize("plan_id", ["intrusion", "fire", "bank", "operator"])
def test_what_alarms_fall_back_on_stays(station: Station, plan_id: str) -> None:
    with pytest.raises(Refused, match="alarms fall back on this plan"):
        withdraws(station, plan_id)


FOLLOWS: dict[str, Row] = {
    "any alarm": {"plans": {"*": "night"}},
    "a kind": {"plans": {"fire": "night"}},
    "a rule by hour": {
        "plan_rules": [{"plan": "night", "when": {"week": {"mon": ["20:00-24:00"]}}}]
    },
    "a rule by zone": {
        "plan_rules": [{"plan": "night", "zones": [{"account": "1002", "zone": "3"}]}]
    },
}


@pytest.mark.parametrize("how", FOLLOWS)
def test_while_a_site_follows_it_it_stays(station: Station, how: str) -> None:
    station.put(**FOLLOWS[how])
    with pytest.raises(Refused, match=FOLLOWED) as refused:
        withdraws(station)
    assert refused.value.about.endswith("(1002)")
    assert standing(station).state is Standing.IN_USE
    assert station.entries("plan_withdrawn") == []
    station.put()
    withdraws(station)


def test_the_first_few_are_named_and_all_are_counted(station: Station) -> None:
    for number in range(1003, 1008):
        station.put(str(number), name=f"Site {number}", plans={"*": "night"})
    with pytest.raises(Refused) as refused:
        withdraws(station)
    assert refused.value.about == "Site 1003 (1003), Site 1004 (1004), Site 1005 (1005), … (5)"


@pytest.mark.parametrize("begins", [0, 48])
def test_an_instruction_that_is_not_over_keeps_it(station: Station, begins: int) -> None:
    made = agreed(station, begins)
    with pytest.raises(Refused, match=FOLLOWED):
        withdraws(station)
    station.write(
        lambda tx: instructions.withdraw(tx, "1002", made.id, who="anne", now=station.now)
    )
    withdraws(station)


def test_a_suspended_site_keeps_it_and_a_terminated_one_does_not(station: Station) -> None:
    station.put(plans={"*": "night"})
    contract(station, SiteState.SUSPENDED)
    with pytest.raises(Refused, match=FOLLOWED):
        withdraws(station)
    contract(station, SiteState.TERMINATED)
    withdraws(station)


def test_a_terminated_site_that_is_to_come_back_keeps_it(station: Station) -> None:
    station.put(plans={"*": "night"})
    contract(station, SiteState.TERMINATED)
    contract(station, SiteState.COMMISSIONING, days=30)
    with pytest.raises(Refused, match=FOLLOWED):
        withdraws(station)


def test_a_terminated_site_does_not_come_back_to_a_withdrawn_plan(station: Station) -> None:
    station.put(plan_rules=[{"plan": "night", "kinds": ["fire"]}])
    contract(station, SiteState.TERMINATED)
    withdraws(station)
    for days in (0, 30):
        with pytest.raises(BadField, match=GONE) as refused:
            contract(station, SiteState.COMMISSIONING, days)
        assert refused.value.field == "state"
    rules = [{"plan": "night", "kinds": ["fire"]}]
    station.put(plan_rules=rules, state="terminated", name="Autre nom")  # what it had may stay
    with pytest.raises(BadField, match=GONE):
        station.put(plan_rules=rules, state="commissioning")
    with pytest.raises(BadField, match=GONE):
        station.put(plan_rules=rules, plans={"*": "night"}, state="active")
    brings_back(station)
    contract(station, SiteState.COMMISSIONING)


def test_nobody_is_made_to_follow_a_withdrawn_one(station: Station) -> None:
    withdraws(station)
    rules: list[Row] = [{"plan": "night", "kinds": ["fire"]}]
    asked: dict[str, Row] = {
        "plans.*": {"plans": {"*": "night"}},
        "plan_rules.0.plan": {"plan_rules": rules},
        "plan_overrides.night": {"plan_overrides": {"night": {"call": {"attempts": 4}}}},
    }
    before = station.read(lambda tx: site_document(tx, "1002"))
    for field, changed in asked.items():
        with pytest.raises(BadField, match=GONE) as refused:
            station.put(**changed)
        assert (refused.value.field, refused.value.about) == (field, "night")
        with pytest.raises(BadField, match=GONE):
            station.put("1009", **changed)
    assert station.read(lambda tx: site_document(tx, "1002")) == before
    assert station.read(lambda tx: site_document(tx, "1009")) is None
    with pytest.raises(BadField, match=GONE):
        agreed(station)


def test_settings_that_a_site_had_of_it_do_not_stand_in_the_way(station: Station) -> None:
    own: Row = {"night": {"call": {"attempts": 4}}}
    station.put(plan_overrides=own)
    withdraws(station)
    station.put(plan_overrides=own, name="Autre nom")
    with pytest.raises(BadField, match=GONE):
        station.put(plan_overrides={"night": {"call": {"attempts": 5}}})
    station.put()


def test_a_file_of_sites_names_none(station: Station) -> None:
    data = a_file("account;site name;plan", "2001;Mairie;night")
    early = prepared(station, data)
    assert early.faults == []
    withdraws(station)
    (fault,) = prepared(station, data).faults
    assert (fault.row, fault.column) == (2, "plan")
    assert fault.said("en", str).startswith(GONE)
    assert fault.said("en", str).endswith(": night")
    with pytest.raises(SitesChanged):  # compared before, written after
        station.write(lambda tx: write(tx, early, station))
    assert station.read(lambda tx: site_document(tx, "2001")) is None


def test_it_is_neither_changed_nor_published_nor_rehearsed(station: Station) -> None:
    station.plan("night", HAND)
    draft = station.write(lambda tx: plans.save_draft(tx, NIGHT_PLAN, "anne", station.now))
    withdraws(station)
    plan = station.read(lambda tx: plans.get_version(tx, "night"))
    acts: tuple[Callable[[Tx], object], ...] = (
        lambda tx: plans.save_draft(tx, NIGHT_PLAN, "anne", station.now, revision=draft),
        lambda tx: plans.publish_draft(tx, "night", draft, [], "anne", station.now, why="x"),
        lambda tx: plans.publish_plan(tx, NIGHT_PLAN, "anne", station.now),
        lambda tx: plans.publish_checked(tx, call_plan.to_json(plan), "anne", station.now),
        lambda tx: plans.roll_back(tx, "night", 1, "anne", station.now, why="x"),
        lambda tx: rehearsing.rehearse(tx, plan, "1002", Kind.INTRUSION, "anne", station.now),
    )
    for act in acts:
        with pytest.raises(Refused, match=f"{GONE}: bring it back first: night"):
            station.write(act)
    assert standing(station).version == 2
    brings_back(station)
    assert station.read(lambda tx: plans.get_draft(tx, "night")).revision == draft
    station.write(acts[4])
    assert standing(station).version == 3


def test_what_was_opened_with_it_goes_on(station: Station) -> None:
    station.put(plans={"intrusion": "night"})
    incident = station.alarm()
    station.put()
    withdraws(station)
    assert station.incident(incident.id).plan["id"] == "night"
    station.ends(FIRST, "no_answer")
    assert [call.to for call in station.calls(incident.id)][-1] != FIRST


def test_the_list_hides_it_unless_it_is_asked_for(station: Station) -> None:
    withdraws(station)

    def listed(state: str) -> list[str]:
        rows, count = station.read(
            lambda tx: lists.listed(tx, Page(state=state, sort="changed", descending=True))
        )
        assert count == len(rows)
        return [row.id for row in rows]

    assert "night" not in listed("") + listed("published")
    assert listed("withdrawn") == ["night"]
    offered = station.read(lambda tx: sites.plan_bodies(tx, withdrawn=False))
    assert "night" not in [body["id"] for body in offered]
    assert len(station.read(sites.plan_bodies)) == len(offered) + 1


def test_the_configuration_as_text_says_it(station: Station) -> None:
    assert (
        dict(station.read(lambda tx: list(configuration.configuration(tx))))["withdrawn_plans.yaml"]
        == "[]\n"
    )
    withdraws(station)
    files = dict(station.read(lambda tx: list(configuration.configuration(tx))))
    assert "because: Plus de nuits\n  id: night\n" in files["withdrawn_plans.yaml"]
    assert "plans/night.yaml" in files


# --- at once ------------------------------------------------------------------------------


@pytest.fixture
def two(tables: str, vault: Vault) -> Iterator[list[Store]]:
    """Two processes: a writer each."""
    stores = [Store(tables, mac=vault.seal) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()


def _follows(station: Station, how: str) -> Callable[[Tx], object]:
    """What makes a site follow the plan, or follow it again."""
    if how == "file":
        file = prepared(station, a_file("account;site name;plan", "2001;Mairie;night"))
        return lambda tx: write(tx, file, station)
    if how == "instruction":
        return lambda tx: agreed_in(tx, station)
    if how == "contract":
        station.put(plans={"*": "night"})
        contract(station, SiteState.TERMINATED)
        return lambda tx: contract_in(tx, station, SiteState.COMMISSIONING)
    body = a_site("1002", plans={"*": "night"})
    return lambda tx: sites_sites.put_site(
        tx, station.vault, "1002", Site.read(body), "admin", station.now, because="asked"
    )


WAYS = ("site", "file", "instruction", "contract")


def beside(two: list[Store], first: Callable[[Tx], object], second: Callable[[], str]) -> str:
    """What ``second`` comes to, which waits until the transaction of ``first`` is committed: SQLite
    has one writer, and PostgreSQL the lock."""
    looked, go_on = threading.Event(), threading.Event()

    def slowly(tx: Tx) -> None:
        first(tx)
        looked.set()
        assert go_on.wait(30)

    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(two[0].write_now, slowly)
        assert looked.wait(30)
        waits = pool.submit(second)
        with contextlib.suppress(TimeoutError):
            waits.result(0.3)
        assert not waits.done()
        go_on.set()
        begun.result(30)
        return waits.result(30)


@pytest.mark.parametrize("how", WAYS)
def test_whoever_has_a_site_follow_it_meanwhile_is_waited_for(
    station: Station, two: list[Store], how: str
) -> None:
    follow, known = _follows(station, how), standing(station).revision

    def withdrawal() -> str:
        try:
            two[1].write_now(lambda tx: withdraw(tx, "night", known, "x", "odile", station.now))
        except Refused as refused:
            return refused.message
        return "withdrawn"

    assert beside(two, follow, withdrawal).startswith(FOLLOWED)
    assert standing(station).state is Standing.IN_USE


@pytest.mark.parametrize("how", WAYS)
def test_while_it_is_withdrawn_nobody_comes_to_follow_it(
    station: Station, two: list[Store], how: str
) -> None:
    follow, known = _follows(station, how), standing(station).revision

    def following() -> str:
        try:
            two[1].write_now(follow)
        except (BadField, SitesChanged) as refused:
            return type(refused).__name__
        return "followed"

    came = beside(
        two, lambda tx: withdraw(tx, "night", known, "x", "odile", station.now), following
    )
    assert came == ("SitesChanged" if how == "file" else "BadField")
    assert station.read(lambda tx: why_kept(tx, "night", station.now)) is None
