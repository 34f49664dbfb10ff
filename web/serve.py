"""The web process: a granian worker an address in this process, ended at once by SIGTERM."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Sequence
from typing import Any

from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.embed import Server
from starlette.types import ASGIApp

from callflow.dispatch.identity import Identity, taken
from callflow.dispatch.wake import open_store
from callflow.listening import listener
from callflow.open_files import room_for
from callflow.processes import pulse
from callflow.settings.config import Settings
from callflow.vault import Vault
from web.access.addresses import Proxies
from web.app import create_app
from web.connections import MOST, Doorkeeper
from web.station import Network, Prompts

#: Seconds that requests under way get when the process ends.
_GRACE = 3
#: Connections that wait to be taken while the process is held up; bytes of a request's head.
_BACKLOG, _HEADERS = 1024, 65_536


def run(
    settings: Settings, *, network: Network | None = None, prompts: Prompts | None = None
) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(serve(settings, network=network, prompts=prompts))


async def serve(
    settings: Settings, *, network: Network | None = None, prompts: Prompts | None = None
) -> None:
    """The same, on a loop that runs already."""
    with taken(settings, "web") as me:
        await _serve(settings, network, prompts, me)


async def _serve(
    settings: Settings, network: Network | None, prompts: Prompts | None, me: Identity
) -> None:
    vault = Vault.of_station(settings.data_dir)
    store = open_store(settings, vault)
    app = create_app(settings, store, vault, network=network, prompts=prompts, me=me)
    most = room_for(MOST + _BACKLOG) - _BACKLOG
    doorkeeper = Doorkeeper(app, settings.ports.web, Proxies(settings), most=most)
    servers = _servers(settings, doorkeeper, most)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, app.state.closing, servers)
    beside = [
        loop.create_task(doorkeeper.run()),
        loop.create_task(pulse.beat(settings.run_dir)),
    ]
    try:
        for ended in await asyncio.gather(*(s.serve() for s in servers), return_exceptions=True):
            if ended is not None and not isinstance(ended, TimeoutError):
                raise ended
    finally:
        for task in beside:
            task.cancel()
        store.close()


def _servers(settings: Settings, app: ASGIApp, most: int) -> list[_AtSocket]:
    """One for each address. The first one begins and ends the application."""
    allowed = settings.allows("web")
    through = (*allowed, *settings.proxies) if allowed else ()
    sockets = [
        listener(host, settings.ports.web, through, shared=True) for host in settings.binds("web")
    ]
    return [
        _server(settings, app, most, sock, Interfaces.ASGINL if after else Interfaces.ASGI)
        for after, sock in enumerate(sockets)
    ]


class _AtSocket(Server):
    """A server at a socket that is bound already, and for whom the kernel lets through."""

    def __init__(self, sock: socket.socket, app: ASGIApp, **settings: Any) -> None:
        super().__init__(app, **settings)
        self._bound = sock

    def _init_shared_socket(self) -> None:
        self._shd = SocketHolder(self._bound.detach(), False, _BACKLOG)  # type: ignore[call-arg, assignment]


def _server(
    settings: Settings, app: ASGIApp, most: int, sock: socket.socket, interface: Interfaces
) -> _AtSocket:
    host, port = sock.getsockname()[:2]
    server = _AtSocket(
        sock,
        app,
        address=host,
        port=port,
        interface=interface,
        backlog=_BACKLOG,
        # Connections that it holds, asking or not: the doorkeeper cuts them before they are all.
        backpressure=most + _BACKLOG,
        http1_settings=HTTP1Settings(max_buffer_size=_HEADERS),
        http2_settings=HTTP2Settings(max_headers_size=_HEADERS),
        websockets=False,
        # With them HTTP/2, too: more than six open pages of one browser (docs/explanation/ux.md).
        ssl_cert=settings.tls_certificate,
        ssl_key=settings.tls_key,
        log_access=False,
        log_level=LogLevels.warning,
        # Its lines go where all others go, in their form.
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
    )
    server.workers_kill_timeout = _GRACE
    return server


def _stop(closing: asyncio.Event, servers: Sequence[Server]) -> None:
    """Streams end first: an open one would hold the server back."""
    closing.set()
    for server in servers:
        server.stop()  # type: ignore[no-untyped-call]
