"""Who calls the API: a bearer token, and whether its role has the right."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from callflow.storage import StoreUnavailable
from callflow.storage.people import users
from web.access import addresses
from web.access.users import Declared, Right, Role, digest, rights_of
from web.kit.problems import ProblemError
from web.station import Here, Station
from web.store_watch import AT_ONCE, soon

_scheme = HTTPBearer(auto_error=False, description="From `callflow token create --role ROLE`")


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that was let in. ``name`` is what the logbook calls it."""

    id: str
    name: str
    role: str
    rights: frozenset[Right]
    #: Whom a panel's token speaks for; None: it names nobody.
    accounts: frozenset[str] | None = None

    @property
    def unbound(self) -> bool:
        """True where it is a panel's that names no account: it may open alarms, and end none
        (D31)."""
        return self.role == Role.PANEL and self.accounts is None


async def identify(station: Station, token: str) -> Caller | None:
    """Whose token this is."""
    kept, now = digest(token), station.clock()
    known = await station.store.read(lambda tx: users.token_in_force(tx, kept, now))
    if known is None:
        return None
    station.token_used(known.id, known.used_at, now)
    role = known.role
    return Caller(
        id=known.id,
        name=known.name or role,
        role=role,
        rights=rights_of(role),
        accounts=None if known.accounts is None else frozenset(known.accounts),
    )


def allowed(right: Right) -> Callable[..., Awaitable[Caller]]:
    """Dependency: the caller, who has ``right``; 401 or 403 otherwise."""

    async def check(
        request: Request,
        station: Here,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)],
    ) -> Caller:
        caller = await identify(station, credentials.credentials) if credentials else None
        if caller is None:
            raise ProblemError(
                401, "a valid bearer token is needed", headers={"WWW-Authenticate": "Bearer"}
            )
        request.state.who = caller.name
        if right not in caller.rights:
            raise ProblemError(403, f"this token's role has not the right to {right}")
        return caller

    check.declared = Declared(right)  # type: ignore[attr-defined]
    return check


#: A handler's argument: a caller who may do what it needs.
Reader = Annotated[Caller, Depends(allowed(Right.READ))]
Handler = Annotated[Caller, Depends(allowed(Right.HANDLE))]
Configurer = Annotated[Caller, Depends(allowed(Right.CONFIGURE))]
Supervisor = Annotated[Caller, Depends(allowed(Right.SUPERVISE))]
Administrator = Annotated[Caller, Depends(allowed(Right.ADMINISTER))]


def allowed_before(right: Right) -> Callable[..., Awaitable[Caller]]:
    """``allowed``; where the database can't be read, whoever it let in before is let in."""

    async def check(
        request: Request,
        station: Here,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)],
    ) -> Caller:
        token = digest(credentials.credentials) if credentials else ""
        try:
            within = AT_ONCE if token in station.let_in else None
            caller = await soon(allowed(right)(request, station, credentials), within)
        except StoreUnavailable:
            if token not in station.let_in:
                raise
            known: Caller = station.let_in[token]
            return known
        except ProblemError:
            station.let_in.pop(token, None)
            raise
        station.let_in[token] = caller
        return caller

    check.declared = Declared(right)  # type: ignore[attr-defined]
    return check


_reader = allowed_before(Right.READ)


async def near(
    request: Request,
    station: Here,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)],
) -> None:
    """Dependency: this machine itself asks, or whoever has a token with the right to read; 401 or
    403 otherwise. Whom a proxy asks for is not this machine."""
    if not addresses.is_own(request.scope):
        await _reader(request, station, credentials)
