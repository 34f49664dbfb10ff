"""Where requests come from, and whom the pages are for: before any page or API sees them."""

from starlette.types import ASGIApp, Receive, Scope, Send

from callflow.core.station.addresses import LOOPBACK, client, is_of
from callflow.settings.config import Settings
from web.access import names
from web.kit import problems

#: What proxies add to what they forward.
_FORWARDED = frozenset(
    {
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-real-ip",
    }
)


class Proxies:
    """Those before the pages, and the header in which they say whom they ask for."""

    def __init__(self, settings: Settings) -> None:
        self.networks = settings.proxies
        self._header = settings.proxy_header
        self._name = self._header.encode()

    def client(self, scope: Scope) -> str:
        """Whose request it is: that of the connection's far end, or of whom our proxy asks for."""
        return client(_host(scope), self._said(scope), self.networks, self._header)

    def ask(self, scope: Scope) -> bool:
        """True where one of them asks, for somebody else."""
        return bool(self._said(scope)) and is_of(_host(scope), self.networks)

    def _said(self, scope: Scope) -> list[str]:
        return [value.decode("latin-1") for name, value in scope["headers"] if name == self._name]


class Forwarded:
    """ASGI middleware: behind a trusted proxy the client's own address is the request's, whose
    state knows that it came so (``by_proxy``)."""

    def __init__(self, app: ASGIApp, *, proxies: Proxies) -> None:
        self._app, self._proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client"):
            scope.setdefault("state", {})["by_proxy"] = self._proxies.ask(scope)
            scope = {**scope, "client": (self._proxies.client(scope), scope["client"][1])}
        await self._app(scope, receive, send)


class Entrance:
    """ASGI middleware: turns away whom ``web_allow`` doesn't name, those for whom a proxy asks
    included, and who asks for the pages of a name that isn't ours."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._allowed = settings.allows("web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refused(scope) if scope["type"] == "http" else None
        if refused is None:
            await self._app(scope, receive, send)
        else:
            await problems.response(*refused)(scope, receive, send)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        if self._allowed and not _is_near(scope) and not is_of(_host(scope), self._allowed):
            return 403, "the pages are not for this address"
        if not names.are_ours(self._settings, scope):
            return 421, "there are no pages of this name here"
        return None


def is_own(scope: Scope) -> bool:
    """True where this machine itself asks: no proxy for another, nor a page of elsewhere whose name
    leads here for a moment (DNS rebinding)."""
    return _is_near(scope) and names.is_here(scope)


def _is_near(scope: Scope) -> bool:
    """True where a request comes from this machine, and no proxy sends it for another."""
    forwarded = any(name in _FORWARDED for name, _ in scope["headers"])
    return is_of(_host(scope), LOOPBACK) and not forwarded


def _host(scope: Scope) -> str:
    return str(scope["client"][0]) if scope.get("client") else ""
