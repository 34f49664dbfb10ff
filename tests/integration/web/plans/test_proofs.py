"""A plan is proved over the API and on the command line, before anybody is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.plans.plans import save_draft
from callflow.storage.alarms import incidents
from tests.integration.commands.test_command_line import callflow
from tests.support.stations.web_station import WebStation
from web.access.users import Role

NIGHT = "2026-12-24T02:30:00Z"


def put_draft(station: WebStation, body: dict[str, Any]) -> None:
    station.do(lambda tx: save_draft(tx, body, "essai", clock.now()))


async def test_a_version_is_simulated(station: WebStation, api: httpx.AsyncClient) -> None:
    station.site()
    answer = await api.post(
        "/plans/intrusion/versions/1/simulate",
        json={"site": "1001", "at": NIGHT, "behaviours": {"contacts": {"1001-1": ["help"]}}},
    )
    assert answer.status_code == 200
    body = answer.json()
    assert [call["contact"] for call in body["calls"]] == ["1001-0", "1001-0", "1001-1"]
    assert (body["reasons"], body["closed"]) == (["help"], None)
    assert body["worst_case"]["seconds"] >= body["human_after_s"]


async def test_a_draft_is_simulated_by_chance_and_the_seed_gives_the_same_again(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site()
    steps = [{"id": "a", "kind": "call_list", "attempts": 3}]
    put_draft(station, {"id": "intrusion", "steps": steps})
    asked = {"site": "1001", "at": NIGHT, "random": 7}
    path = "/plans/intrusion/draft/simulate"
    first, second = [(await api.post(path, json=asked)).json() for _ in range(2)]
    assert first == second
    assert first["calls"]


async def test_what_is_not_there_or_makes_no_sense_is_named(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site()
    path = "/plans/intrusion/versions/1/simulate"
    assert (await api.post(path, json={"site": "1002"})).status_code == 404
    wrong = path.replace("/1/", "/9/")
    assert (await api.post(wrong, json={"site": "1001"})).status_code == 404
    draft = "/plans/intrusion/draft/simulate"
    assert (await api.post(draft, json={"site": "1001"})).status_code == 404
    script = {"contacts": {"1001-0": ["asleep"]}}
    bad = await api.post(path, json={"site": "1001", "behaviours": script})
    assert (bad.status_code, bad.json()["field"]) == (422, "behaviours")
    assert "contacts.1001-0.0" in bad.json()["detail"]
    for at in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
        far = await api.post(path, json={"site": "1001", "at": at})
        assert far.status_code == 422


def test_the_command_line_prints_a_timeline(station: WebStation, tmp_path: Path) -> None:
    station.site()
    people = tmp_path / "people.yaml"
    people.write_text("contacts:\n  1001-0: [no_answer, verified_ok]\n")
    arguments = ("plan", "simulate", "intrusion", "--site", "1001", "--at", NIGHT)
    status, said = callflow(tmp_path, *arguments, "--behaviour", str(people))
    assert status == 0, said
    assert "03:30:00" in said  # the site's time
    assert "Clôture par la machine : fausse alarme" in said
    status, said = callflow(tmp_path, *arguments, "--json")
    assert json.loads(said)["human_after_s"] == 290
    status, said = callflow(tmp_path, "plan", "simulate", "intrusion@9", *arguments[3:])
    assert status != 0
    assert "no version 9" in said
    for wrong, about in (
        (("--kind", "storms"), "there is no kind of alarm 'storms'"),
        (("--at", "tonight"), "'tonight' is no instant"),
    ):
        status, said = callflow(tmp_path, *arguments, *wrong)
        assert status != 0
        assert about in said
        assert "Traceback" not in said


async def test_a_plan_is_rehearsed_and_seen_to_be_an_exercise(
    station: WebStation, api: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    station.site()
    answer = await api.post("/plans/intrusion/rehearse", json={"site": "1001"})
    assert answer.status_code == 201
    body = answer.json()
    assert body["exercise"]
    assert [call["contact"] for call in body["calls"]] == ["1001-0"]
    assert "EXERCICE" in body["logbook"][0]["text"]
    assert "essai" in body["logbook"][0]["who"]
    page = (await operator.get(f"/incidents/{body['id']}")).text
    assert '<span class="badge exercise">EXERCICE</span>' in page
    assert "EXERCICE" in (await operator.get("/")).text
    again = await api.post("/plans/intrusion/rehearse", json={"site": "1001"})
    assert again.status_code == 409
    both = {"site": "1001", "draft": True, "version": 1}
    assert (await api.post("/plans/intrusion/rehearse", json=both)).status_code == 422


async def test_only_who_configures_rehearses(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    station.site()
    headers = {"Authorization": f"Bearer {station.token(Role.OPERATOR)}"}
    answer = await stranger.post(
        "/api/v1/plans/intrusion/rehearse", json={"site": "1001"}, headers=headers
    )
    assert answer.status_code == 403


def test_the_command_line_rehearses(station: WebStation, tmp_path: Path) -> None:
    station.site()
    arguments = ("plan", "rehearse", "intrusion", "--site", "1001")
    status, said = callflow(tmp_path, *arguments, "--json")
    assert status == 0, said
    row = station.store.read_now(lambda tx: incidents.get(tx, json.loads(said)["incident"]))
    assert row is not None
    assert row.exercise
    status, said = callflow(tmp_path, *arguments)
    assert status != 0
    assert "an exercise runs at this site already" in said


def an_alarm(station: WebStation) -> None:
    """The shop answers."""
    station.site()
    station.alarm()
    station.call(Outcome.VERIFIED_OK)


NO_COUNTER_CALL = {"id": "intrusion", "steps": [{"id": "a", "kind": "call_list"}]}


async def test_a_draft_is_replayed_over_what_happened(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    an_alarm(station)
    put_draft(station, NO_COUNTER_CALL)
    own = (await api.post("/plans/intrusion/versions/1/backtest", json={})).json()
    assert own["examined"] == 1
    assert (own["differences"], own["unlike"], own["next"]) == ([], [], None)
    (difference,) = (await api.post("/plans/intrusion/draft/backtest", json={})).json()[
        "differences"
    ]
    assert "calls" in difference["what"]
    assert difference["was"]["called"] == ["1001-0"]
    assert difference["would_be"]["called"][0] == "1001-1"
    later = {"since": "2100-01-01T00:00:00Z"}
    none = (await api.post("/plans/intrusion/draft/backtest", json=later)).json()
    assert none["examined"] == 0


def test_the_command_line_names_each_incident_that_differs(
    station: WebStation, tmp_path: Path
) -> None:
    an_alarm(station)
    file = tmp_path / "draft.json"
    file.write_text(json.dumps(NO_COUNTER_CALL))
    status, said = callflow(tmp_path, "plan", "backtest", str(file), "--language", "en")
    assert status == 0, said
    assert "would be: 1001-1" in said
    assert "1 incident replayed, 1 different" in said
    status, said = callflow(tmp_path, "plan", "backtest", "intrusion", "--json")
    assert json.loads(said)["differences"] == []
    status, said = callflow(tmp_path, "plan", "backtest", "nothing")
    assert status != 0
    assert "there is no plan 'nothing'" in said
