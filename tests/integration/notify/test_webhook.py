"""Webhooks: signed, and only to where they may go."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from callflow.core.messages.outbox import Channel, Fault, Message, Undelivered
from callflow.notify import webhook
from callflow.notify.http import new_client
from callflow.settings.config import Settings
from tests.integration.notify.conftest import MESSAGE, NOW, message
from tests.support.outside.certificates import certificate
from tests.support.sip.far_ends import HOST, HttpServer, Response

Make = Callable[..., Settings]
SECRET = "un secret partagé"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client


def open_to_loopback(make: Make, **fields: Any) -> Settings:
    return make(webhook_secret=SECRET, webhook_networks=["127.0.0.0/8"], **fields)


def hook(url: str, **changed: Any) -> Message:
    return message(Channel.WEBHOOK, url, **changed)


async def failure(settings: Settings, client: httpx.AsyncClient, told: Message) -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await webhook.send(settings, client, told, NOW)
    return failed.value


async def test_a_program_is_told_and_can_check_who_told_it(
    settings: Make, client: httpx.AsyncClient
) -> None:
    async with HttpServer() as program:
        await webhook.send(open_to_loopback(settings), client, hook(program.url("/h?k=1")), NOW)
        (request,) = program.requests
    assert (request.method, request.path) == ("POST", "/h?k=1")
    assert request.headers["host"] == f"{HOST}:{program.port}"
    assert request.headers["idempotency-key"] == MESSAGE.id
    stamp = request.headers["x-callflow-timestamp"]
    assert int(stamp) == NOW.timestamp()
    signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + request.body, hashlib.sha256)
    assert request.headers["x-callflow-signature"] == f"sha256={signed.hexdigest()}"
    assert json.loads(request.body) == {
        "id": MESSAGE.id,
        "incident": "incident-1",
        "kind": "intrusion",
        "at": "2026-11-25T03:00:00.000000Z",
        "subject": MESSAGE.subject,
        "text": MESSAGE.body,
    }


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
)
async def test_no_plan_reaches_this_machine_however_it_is_spelled(
    settings: Make, client: httpx.AsyncClient, host: str
) -> None:
    async with HttpServer() as inside:
        for scheme in ("http", "https"):
            told = hook(f"{scheme}://{host}:{inside.port}/")
            failed = await failure(settings(webhook_secret=SECRET), client, told)
            assert failed.fault is Fault.FORBIDDEN, failed
        assert inside.requests == []


async def test_a_name_that_leads_elsewhere_the_second_time_gains_nothing(
    settings: Make, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the address that was checked is the one that is connected to."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        answers = {"hook.example.org": "127.0.0.1" if asked.count(host) == 1 else "127.0.0.2"}
        return real(answers.get(host, host), port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with HttpServer() as program:
        told = hook(f"http://hook.example.org:{program.port}/")
        await webhook.send(open_to_loopback(settings), client, told, NOW)
        (request,) = program.requests
    assert request.headers["host"] == f"hook.example.org:{program.port}"
    assert asked.count("hook.example.org") == 1


@pytest.mark.parametrize(("name", "vouched"), [("hook.example.org", True), ("other.org", False)])
async def test_the_certificate_is_the_names_though_the_connection_goes_to_a_number(
    settings: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, vouched: bool
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: real(HOST, *rest, **more))
    context = certificate(tmp_path, name)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    async with HttpServer(tls=context) as program, new_client() as client:
        told = hook(f"https://hook.example.org:{program.port}/")
        if vouched:
            await webhook.send(open_to_loopback(settings), client, told, NOW)
        else:
            failed = await failure(open_to_loopback(settings), client, told)
            assert failed.fault is Fault.UNREACHABLE
            assert "certificate" in failed.detail
        assert len(program.requests) == vouched


async def test_each_try_goes_to_the_next_address_of_a_name(
    settings: Make, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> Any:
        if host != "hook.example.org":
            return real(host, port, *rest, **more)
        return real("127.0.0.2", port, *rest, **more) + real("127.0.0.1", port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with HttpServer() as program:  # at 127.0.0.1 only
        url = f"http://hook.example.org:{program.port}/"
        made = open_to_loopback(settings)
        assert (await failure(made, client, hook(url))).fault is Fault.UNREACHABLE
        await webhook.send(made, client, hook(url, attempts=2), NOW)
        assert len(program.requests) == 1


async def test_a_redirect_is_not_followed(settings: Make, client: httpx.AsyncClient) -> None:
    async with HttpServer() as inside, HttpServer() as program:
        program.answer = lambda _: Response(status=307, headers={"Location": inside.url("/admin")})
        failed = await failure(open_to_loopback(settings), client, hook(program.url()))
        assert inside.requests == []
    assert failed.fault is Fault.REFUSED


async def test_only_hosts_that_are_set_are_told(settings: Make, client: httpx.AsyncClient) -> None:
    async with HttpServer() as program:
        made = open_to_loopback(settings, webhook_hosts=["hooks.example.org"])
        failed = await failure(made, client, hook(program.url()))
        assert program.requests == []
    assert failed.fault is Fault.FORBIDDEN


async def test_a_host_without_an_address_may_get_one(
    settings: Make, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    failed = await failure(open_to_loopback(settings), client, hook("https://example.org/"))
    assert failed.fault is Fault.UNREACHABLE


async def test_an_endless_answer_is_not_read_to_its_end(
    settings: Make, client: httpx.AsyncClient
) -> None:
    async with HttpServer() as program:
        program.answer = lambda _: Response(
            headers={"Content-Length": str(10**12)}, body=b"x" * 100_000
        )
        await webhook.send(open_to_loopback(settings), client, hook(program.url()), NOW)
        assert len(program.requests) == 1


async def test_nothing_unsigned_leaves(settings: Make, client: httpx.AsyncClient) -> None:
    failed = await failure(settings(), client, hook("https://example.org/"))
    assert (failed.fault, failed.detail) == (Fault.NOT_SET_UP, "CALLFLOW_WEBHOOK_SECRET")
    failed = await failure(open_to_loopback(settings), client, hook("mailto:anne@example.org"))
    assert failed.fault is Fault.WRONG_ADDRESS
