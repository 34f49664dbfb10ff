"""What a page asks of whoever opens it, read from its own route, not from a list."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from starlette.routing import compile_path

from web.access.users import Declared


def leaves(given: Iterable[Any]) -> Iterator[Any]:
    """Every route, those of the routers inside included, in the order in which they are tried."""
    for route in given:
        inside = getattr(route, "effective_candidates", None)
        if inside is not None:
            yield from leaves(inside())
        else:
            yield route


def declared(dependant: Dependant | None) -> Declared | None:
    """What a route's dependencies ask for; None: it lets in whoever comes."""
    if dependant is None:
        return None
    own = getattr(dependant.call, "declared", None)
    if isinstance(own, Declared):
        return own
    found = (declared(inner) for inner in dependant.dependencies)
    return next((each for each in found if each is not None), None)


def page_at(app: FastAPI, path: str) -> tuple[bool, Declared | None]:
    """(whether there is a page at ``path``, what it asks for)."""
    for route in leaves(app.routes):
        if "GET" not in (getattr(route, "methods", None) or ()):
            continue
        regex, _, _ = compile_path(route.path)
        if regex.match(path):
            return True, declared(getattr(route, "dependant", None))
    return False, None
