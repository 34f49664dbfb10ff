"""The law's gate in the API and on the page: the reason, in both languages, and the way out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.handling.base import policy
from callflow.handling.interventions import directory
from callflow.storage import schema
from tests.integration.web.kit.test_pages import csrf_of
from tests.support.outside.cameras import a_still
from tests.support.stations.web_station import NAME, WebStation
from web.access.users import Role

NUMBER = "+33130000017"
LINE = {"id": "police-35", "service": "police", "name": "CIC 35", "number": NUMBER, "place": "35"}


@pytest.fixture
def incident(station: WebStation) -> str:
    station.site(postcode="35000")
    station.do(lambda tx: directory.put_directory(tx, [LINE], "admin", clock.now()))
    settings = station.settings.model_copy(update={"desk_phones": ("+33639989901",)})
    station.do(lambda tx: policy.save_policy(tx, settings))
    return str(station.alarm().id)


async def held(api: httpx.AsyncClient, incident: str) -> str:
    path = f"/incidents/{incident}"
    assert (await api.post(f"{path}/claim")).is_success
    return path


async def test_the_gate_refuses_with_its_reason_and_the_refusal_stays_in_the_logbook(
    api: httpx.AsyncClient, incident: str
) -> None:
    path = await held(api, incident)
    answer = await api.post(f"{path}/services/police/call")
    problem = answer.json()
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["reason"] == "unverified"
    assert "levée de doute" in problem["said"]["fr"]
    assert problem["said"]["en"] == problem["detail"]
    assert "video" in problem["missing"]
    shown = (await api.get(path)).json()
    assert [e["kind"] for e in shown["logbook"]].count("service_refused") == 1
    gates = (await api.get(f"{path}/services")).json()["gates"]
    assert {g["service"]: g["allowed"] for g in gates} == {
        "police": False,
        "fire": True,
        "medical": True,
    }


async def test_once_verified_the_desk_rings_and_the_report_is_kept(
    station: WebStation, api: httpx.AsyncClient, incident: str
) -> None:
    path = await held(api, incident)
    image = station.do(lambda tx: a_still(tx, incident, clock.now()))
    body = {"means": "images", "result": "confirmed", "note": "two men in the hall"}
    blind = await api.post(f"{path}/verifications", json=body)
    assert (blind.status_code, "that was looked at" in blind.json()["detail"]) == (409, True)
    body["image"] = image
    assert (await api.post(f"{path}/verifications", json=body)).is_success
    called = await api.post(f"{path}/services/police/call", json={})
    assert called.is_success, called.text
    assert [c["to"] for c in called.json()["calls"] if c["step"] == "service_desk"] == [
        "+33639989901"
    ]
    said = {"answer": "accepted", "person": "Brigadier", "reference": "2026/1"}
    assert (await api.post(f"{path}/services/police/report", json=said)).is_success
    found = (await api.get(f"{path}/services")).json()
    assert [(v["means"], v["weight"]) for v in found["verifications"]] == [("images", "strong")]
    assert [(c["gate"], c["line_name"]) for c in found["calls"]] == [("verified", "CIC 35")]
    assert [(r["person"], r["answer"]) for r in found["reports"]] == [("Brigadier", "accepted")]


async def test_an_override_is_written_and_signed(api: httpx.AsyncClient, incident: str) -> None:
    path = await held(api, incident)
    body = {"reason": "a neighbour sees two men inside"}
    assert (await api.post(f"{path}/services/police/call", json=body)).is_success
    shown = (await api.get(path)).json()
    (entry,) = [e for e in shown["logbook"] if e["kind"] == "service_override"]
    assert "a neighbour sees two men inside" in entry["text"]
    assert entry["who"] == shown["holder"]


async def test_a_program_without_a_name_overrides_nothing(
    station: WebStation, api: httpx.AsyncClient, incident: str
) -> None:
    nobody = station.token(Role.OPERATOR)
    unnamed = schema.api_token.update().values(name="")  # as tokens could be once
    station.do(lambda tx: tx.execute(unnamed.where(schema.api_token.c.role == Role.OPERATOR)))
    api.headers["Authorization"] = f"Bearer {nobody}"
    path = await held(api, incident)
    answer = await api.post(f"{path}/services/police/call", json={"reason": "two men inside"})
    assert (answer.status_code, answer.json()["field"]) == (403, "reason")


async def test_a_short_number_is_answered_with_the_competent_line(
    api: httpx.AsyncClient, incident: str
) -> None:
    path = await held(api, incident)
    answer = await api.post(f"{path}/services/17/call")
    assert answer.status_code == 409
    assert "CIC 35" in answer.json()["detail"]


async def test_the_directory_shows_no_number_and_keeps_what_is_left_out(
    api: httpx.AsyncClient, incident: str
) -> None:
    shown = (await api.get("/services")).json()
    assert NUMBER not in str(shown)
    again = await api.put("/services", json=shown)
    assert again.json() == shown
    revealed = await api.post("/services/police-35/reveal", json={"incident": incident})
    assert revealed.json() == {"number": NUMBER}
    entries = (await api.get(f"/incidents/{incident}")).json()["logbook"]
    assert [e["kind"] for e in entries].count("line_revealed") == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "112"}, "lines.0.number"),
        ({"service": "pizza"}, "lines.0.service"),
        ({"hours": {"week": {"mon": ["9-8"]}}}, "lines.0.hours.week.mon.0"),
        ({"unknown": 1}, "lines.0.unknown"),
    ],
)
async def test_a_line_that_can_t_be_names_its_field(
    api: httpx.AsyncClient, incident: str, change: dict[str, Any], field: str
) -> None:
    answer = await api.put("/services", json={"lines": [{**LINE, **change}]})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_the_page_says_the_same_and_offers_the_ways_out(
    station: WebStation, operator: httpx.AsyncClient, incident: str
) -> None:
    page = await operator.get(f"/incidents/{incident}")
    form = {"csrf": csrf_of(page.text)}
    await operator.post(f"/incidents/{incident}/claim", data=form)

    async def act(name: str, **fields: str) -> httpx.Response:
        return await operator.post(f"/incidents/{incident}/{name}", data={**form, **fields})

    refused = await act("call-service", service="police")
    assert refused.status_code == 409
    assert "aucune levée de doute" in refused.text
    assert NUMBER[-8:] not in refused.text.replace(" ", "")
    seen = {"means": "video", "result": "confirmed", "text": "vu"}
    blind = await act("verify", **seen)
    assert (blind.status_code, "la séquence regardée" in blind.text) == (409, True)
    image = station.do(lambda tx: a_still(tx, incident, clock.now()))
    assert (await act("verify", **seen, image=image, minutes="0")).status_code == 303
    assert (await act("call-service", service="police")).status_code == 303
    report = {"service": "police", "answer": "declined", "person": "Brigadier"}
    assert (await act("report-service", **report)).status_code == 303
    shown = (await operator.get(f"/incidents/{incident}")).text
    assert "levée de doute enregistrée" in shown
    assert "Brigadier" in shown
    revealed = await act("reveal-line", line="police-35")
    assert "01 30 00 00 17" in revealed.text
    assert "01 30 00 00 17" not in (await operator.get(f"/incidents/{incident}")).text
    assert NAME in shown


async def test_a_choice_that_is_none_is_a_problem_and_no_error(
    operator: httpx.AsyncClient, incident: str
) -> None:
    page = await operator.get(f"/incidents/{incident}")
    form = {"csrf": csrf_of(page.text), "means": "guess", "result": "confirmed"}
    answer = await operator.post(f"/incidents/{incident}/verify", data=form)
    assert answer.status_code == 422
