"""The station's settings: where each one stands, what each role may do, and a person tried."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Query, Request, Response

from callflow.core.people.users import User
from callflow.storage import Tx
from callflow.storage.people import users as people_users
from web.access import factors, page_rights
from web.access.sessions import Administrator
from web.access.users import RIGHTS, Right, Role, rights_of
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """A person at the door of a page: would the routes let them in, and what is in the way?"""

    user: User
    path: str
    there: bool
    right: Right | None  # that the page asks for
    open: bool  # it is for everybody, logged in or not
    may: bool
    must_choose: bool
    must_enrol: bool


@router.get("/settings")
async def show(
    request: Request,
    visitor: Administrator,
    station: Here,
    who: Annotated[str, Query(max_length=64)] = "",
    address: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """The pages of settings, and each role's rights; whether ``who`` would be let in at
    ``address``."""

    def read(tx: Tx) -> dict[str, object]:
        users = people_users.users(tx)
        user = next((user for user in users if user.name == who), None)
        return {
            "users": [user.name for user in users],
            "tried": _tried(request.app, station, tx, user, address) if user else None,
        }

    return await setting(
        station,
        visitor,
        "roles",
        read,
        roles=tuple(Role),
        rights=tuple(Right),
        may=RIGHTS,
        who=who,
        address=address,
    )


def _tried(app: FastAPI, station: Station, tx: Tx, user: User, address: str) -> Tried:
    path = _path(address.strip())
    there, asked = page_rights.page_at(app, path)
    right = asked.right if asked else None
    needs_factor = user.role in station.settings.second_factor_roles
    return Tried(
        user=user,
        path=path,
        there=there and not path.startswith("/api/"),
        right=right,
        open=asked is None,
        may=right is None or right in rights_of(user.role),
        must_choose=user.password_given_at is not None,
        must_enrol=needs_factor and not factors.of_user(tx, user),
    )


def _path(address: str) -> str:
    """The part of an address that says which page it is; what is no address, as it was typed."""
    try:
        return "/" + urlsplit(address).path.lstrip("/")
    except ValueError:
        return "/" + address
