"""The web process: one granian worker in this process, ended at once by SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server.embed import Server

from callflow.dispatch.identity import Identity, taken
from callflow.dispatch.wake import open_store
from callflow.open_files import room_for
from callflow.settings.config import Settings
from callflow.vault import Vault
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
    vault = Vault(settings.data_dir / "keys")
    store = open_store(settings, vault)
    app = create_app(settings, store, vault, network=network, prompts=prompts, me=me)
    most = room_for(MOST + _BACKLOG) - _BACKLOG
    doorkeeper = Doorkeeper(app, settings.ports.web, most=most, proxies=settings.trusted_proxies)
    server = Server(
        doorkeeper,
        address=settings.bind,
        port=settings.ports.web,
        interface=Interfaces.ASGI,
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
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, app.state.closing, server)
    looking = loop.create_task(doorkeeper.run())
    try:
        with contextlib.suppress(TimeoutError):
            await server.serve()
    finally:
        looking.cancel()
        store.close()


def _stop(closing: asyncio.Event, server: Server) -> None:
    """Streams end first: an open one would hold the server back."""
    closing.set()
    server.stop()  # type: ignore[no-untyped-call]
