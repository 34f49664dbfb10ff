"""With a certificate the pages come over TLS, and HTTP/2: more than six tabs of one browser."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from pathlib import Path

import httpx
import pytest

from callflow.storage.upgrade import upgrade
from tests.support.certificates import certificate
from tests.support.product import free_base


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
        async with httpx.AsyncClient(verify=trusted, trust_env=False) as client:
            async with asyncio.timeout(30):
                answer = await _as_soon_as_it_listens(client, f"https://127.0.0.1:{base}/login")
        assert answer.status_code == 200
        trusted.set_alpn_protocols(["h2"])
        reader, writer = await asyncio.open_connection("127.0.0.1", base, ssl=trusted)
        tls = writer.get_extra_info("ssl_object")
        assert tls.selected_alpn_protocol() == "h2"
        writer.close()
        del reader
    finally:
        process.terminate()
        await process.wait()
