"""Every route of the application, with the right that its own dependencies ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant

from web.access.page_rights import declared, leaves
from web.access.users import Declared, Right

#: Whom a route lets in without asking who it is, and why that is right.
PUBLIC = {
    ("GET", "/login"): "the way in",
    ("POST", "/login"): "the way in",
    ("GET", "/login/factor"): "the way in: asks for the password's proof",
    ("POST", "/login/factor"): "the way in: asks for the password's proof",
    ("POST", "/login/passkey"): "the way in: asks for the password's proof",
    ("GET", "/.well-known/webauthn"): "browsers ask it which names' pages are ours",
    ("GET", "/login/directory"): "the way in, by the company's directory",
    ("GET", "/login/directory/back"): "the way in, by the company's directory",
    ("POST", "/logout"): "ends the caller's own session, if there is one",
    ("GET", "/healthz"): "this machine, or a token with the right to read (its own test)",
    ("GET", "/readyz"): "this machine, or a token with the right to read (its own test)",
    ("GET", "/events/canary"): "the station's own ticket of this minute (its own test)",
    ("GET", "/metrics"): "this machine, or a token with the right to read (its own test)",
    ("GET", "/calendars/{token}.ics"): "whoever has the address's own token, until it is revoked",
    ("GET", "/wallboard/screen"): "the screen that an administrator left it on, by its own token",
    ("GET", "/api/v1/openapi.json"): "the interface's description",
    ("GET", "/evidence/key.txt"): "a public key: whoever was given a file compares it",
}


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    path: str
    declared: Declared | None

    @property
    def by_token(self) -> bool:
        """A program's route: it knows bearer tokens, not sessions."""
        return self.path.startswith("/api/")

    @property
    def right(self) -> Right | None:
        """The right that is asked for; None: anybody who is logged in."""
        assert self.declared is not None, f"{self} declares no right"
        return self.declared.right

    @property
    def address(self) -> str:
        """The path with an id that nothing has."""
        return re.sub(r"\{[^}]+\}", "nothing", self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes(app: FastAPI) -> list[Route]:
    """Every page's and the API's, public ones left out."""
    return [route for route in all_routes(app) if (route.method, route.path) not in PUBLIC]


def all_routes(app: FastAPI) -> list[Route]:
    """Every method of every address, but static files."""
    found = [
        Route(method, route.path, declared(getattr(route, "dependant", None)))
        for route in leaves(app.routes)
        for method in sorted(getattr(route, "methods", None) or ())
        if method != "HEAD"
    ]
    assert len(found) > 80, "routes are found otherwise than they were"
    return found


def queries(app: FastAPI) -> dict[str, list[str]]:
    """{address: the parameters of its query} of what is read."""
    return {
        route.path: _queries(getattr(route, "dependant", None))
        for route in leaves(app.routes)
        if "GET" in (getattr(route, "methods", None) or ())
    }


def _queries(dependant: Dependant | None) -> list[str]:
    if dependant is None:
        return []
    inner = [name for each in dependant.dependencies for name in _queries(each)]
    return [*(asked.alias for asked in dependant.query_params), *inner]
