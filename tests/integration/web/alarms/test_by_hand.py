"""Whoever holds an alarm sends a guard, calls a technician, opens a measure: on the page and over
HTTP, by the same deed (D33)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.alarms import operating
from callflow.handling.interventions import firms as interventions_firms
from callflow.handling.plans import plans
from tests.integration.web.alarms.test_tasks import END, FIRM, LOOK, SERVICE, firm_body
from tests.support.stations.web_station import NAME, WebStation
from web.access.users import Role

Row = dict[str, Any]

FAR, TECHNICIAN = "+33639980302", "+33639980401"
ASKS = "Pas encore d’agent : demander à"


def alarm(station: WebStation) -> str:
    """An alarm at a site with two guard firms and a maintenance firm."""
    now = clock.now()
    body = {"id": "p", "name": "p", "steps": [LOOK, SERVICE, END]}
    station.do(lambda tx: plans.publish_plan(tx, body, "admin", now))
    firms = {"firm": firm_body(), "far": firm_body(name="Est Garde", phone=FAR)}
    for firm, fields in firms.items():
        station.do(
            lambda tx, f=firm, v=fields: interventions_firms.put_firm(
                tx, station.vault, f, v, "admin", now
            )
        )
    people = [
        {"id": "firm", "name": "Ouest Garde", "role": "guard", "phone": FIRM},
        {"id": "far", "name": "Est Garde", "role": "guard", "phone": FAR, "rank": 2},
        {"id": "fixit", "name": "Dépannage", "role": "maintenance", "phone": TECHNICIAN},
    ]
    station.site(plans={"intrusion": "p"}, contacts=people)
    return str(station.alarm().id)


async def test_a_program_that_holds_does_by_hand_what_the_page_does(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    where = f"/incidents/{alarm(station)}"
    early = await api.post(f"{where}/send-guard")
    assert (early.status_code, early.json()["detail"]) == (409, "take the incident first")
    await api.post(f"{where}/claim")
    sent = (await api.post(f"{where}/send-guard")).json()
    assert [t["subject"] for t in sent["tasks"] if t["kind"] == "send_guard"] == ["firm"]
    assert [c["contact"] for c in sent["calls"]] == ["firm"]
    called = (await api.post(f"{where}/call-technician")).json()
    assert [c["to"] for c in called["calls"]] == [FIRM, TECHNICIAN]
    body = {"kind": "other", "text": "vigile", "minutes": 60}
    protected = (await api.post(f"{where}/measure", json=body)).json()
    assert protected["holder"] == "essai"
    (measure,) = (await api.get("/sites/1001/measures")).json()["items"]
    assert (measure["text"], measure["opened_by"]) == ("vigile", "essai")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": " "}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"text": "vigile", "kind": "dog"}, "kind"),
        ({"text": "vigile", "minutes": 0}, "minutes"),
        ({"text": "vigile", "until": "later"}, "until"),
    ],
)
async def test_a_bad_measure_names_its_field(
    station: WebStation, api: httpx.AsyncClient, body: Row, field: str
) -> None:
    answer = await api.post(f"/incidents/{alarm(station)}/measure", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("act", ["send-guard", "call-technician", "measure"])
async def test_who_does_not_hold_it_or_may_not_act_does_nothing_by_hand(
    station: WebStation, api: httpx.AsyncClient, stranger: httpx.AsyncClient, act: str
) -> None:
    incident = alarm(station)
    body = {"text": "vigile"} if act == "measure" else {}
    station.do(lambda tx: operating.claim(tx, incident, "yves", clock.now()))
    held = await api.post(f"/incidents/{incident}/{act}", json=body)
    assert (held.status_code, held.json()["holder"]) == (409, "yves")
    assert (await api.post(f"/incidents/none/{act}", json=body)).status_code == 404
    reader = {"Authorization": f"Bearer {station.token(Role.READER, 'lit')}"}
    where = f"/api/v1/incidents/{incident}/{act}"
    assert (await stranger.post(where, headers=reader, json=body)).status_code == 403


@pytest.mark.parametrize("said", [Outcome.DECLINED, Outcome.NO_ANSWER])
async def test_where_the_firm_declines_or_does_not_answer_the_next_one_is_the_act_at_the_top(
    station: WebStation, operator: httpx.AsyncClient, api: httpx.AsyncClient, said: Outcome
) -> None:
    incident = alarm(station)
    station.do(lambda tx: operating.claim(tx, incident, NAME, clock.now()))

    async def page() -> str:
        return (await operator.get(f"/incidents/{incident}")).text

    async def sends() -> None:
        csrf = (await page()).split('name="csrf" value="')[1].split('"')[0]
        sent = await operator.post(f"/incidents/{incident}/send-guard", data={"csrf": csrf})
        assert sent.status_code == 303

    assert ASKS not in await page()
    await sends()
    assert ASKS not in await page()  # it is being called
    station.call(said, answered=said is Outcome.DECLINED)
    shown = await page()
    before, after = shown.split(ASKS)
    offered = before.rsplit("<form", 1)[1]
    assert after.startswith(" <bdi>Est Garde</bdi>")
    assert 'id="h-plan"' not in before  # above all that there is to read
    assert 'data-act="send-guard"' in offered
    assert 'class="primary"' in offered
    assert shown.count('data-act="send-guard"') == 1  # one way, and its key
    await sends()
    asked = [c["contact"] for c in (await api.get(f"/incidents/{incident}")).json()["calls"]]
    assert asked == ["firm", "far"]
    station.call(said, answered=said is Outcome.DECLINED)
    assert ASKS not in await page()  # nobody is left


async def test_a_firm_that_accepted_leaves_no_other_to_ask(
    station: WebStation, operator: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    incident = alarm(station)
    station.do(lambda tx: operating.claim(tx, incident, "essai", clock.now()))
    await api.post(f"/incidents/{incident}/send-guard")
    station.call(Outcome.ACCEPTED)
    station.do(lambda tx: operating.transfer(tx, incident, "essai", NAME, clock.now()))
    assert ASKS not in (await operator.get(f"/incidents/{incident}")).text
