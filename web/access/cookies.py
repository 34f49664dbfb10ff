"""The pages' cookies: this host's alone, no script's, and sent over TLS alone where pages come so.

Over TLS their names begin with ``__Host-``: a browser then takes them from this host only, for no
other one, and over TLS only (RFC 6265bis, 4.1.3.2).
"""

from datetime import timedelta
from typing import Literal

from fastapi import Request, Response

from callflow.settings.config import Settings

SESSION = "callflow_session"
LANGUAGE = "callflow_language"
SCHEME = "callflow_scheme"
#: Colours that somebody may choose; the system's where they chose none.
SCHEMES = ("dark", "dim", "light")
#: A screen of the room, at which nobody is logged in.
SCREEN = "callflow_screen"
#: The browser that began a log-in is the one that ends it.
CHALLENGE = "callflow_login"
#: How long a choice is remembered.
CHOICE_LASTS = timedelta(days=365)


def over_tls(settings: Settings) -> bool:
    """True where browsers reach the pages over TLS: always, but on this machine itself."""
    return (
        settings.tls_certificate is not None
        or any(url.startswith("https://") for url in settings.all_public_urls)
        or settings.is_beyond("web")
    )


def read(request: Request, name: str) -> str:
    """What the browser sends under this name; empty: nothing."""
    return request.cookies.get(_full(request, name), "")


def scheme(request: Request) -> str:
    """The colours that this browser has chosen, of ``SCHEMES``; empty: none."""
    chosen = read(request, SCHEME)
    return chosen if chosen in SCHEMES else ""


def put(
    request: Request,
    answer: Response,
    name: str,
    value: str,
    lasts: timedelta,
    *,
    samesite: Literal["lax", "strict"] = "strict",
) -> None:
    """The browser keeps this for so long."""
    answer.set_cookie(
        _full(request, name),
        value,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite=samesite,
        secure=_secure(request),
    )


def forget(request: Request, answer: Response, name: str) -> None:
    """The browser keeps it no more."""
    secure = _secure(request)  # what has the prefix is taken back with the same words only
    answer.delete_cookie(_full(request, name), httponly=True, samesite="strict", secure=secure)


def _secure(request: Request) -> bool:
    return over_tls(request.app.state.station.settings)


def _full(request: Request, name: str) -> str:
    return f"__Host-{name}" if _secure(request) else name
