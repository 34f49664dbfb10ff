"""The names that the pages have for browsers: those of the settings, or what requests say."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import Scope

from callflow.core.station.addresses import address_of
from callflow.settings.config import Settings

#: Whatever else than a host may stand in an address.
_ELSE = re.compile(r"[@/?#\\\s]")
_STANDARD = {"http": 80, "https": 443}
#: What a host may be that stands in a page, its headers and its links.
_HOST = re.compile(r"[0-9A-Za-z.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a browser is. ``origin`` is what it signs; its passkeys are ``party``'s (WebAuthn)."""

    origin: str
    party: str


def site(settings: Settings, request: Request) -> Site:
    """Where the browser believes to be. Passkeys are the first name's, whichever it came by."""
    here = origin(settings, request)
    first = next(iter(settings.all_public_urls), here)
    return Site(here, urlsplit(first).hostname or "")


def origin(settings: Settings, request: Request) -> str:
    """The pages' address for who asks: that of the name that is asked for, or else of the first."""
    if not settings.all_public_urls:
        return f"{request.url.scheme}://{request.url.netloc}"
    asked = _public(settings, request.headers.get("host", ""))
    return asked or settings.all_public_urls[0]


def telephone(settings: Settings, request: Request) -> str:
    """Where the browser's telephone connects: a port of the host that it has the page from; behind
    a proxy a path there."""
    if settings.telephone_url:
        return settings.telephone_url
    if getattr(request.state, "by_proxy", False):
        return f"ws{origin(settings, request).removeprefix('http')}/ws"
    host = request.url.hostname or ""
    host = f"[{host}]" if ":" in host else host
    host = host if _HOST.fullmatch(host) else "127.0.0.1"
    if settings.tls_certificate:
        return f"wss://{host}:{settings.ports.asterisk_wss}/ws"
    return f"ws://{host}:{settings.ports.asterisk_http}/ws"


def are_ours(settings: Settings, scope: Scope) -> bool:
    """True where the pages of a name of ours are asked for. Without names in the settings they have
    any; with some also this machine's addresses, for those whom no proxy asks for."""
    if not settings.all_public_urls or _public(settings, _asked(scope)):
        return True
    return not scope.get("state", {}).get("by_proxy") and _is_address(_split(_asked(scope))[0])


def is_here(scope: Scope) -> bool:
    """True where what is asked for is an address or a short name: none that anybody may own."""
    name = _split(_asked(scope))[0]
    return _is_address(name) or (name != "" and "." not in name)


def _asked(scope: Scope) -> str:
    return next((v.decode("latin-1") for n, v in scope["headers"] if n == b"host"), "")


def _is_address(name: str) -> bool:
    return name == "localhost" or address_of(name) is not None


def _public(settings: Settings, host: str) -> str:
    """The public address with this host, which may say its port; "": none has."""
    name, port = _split(host)
    for url in settings.all_public_urls:
        parts = urlsplit(url)
        usual = _STANDARD[parts.scheme]
        if name == parts.hostname and (port or usual) == (parts.port or usual):
            return url
    return ""


def _split(host: str) -> tuple[str, int | None]:
    """A host in small letters, and its port where it says one."""
    if _ELSE.search(host):
        return "", None
    try:
        parts = urlsplit(f"//{host}")
        found = parts.hostname or "", parts.port
    except ValueError:  # none at all
        return "", None
    return found
