"""A plan from draft to version: who writes second is told, what is published never changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.plans.call_plan import Finding, PlanError
from callflow.core.records import audit
from callflow.core.signals.signal import Kind
from callflow.core.sites.instructions import Instruction, InstructionKind
from callflow.handling.base.refusals import Changed, NotFound, Refused
from callflow.handling.plans import plans
from callflow.handling.plans.plans import Faulty
from callflow.handling.sites import instructions
from callflow.storage.plans import plans as rows
from callflow.storage.records import logbook
from callflow.storage.sites import sites
from tests.integration.handling.station import FIRST, SECOND, Station

Row = dict[str, Any]

CALL: Row = {"id": "call", "kind": "call_list", "outcomes": {"exhausted": "hand"}}
HAND: Row = {"id": "hand", "kind": "hand_to_operator"}
LOST: Row = {"id": "lost", "kind": "hand_to_operator"}


def body(*steps: Row, **more: Any) -> Row:
    return {"id": "night", "name": "Nuit", "steps": list(steps), **more}


def save(station: Station, draft: Row, who: str = "anne", **more: Any) -> str:
    return station.write(lambda tx: plans.save_draft(tx, draft, who, station.now, **more))


def validated(station: Station, plan_id: str = "night") -> list[Finding]:
    return station.read(lambda tx: plans.validate_draft(tx, plan_id, station.now))


def publish(station: Station, revision: str, why: str = "new", accept: str = "") -> Row:
    found = validated(station)
    return station.write(
        lambda tx: plans.publish_draft(
            tx, "night", revision, found, "anne", station.now, why=why, accept_warnings=accept
        )
    )


def told(station: Station, kind: str) -> list[str]:
    return [entry.text for entry in station.entries(kind)]


def test_a_draft_is_written_validated_and_published(station: Station) -> None:
    first = save(station, body(HAND))
    second = save(station, body(CALL, HAND), revision=first)
    assert second != first
    assert station.read(lambda tx: sites.plan_body(tx, "night")) is None, "a draft is no plan"
    assert validated(station) == []
    assert publish(station, second, why="Les nuits ont changé")["version"] == 1
    with pytest.raises(NotFound):
        station.read(lambda tx: plans.get_draft(tx, "night"))
    (row,) = station.read(lambda tx: plans.history(tx, "night"))
    assert (row.published_by, row.why) == ("anne", "Les nuits ont changé")
    assert row.published_at == station.now
    assert told(station, "plan_published")[-1].endswith(
        "night version 1 publiée par anne — Les nuits ont changé"
    )


def drafts_told(station: Station) -> list[str]:
    """What the audit has of drafts, in its order."""
    kinds = {kind for kind in audit.CHANGES["plans"] if "draft" in kind}
    told = station.read(lambda tx: logbook.page(tx, limit=1000))
    return [entry.text for entry in told if entry.kind in kinds]


def test_of_all_that_a_page_saves_by_itself_the_first_is_told_and_who_takes_it_over(
    station: Station,
) -> None:
    revision = save(station, body(HAND))
    for name in ("Nui", "Nuit d", "Nuit de semaine"):
        revision = save(station, body(HAND, name=name), revision=revision)
    revision = save(station, body(CALL, HAND), "bruno", revision=revision)
    revision = save(station, body(CALL, HAND, name="À deux"), "bruno", revision=revision)
    assert drafts_told(station) == [
        "Brouillon de la consigne night (d’après la version 0) commencé par anne",
        "Brouillon de la consigne night, de anne, repris par bruno",
    ]
    station.plan("night", HAND)
    revision = save(station, body(CALL, HAND), "bruno", revision=revision, based_on=1)
    station.write(lambda tx: plans.drop_draft(tx, "night", revision, "bruno", station.now))
    assert drafts_told(station)[2:] == [
        "Brouillon de la consigne night (d’après la version 1) enregistré par bruno",
        "Brouillon de la consigne night abandonné par bruno",
    ]


def test_of_two_who_write_at_once_the_second_is_told(station: Station) -> None:
    first = save(station, body(HAND))
    mine = save(station, body(CALL, HAND), "anne", revision=first)
    with pytest.raises(Changed) as refused:
        save(station, body(HAND, name="Autre"), "bruno", revision=first)
    assert refused.value.revision == mine
    with pytest.raises(Changed):
        save(station, body(HAND), "bruno")  # who knew of no draft
    with pytest.raises(Changed):
        publish(station, first)
    with pytest.raises(Changed):
        station.write(lambda tx: plans.drop_draft(tx, "night", first, "bruno", station.now))
    assert station.read(lambda tx: plans.get_draft(tx, "night")).changed_by == "anne"


def test_a_draft_thrown_away_and_begun_anew_is_another(station: Station) -> None:
    first = save(station, body(HAND))
    station.write(lambda tx: plans.drop_draft(tx, "night", first, "anne", station.now))
    station.now = station.now.replace(minute=1)
    save(station, body(HAND))
    with pytest.raises(Changed):
        save(station, body(CALL, HAND), revision=first)
    assert told(station, "plan_draft_dropped") == [
        "Brouillon de la consigne night abandonné par anne"
    ]


def test_a_draft_on_an_old_version_is_not_published_over_a_new_one(station: Station) -> None:
    station.plan("night", HAND)
    revision = save(station, body(CALL, HAND))
    station.plan("night", {**HAND, "text": "Urgent"})
    with pytest.raises(Refused, match="version 2 was published meanwhile"):
        publish(station, revision)
    with pytest.raises(NotFound, match="no version 7"):
        save(station, body(CALL, HAND), revision=revision, based_on=7)
    revision = save(station, body(CALL, HAND), revision=revision, based_on=2)
    assert publish(station, revision)["version"] == 3


def test_a_draft_may_be_unsound_and_is_not_published_so(station: Station) -> None:
    revision = save(station, body({**CALL, "outcomes": {"exhausted": "nowhere"}}, HAND))
    assert [finding.code for finding in validated(station)] == ["leads_nowhere"]
    with pytest.raises(Faulty, match="leads to 'nowhere'"):
        publish(station, revision)
    with pytest.raises(PlanError, match="pray"):
        save(station, body({"id": "a", "kind": "pray"}), revision=revision)
    revision = save(station, body(CALL, HAND, LOST), revision=revision)
    with pytest.raises(Faulty, match="it is never done") as refused:
        publish(station, revision)
    assert [finding.code for finding in refused.value.findings] == ["unreachable"]


def test_a_warning_is_accepted_with_a_reason_that_is_kept(station: Station) -> None:
    station.plan("night", HAND)
    station.put(plans={"intrusion": "night"}, contacts=[])
    station.put("1003", plans={"intrusion": "night"})
    revision = save(station, body(CALL, HAND))
    assert [(f.code, f.site) for f in validated(station)] == [("nobody_listed", "1002")]
    with pytest.raises(Faulty, match="accept the warnings with a reason"):
        publish(station, revision)
    publish(station, revision, accept="Les dépositaires arrivent lundi")
    row = station.read(lambda tx: plans.history(tx, "night"))[-1]
    assert row.accepted_why == "Les dépositaires arrivent lundi"
    assert [finding["code"] for finding in row.accepted] == ["nobody_listed"]
    assert "1 avertissement accepté" in told(station, "plan_accepted")[0]


def test_a_plan_that_can_reach_nobody_is_refused(station: Station) -> None:
    station.plan("night", HAND)
    station.put(plans={"intrusion": "night"}, contacts=[])
    revision = save(station, body(CALL, HAND))
    with pytest.raises(Faulty, match="it can reach nobody"):
        publish(station, revision, accept="Les dépositaires arrivent lundi")
    assert len(station.read(lambda tx: plans.history(tx, "night"))) == 1


def test_nothing_is_published_without_a_reason(station: Station) -> None:
    revision = save(station, body(HAND))
    with pytest.raises(Refused, match="say why"):
        publish(station, revision, why="  ")


def test_of_two_who_publish_the_same_version_one_is_told(station: Station) -> None:
    station.plan("night", HAND)
    again = station.read(lambda tx: sites.plan_body(tx, "night"))
    assert again is not None

    def insert(version: int) -> bool:
        body_ = {**again, "version": version}
        return station.write(
            lambda tx: rows.insert_version(tx, body_, who="bruno", now=station.now)
        )

    assert [insert(version) for version in (1, 2, 2)] == [False, True, False]
    assert station.read(lambda tx: plans.history(tx, "night"))[0].published_by == "admin"


def test_only_sites_that_follow_the_plan_are_looked_at(station: Station) -> None:
    station.plan("night", HAND)
    save(station, body(CALL, HAND))
    station.put("1003", contacts=[])
    station.put("1004", contacts=[], plans={"*": "night"}, state="terminated")
    assert validated(station) == []
    station.put("1005", contacts=[], plan_rules=[{"plan": "night", "kinds": ["fire"]}])
    found = [(f.code, f.site) for f in validated(station)]
    assert found == [("nobody_listed", "1005"), ("reaches_nobody", "")]


def test_a_site_that_is_to_follow_it_for_a_while_is_looked_at(station: Station) -> None:
    station.plan("night", HAND)
    save(station, body(CALL, HAND))
    station.put("1006", contacts=[])
    agreed = Instruction(
        id="",
        site_id="1006",
        kind=InstructionKind.PLAN,
        plan="night",
        kinds=frozenset({Kind.FIRE}),
        begins_at=station.now + timedelta(days=1),
        ends_at=station.now + timedelta(days=2),
        author="claire",
        made_at=station.now,
    )
    station.write(lambda tx: instructions.make(tx, "1006", agreed, lowers=False, now=station.now))
    found = [(f.code, f.site) for f in validated(station)]
    assert found == [("nobody_listed", "1006"), ("reaches_nobody", "")]
    station.now += timedelta(days=2)
    assert validated(station) == []


def test_a_version_is_compared_and_rolled_back(station: Station) -> None:
    station.plan("night", HAND)
    station.plan("night", CALL, HAND)
    changes = station.read(lambda tx: plans.compare(tx, "night", 1, 2))
    assert [(change.code, change.step) for change in changes][-1:] == [("added", "call")]

    def back(version: int, why: str = "Trop d’appels") -> Row:
        return station.write(
            lambda tx: plans.roll_back(tx, "night", version, "anne", station.now, why=why)
        )

    with pytest.raises(Refused, match="nothing to roll back"):
        back(2)
    with pytest.raises(Refused, match="say why"):
        back(1, " ")
    with pytest.raises(NotFound):
        back(9)
    assert back(1)["version"] == 3
    versions = station.read(lambda tx: plans.history(tx, "night"))
    assert [row.version for row in versions] == [1, 2, 3]
    one = station.read(lambda tx: plans.get_version(tx, "night", 1))
    three = station.read(lambda tx: plans.get_version(tx, "night"))
    assert one.steps == three.steps
    assert station.read(lambda tx: plans.compare(tx, "night", 1, 3)) == []


def test_the_draft_is_compared_with_a_version(station: Station) -> None:
    station.plan("night", HAND)
    save(station, body({**HAND, "text": "Now"}, name="night"))
    (change,) = station.read(lambda tx: plans.compare(tx, "night", 1, None))
    assert (change.code, change.name, change.after) == ("setting", "text", "Now")


def test_a_running_incident_keeps_its_plan_when_another_is_published(station: Station) -> None:
    station.plan("night", {**CALL, "outcomes": {"exhausted": "hand"}}, HAND)
    station.put(plans={"intrusion": "night"})
    running = station.alarm()
    assert station.place() == [FIRST]
    revision = save(station, body({"id": "call", "kind": "counter_call"}, HAND))
    assert "unsaid" in {finding.code for finding in validated(station)}
    with pytest.raises(Faulty):
        publish(station, revision, accept="x")  # hand is never reached: an error
    revision = save(station, body({**CALL, "kind": "counter_call"}, HAND), revision=revision)
    publish(station, revision)
    station.hangs_up(station.live(FIRST).id, "no_answer")
    assert station.place() == [SECOND], "the list goes on as it was begun"
    kept = station.incident(running.id).plan
    assert [step["kind"] for step in kept["steps"]] == ["call_list", "hand_to_operator"]
    station.hangs_up(station.live(SECOND).id, "no_answer")
    assert station.incident(running.id).with_human
    assert station.called(running.id) == [(FIRST, "no_answer"), (SECOND, "no_answer")]
