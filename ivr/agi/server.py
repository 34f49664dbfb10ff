"""The FastAGI server: loopback only, and nothing that a peer does disturbs another call."""

import asyncio
import hmac
import traceback
from collections.abc import Awaitable, Callable, Mapping

import structlog

from ivr.agi.protocol import BadCommand, BadHeader, Gone, Peer, Session, read_header

log = structlog.get_logger()

#: What serves a route: it ends when the dialogue does. Raises Gone when the peer goes.
Handler = Callable[[Session], Awaitable[None]]

#: 1000 RTP ports are 500 calls; the rest is for those who only knock.
CONNECTIONS = 600


class AgiServer:
    """Serves ``routes`` (by name: "outgoing", "incoming", "panel") on a loopback port.

    ``secret`` is the dialplan's first argument of AGI(): whoever does not say it is no Asterisk of
    ours, and gets no command.
    """

    def __init__(
        self, routes: Mapping[str, Handler], secret: str, *, connections: int = CONNECTIONS
    ) -> None:
        if not secret:
            raise ValueError("FastAGI needs a secret: any user of this host could answer a call")
        self._routes, self._secret = routes, secret.encode()
        self._limit = connections
        self._knocking: dict[asyncio.Task[None], None] = {}  # no header yet, the oldest first
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._only = ""

    async def start(self, port: int, host: str = "127.0.0.1", *, only: str = "") -> None:
        """Listens. Raises OSError where the port is taken, ValueError off loopback unless ``only``
        one address is let in: FastAGI speaks in clear (settings/pbx.py)."""
        if host not in ("127.0.0.1", "::1") and not only:
            raise ValueError("FastAGI speaks in clear: it stays on loopback")
        self._only = only
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Peer(self._connected), host, port, backlog=512
        )

    @property
    def port(self) -> int:
        """The port that is listened on (after ``start``, for port 0)."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the server is not started")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def sessions(self) -> int:
        """Connections that are open now."""
        return len(self._tasks)

    async def close(self) -> None:
        """Listens no more and leaves every call where it is: a next server goes on with it."""
        if self._server:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server:
            await self._server.wait_closed()

    def _connected(self, peer: Peer) -> None:
        if self._only and peer.host != self._only:
            log.warning("a stranger at FastAGI", host=peer.host)
            peer.abort()
            return
        if len(self._tasks) >= self._limit and not self._make_room():
            log.error("too many FastAGI connections", limit=self._limit)
            peer.abort()
            return
        task = asyncio.create_task(self._serve(peer), name="agi")
        self._tasks.add(task)
        self._knocking[task] = None
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._knocking.pop(task, None)

    def _make_room(self) -> bool:
        """Let go of who has waited longest without a word; False: everybody has a call."""
        oldest = next(iter(self._knocking), None)
        if oldest is None:
            return False
        oldest.cancel()
        self._over(oldest)
        return True

    async def _serve(self, peer: Peer) -> None:
        try:
            session = Session(peer, await read_header(peer))
            if not hmac.compare_digest(session.secret.encode(), self._secret):
                log.warning(
                    "FastAGI caller without this station's secret", route=session.route[:80]
                )
                return
            if (task := asyncio.current_task()) is not None:
                self._knocking.pop(task, None)
            handler = self._routes.get(session.route, _no_such_route)
            await handler(session)
        except BadHeader as error:
            log.warning("FastAGI header refused", error=str(error))
        except Gone as error:
            log.info("AGI session over", why=str(error))
        except BadCommand as error:
            log.critical("AGI command refused", error=str(error))
        except Exception:
            # Not log.exception: a renderer that shows local variables would show a code.
            log.critical("AGI session failed", trace=traceback.format_exc())
        finally:
            peer.close()


async def _no_such_route(session: Session) -> None:
    log.warning("no such FastAGI route", route=session.route[:80])
    await session.command('VERBOSE "callflow has no such route" 1')
