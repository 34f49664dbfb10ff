"""With a certificate the pages come over TLS, and HTTP/2: more than six tabs of one browser."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import sys
import warnings
from pathlib import Path

import httpx
import pytest

from callflow.storage.engine.upgrade import upgrade
from callflow.vault import Vault
from tests.support.outside.certificates import certificate
from tests.support.stations.product import free_base

_THEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
_POST = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
#: Requests whose ends two servers might see at two places, and why. None is taken, and nothing that
#: comes after it is a request of its own.
BOUNDARIES = {
    _POST
    + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"
    + _THEN: "two ends",
    _POST + b"Content-Length: 6\r\nContent-Length: 5\r\n\r\nname=x" + _THEN: "two lengths",
    _POST + b"Content-Length: +6\r\n\r\nname=x" + _THEN: "a sign before the length",
    _POST + b"Content-Length : 6\r\n\r\nname=x" + _THEN: "a space before the colon",
    _POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + _THEN: "an encoding that is none",
    _POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + _THEN: "a chunk too long",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n" + _THEN: "a zero in a header",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 2_000_000 + b"\r\n\r\n": "a header of 2 MB",
}


def hear(authority: Path, port: int, said: bytes) -> bytes:
    """What is answered to these bytes, in HTTP/1.1 over TLS, until the server ends or is silent."""
    trusted = ssl.create_default_context(cafile=str(authority))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        trusted.wrap_socket(plain, server_hostname="127.0.0.1") as line,
    ):
        line.settimeout(0.5)
        heard = b""
        with contextlib.suppress(OSError):
            line.sendall(said)
            while part := line.recv(65536):
                heard += part
        return heard


def only_new_and_strong(authority: Path, port: int) -> None:
    """Neither TLS 1.1 nor a suite of before is spoken, and nothing in clear."""
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        old = ssl.create_default_context(cafile=str(authority))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = old.maximum_version = version
        old.set_ciphers("ALL:@SECLEVEL=0")
        assert not shaken(old, port)
    weak = ssl.create_default_context(cafile=str(authority))
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    weak.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    assert not shaken(weak, port)
    assert shaken(ssl.create_default_context(cafile=str(authority)), port)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        plain.settimeout(2)
        plain.sendall(_THEN)
        with contextlib.suppress(OSError):
            assert b"HTTP" not in plain.recv(1000)


def shaken(context: ssl.SSLContext, port: int) -> bool:
    """Whether both agree on how to speak."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="127.0.0.1"):
                return True
        except OSError:
            return False


async def _as_soon_as_it_listens(client: httpx.AsyncClient, url: str) -> httpx.Response:
    while True:
        try:
            return await client.get(url)
        except httpx.ConnectError:
            await asyncio.sleep(0.1)


@pytest.mark.asyncio
async def test_pages_come_over_tls_and_http_2(tmp_path: Path) -> None:
    certificate(tmp_path)
    base = free_base()
    upgrade(f"sqlite:///{tmp_path / 'data' / 'callflow.db'}")
    Vault(tmp_path / "data" / "keys")
    environment = {
        **os.environ,
        "CALLFLOW_DATA_DIR": str(tmp_path / "data"),
        "CALLFLOW_PORT_BASE": str(base),
        "CALLFLOW_TLS_CERTIFICATE": str(tmp_path / "cert.pem"),
        "CALLFLOW_TLS_KEY": str(tmp_path / "key.pem"),
    }
    command = (sys.executable, "-m", "callflow", "serve", "--only", "web")
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        trusted = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        async with httpx.AsyncClient(verify=trusted, trust_env=False, timeout=30) as client:
            answer = await _as_soon_as_it_listens(client, f"https://127.0.0.1:{base}/login")
        assert answer.status_code == 200
        trusted.set_alpn_protocols(["h2"])
        reader, writer = await asyncio.open_connection("127.0.0.1", base, ssl=trusted)
        tls = writer.get_extra_info("ssl_object")
        assert tls.selected_alpn_protocol() == "h2"
        writer.close()
        del reader
        assert "max-age=31536000" in answer.headers["strict-transport-security"]
        await asyncio.to_thread(only_new_and_strong, tmp_path / "cert.pem", base)
        for said, why in BOUNDARIES.items():
            heard = await asyncio.to_thread(hear, tmp_path / "cert.pem", base, said)
            assert heard.startswith(b"HTTP/1.1 4") or not heard, (why, heard[:200])
            assert b"HTTP/1.1 200" not in heard, (why, heard[:200])
    finally:
        process.terminate()
        await process.wait()
