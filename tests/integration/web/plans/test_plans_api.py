"""Plans over HTTP: drafts with an ETag, findings, versions, text, pictures."""

from __future__ import annotations

from importlib import resources
from typing import Any

import httpx
import pytest

from callflow.core.plans import text as plan_text
from callflow.core.plans.call_plan import FIELDS, StepKind, from_json, json_schema
from tests.support.stations.web_station import WebStation, site_body
from web.access.users import Role

CALL: dict[str, Any] = {"id": "call", "kind": "call_list", "outcomes": {"exhausted": "hand"}}
HAND: dict[str, Any] = {"id": "hand", "kind": "hand_to_operator"}
DRAFT = "/plans/night/draft"
YAML = {"Content-Type": "application/yaml"}


def body(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "night", "name": "Nuit", "steps": list(steps), **more}


async def begun(api: httpx.AsyncClient, *steps: dict[str, Any]) -> dict[str, str]:
    """A draft; the headers that change it."""
    answer = await api.put(DRAFT, json=body(*steps))
    assert answer.status_code == 200, answer.text
    return {"If-Match": answer.headers["ETag"]}


async def test_a_draft_becomes_a_version(api: httpx.AsyncClient) -> None:
    mine = await begun(api, CALL, HAND)
    answer = await api.get(DRAFT)
    assert answer.headers["ETag"] == mine["If-Match"]
    assert (answer.json()["based_on"], answer.json()["plan"]["name"]) == (0, "Nuit")
    assert (await api.post(f"{DRAFT}/validate")).json() == {"publishable": True, "findings": []}
    answer = await api.post(f"{DRAFT}/publish", json={"why": "Les nuits changent"}, headers=mine)
    assert (answer.status_code, answer.json()["version"]) == (201, 1)
    assert (await api.get(DRAFT)).status_code == 404
    (version,) = (await api.get("/plans/night/versions")).json()["items"]
    assert (version["version"], version["why"]) == (1, "Les nuits changent")
    assert version["published_by"]


async def test_the_second_who_changes_a_draft_is_told(api: httpx.AsyncClient) -> None:
    first = await begun(api, HAND)
    answer = await api.put(DRAFT, json=body(CALL, HAND), headers=first)
    second = answer.headers["ETag"]
    late = await api.put(DRAFT, json=body(HAND, name="Autre"), headers=first)
    assert (late.status_code, late.headers["ETag"]) == (412, second)
    assert (await api.put(DRAFT, json=body(HAND))).status_code == 412
    assert (await api.put(DRAFT, json=body(HAND), headers={"If-Match": "*"})).status_code == 412
    assert (await api.delete(DRAFT, headers=first)).status_code == 412
    assert (await api.delete(DRAFT)).status_code == 428
    assert (await api.post(f"{DRAFT}/publish", json={"why": "x"}, headers=first)).status_code == 412
    assert (await api.get(DRAFT)).json()["plan"]["name"] == "Nuit"
    assert (await api.delete(DRAFT, headers={"If-Match": second})).status_code == 204


async def test_a_version_published_meanwhile_is_not_overwritten(api: httpx.AsyncClient) -> None:
    await api.post("/plans", json=body(HAND))
    mine = await begun(api, CALL, HAND)
    await api.put("/plans/night", json=body(HAND, name="Autre"))
    answer = await api.post(f"{DRAFT}/publish", json={"why": "x"}, headers=mine)
    assert answer.status_code == 409
    assert "version 2 was published meanwhile" in answer.json()["detail"]
    again = await api.put(f"{DRAFT}?based_on=2", json=body(CALL, HAND), headers=mine)
    mine = {"If-Match": again.headers["ETag"]}
    assert (await api.post(f"{DRAFT}/publish", json={"why": "x"}, headers=mine)).status_code == 201


async def test_what_keeps_a_draft_from_being_published_is_said(
    api: httpx.AsyncClient, station: WebStation
) -> None:
    mine = await begun(api, CALL, HAND, {"id": "lost", "kind": "hand_to_operator"})
    answer = await api.post(f"{DRAFT}/validate")
    assert answer.json()["publishable"] is False
    assert [finding["code"] for finding in answer.json()["findings"]] == ["unreachable"]
    answer = await api.post(f"{DRAFT}/publish", json={"why": "x"}, headers=mine)
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, "steps.2")
    assert problem["findings"][0]["fr"].startswith("étape « lost » : aucune issue")


async def test_a_plan_that_can_reach_nobody_is_not_published(
    api: httpx.AsyncClient, station: WebStation
) -> None:
    await api.post("/plans", json=body(CALL, HAND))
    await api.post("/plans", json=body(HAND))
    site: dict[str, Any] = {
        "plans": {"intrusion": "night"},
        "contacts": [{"id": "a", "name": "Anne", "role": "keyholder"}],
    }
    station.site(**site)
    back = await api.post("/plans/night/roll-back", json={"version": 1, "why": "x"})
    for answer in (await api.put("/plans/night", json=body(CALL, HAND)), back):
        assert answer.status_code == 422
        assert [each["code"] for each in answer.json()["findings"]] == ["reaches_nobody"]
        assert "it can reach nobody" in answer.json()["detail"]
    assert (await api.get("/plans/night")).json()["version"] == 2
    station.site("1002", plans={"intrusion": "night"})
    assert (await api.put("/plans/night", json=body(CALL, HAND))).status_code == 200


async def test_warnings_are_accepted_with_a_reason(api: httpx.AsyncClient) -> None:
    mine = await begun(api, {**CALL, "outcomes": {}})
    answer = await api.post(f"{DRAFT}/publish", json={"why": "x"}, headers=mine)
    assert (answer.status_code, answer.json()["findings"][0]["code"]) == (422, "unsaid")
    accepted = {"why": "x", "accept_warnings": "Un opérateur suffit"}
    assert (await api.post(f"{DRAFT}/publish", json=accepted, headers=mine)).status_code == 201
    (version,) = (await api.get("/plans/night/versions")).json()["items"]
    assert version["accepted_why"] == "Un opérateur suffit"
    assert [finding["code"] for finding in version["accepted"]] == ["unsaid"]


async def test_versions_are_compared_and_rolled_back(api: httpx.AsyncClient) -> None:
    await api.post("/plans", json=body(HAND))
    await api.post("/plans", json=body(CALL, HAND))
    answer = await api.get("/plans/night/compare", params={"from": 1, "to": 2})
    assert [change["en"] for change in answer.json()["items"]] == ["new step 'call' (call list)"]
    assert (await api.get("/plans/night/versions/1")).json()["steps"] == [HAND]
    back = await api.post("/plans/night/roll-back", json={"version": 1, "why": "Trop d'appels"})
    assert (back.status_code, back.json()["version"], back.json()["steps"]) == (201, 3, [HAND])
    same = await api.post("/plans/night/roll-back", json={"version": 3, "why": "x"})
    assert same.status_code == 409
    assert (await api.get("/plans/night/versions/9")).status_code == 404
    assert (await api.get("/plans/nothing/versions")).status_code == 404
    await begun(api, {**HAND, "text": "Vite"})
    changes = (await api.get("/plans/night/compare", params={"from": 3})).json()["items"]
    assert [change["name"] for change in changes] == ["text"]


async def test_a_plan_goes_out_and_comes_in_as_text(api: httpx.AsyncClient) -> None:
    await api.post("/plans", json=body(CALL, HAND))
    answer = await api.get("/plans/night", headers={"Accept": "application/yaml"})
    assert answer.headers["Content-Type"] == "application/yaml"
    assert "# delay_s: seconds between two attempts" in answer.text
    changed = answer.text.replace("attempts: 1", "attempts: 3")
    answer = await api.put("/plans/night", content=changed, headers=YAML)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert answer.json()["steps"][0]["attempts"] == 3
    answer = await api.put(DRAFT, content=changed, headers={"Content-Type": "text/yaml"})
    mine = answer.headers["ETag"]
    answer = await api.get(DRAFT, headers={"Accept": "text/yaml"})
    assert (answer.headers["ETag"], plan_text.parse(answer.text).plan.id) == (mine, "night")


@pytest.mark.parametrize(
    ("sent", "kind", "status", "said"),
    [
        ("id: night\nsteps:\n - id: a\n   kind: wait\n   limit_s: 1'000", "yaml", 422, "line 5"),
        ("id: other\nsteps:\n - id: a\n   kind: hand_to_operator", "yaml", 422, "the address"),
        (b"id: \xff", "yaml", 422, "not UTF-8: byte 4"),
        ("a: &a [*a]", "yaml", 422, "not taken"),
        ("{", "json", 422, "no JSON"),
        ("[" * 100_000, "json", 422, "no JSON"),
        ('{"id": "night", "steps": [], "x": 1}', "json", 422, "steps"),
        ('{"id": "night", "steps": [{"id": "a\\u0000", "kind": "wait"}]}', "json", 422, "NUL"),
        (
            '{"id": "night", "steps": [{"id": "a", "kind": "wait", "zones": []}]}',
            "json",
            422,
            "zones",
        ),
        ("<plan/>", "xml", 415, "application/json or application/yaml"),
    ],
)
async def test_what_is_no_plan_is_refused_in_words(
    api: httpx.AsyncClient, sent: str | bytes, kind: str, status: int, said: str
) -> None:
    content = sent.encode() if isinstance(sent, str) else sent
    headers = {"Content-Type": f"application/{kind}"}
    for path in ("/plans/night", DRAFT):
        answer = await api.put(path, content=content, headers=headers)
        assert answer.status_code == status, answer.text
        assert said in answer.text
    assert (await api.get("/plans/night")).status_code == 404


async def test_a_plan_is_a_picture_that_no_policy_stops(api: httpx.AsyncClient) -> None:
    await api.post("/plans", json=body(CALL, HAND, name="<script>alert(1)</script>"))
    await begun(api, HAND)
    answer = await api.get("/plans/night/picture.svg", params={"language": "en"})
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "call list" in answer.text
    assert "<script" not in answer.text
    assert "call list" not in (await api.get("/plans/night/picture.svg?draft=true")).text
    assert (await api.get("/plans/night/picture.svg?version=7")).status_code == 404


async def test_the_schema_shows_every_kind_and_setting(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    content = paths["/api/v1/plans/{plan_id}"]["put"]["requestBody"]["content"]
    assert content["application/json"]["schema"] == json_schema()
    kinds = json_schema()["properties"]["steps"]["items"]["oneOf"]
    assert {kind["title"] for kind in kinds} == set(FIELDS) == set(StepKind)


@pytest.mark.parametrize("name", ["shop", "bank", "house", "factory", "lift", "lone_worker"])
async def test_a_sheet_from_real_life_is_published_as_it_is(
    api: httpx.AsyncClient, name: str
) -> None:
    text = resources.files("callflow.core.plans.sheets").joinpath(f"{name}.yaml").read_text("utf-8")
    answer = await api.post("/plans", content=text, headers=YAML)
    assert answer.status_code == 201, answer.text


async def test_a_reader_may_look_and_not_write(api: httpx.AsyncClient, station: WebStation) -> None:
    await begun(api, HAND)
    token = station.token(Role.READER)
    for method, path in (
        ("PUT", DRAFT),
        ("DELETE", DRAFT),
        ("POST", f"{DRAFT}/publish"),
        ("POST", "/plans/night/roll-back"),
        ("POST", "/plans/night/withdraw"),
        ("POST", "/plans/night/bring-back"),
    ):
        answer = await api.request(method, path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 403, path


async def test_a_plan_is_withdrawn_and_brought_back(
    api: httpx.AsyncClient, station: WebStation
) -> None:
    await api.post("/plans", json=body(HAND))
    answer = await api.get("/plans/night/standing")
    known = {"If-Match": answer.headers["ETag"]}
    used = {"state": "in_use", "version": 1}
    assert answer.json() == used | dict.fromkeys(("withdrawn_at", "withdrawn_by", "because"))
    why = {"why": "Plus de nuits"}
    answer = await api.post("/plans/night/withdraw", json=why, headers=known)
    gone, mine = answer.json(), {"If-Match": answer.headers["ETag"]}
    assert (answer.status_code, gone["state"], gone["because"]) == (200, "withdrawn", why["why"])
    assert gone["withdrawn_by"] == "essai"
    assert (await api.get("/plans/night/standing")).headers["ETag"] == mine["If-Match"]
    listed = {
        state: [each["id"] for each in (await api.get(f"/plans{state}")).json()["items"]]
        for state in ("", "?state=in_use", "?state=withdrawn")
    }
    assert "night" not in listed[""] + listed["?state=in_use"]
    assert listed["?state=withdrawn"] == ["night"]
    assert (await api.get("/plans/night")).json()["steps"] == [HAND]
    assert len((await api.get("/plans/night/versions")).json()["items"]) == 1
    answer = await api.post("/plans/night/bring-back", json=why, headers=mine)
    assert (answer.status_code, answer.json()["state"]) == (200, "in_use")
    assert (await api.get("/plans")).json()["items"][-1]["id"] == "organ"
    assert "night" in [each["id"] for each in (await api.get("/plans")).json()["items"]]


async def test_who_withdraws_names_the_plan_as_they_knew_it(api: httpx.AsyncClient) -> None:
    await api.post("/plans", json=body(HAND))
    known = {"If-Match": (await api.get("/plans/night/standing")).headers["ETag"]}
    why = {"why": "x"}
    for act in ("withdraw", "bring-back"):
        assert (await api.post(f"/plans/night/{act}", json=why)).status_code == 428
        for sent in ({}, {"why": ""}, {**why, "sure": True}):
            answer = await api.post(f"/plans/night/{act}", json=sent, headers=known)
            assert answer.status_code == 422, answer.text
        answer = await api.post(f"/plans/nothing/{act}", json=why, headers=known)
        assert answer.status_code == 404
    await api.post("/plans", json=body(CALL, HAND))
    late = await api.post("/plans/night/withdraw", json=why, headers=known)
    assert late.status_code == 412
    assert "somebody published, withdrew or brought back this plan" in late.json()["detail"]
    known = {"If-Match": late.headers["ETag"]}
    assert (await api.post("/plans/night/bring-back", json=why, headers=known)).status_code == 409
    assert (await api.post("/plans/night/withdraw", json=why, headers=known)).status_code == 200
    assert (await api.post("/plans/night/withdraw", json=why, headers=known)).status_code == 412


async def test_what_keeps_a_plan_is_said_and_what_a_withdrawn_one_refuses(
    api: httpx.AsyncClient, station: WebStation
) -> None:
    await api.post("/plans", json=body(HAND))
    mine = await begun(api, CALL, HAND)
    site = {**site_body(), "plans": {"intrusion": "night"}}
    assert (await api.put("/sites/1001", json=site)).is_success
    known = {"If-Match": (await api.get("/plans/night/standing")).headers["ETag"]}
    why = {"why": "x"}
    answer = await api.post("/plans/night/withdraw", json=why, headers=known)
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("sites follow this plan")
    assert answer.json()["detail"].endswith("(1001)")
    assert (await api.put("/sites/1001", json={**site, "plans": {}})).is_success
    standard = {"If-Match": (await api.get("/plans/fire/standing")).headers["ETag"]}
    answer = await api.post("/plans/fire/withdraw", json=why, headers=standard)
    assert answer.status_code == 409
    assert "alarms fall back on this plan" in answer.json()["detail"]
    assert (await api.post("/plans/night/withdraw", json=why, headers=known)).status_code == 200
    answer = await api.put("/sites/1001", json=site)
    assert (answer.status_code, answer.json()["field"]) == (422, "plans.intrusion")
    assert "this plan is withdrawn: choose another one" in answer.json()["detail"]
    refused = (
        await api.put("/plans/night", json=body(HAND, name="Autre")),
        await api.put("/plans/night", content=plan_text.write(from_json(body(HAND))), headers=YAML),
        await api.put(DRAFT, json=body(HAND), headers=mine),
        await api.post(f"{DRAFT}/publish", json=why, headers=mine),
        await api.post("/plans/night/roll-back", json={"version": 1, "why": "x"}),
        await api.post("/plans/night/rehearse", json={"site": "1001", "kind": "fire"}),
    )
    for answer in refused:
        assert answer.status_code == 409, answer.text
        assert "this plan is withdrawn: bring it back first: night" in answer.text
    assert (await api.get("/plans/night")).json()["version"] == 1
