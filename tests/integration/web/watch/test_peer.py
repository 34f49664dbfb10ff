"""Two stations: what nobody takes at one is an alarm at the other; who takes it is said back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.alarms.incident import Incident
from callflow.core.callers import guessing
from callflow.core.calls.call import Dialogue, Outcome
from callflow.core.calls.dialogue import Facts, Progress, Typed, advance
from callflow.core.signals.signal import Category, Kind
from callflow.core.watch.organs import Organ, Part, Reason
from callflow.core.watch.organs import State as OrganState
from callflow.core.watch.readings import Reading
from callflow.handling.alarms import operating
from callflow.handling.base.policy import load_policy, save_policy
from callflow.handling.calls import calling, dialogues
from callflow.handling.desks import queueing
from callflow.handling.desks.own_phones import own_numbers
from callflow.handling.watch import organs, readings
from callflow.notify.peers import Peers
from callflow.notify.webhook import signature
from callflow.storage.alarms import incidents
from callflow.storage.callers import guesses
from callflow.storage.calls import calls
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from callflow.storage.watch import readings as reading_rows
from ivr.telephony.dialogue_rows import DialogueRows
from tests.support.stations.web_station import WebStation
from web.access.users import Role
from web.app import create_app

KEY = "k" * 40
NUMBER, SECOND = "+33639980990", "+33639980991"
CODE = "40961"
HERE = "/api/v1/peer"


class North(WebStation):
    """The station whose alarms wait: its clock is the test's."""

    def __init__(self, folder: Path, token: str) -> None:
        super().__init__(folder)
        self.settings = self.settings.model_copy(
            update={
                "peer": "http://127.0.0.1:9",
                "peer_key": KEY,
                "peer_token": token,
                "peer_name": "Nord",
                "peer_numbers": (NUMBER, SECOND),
                "peer_code": CODE,
                "webhook_networks": (ip_network("127.0.0.0/8"),),
            }
        )
        self.do(lambda tx: save_policy(tx, self.settings))
        self.later = timedelta(0)
        self.peers = Peers(self.settings, self.store, self.now)

    def now(self) -> datetime:
        return clock.now() + self.later

    async def tells(self, client: httpx.AsyncClient, after: float = 0) -> None:
        """So many seconds after the last time: a look notices what is new, the next one tells."""
        self.later += timedelta(seconds=after)
        await self.peers.look(client)
        await self.peers.look(client)

    def told(self, incident: str) -> list[str]:
        found = self.store.read_now(lambda tx: logbook.of_incidents(tx, [incident]))[incident]
        return [entry.kind for entry in found if entry.kind.startswith("peer_")]


@pytest.fixture
def north(station: WebStation, tmp_path: Path) -> Iterator[North]:
    """``station`` is its backup station."""
    made = North(tmp_path / "north", station.token(Role.PANEL, "nord"))
    made.site()
    yield made
    made.close()


@pytest.fixture
async def client(station: WebStation) -> AsyncIterator[httpx.AsyncClient]:
    """Who asks the backup station; its clock is right."""
    station.settings = station.settings.model_copy(update={"peer_key": KEY})
    app = create_app(station.settings, station.store, station.vault)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as made:
        yield made


def theirs(station: WebStation) -> list[Incident]:
    """What the backup station has of the other."""
    station.correlate()
    return station.store.read_now(lambda tx: incidents.open_ones(tx, kinds=[Kind.PEER]))


async def test_a_vital_alarm_that_nobody_takes_is_taken_by_the_backup_station(
    north: North, station: WebStation, client: httpx.AsyncClient
) -> None:
    alarm = north.alarm(code="PA")  # a panic: vital
    await north.tells(client)
    assert theirs(station) == []  # within its target
    await north.tells(client, after=31)
    (here,) = theirs(station)
    assert here.category is Category.VITAL
    assert here.with_human
    assert north.told(alarm.id) == ["peer_asked", "peer_heard"]
    await north.tells(client, after=6)
    assert len(theirs(station)) == 1  # told again, it is the same one
    station.do(lambda tx: operating.claim(tx, here.id, "lea", clock.now()))
    await north.tells(client, after=6)
    assert north.told(alarm.id)[-1] == "peer_took"
    await north.tells(client, after=600)
    assert north.told(alarm.id).count("peer_took") == 1


async def test_what_somebody_takes_here_is_told_no_more(
    north: North, station: WebStation, client: httpx.AsyncClient
) -> None:
    alarm = north.alarm(code="PA")
    await north.tells(client, after=31)
    north.do(lambda tx: operating.claim(tx, alarm.id, "claire", north.now()))
    await north.tells(client, after=6)
    await north.tells(client, after=200)
    assert north.told(alarm.id) == ["peer_asked", "peer_heard"]


def overflows(north: North, **beyond: float) -> None:
    """From here on what is too much, or waits too long, goes there, however soon its target is."""
    north.settings = north.settings.model_copy(update=beyond)
    north.peers = Peers(north.settings, north.store, north.now)


async def test_more_alarms_than_may_wait_here_overflow_the_most_urgent_staying(
    north: North, station: WebStation, client: httpx.AsyncClient
) -> None:
    overflows(north, peer_most_waiting=2)
    for account in ("1002", "1003"):
        north.site(account)
    first, second = north.alarm(code="PA"), north.alarm("1002", code="PA")
    await north.tells(client)
    assert theirs(station) == []
    third = north.alarm("1003", code="PA")
    await north.tells(client)
    assert [north.told(one.id) for one in (first, second)] == [[], []]
    assert north.told(third.id) == ["peer_asked", "peer_heard"]
    (here,) = theirs(station)
    station.do(lambda tx: operating.claim(tx, here.id, "lea", clock.now()))
    await north.tells(client, after=6)
    assert north.told(third.id)[-1] == "peer_took"


async def test_what_waits_too_long_overflows(
    north: North, station: WebStation, client: httpx.AsyncClient
) -> None:
    overflows(north, peer_waiting_after=10)
    alarm = north.alarm(code="PA")
    await north.tells(client, after=9)
    assert north.told(alarm.id) == []
    await north.tells(client, after=2)
    assert north.told(alarm.id) == ["peer_asked", "peer_heard"]
    assert len(theirs(station)) == 1


async def nothing() -> AsyncIterator[bytes]:
    """A body that is read as it comes."""
    yield b""


async def test_a_backup_station_that_does_not_answer_is_called(north: North) -> None:
    def refuses(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, content=nothing())

    alarm = north.alarm(code="PA")
    async with httpx.AsyncClient(transport=httpx.MockTransport(refuses)) as client:
        await north.tells(client, after=31)
        await north.tells(client, after=10)
        assert calls_to_it(north) == 0
        await north.tells(client, after=11)
    assert calls_to_it(north) == 1
    assert north.told(alarm.id) == ["peer_asked", "peer_silent", "peer_called"]


def calls_to_it(north: North) -> int:
    found = north.store.read_now(lambda tx: calls.live_of(tx, NUMBER))
    return int(found is not None)


def silent() -> httpx.AsyncClient:
    """It can't be reached."""

    def refuses(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    return httpx.AsyncClient(transport=httpx.MockTransport(refuses))


def picked_up(north: North, number: str) -> tuple[Facts, Progress, str]:
    """The telephone there is answered; what may be said in that call."""
    call = north.store.read_now(lambda tx: calls.live_of(tx, number))
    assert call is not None
    assert call.dialogue is Dialogue.PEER
    ordered = north.do(lambda tx: calling.claim_calls(tx, node="node0", now=north.now()))
    assert number in [order.to for order in ordered]
    north.do(lambda tx: calling.call_answered(tx, call.id, north.now()))
    found = north.do(lambda tx: dialogues.dialogue_begin(tx, north.vault, call.id))
    assert found is not None
    return (*found, call.id)


async def types(
    north: North, call: str, facts: Facts, progress: Progress, code: str, *, right: str = CODE
) -> Progress:
    rows = DialogueRows(
        north.store,
        north.vault,
        node="node0",
        now=north.now,
        on_arrived=lambda _: None,
        peer_code=right,
    )
    after, _ = await rows.check_code(call, facts, progress, code)
    return after


async def test_who_does_not_know_the_code_is_told_nothing_and_the_next_number_rings(
    north: North,
) -> None:
    alarm = north.alarm(code="FA")
    async with silent() as client:
        await north.tells(client, after=31)
        await north.tells(client, after=21)
        facts, progress, call = picked_up(north, NUMBER)
        for wrong in ("0000", "40960"):
            progress = await types(north, call, facts, progress, wrong)
        assert progress.result is Outcome.WRONG_CODE
        north.do(lambda tx: calling.call_ended(tx, call, outcome=Outcome.HUNG_UP, now=north.now()))
        await north.tells(client, after=1)
        facts, progress, call = picked_up(north, SECOND)
        assert facts.people  # whom to call at the site
        assert facts.station == "Nord"
        progress = await types(north, call, facts, progress, CODE)
        progress, _ = advance(facts, progress, Typed("1"))
        now = north.now()
        north.do(lambda tx: dialogues.dialogue_moved(tx, call, progress, [Outcome.OPERATOR], now))
        north.do(lambda tx: calling.call_ended(tx, call, outcome=Outcome.HUNG_UP, now=north.now()))
        await north.tells(client, after=1)
        assert north.told(alarm.id)[-1] == "peer_took"
        await north.tells(client, after=300)
    made = north.store.read_now(lambda tx: calls.of_incident(tx, alarm.id))
    assert [call.to for call in made if call.to in (NUMBER, SECOND)] == [NUMBER, SECOND]


async def call_at(
    north: North, alarm: Incident, number: str, *codes: str, right: str = CODE
) -> Progress:
    """One of its telephones is answered, and these are typed there."""
    policy = north.store.read_now(load_policy)
    north.do(lambda tx: queueing.ring(tx, policy, alarm, number, north.now()))
    facts, progress, call = picked_up(north, number)
    for code in codes:
        progress = await types(north, call, facts, progress, code, right=right)
    north.do(lambda tx: calling.call_ended(tx, call, outcome=Outcome.HUNG_UP, now=north.now()))
    return progress


def code_organ(north: North) -> list[tuple[OrganState, Reason | None]]:
    found = north.store.read_now(reading_rows.every)
    return [(one.state, one.reason) for one in found if one.name == "phone_code"]


def organ_alarm(north: North) -> Incident:
    north.correlate()
    (alarm,) = north.store.read_now(lambda tx: incidents.open_ones(tx, kinds=[Kind.ORGAN]))
    return alarm


async def test_guessing_at_one_telephone_ends_after_six_in_however_many_calls(
    north: North,
) -> None:
    fire = north.alarm(code="FA")
    for n in range(guessing.OF_CALLER // 2):
        assert code_organ(north) == []
        await call_at(north, fire, NUMBER, f"1000{n}", f"2000{n}")
    assert code_organ(north) == [(OrganState.FAILED, Reason.GUESSED)]
    assert list(organ_alarm(north).zones.values()) == ["alarm"]
    locked = await call_at(north, fire, NUMBER, CODE)
    assert (locked.result, locked.say) == (Outcome.WRONG_CODE, "codes_locked")
    assert (await call_at(north, fire, SECOND, CODE)).say == "code_ok"
    await north.peers.look_at_code()
    assert code_organ(north), "too early"

    north.later += guessing.CALLER_WITHIN
    await north.peers.look_at_code()
    assert code_organ(north) == []
    assert list(organ_alarm(north).zones.values()) == ["restored"]
    assert (await call_at(north, fire, NUMBER, CODE)).say == "code_ok"
    found = north.store.read_now(lambda tx: logbook.of_incidents(tx, [fire.id]))[fire.id]
    told = [entry.kind for entry in found]
    assert (told.count("code_wrong"), told.count("codes_locked")) == (guessing.OF_CALLER, 1)


async def test_guessing_at_all_telephones_ends_for_a_day_however_seldom(north: North) -> None:
    """Of a code of four digits ten are tried."""
    fire, right, tries = north.alarm(code="FA"), "4096", 0
    while not code_organ(north):
        number = (NUMBER, SECOND)[tries // 2 % 2]
        await call_at(north, fire, number, f"1{tries:03}", f"2{tries:03}", right=right)
        tries += 2
        north.later += guessing.CALLER_WITHIN / 2
    assert tries == round(guessing.AT_MOST * 10 ** len(right))
    north.later += guessing.DAY / 2
    for number in (NUMBER, SECOND):
        locked = await call_at(north, fire, number, right, right=right)
        assert locked.say == "codes_locked"
    north.later += guessing.DAY / 2
    assert (await call_at(north, fire, NUMBER, right, right=right)).say == "code_ok"


async def test_whoever_calls_us_from_its_number_locks_nobody_out(north: North) -> None:
    """Anybody may show any number."""
    fire, at = north.alarm(code="FA"), north.now()
    for _ in range(99):
        north.do(lambda tx: guesses.insert(tx, None, NUMBER, 1.0, at))
    assert (await call_at(north, fire, NUMBER, CODE)).say == "code_ok"


async def test_what_is_as_long_as_no_code_costs_nothing_of_the_day(north: North) -> None:
    fire = north.alarm(code="FA")
    await call_at(north, fire, NUMBER, "1", "99")
    assert (await call_at(north, fire, NUMBER, CODE)).say == "code_ok"


async def test_of_a_mute_alarm_nobodys_number_is_said(north: North) -> None:
    north.alarm(code="HA")
    async with silent() as client:
        await north.tells(client, after=31)
        await north.tells(client, after=21)
    facts, _, _ = picked_up(north, NUMBER)
    assert facts.people == ()


def fails(north: North, state: OrganState = OrganState.FAILED, *, vital: bool = False) -> None:
    found = Reading(
        part=Part.POWER,
        name="A",
        state=state,
        at=north.now(),
        valid=timedelta(hours=1),
        vital=vital,
    )
    north.do(lambda tx: readings.take(tx, [found], north.now()))
    north.correlate()


async def test_every_failure_of_an_organ_is_told_and_heard_is_enough(
    north: North, station: WebStation, client: httpx.AsyncClient
) -> None:
    fails(north)
    await north.tells(client)
    (here,) = theirs(station)
    assert here.category is Category.TECHNICAL
    (alarm,) = north.store.read_now(lambda tx: incidents.open_ones(tx, kinds=[Kind.ORGAN]))
    assert north.told(alarm.id) == ["peer_asked", "peer_heard"]
    for _ in range(5):
        await north.tells(client, after=60)
    assert calls_to_it(north) == 0
    assert north.told(alarm.id) == ["peer_asked", "peer_heard"]


async def test_a_vital_failure_that_nobody_there_takes_is_said_by_telephone(
    north: North, client: httpx.AsyncClient
) -> None:
    fails(north, vital=True)
    await north.tells(client)
    await north.tells(client, after=61)
    assert calls_to_it(north) == 1
    facts, _, _ = picked_up(north, NUMBER)
    assert facts.failures


def organ_of(north: North) -> Organ:
    at = north.now()
    found = north.store.read_now(lambda tx: organs.organs(tx, organs.facts(tx, at), at))
    return next(one for one in found if one.part is Part.PEER)


async def test_a_backup_station_that_is_not_there_is_an_organ_that_failed(
    north: North, client: httpx.AsyncClient
) -> None:
    await north.peers.ask(client)
    assert organ_of(north).state is OrganState.OK
    async with silent() as nobody:
        for _ in range(2):
            await north.peers.ask(nobody)
        assert organ_of(north).state is OrganState.OK
        await north.peers.ask(nobody)
    found = organ_of(north)
    assert (found.state, found.reason) == (OrganState.FAILED, Reason.NO_ANSWER)
    north.correlate()
    (alarm,) = north.store.read_now(lambda tx: incidents.open_ones(tx, kinds=[Kind.ORGAN]))
    await north.tells(client)
    assert north.told(alarm.id) == []  # it would be told that it is not there
    await north.peers.ask(client)
    assert organ_of(north).state is OrganState.OK


async def test_a_backup_station_that_lets_us_not_in_failed_at_once(north: North) -> None:
    def refuses(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, content=nothing())

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuses)) as client:
        await north.peers.ask(client)
    found = organ_of(north)
    assert (found.state, found.reason, found.detail) == (
        OrganState.FAILED,
        Reason.BAD_ANSWER,
        "HTTP 401",
    )


async def test_where_there_is_none_it_is_no_organ(north: North, client: httpx.AsyncClient) -> None:
    await north.peers.ask(client)
    without = {"peer": "", "peer_numbers": ()}
    alone = Peers(north.settings.model_copy(update=without), north.store, north.now)
    await alone.run()
    with pytest.raises(StopIteration):
        organ_of(north)


async def test_it_is_not_called_by_a_plan_nor_rings_a_desk_without_its_code(north: North) -> None:
    """It is one of the station's own, and gets no word without the code wherever it rings."""
    policy = north.store.read_now(load_policy)
    assert NUMBER not in policy.desk.numbers
    assert policy.dialogue_at(NUMBER) is Dialogue.PEER
    assert NUMBER in north.store.read_now(lambda tx: own_numbers(tx, policy, north.now()))


async def test_a_mute_alarm_goes_without_a_number_of_the_site(
    north: North, station: WebStation, client: httpx.AsyncClient
) -> None:
    """Whoever calls there would tell the robbers (D7)."""
    north.alarm(code="HA")
    await north.tells(client, after=31)
    (here,) = theirs(station)
    found = station.store.read_now(lambda tx: signals.of_incidents(tx, [here.id]))
    text = found[here.id][0].text
    assert "SILENCIEUSE" in text
    assert "+336" not in text


def signed(body: bytes, *, at: float | None = None, key: str = KEY) -> dict[str, str]:
    stamp = str(int(at if at is not None else clock.now().timestamp()))
    return {
        "X-Callflow-Timestamp": stamp,
        "X-Callflow-Signature": f"sha256={signature(key, stamp, body)}",
        "Content-Type": "application/json",
    }


BODY = json.dumps(
    {
        "id": "n-1",
        "station": "Nord",
        "kind": "hold_up",
        "category": "vital",
        "since": "2026-12-05T03:00:00Z",
    }
).encode()


def wrong_ways() -> list[dict[str, Any]]:
    now = clock.now().timestamp()
    return [
        {},
        signed(BODY, key="x" * 40),
        signed(BODY, at=now - 301),
        signed(BODY, at=now + 301),
        signed(BODY + b" "),
        {**signed(BODY), "X-Callflow-Timestamp": "soon"},
        {**signed(BODY), "X-Callflow-Signature": "sha256=" + "0" * 64},
    ]


@pytest.mark.parametrize("way", range(len(wrong_ways())))
async def test_who_has_the_token_and_not_the_key_tells_nothing(
    station: WebStation, client: httpx.AsyncClient, way: int
) -> None:
    token = {"Authorization": f"Bearer {station.token(Role.PANEL)}"}
    headers = wrong_ways()[way] | token
    answer = await client.post(f"http://south{HERE}", content=BODY, headers=headers)
    assert answer.status_code == 403
    assert theirs(station) == []


async def test_who_has_the_key_and_no_token_tells_nothing(
    station: WebStation, client: httpx.AsyncClient
) -> None:
    answer = await client.post(f"http://south{HERE}", content=BODY, headers=signed(BODY))
    assert answer.status_code == 401


async def test_what_was_overheard_opens_nothing_the_second_time(
    station: WebStation, client: httpx.AsyncClient
) -> None:
    headers = signed(BODY) | {"Authorization": f"Bearer {station.token(Role.PANEL)}"}
    for _ in range(3):
        answer = await client.post(f"http://south{HERE}", content=BODY, headers=headers)
        assert answer.json() == {"taken": False, "by": ""}
    assert len(theirs(station)) == 1


async def test_a_station_that_is_nobodys_backup_says_so(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    answer = await api.post("/peer", content=BODY, headers=signed(BODY))
    assert answer.status_code == 404
