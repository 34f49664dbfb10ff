"""The HTTP API in the shapes that docs/reference/contracts.md fixes."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.calls.recordings import recording_finished
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from tests.support.stations.web_station import WebStation, site_body
from web.access.users import Role

INCIDENT = set(
    "id site account kind category priority state with_human holder opened_at closed_at"
    " resolution_code plan machine signals calls logbook recordings zones confirmed signal_count"
    " storm images exercise shadow tasks".split()
)
CALL = set(
    "id direction step contact to attempt trunk node placed_at answered_at ended_at outcome"
    " recording state".split()
)
SIGNAL = set(
    "id account format code zone text raw received_at incident line caller partition user"
    " panel_time deferred treatment links extra".split()
)
ENTRY = set("id at site incident who kind text".split())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# --- who may ---------------------------------------------------------------------------------


async def test_without_a_token_nothing_is_told(stranger: httpx.AsyncClient) -> None:
    lists = ("signals", "incidents", "logbook", "sites", "plans", "health")
    for path in (*lists, "recordings/x", "images/x"):
        answer = await stranger.get(f"/api/v1/{path}")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_panel_sends_and_sees_nothing(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    token = bearer(station.token(Role.PANEL))
    sent = await stranger.post(
        "/api/v1/signals", json={"account": "1001", "code": "BA"}, headers=token
    )
    assert sent.status_code == 201
    assert (await stranger.get("/api/v1/incidents", headers=token)).status_code == 403


async def test_an_operator_configures_nothing(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    token = bearer(station.token(Role.OPERATOR))
    answer = await stranger.put("/api/v1/sites/1001", json=site_body(), headers=token)
    assert answer.status_code == 403


# --- signals ---------------------------------------------------------------------------------


async def test_a_signal_is_stored_before_it_is_answered(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    answer = await api.post(
        "/signals", json={"account": "0042", "code": "BA", "zone": "3", "text": "Vitrine"}
    )
    assert answer.status_code == 201
    stored = station.store.read_now(lambda tx: signals.get(tx, answer.json()["id"]))
    assert stored is not None
    assert (stored.account, stored.text) == ("0042", "Vitrine")
    listed = (await api.get("/signals", params={"account": "0042"})).json()["items"]
    assert [set(item) for item in listed] == [SIGNAL]


async def test_the_same_key_stores_once(api: httpx.AsyncClient) -> None:
    async def send(text: str) -> httpx.Response:
        body = {"account": "1001", "code": "BA", "text": text}
        return await api.post("/signals", json=body, headers={"Idempotency-Key": "k1"})

    answers = await asyncio.gather(*(send("one") for _ in range(5)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1
    other = await send("two")
    assert (other.status_code, other.json()["field"]) == (409, "header.Idempotency-Key")
    assert len((await api.get("/signals")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"account": "10 01", "code": "BA"}, "account"),
        ({"account": "1" * 17, "code": "BA"}, "account"),
        ({"account": "1001"}, "code"),
        ({"account": "1001", "code": "BA", "zone": "3" * 17}, "zone"),
        ({"account": "1001", "code": "BA", "text": "a\0b"}, "text"),
        ({"account": "1001", "code": "BA", "txet": "a"}, "txet"),
    ],
)
async def test_a_problem_names_the_field(
    api: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await api.post("/signals", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["field"]) == (422, field)
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_half_a_surrogate_pair_is_refused_not_an_error_of_ours(
    api: httpx.AsyncClient,
) -> None:
    answer = await api.post(
        "/signals",
        content=rb'{"account":"1001","code":"BA","text":"\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "text")


async def test_lists_are_paged_oldest_first(api: httpx.AsyncClient) -> None:
    for n in range(5):
        await api.post("/signals", json={"account": "1001", "code": "BA", "text": str(n)})
    texts, cursor = [], None
    while True:
        params = {"limit": 2} | ({"after": cursor} if cursor else {})
        page = (await api.get("/signals", params=params)).json()
        texts += [item["text"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert texts == ["0", "1", "2", "3", "4"]
    bad = await api.get("/signals", params={"after": "x!"})
    assert (bad.status_code, bad.json()["field"]) == (422, "query.after")


# --- sites -----------------------------------------------------------------------------------


async def test_put_takes_what_get_gives_and_keeps_the_secrets(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    body = site_body()
    body["accounts"][0]["dc09_key"] = "00" * 16
    assert (await api.put("/sites/1001", json=body)).status_code == 201
    shown = (await api.get("/sites/1001")).json()
    text = str(shown)
    assert "2580" not in text
    assert "2581" not in text
    assert "tilleul" not in text
    assert shown["accounts"][0]["dc09_key_set"]
    assert shown["contacts"][0]["code_set"]
    assert shown["contacts"][0]["phone"] == "+33639981000"
    again = await api.put("/sites/1001", json=shown)
    assert (again.status_code, again.json()) == (200, shown)


async def test_null_removes_a_secret(api: httpx.AsyncClient) -> None:
    await api.put("/sites/1001", json=site_body())
    shown = (await api.get("/sites/1001")).json()
    shown["contacts"][0]["code"] = None
    changed = (await api.put("/sites/1001", json=shown)).json()
    assert not changed["contacts"][0]["code_set"]
    assert changed["contacts"][0]["duress_code_set"]


async def test_another_contract_takes_a_reason_and_the_same_none(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    await api.put("/sites/1001", json=site_body())
    shown = (await api.get("/sites/1001")).json()
    assert (await api.put("/sites/1001", json=shown)).status_code == 200
    for reason in ({}, {"reason": None}, {"reason": "  "}):
        answer = await api.put("/sites/1001", json={**shown, "state": "suspended", **reason})
        assert (answer.status_code, answer.json()["field"]) == (422, "reason")
    assert (await api.get("/sites/1001")).json()["state"] == "active"
    other = {**shown, "state": "suspended", "reason": "impayés"}
    answer = await api.put("/sites/1001", json=other)
    assert (answer.status_code, answer.json()["state"]) == (200, "suspended")
    assert "reason" not in answer.json()
    (told,) = [
        entry
        for entry in station.store.read_now(lambda tx: logbook.page(tx, site="1001"))
        if entry.kind == "contract_changed"
    ]
    assert told.data["because"] == "impayés"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda b: b["contacts"][0].update(code="123"), "contacts.0.code"),
        (lambda b: b["contacts"][1].update(phone="17"), "contacts.1.phone"),
        (lambda b: b["contacts"][1].update(phone="hello"), "contacts.1.phone"),
        (lambda b: b["zones"][0].update(kind="nonsense"), "zones.0.kind"),
        (lambda b: b.update(timezone="Mars/Olympus"), "timezone"),
        (lambda b: b["accounts"][0].update(dc09_key="xyz"), "accounts.0.dc09_key"),
        (lambda b: b.update(plans={"*": "nowhere"}), "plans.*"),
    ],
)
async def test_a_wrong_site_is_refused_whole(
    api: httpx.AsyncClient, change: Any, field: str
) -> None:
    body = site_body()
    change(body)
    answer = await api.put("/sites/1001", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await api.get("/sites/1001")).status_code == 404


# --- incidents -------------------------------------------------------------------------------


async def test_an_incident_has_its_shape(station: WebStation, api: httpx.AsyncClient) -> None:
    station.site()
    row = station.alarm(text="Vitrine")
    call = station.call(Outcome.NO_KEY, seconds=3)
    shown = (await api.get(f"/incidents/{row.id}")).json()
    assert set(shown) == INCIDENT
    assert (shown["site"], shown["kind"], shown["state"]) == ("1001", "intrusion", "open")
    assert [set(s) for s in shown["signals"]] == [SIGNAL]
    assert set(shown["calls"][0]) == CALL
    assert (shown["calls"][0]["id"], shown["calls"][0]["outcome"]) == (call, "no_key")
    assert shown["recordings"] == [
        {"id": call, "duration": 3.0, "sha256": "ab" * 32, "problem": ""}
    ]
    assert {frozenset(e) for e in shown["logbook"]} == {frozenset(ENTRY)}
    assert (await api.get("/incidents", params={"site": "1001"})).json()["items"] == [shown]
    assert (await api.get("/incidents", params={"state": "filed"})).json()["items"] == []


async def test_two_never_hold_one_alarm(station: WebStation, stranger: httpx.AsyncClient) -> None:
    station.site()
    where = f"/api/v1/incidents/{station.alarm().id}"
    anne, yves = (bearer(station.token(Role.OPERATOR, name)) for name in ("anne", "yves"))
    answers = await asyncio.gather(
        *(stranger.post(f"{where}/claim", headers=who) for who in (anne, yves))
    )
    assert sorted(a.status_code for a in answers) == [200, 409]
    winner = next(a.json()["holder"] for a in answers if a.status_code == 200)
    refused = next(a.json() for a in answers if a.status_code == 409)
    assert refused["holder"] == winner
    loser = yves if winner == "anne" else anne
    held = await stranger.post(f"{where}/close", json={"code": "false_alarm"}, headers=loser)
    assert (held.status_code, held.json()["holder"]) == (409, winner)


async def test_an_incident_goes_its_way(station: WebStation, api: httpx.AsyncClient) -> None:
    station.site()
    where = f"/incidents/{station.alarm().id}"
    assert (await api.post(f"{where}/claim")).json()["holder"] == "essai"
    noted = (await api.post(f"{where}/note", json={"text": "vu"})).json()
    assert [e["text"] for e in noted["logbook"] if e["kind"] == "note"] == ["vu"]
    called = (await api.post(f"{where}/call", json={"contact": "1001-1"})).json()
    assert called["calls"][-1]["contact"] == "1001-1"
    assert (await api.post(f"{where}/resume-plan")).json()["holder"] is None
    await api.post(f"{where}/claim")
    assert (await api.post(f"{where}/transfer", json={"to": "yves"})).json()["holder"] == "yves"
    assert (await api.post(f"{where}/release")).status_code == 409


async def test_closing_needs_a_code(station: WebStation, api: httpx.AsyncClient) -> None:
    station.site()
    where = f"/incidents/{station.alarm().id}"
    missing = await api.post(f"{where}/close", json={"text": "fini"})
    assert (missing.status_code, missing.json()["field"]) == (422, "code")
    unknown = await api.post(f"{where}/close", json={"code": "nope"})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "code")
    assert "false_alarm" in unknown.text
    closed = (await api.post(f"{where}/close", json={"code": "false_alarm"})).json()
    assert closed["resolution_code"] == "false_alarm"
    assert closed["state"] == "awaiting_normal"


async def test_park_takes_minutes_or_an_instant_ahead(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site()
    where = f"/incidents/{station.alarm().id}"
    await api.post(f"{where}/claim")
    past = await api.post(f"{where}/park", json={"until": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["field"]) == (422, "until")
    assert (await api.post(f"{where}/park", json={"minutes": 5})).json()["holder"] is None


async def test_what_is_not_there_is_404(api: httpx.AsyncClient) -> None:
    for path in ("incidents/x", "sites/x", "plans/x", "recordings/x", "images/x", "nothing"):
        answer = await api.get(f"/{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await api.post("/incidents/x/claim")).status_code == 404
    assert (await api.get("/simulator/calls")).status_code == 404


# --- recordings, plans, health ---------------------------------------------------------------


async def test_a_recording_comes_by_ranges(station: WebStation, api: httpx.AsyncClient) -> None:
    station.site()
    station.alarm()
    call = station.call(Outcome.NO_KEY, seconds=2)
    whole = await api.get(f"/recordings/{call}")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert whole.headers["accept-ranges"] == "bytes"
    part = await api.get(f"/recordings/{call}", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    last = len(whole.content) - 10
    for asked, wanted in (("1000-", 1000), ("-64", -64), (f"{last}-{last + 20}", last)):
        answer = await api.get(f"/recordings/{call}", headers={"Range": f"bytes={asked}"})
        assert (answer.status_code, answer.content) == (206, whole.content[wanted:])
    beyond = await api.get(f"/recordings/{call}", headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


async def test_a_recordings_path_never_leaves_its_folder(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site()
    station.alarm()
    call = station.call(Outcome.NO_KEY)
    station.do(
        lambda tx: recording_finished(
            tx,
            call,
            path="../keys/seal.key",
            sha256=None,
            duration=None,
            problem="",
            now=clock.now(),
        )
    )
    assert (await api.get(f"/recordings/{call}")).status_code == 404


async def test_a_plan_is_published_as_its_next_version(api: httpx.AsyncClient) -> None:
    plan = {"id": "court", "name": "Court", "steps": [{"id": "a", "kind": "hand_to_operator"}]}
    assert (await api.post("/plans", json=plan)).json()["version"] == 1
    plan["name"] = "Plus court"
    assert (await api.put("/plans/court", json=plan)).json()["version"] == 2
    bad = {"id": "b", "steps": [{"id": "a", "kind": "call_list", "outcomes": {"busy": "z"}}]}
    answer = await api.post("/plans", json=bad)
    assert (answer.status_code, answer.json()["field"]) == (422, "steps.0.outcomes.busy")


async def test_health_and_what_machines_ask(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    health = (await api.get("/health")).json()
    assert health["status"] == "failed"  # neither receiver nor engine runs here
    assert {"processes", "asterisk", "trunks", "receivers"} <= set(health)
    assert (await stranger.get("/healthz")).status_code == 200
    ready = await stranger.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (503, True)
    assert "callflow_backlog 0.0" in (await stranger.get("/metrics")).text


async def test_metrics_need_a_token_off_loopback(
    station: WebStation, app: Any, stranger: httpx.AsyncClient
) -> None:
    far = httpx.ASGITransport(app, client=("192.0.2.7", 5))
    async with httpx.AsyncClient(transport=far, base_url="http://station") as client:
        assert (await client.get("/metrics")).status_code == 401
        with_token = await client.get("/metrics", headers=bearer(station.token(Role.READER)))
        assert with_token.status_code == 200


async def test_a_body_too_large_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/signals", content=b" " * 2_000_001)
    assert answer.status_code == 413


async def test_an_instant_is_written_and_never_a_number(api: httpx.AsyncClient) -> None:
    for wrong in ("0", "1764230400", "0.85", "tomorrow", "-1"):
        for path in ("/signals", "/incidents", "/logbook", "/roster"):
            assert (await api.get(path, params={"since": wrong})).status_code == 422, (path, wrong)
    body = {"kind": "note", "text": "x", "ends_at": 4_000_000_000}
    assert (await api.post("/sites/1001/instructions", json=body)).json()["field"] == "ends_at"


async def test_the_schema_says_what_is_answered(api: httpx.AsyncClient) -> None:
    schema = (await api.get("/openapi.json")).json()
    operation = schema["paths"]["/api/v1/incidents/{incident_id}/claim"]["post"]
    assert set(operation["responses"]) == {
        "200",
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "422",
        "503",
    }
    assert list(operation["responses"]["409"]["content"]) == ["application/problem+json"]
    assert operation["security"] == [{"HTTPBearer": []}]


async def test_a_second_closing_says_what_is_open(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site()
    row = station.alarm()
    where = f"/incidents/{row.id}/close"
    assert (await api.post(where, json={"code": "false_alarm"})).status_code == 200
    refused = await api.post(where, json={"code": "false_alarm"})
    assert refused.status_code == 409
    (zone,) = refused.json()["open"]
    assert (zone["what"], zone["name"], zone["who"]) == ("zone", "3", "")
    assert zone["since"].startswith(f"{row.alarm_at:%Y-%m-%dT%H:%M:%S}")
    station.alarm(code="BR")
    shown = (await api.get(f"/incidents/{row.id}")).json()
    assert shown["state"] == "filed"


async def test_two_programs_of_one_name_are_two(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    station.site()
    where = f"/api/v1/incidents/{station.alarm(code='HA').id}/close"
    operator, chief = (bearer(station.token(r, "cli")) for r in (Role.OPERATOR, Role.SUPERVISOR))
    why = {"code": "test", "text": "un essai"}
    for _ in range(2):  # nobody signs what they asked for themselves
        assert (await stranger.post(where, json=why, headers=operator)).status_code == 403
    assert (await stranger.post(where, json=why, headers=chief)).status_code == 200


async def test_a_hold_up_takes_a_supervisor_beside_the_operator(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    station.site()
    where = f"/api/v1/incidents/{station.alarm(code='HA').id}"
    anne, yves = (bearer(station.token(Role.OPERATOR, name)) for name in ("anne", "yves"))
    chief = bearer(station.token(Role.SUPERVISOR, "chief"))
    await stranger.post(f"{where}/claim", headers=anne)
    body = {"code": "false_alarm", "text": "an error"}
    for who in (anne, anne):
        refused = await stranger.post(f"{where}/close", json=body, headers=who)
        assert refused.status_code == 403
        assert [one["what"] for one in refused.json()["open"]] == ["police_never_called"]
    assert (await stranger.post(f"{where}/close", json=body, headers=yves)).status_code == 409
    body["text"] = "called back, the password is right"
    signed = await stranger.post(f"{where}/close", json=body, headers=chief)
    assert (signed.status_code, signed.json()["state"]) == (200, "filed")
