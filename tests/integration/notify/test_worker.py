"""The worker: what is posted arrives, once where nobody dies, and at least once where they do."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from callflow.core.messages.outbox import Channel, Message
from callflow.core.messages.proof import Receipt
from callflow.dispatch.wake import Waker
from callflow.handling.messages import delivery
from callflow.notify import worker
from callflow.storage import StoreUnavailable, Tx
from callflow.storage.messages import outbox
from callflow.storage.records import logbook
from tests.support.outside.notifying import Posting, sending
from tests.support.sip.far_ends import HOST, HttpServer, MailServer, Response

ANNE, NUMBER = "anne@example.org", "+33639980101"
SENDER = "station@callflow.example.org"
JPEG = b"\xff\xd8\xff\xe0" + bytes(500)
LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Posting]:
    station = Posting(tmp_path)
    yield station
    station.close()


def smtp(server: MailServer) -> dict[str, Any]:
    return {
        "smtp_host": HOST,
        "smtp_port": server.port,
        "smtp_security": "none",
        "mail_from": SENDER,
    }


def kinds(station: Posting) -> list[str]:
    rows = station.store.read_now(
        lambda tx: logbook.page(tx, incident=station.incident, limit=1000)
    )
    return [row.kind for row in rows]


async def test_every_channel_arrives_once(tmp_path: Path) -> None:
    async with (
        MailServer() as mails,
        HttpServer() as gateway,
        HttpServer() as program,
        HttpServer(lambda _: Response(body=JPEG)) as camera,
    ):
        declared = [{"id": "hall", "name": "Hall", "url": camera.url("/snap")}]
        station = Posting(tmp_path, cameras=declared)
        sent = [
            station.post(ANNE),
            station.post(NUMBER, Channel.SMS),
            station.post(program.url("/h"), Channel.WEBHOOK),
        ]
        station.fetch_images()
        ways = {
            **smtp(mails),
            "sms_url": gateway.url(),
            "webhook_secret": "secret",
            "webhook_networks": LOOPBACK,
            "camera_networks": LOOPBACK,
        }
        async with sending(station, **ways) as work:
            await work.until(
                lambda: (
                    kinds(station).count("message_sent") == 3 and "image_fetched" in kinds(station)
                )
            )
        assert len(camera.requests) == 1
    assert [letter["Subject"] for letter in mails.letters] == ["Alarme"]
    assert [json.loads(request.body)["to"] for request in gateway.requests] == [NUMBER]
    (told,) = program.requests
    assert json.loads(told.body)["incident"] == station.incident
    assert [station.state(message) for message in sent] == ["sent"] * 3
    images = station.store.read_now(lambda tx: outbox.images_of(tx, [station.incident]))
    (image,) = images[station.incident]
    assert (station.settings.images_dir / image.path).read_bytes() == JPEG
    station.close()


async def test_what_is_posted_while_it_waits_wakes_it(
    station: Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_LOOK_EVERY", 3600.0)  # by itself it would come too late
    station.store.after_commit = Waker(station.settings.run_dir).wake
    async with MailServer() as mails, sending(station, **smtp(mails)) as work:
        for number in range(3):
            message_id = station.post(f"anne{number}@example.org")
            await work.until(partial(is_sent, station, message_id))
    assert len(mails.letters) == mails.attempts == 3


def is_sent(station: Posting, message_id: str) -> bool:
    return station.state(message_id) == "sent"


async def test_a_mail_server_that_comes_back_gets_the_letter_once(station: Posting) -> None:
    mails = MailServer()
    async with mails:
        pass  # it has a port, and is down
    message_id = station.post(ANNE)
    async with sending(station, **smtp(mails)) as work:
        await work.until(lambda: "message_delayed" in kinds(station))
        async with mails:
            await work.until(lambda: station.state(message_id) == "sent")
    assert len(mails.letters) == mails.attempts == 1


async def test_a_mail_server_that_hangs_delays_no_sms(
    station: Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_LOOK_EVERY", 3600.0)  # each letter makes room for the next
    free = asyncio.Event()

    async def hang(_: int) -> str:
        await free.wait()
        return "250 OK"

    async with MailServer() as mails, HttpServer() as gateway:
        mails.answer = hang
        letters = [station.post(f"anne{n}@example.org") for n in range(20)]
        station.post(NUMBER, Channel.SMS)
        async with sending(station, **smtp(mails), sms_url=gateway.url()) as work:
            await gateway.until(lambda: len(gateway.requests) == 1)
            assert mails.letters == []
            free.set()
            await work.until(lambda: {station.state(letter) for letter in letters} == {"sent"})
        assert mails.attempts == 20


async def test_a_fault_of_ours_is_a_failed_try_and_the_others_go_on(station: Posting) -> None:
    tried: list[str] = []

    async def send(message: Message, now: datetime) -> Receipt:
        tried.append(message.to)
        if message.to == ANNE and tried.count(ANNE) == 1:
            raise ZeroDivisionError
        return Receipt()

    first, second = station.post(ANNE), station.post("bruno@example.org")
    async with sending(station, send=send) as work:
        await work.until(lambda: station.state(first) == station.state(second) == "sent")
    assert sorted(tried) == [ANNE, ANNE, "bruno@example.org"]


async def test_a_result_that_cannot_be_stored_yet_is_stored_later_and_nothing_is_sent_again(
    station: Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = delivery.message_sent
    refused: list[str] = []

    def message_sent(tx: Tx, message_id: str, now: datetime, receipt: Receipt) -> None:
        if len(refused) < 2:
            refused.append(message_id)
            raise StoreUnavailable("the disk is full")
        real(tx, message_id, now, receipt)

    monkeypatch.setattr(delivery, "message_sent", message_sent)
    message_id = station.post(ANNE)
    async with MailServer() as mails, sending(station, **smtp(mails)) as work:
        await work.until(partial(is_sent, station, message_id))
    assert refused == [message_id] * 2
    assert mails.attempts == 1


async def test_several_workers_send_each_message_once(station: Posting) -> None:
    async with MailServer() as mails:
        sent = [station.post(f"anne{n}@example.org") for n in range(60)]
        async with (
            sending(station, role="one", **smtp(mails)) as work,
            sending(station, role="two", **smtp(mails)),
            sending(station, role="three", **smtp(mails)),
        ):
            await mails.until(lambda: len(mails.letters) == 60)
            await work.until(lambda: True)
        assert mails.attempts == 60
    assert len({letter["Message-ID"] for letter in mails.letters}) == len(sent)


@asynccontextmanager
async def process(
    station: Posting, **settings: object
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The engine's process, which sends; killed at the end, where it still lives."""
    ways = {f"CALLFLOW_{name.upper()}": str(value) for name, value in settings.items()}
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callflow", "serve", "--only", "engine"),
        env={**os.environ, **station.environment(), **ways},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def test_a_worker_killed_before_it_knew_loses_nothing(station: Posting) -> None:
    """kill -9 while the far end has the letter and its answer is under way."""
    never = asyncio.Event()

    async def hang(attempt: int) -> str:
        if attempt == 1:
            await never.wait()
        return "250 OK"

    async with MailServer() as mails:
        mails.answer = hang
        message_id = station.post(ANNE)
        async with process(station, **smtp(mails)) as role:
            await mails.until(lambda: mails.attempts == 1, within=60)
            role.kill()
            await role.wait()
        assert station.state(message_id) == "sending"
        station.leases_end()
        async with sending(station, **smtp(mails)) as work:
            await work.until(lambda: station.state(message_id) == "sent")
        never.set()
        assert mails.attempts == 2
    assert {letter["Message-ID"] for letter in mails.letters} == {
        f"<{message_id}@callflow.example.org>"
    }
    assert kinds(station).count("message_sent") == 1


async def test_a_killed_worker_keeps_nobody_from_a_webhook_with_the_same_key(
    station: Posting,
) -> None:
    never = asyncio.Event()
    ways = {"webhook_secret": "secret", "webhook_networks": json.dumps(LOOPBACK)}
    async with HttpServer() as program:
        program.answer = lambda _: Response(held=None if program.requests else never)
        message_id = station.post(program.url(), Channel.WEBHOOK)
        async with process(station, **ways) as role:
            await program.until(lambda: len(program.requests) == 1, within=60)
            role.kill()
            await role.wait()
        station.leases_end()
        async with sending(station, webhook_secret="secret", webhook_networks=LOOPBACK) as work:
            await work.until(lambda: station.state(message_id) == "sent")
        never.set()
        keys = [request.headers["idempotency-key"] for request in program.requests]
    assert keys == [message_id, message_id]


async def test_the_engine_sends_and_ends_in_order(station: Posting) -> None:
    async with MailServer() as mails, process(station, **smtp(mails)) as role:
        station.post(ANNE)
        await mails.until(lambda: len(mails.letters) == 1, within=60)
        role.terminate()
        assert await asyncio.wait_for(role.wait(), 15) == 0
