"""A subscribed program as it is told: over HTTP, signed with its own secret, in order."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from callflow.handling.base.telling import tell
from callflow.handling.messages import subscriptions
from callflow.handling.messages.subscriptions import Wanted
from callflow.notify import follower
from callflow.notify.follower import Follower
from callflow.notify.ways import Ways
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.messages import subscriptions as rows
from tests.support.outside.notifying import Posting, Sending
from tests.support.sip.far_ends import HttpServer, Response

LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posting]:
    monkeypatch.setattr(follower, "_LOOK_EVERY", 0.02)
    monkeypatch.setattr(follower, "_IDLE", 0.02)
    station = Posting(tmp_path)
    yield station
    station.close()


@asynccontextmanager
async def following(station: Posting, **fields: Any) -> AsyncIterator[Sending]:
    fields = {"webhook_networks": LOOPBACK, **fields}
    settings = Settings(**{**station.settings.model_dump(), **fields})
    loop, seen = asyncio.get_running_loop(), Sending()

    def committed(_: frozenset[str]) -> None:
        asyncio.run_coroutine_threadsafe(seen.committed(), loop)

    store = Store(settings.database, mac=station.vault.seal, after_commit=committed)
    ways = Ways(settings, station.vault)
    work = asyncio.create_task(Follower(store, ways.tell, clock.now).run())
    try:
        yield seen
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        await asyncio.to_thread(store.close)
        await ways.close()


def subscribed(station: Posting, url: str, **wanted: Any) -> tuple[str, str]:
    made = Wanted(**{"name": "tableau", "url": url, "kinds": ("note",), **wanted})
    found: tuple[str, str] = station.do(
        lambda tx: subscriptions.subscribe(tx, station.vault, made, "admin", clock.now())
    )
    return found


def note(station: Posting, text: str, site: str = "1001") -> None:
    station.do(lambda tx: tell(tx, "note", clock.now(), site=site, note=text, code="BA"))


async def test_it_is_told_in_order_and_can_check_by_whom(station: Posting) -> None:
    async with HttpServer() as program:
        _, secret = subscribed(station, program.url("/h"))
        for text in ("un", "deux", "trois"):
            note(station, text)
        async with following(station):
            await program.until(lambda: len(program.requests) == 3)
    told = [json.loads(request.body) for request in program.requests]
    assert [one["text"] for one in told] == ["un", "deux", "trois"]
    assert set(told[0]) == {
        *("id", "number", "at", "kind", "site", "incident", "who", "text", "data")
    }
    assert told[0]["data"] == {"code": "BA"}, "what is no closed word stays here"
    request = program.requests[0]
    assert request.headers["idempotency-key"] == told[0]["id"]
    assert request.headers["x-callflow-event"] == "note"
    signed = f"{request.headers['x-callflow-timestamp']}.".encode() + request.body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert request.headers["x-callflow-signature"] == f"sha256={digest}"
    assert "x-callflow-replayed" not in request.headers


async def test_what_failed_comes_again_before_what_follows_it(station: Posting) -> None:
    refused: list[str] = []

    def answer(request: Any) -> Response:
        text = json.loads(request.body)["text"]
        if text == "un" and not refused:
            refused.append(text)
            return Response(status=503)
        return Response()

    async with HttpServer(answer) as program:
        subscribed(station, program.url())
        note(station, "un")
        note(station, "deux")
        note(station, "autre", site="1002")
        async with following(station):
            await program.until(lambda: len(program.requests) == 4)
    told = [json.loads(request.body) for request in program.requests]
    assert [one["text"] for one in told if one["site"] == "1001"] == ["un", "un", "deux"]
    assert len({one["id"] for one in told if one["text"] == "un"}) == 1


async def test_a_replay_says_that_it_is_one(station: Posting) -> None:
    async with HttpServer() as program:
        made, _ = subscribed(station, program.url())
        note(station, "un")
        async with following(station) as work:
            await program.until(lambda: bool(program.requests))
            entry = json.loads(program.requests[0].body)["id"]
            await work.until(lambda: moved(station, made))
            station.do(lambda tx: subscriptions.replay(tx, made, entry, "admin", clock.now()))
            await program.until(lambda: len(program.requests) == 2)
    assert program.requests[1].headers["x-callflow-replayed"] == "1"


def moved(station: Posting, subscription_id: str) -> bool:
    row = station.store.read_now(lambda tx: rows.get(tx, subscription_id))
    return row is not None and row.delivered_at is not None


async def test_no_subscription_reaches_this_network(station: Posting) -> None:
    async with HttpServer() as inside:
        made, _ = subscribed(station, inside.url())
        note(station, "un")
        async with following(station, webhook_networks=[]) as work:
            await work.until(lambda: failed(station, made))
        assert inside.requests == []


def failed(station: Posting, subscription_id: str) -> bool:
    row = station.store.read_now(lambda tx: rows.get(tx, subscription_id))
    return row is not None and row.last_error.startswith("forbidden")
