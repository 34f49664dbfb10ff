"""What a plan's steps ask of people, in the API and on the page: tasks, guards, firms, measures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.task import Task
from callflow.handling.alarms import operating
from callflow.handling.alarms.operating import known
from callflow.handling.interventions import firms
from callflow.handling.interventions.measures import open_measure
from callflow.handling.plans import plans
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from tests.integration.web.kit.test_pages import csrf_of
from tests.support.stations.web_station import NAME, PASSWORD, WebStation
from web.access import cookies
from web.access.users import Role

Row = dict[str, Any]

FIRM = "+33639980301"
CHECKLIST = ["portes", "caves"]
LOOK: Row = {
    "id": "look",
    "kind": "hand_to_operator",
    "text": "Regarder les caméras",
    "checklist": CHECKLIST,
    "outcomes": {"done": "end", "confirmed": "police"},
}
DISARM: Row = {"id": "panel", "kind": "act_on_panel", "command": "disarm"}
GUARD: Row = {"id": "guard", "kind": "send_guard", "outcomes": {"all_clear": "end"}}
SERVICE: Row = {"id": "police", "kind": "emergency_service"}
END: Row = {"id": "end", "kind": "close", "code": "nothing_found"}


def firm_body(**changes: Any) -> Row:
    body = {"name": "Ouest Garde", "licence": "AUT-035", "phone": FIRM, "tariff": "95 €/h"}
    return {**body, **changes}


def alarm(station: WebStation, *steps: Row, account: str = "1001") -> str:
    """An alarm whose plan has these steps; the site has a firm, and a chief who decides on it."""
    now = clock.now()
    body = {"id": "p", "name": "p", "steps": list(steps)}
    station.do(lambda tx: plans.publish_plan(tx, body, "admin", now))
    station.do(lambda tx: firms.put_firm(tx, station.vault, "firm", firm_body(), "admin", now))
    decides = {"*": ["send_guard"]}
    people = [
        {"id": "firm", "name": "Ouest Garde", "role": "guard", "phone": FIRM, "keys_held": True},
        {"id": "chief", "name": "Chef", "role": "manager", "authorities": decides},
        {"id": "anne", "name": "Anne", "role": "keyholder", "phone": "+33639980101"},
    ]
    station.site(account, plans={"intrusion": "p"}, contacts=people)
    return str(station.alarm(account).id)


def task_of(station: WebStation, incident: str) -> Task:
    return station.store.read_now(lambda tx: tasks.of_incident(tx, incident))[-1]


def opened(station: WebStation, incident: str) -> str:
    """A measure that protects the incident's site for an hour."""

    def write(tx: Tx) -> str:
        row, hour = known(tx, incident), timedelta(hours=1)
        return open_measure(tx, row, Measure.OTHER, "vigile", hour, clock.now()).id

    return str(station.do(write))


# --- what a step is called -------------------------------------------------------------------


async def test_a_step_is_called_by_its_name_wherever_people_read_of_it(
    station: WebStation, operator: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    named = {**LOOK, "name": "Voir le hall <b>"}
    incident = alarm(station, named, SERVICE, END)
    shown = (await operator.get(f"/incidents/{incident}")).text
    called = "<b><bdi>Voir le hall &lt;b&gt;</bdi></b>"
    assert called in shown
    entries = (await api.get("/logbook", params={"incident": incident})).json()["items"]
    told = {entry["kind"]: entry["text"] for entry in entries}
    assert told["step"] == "Étape : Voir le hall <b> (début de la consigne)"
    assert told["task_asked"].startswith("Demandé : Voir le hall <b>")
    assert (await api.get(f"/incidents/{incident}")).json()["plan"]["steps"][0]["id"] == "look"


async def test_a_step_without_a_name_is_called_by_what_it_does(
    station: WebStation, operator: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    incident = alarm(station, LOOK, SERVICE, END)
    assert "<b>Remise à un opérateur</b>" in (await operator.get(f"/incidents/{incident}")).text
    entries = (await api.get("/logbook", params={"incident": incident})).json()["items"]
    told = {entry["kind"]: entry["text"] for entry in entries}
    assert told["step"] == "Étape : remise à un opérateur (début de la consigne)"


# --- the API: tasks ------------------------------------------------------------------------------


async def test_a_task_is_ended_with_its_check_list(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    incident = alarm(station, LOOK, SERVICE, END)
    (task,) = (await api.get(f"/incidents/{incident}")).json()["tasks"]
    assert (task["kind"], task["state"], task["checklist"]) == (LOOK["kind"], "open", CHECKLIST)
    path = f"/incidents/{incident}/tasks/{task['id']}"
    missing = await api.post(path, json={"outcome": "done", "checklist": ["portes"]})
    assert (missing.status_code, missing.json()["detail"]) == (409, "not ticked off yet: caves")
    wrong = await api.post(path, json={"outcome": "traces", "checklist": CHECKLIST})
    assert (wrong.status_code, wrong.json()["detail"]) == (
        409,
        "this step does not end with: traces",
    )
    shown = (await api.post(path, json={"outcome": "done", "checklist": CHECKLIST})).json()
    assert (shown["resolution_code"], shown["tasks"][0]["outcome"]) == ("nothing_found", "done")
    again = await api.post(path, json={"outcome": "done", "checklist": CHECKLIST})
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "this is over already: look again",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "outcome"),
        ({"outcome": "whatever"}, "outcome"),
        ({"outcome": "done", "text": "x" * 4001}, "text"),
        ({"outcome": "done", "second": "x" * 201}, "second"),
        ({"outcome": "done", "checklist": "portes"}, "checklist"),
        ({"outcome": "done", "done": True}, "done"),
    ],
)
async def test_a_bad_task_names_its_field(
    station: WebStation, api: httpx.AsyncClient, body: Row, field: str
) -> None:
    incident = alarm(station, LOOK, SERVICE, END)
    path = f"/incidents/{incident}/tasks/{task_of(station, incident).id}"
    answer = await api.post(path, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert task_of(station, incident).state == "open"


@pytest.mark.parametrize("route", ["", "/guard"])
async def test_a_task_that_is_not_there_or_not_mine_is_refused(
    station: WebStation, api: httpx.AsyncClient, route: str
) -> None:
    incident = alarm(station, LOOK, SERVICE, END)
    task = task_of(station, incident).id
    body = {"event": "left"} if route else {"outcome": "done", "checklist": CHECKLIST}
    for path in (f"/incidents/{incident}/tasks/none", f"/incidents/none/tasks/{task}"):
        assert (await api.post(f"{path}{route}", json=body)).status_code == 404
    another = alarm(station, LOOK, SERVICE, END, account="1002")
    mixed = await api.post(f"/incidents/{another}/tasks/{task}{route}", json=body)
    assert mixed.status_code == 404
    station.do(lambda tx: operating.claim(tx, incident, "yves", clock.now()))
    held = await api.post(f"/incidents/{incident}/tasks/{task}{route}", json=body)
    assert (held.status_code, held.json()["holder"]) == (409, "yves")
    assert task_of(station, incident).state == "open"


async def test_a_report_of_another_kind_ends_what_waits_for_it(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    steps = {"1001": (SERVICE, "service said"), "1002": (GUARD, "guard's report")}
    for account, (step, why) in steps.items():
        incident = alarm(station, step, END, account=account)
        path = f"/incidents/{incident}/tasks/{task_of(station, incident).id}"
        refused = await api.post(path, json={"outcome": "done"})
        assert refused.status_code == 409
        assert why in refused.json()["detail"]


# --- the API: guards -----------------------------------------------------------------------------


async def test_a_guards_way_is_written_down_step_by_step(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    incident = alarm(station, GUARD, END)
    path = f"/incidents/{incident}/tasks/{task_of(station, incident).id}/guard"

    async def says(event: str, **more: Any) -> httpx.Response:
        return await api.post(path, json={"event": event, **more})

    accepted = (await says("accepted")).json()["tasks"][0]
    assert set(accepted["data"]) == {"accepted_at", "expected_at"}
    there = (await says("on_site")).json()["tasks"][0]
    assert there["data"]["on_site_at"] >= accepted["data"]["accepted_at"]
    for found, why in (
        ({"traces": False, "rearmed": True}, "inside, outside, or both"),
        ({"inside": True, "rearmed": True}, "whether there are traces"),
        ({"inside": True, "traces": False}, "armed again"),
    ):
        refused = await says("report", **found)
        assert (refused.status_code, why in refused.json()["detail"]) == (409, True), found
    shown = (await says("report", outside=True, traces=False, rearmed=True)).json()
    assert shown["resolution_code"] == "nothing_found"
    said = next(e["text"] for e in shown["logbook"] if e["kind"] == "guard_report")
    assert "extérieur" in said
    assert "site remis en marche" in said
    left = (await says("left")).json()["tasks"][0]
    assert "left_at" in left["data"]
    assert (await says("left")).json()["detail"] == "the guard has left already: look again"


async def test_recall_and_stay_need_a_named_authority(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    incident = alarm(station, GUARD, END)
    path = f"/incidents/{incident}/tasks/{task_of(station, incident).id}/guard"

    async def orders(event: str, contact: str, **more: Any) -> httpx.Response:
        return await api.post(path, json={"event": event, "contact": contact, **more})

    for event in ("recall", "stay"):
        refused = await orders(event, "anne")
        assert (refused.status_code, refused.json()["detail"]) == (
            409,
            "no authority to decide on guards: Anne",
        )
        assert (await orders(event, "nobody")).status_code == 404
    bad = await orders("stay", "chief", minutes=0)
    assert (bad.status_code, bad.json()["field"]) == (422, "minutes")
    await orders("stay", "chief", minutes=90)
    (measure,) = (await api.get("/sites/1001/measures")).json()["items"]
    assert (measure["kind"], "Chef, 95 €/h" in measure["text"]) == ("guard_on_site", True)
    shown = (await orders("recall", "chief")).json()
    assert shown["tasks"][0]["outcome"] == "failed"
    assert shown["with_human"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "event"), ({"event": "lost"}, "event"), ({"event": "report", "traces": "?"}, "traces")],
)
async def test_a_bad_word_of_a_guard_names_its_field(
    station: WebStation, api: httpx.AsyncClient, body: Row, field: str
) -> None:
    incident = alarm(station, GUARD, END)
    path = f"/incidents/{incident}/tasks/{task_of(station, incident).id}/guard"
    answer = await api.post(path, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_no_guard_is_written_down_where_none_was_asked(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    incident = alarm(station, LOOK, SERVICE, END)
    path = f"/incidents/{incident}/tasks/{task_of(station, incident).id}/guard"
    for event in ("accepted", "left"):
        refused = await api.post(path, json={"event": event})
        assert refused.json()["detail"] == "no guard was asked for by this step"


# --- the API: firms, measures, rights --------------------------------------------------------


async def test_a_firms_codes_go_in_and_never_come_out(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    body = firm_body(sectors=["350", "35"], code="4711", duress_code="4712", rank=3)
    made = await api.put("/guard-firms/ouest", json=body)
    assert made.status_code == 200
    kept = {name: value for name, value in body.items() if "code" not in name}
    more = {"part": "guard", "availability": None, "code_set": True, "duress_code_set": True}
    closed = {"closed_at": None, "closed_by": "", "closed_because": "", "fax": None}
    assert made.json() == {"id": "ouest", "language": "fr", **more, **closed, **kept}
    listed = await api.get("/guard-firms")
    assert listed.json()["items"] == [made.json()]
    for answer in (made, listed):
        assert "4711" not in answer.text
    unchanged = await api.put("/guard-firms/ouest", json=firm_body())
    assert unchanged.json()["code_set"] is True
    removed = await api.put("/guard-firms/ouest", json=firm_body(code=None))
    assert removed.json()["code_set"] is False


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone": "17"}, "phone"),
        ({"phone": "+33 112"}, "phone"),
        ({"phone": "not a number"}, "phone"),
        ({"sectors": ["350", "35 000"]}, "sectors.1"),
        ({"sectors": [""]}, "sectors.0"),
        ({"licence": ""}, "licence"),
        ({"licence": " "}, "licence"),
        ({"name": " "}, "name"),
        ({"rank": 0}, "rank"),
        ({"code": "12"}, "code"),
        ({"code": "4711", "duress_code": "4711"}, "duress_code"),
    ],
)
async def test_a_bad_firm_names_its_field(api: httpx.AsyncClient, change: Row, field: str) -> None:
    answer = await api.put("/guard-firms/ouest", json=firm_body(**change))
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await api.get("/guard-firms")).json()["items"] == []


async def test_a_measure_is_lifted_once(station: WebStation, api: httpx.AsyncClient) -> None:
    measure = opened(station, alarm(station, LOOK, SERVICE, END))
    (shown,) = (await api.get("/sites/1001/measures")).json()["items"]
    assert (shown["id"], shown["text"], shown["lifted_at"]) == (measure, "vigile", None)
    for path in ("/sites/1001/measures/none", f"/sites/1002/measures/{measure}"):
        assert (await api.post(f"{path}/lift")).status_code == 404
    lifted = await api.post(f"/sites/1001/measures/{measure}/lift")
    assert lifted.json()["lifted_by"] == "essai"
    again = await api.post(f"/sites/1001/measures/{measure}/lift")
    assert (again.status_code, again.json()["detail"]) == (409, "this measure is lifted already")


async def test_each_route_asks_for_its_right(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    incident = alarm(station, LOOK, SERVICE, END)
    task, measure = task_of(station, incident).id, opened(station, incident)
    routes = {
        ("POST", f"/incidents/{incident}/tasks/{task}"): Role.OPERATOR,
        ("POST", f"/incidents/{incident}/tasks/{task}/guard"): Role.OPERATOR,
        ("POST", f"/sites/1001/measures/{measure}/lift"): Role.OPERATOR,
        ("PUT", "/guard-firms/ouest"): Role.SUPERVISOR,
        ("GET", "/guard-firms"): Role.READER,
        ("GET", "/sites/1001/measures"): Role.READER,
    }
    below = {Role.OPERATOR: Role.READER, Role.SUPERVISOR: Role.OPERATOR, Role.READER: Role.PANEL}
    keys = {role: station.token(role, role.value) for role in Role}
    for (method, path), role in routes.items():
        where = f"/api/v1{path}"
        assert (await stranger.request(method, where)).status_code == 401
        for who, refused in ((below[role], True), (role, False)):
            headers = {"Authorization": f"Bearer {keys[who]}"}
            answer = await stranger.request(method, where, headers=headers, json={})
            assert (answer.status_code == 403) is refused, (path, who)


async def test_who_holds_the_keys_goes_in_and_comes_out(api: httpx.AsyncClient) -> None:
    firm = {"id": "firm", "name": "Ouest Garde", "role": "guard", "phone": FIRM}
    body: Row = {"name": "x", "accounts": [{"account": "1001"}]}
    people = [{**firm, "keys_held": True}, {**firm, "id": "far", "rank": 2}]
    assert (await api.put("/sites/1001", json={**body, "contacts": people})).status_code == 201
    shown = (await api.get("/sites/1001")).json()
    assert [(c["id"], c["keys_held"]) for c in shown["contacts"]] == [
        ("firm", True),
        ("far", False),
    ]
    assert (await api.put("/sites/1001", json=shown)).json()["contacts"] == shown["contacts"]


# --- a call that was told in another one (D10) -----------------------------------------------


async def test_what_was_told_in_another_call_has_its_recording(
    station: WebStation, api: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    now = clock.now()
    body = {"id": "p", "name": "p", "steps": [{"id": "people", "kind": "call_list"}]}
    station.do(lambda tx: plans.publish_plan(tx, body, "admin", now))
    anne = {"id": "anne", "name": "Anne", "role": "keyholder", "phone": "+33639980101"}
    incidents = []
    for account in ("1001", "1002"):
        station.site(account, plans={"intrusion": "p"}, contacts=[anne])
        incidents.append(station.alarm(account).id)
    leader = station.call(Outcome.NO_KEY, seconds=3)
    first, second = [(await api.get(f"/incidents/{i}")).json() for i in incidents]
    (led,) = second["calls"]
    assert (led["outcome"], led["recording"]) == ("no_key", leader)
    assert led["id"] != leader
    assert [r["id"] for r in second["recordings"]] == [leader]
    assert first["calls"][0]["recording"] == leader
    page = (await operator.get(f"/incidents/{incidents[1]}")).text
    assert "dit dans un autre appel à cette personne" in page
    assert f'href="/incidents/{incidents[0]}"' in page
    assert f'src="/recordings/{leader}"' in page
    assert (await operator.get(f"/recordings/{leader}")).status_code == 200


# --- the page --------------------------------------------------------------------------------


class Desk:
    """Claire in front of an incident's page."""

    def __init__(self, client: httpx.AsyncClient, station: WebStation, incident: str) -> None:
        self.client, self.station, self.incident = client, station, incident

    async def page(self) -> str:
        answer = await self.client.get(f"/incidents/{self.incident}")
        assert answer.status_code == 200
        return answer.text

    async def does(self, act: str, **fields: str) -> httpx.Response:
        csrf = csrf_of((await self.client.get(f"/incidents/{self.incident}")).text)
        task = task_of(self.station, self.incident).id
        form = {"csrf": csrf, "task": task, **fields}
        return await self.client.post(f"/incidents/{self.incident}/{act}", data=form)


async def test_the_page_asks_for_what_the_step_asks_and_takes_it(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    desk = Desk(operator, station, alarm(station, LOOK, SERVICE, END))
    page = await desk.page()
    for words in ("Regarder les caméras", "À cocher, chaque ligne", "caves", "Rien constaté"):
        assert words in page
    assert "data-target=" in page.split('class="task open"')[1].split("</section>")[0]
    assert 'value="traces"' not in page
    assert 'value="overdue"' not in page
    refused = await desk.does("task", outcome="done", **{"tick-0": "1"})
    assert refused.status_code == 409
    assert "pas encore coché : caves" in refused.text
    assert (await desk.does("task", outcome="whatever")).status_code == 422
    assert (await desk.does("task", outcome="done", text="x" * 4001)).status_code == 422
    unknown = await desk.does("task", task="none", outcome="done")
    assert unknown.status_code == 404
    assert "cette alarme n’a pas cette tâche : none" in unknown.text
    ticks = {"tick-0": "1", "tick-1": "1"}
    assert (await desk.does("task", outcome="done", text="vu", **ticks)).status_code == 303
    page = await desk.page()
    assert '<section class="task ended"' in page
    assert task_of(station, desk.incident).ended_by == NAME
    assert "Levée de doute, rien à signaler" in page


async def test_the_page_is_said_in_english_too(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    desk = Desk(operator, station, alarm(station, LOOK, SERVICE, END))
    operator.cookies.set(cookies.LANGUAGE, "en")
    page = await desk.page()
    for words in ("To tick off, each line", "Nothing found", "To be done", "late by"):
        assert words in page
    refused = await desk.does("task", outcome="done")
    assert "not ticked off yet: portes; caves" in refused.text


async def test_a_service_and_the_machines_work_have_no_buttons(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    desk = Desk(operator, station, alarm(station, SERVICE, END))
    page = await desk.page()
    assert 'href="#h-services"' in page
    assert 'data-act="task"' not in page


async def test_disarming_asks_for_the_other_person(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    desk = Desk(operator, station, alarm(station, DISARM, END))
    page = await desk.page()
    assert "Mettre le site à l’arrêt" in page
    assert 'name="second"' in page
    alone = await desk.does("task", outcome="confirmed", second=NAME)
    assert (alone.status_code, "se décide à deux" in alone.text) == (409, True)
    early = await desk.does("task", outcome="confirmed", second="yves")
    assert (early.status_code, "ne l’a pas confirmé" in early.text) == (409, True)
    assert (await desk.does("task", outcome="failed")).status_code == 303
    assert task_of(station, desk.incident).outcome == "failed"


async def test_a_guards_way_goes_by_the_page(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    desk = Desk(operator, station, alarm(station, GUARD, END))
    page = await desk.page()
    for words in ("Ouest Garde", "AUT-035", "détient les clés", "pas encore accepté", "95 €/h"):
        assert words in page
    assert (await desk.does("guard", event="accepted")).status_code == 303
    assert "attendu avant" in await desk.page()
    assert (await desk.does("guard", event="on_site")).status_code == 303
    page = await desk.page()
    assert "sur place depuis" in page
    assert 'value="left"' in page
    for form, why in (
        ({"traces": "no", "rearmed": "yes"}, "ce qui a été vu"),
        ({"inside": "1", "rearmed": "yes"}, "des traces ou une présence"),
        ({"inside": "1", "traces": "no"}, "remis en marche"),
    ):
        refused = await desk.does("guard", event="report", **form)
        assert (refused.status_code, why in refused.text) == (409, True), form
    for form in ({"traces": "maybe"}, {"traces": "no", "rearmed": "2"}):
        assert (await desk.does("guard", event="report", inside="1", **form)).status_code == 422
    assert (await desk.does("guard", event="dances")).status_code == 422
    seen = {"inside": "1", "outside": "1", "traces": "no", "rearmed": "yes", "text": "calme"}
    assert (await desk.does("guard", event="report", **seen)).status_code == 303
    page = await desk.page()
    assert "intérieur et extérieur" in page
    assert "rien à signaler sur place" in page
    assert (await desk.does("guard", event="left")).status_code == 303
    page = await desk.page()
    assert "reparti à" in page
    assert 'value="left"' not in page


async def test_who_decides_on_guards_is_chosen_and_the_measure_can_be_lifted(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    desk = Desk(operator, station, alarm(station, GUARD, END))
    page = await desk.page()
    assert '<option value="chief">Chef</option>' in page
    assert '<option value="anne">' not in page
    refused = await desk.does("guard", event="stay", contact="anne", minutes="60")
    assert (refused.status_code, "sans autorité" in refused.text) == (409, True)
    for minutes in ("", "0", "x", "1441"):
        answer = await desk.does("guard", event="stay", contact="chief", minutes=minutes)
        assert answer.status_code == 422
    stay = await desk.does("guard", event="stay", contact="chief", minutes="90")
    assert stay.status_code == 303
    page = await desk.page()
    assert "Mesures conservatoires" in page
    measure = page.split('name="measure" value="')[1].split('"')[0]
    assert (await desk.does("lift-measure", measure="none")).status_code == 404
    assert (await desk.does("lift-measure", measure=measure)).status_code == 303
    assert 'name="measure"' not in await desk.page()
    assert (await desk.does("lift-measure", measure=measure)).status_code == 409
    assert (await desk.does("guard", event="recall", contact="chief")).status_code == 303
    assert task_of(station, desk.incident).outcome == "failed"


async def test_who_may_only_read_or_comes_second_gets_no_form(
    station: WebStation, operator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    incident = alarm(station, GUARD, END)
    opened(station, incident)
    station.do(lambda tx: operating.claim(tx, incident, "yves", clock.now()))
    desk = Desk(operator, station, incident)
    page = await desk.page()
    assert "Ouest Garde" in page
    assert 'data-act="guard"' not in page
    held = await desk.does("guard", event="accepted")
    assert (held.status_code, "yves" in held.text) == (409, True)
    station.user("lucie", Role.READER)
    await stranger.post("/login", data={"name": "lucie", "password": PASSWORD})
    page = (await stranger.get(f"/incidents/{incident}")).text
    assert "vigile" in page
    assert 'data-act="' not in page
    for act in ("task", "guard", "lift-measure"):
        answer = await stranger.post(f"/incidents/{incident}/{act}", data={"csrf": "x"})
        assert answer.status_code == 403
