"""The pages at several addresses of one process, and the kernel's list at each of them."""

from __future__ import annotations

import socket

import httpx
import pytest

from callflow.settings.config import Settings
from tests.support.stations.web_station import WebProcess, WebStation
from tests.support.suite.ports import free_port
from web.app import create_app
from web.serve import _servers

#: Linux: the filter of a socket, and room enough for ours.
_SO_GET_FILTER, _ROOM = 26, 1024


def test_the_pages_are_at_each_address(station: WebStation) -> None:
    web = WebProcess(station, {"CALLFLOW_WEB_BIND": "127.0.0.1,::1"})
    web.start()
    try:
        for host in ("127.0.0.1", "[::1]"):
            url = f"http://{host}:{station.settings.ports.web}/login"
            assert httpx.get(url, trust_env=False).status_code == 200
    finally:
        web.stop()


@pytest.mark.parametrize("allow", ["", "10.1.0.0/16,2001:db8::/32"])
def test_each_address_has_the_kernels_list(station: WebStation, allow: str) -> None:
    more = {"web_bind": "127.0.0.1,::1", "web_allow": allow, "web_port": free_port()}
    settings = Settings(**station.settings.model_dump() | more)
    app = create_app(settings, station.store, station.vault)
    servers = _servers(settings, app, 100)
    assert [server._bound.family for server in servers] == [socket.AF_INET, socket.AF_INET6]
    kept = []
    for server in servers:
        with server._bound as sock:
            kept.append(sock.getsockopt(socket.SOL_SOCKET, _SO_GET_FILTER, _ROOM))
    assert [bool(steps) for steps in kept] == [bool(allow)] * 2
