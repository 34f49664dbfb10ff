"""The people of the station: who logs in, as what; and whose sessions are open.

A supervisor sees them, ends sessions and resets a lost second factor; the rest is an
administrator's.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.desks.provisioning import Handset, Make, file_name, file_of
from callflow.core.people.users import PEOPLE, Role, User, password_fault, skills, spoken
from callflow.handling.base import refusals
from callflow.handling.calls import phones
from callflow.handling.station import users
from callflow.storage import Tx
from callflow.storage.people import access
from callflow.storage.people import users as people_users
from web.access import factors
from web.access.guesses import Limits
from web.access.sessions import Administrator, Supervisor, Visitor
from web.access.users import Right, hash_password
from web.access.views import frame, session_lines
from web.kit import conflicts
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, headers_of, refusal, status_of
from web.kit.rendering import page
from web.kit.words import LANGUAGES
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: The drawer that somebody is added in, and what is typed into it.
_ADD = "add"
_NOTHING_TYPED = {"name": "", "shown_name": "", "role": "", "languages": "", "skill": ""}
_Text = Annotated[str, Form(max_length=400)]
_AsOf = Annotated[str, Form(max_length=64)]
_Password = Annotated[str, Form(max_length=1024)]


@dataclass(frozen=True, slots=True)
class UserShown:
    """A user with what the forms need: stamps of what they show, and of the password given.
    ``may_change``: whoever looks may do something to them."""

    user: User
    known: factors.Factors
    as_of: str
    given_as_of: str
    may_change: bool


@dataclass(frozen=True, slots=True)
class Made:
    """Somebody's password that was made: shown this once."""

    name: str
    password: str


@router.get("/people")
async def show(visitor: Supervisor, station: Here) -> Response:
    """Everybody."""
    return await _people(station, visitor)


async def _people(
    station: Station,
    visitor: Visitor,
    refused: Wrong | None = None,
    made: Made | None = None,
    opened: str = "",
    typed: Mapping[str, str] = _NOTHING_TYPED,
) -> Response:
    """Everybody. ``opened``: whose drawer is open, or "add"; ``typed``: into that one."""
    administers = Right.ADMINISTER in visitor.rights

    def read(tx: Tx) -> dict[str, Any]:
        everybody = [(user, factors.of_user(tx, user)) for user in people_users.users(tx)]
        users = [
            UserShown(
                user=user,
                known=known,
                as_of=conflicts.stamp(_shown(user)),
                given_as_of=conflicts.stamp(user.password_given_at),
                may_change=administers or (bool(known) and user.role != Role.ADMINISTRATOR),
            )
            for user, known in everybody
        ]
        drawers = [_ADD, *(one.user.id for one in users if one.may_change)]
        here = {"users": users, "opened": opened if opened in drawers else ""}
        return {**frame(tx, station, visitor, "people"), **here}

    values = {
        **await station.store.read(read),
        "may_administer": administers,
        "directory": bool(station.settings.oidc_issuer),
        "roles": PEOPLE,
        "refused": refusal(refused, visitor.language),
        "made": made,
        "makes": list(Make),
        "typed": typed,
    }
    return _answer(visitor, "people/people.html", values, refused)


def _answer(
    visitor: Visitor, template: str, values: dict[str, Any], refused: Wrong | None
) -> Response:
    answer = page(visitor.language, template, values, status_of(refused))
    answer.headers.update(headers_of(refused))
    return answer


async def _do(
    station: Station, visitor: Visitor, act: Callable[[Tx, datetime], object], opened: str
) -> Response:
    """Do it and show everybody; say why not where it is refused."""
    now = station.clock()
    try:
        await station.store.write(lambda tx: act(tx, now))
    except (refusals.Refused, ProblemError) as refused:
        return await _people(station, visitor, refused, opened=opened)
    return RedirectResponse("/people", 303)


def _shown(user: User | None) -> list[Any]:
    """What the form of a person shows."""
    shown = ("shown_name", "role", "languages", "skills", "subject")
    return [getattr(user, name, None) for name in shown]


def _role(text: str) -> Role:
    if text not in PEOPLE:
        raise ProblemError(422, "choose a role", field="role")
    return Role(text)


def _checked(parse: Callable[[str], list[str]], text: str, field: str) -> list[str]:
    try:
        return parse(text)
    except ValueError as error:
        raise ProblemError(422, str(error), field=field) from None


def _password(given: str, name: str) -> str:
    """What was typed, if it will do; one that is made, where nothing was."""
    if given and (fault := password_fault(given, name)):
        raise ProblemError(422, fault, field="password")
    return given or "-".join(secrets.token_hex(2) for _ in range(4))


def _limited(request: Request, station: Station, visitor: Visitor) -> None:
    """Making a password takes a core for 150 ms: so many in a minute are enough."""
    limits: Limits = request.app.state.limits
    key, now = f"making|{visitor.id}", station.clock()
    if (wait := limits.by_maker.wait(key, now)) is not None:
        raise ProblemError(
            429,
            "too many attempts: wait before you try again",
            headers={"Retry-After": str(max(1, round(wait.total_seconds())))},
        )
    limits.by_maker.guess(key, now)


@router.post("/people")
async def add(
    request: Request,
    visitor: Administrator,
    station: Here,
    name: _Text = "",
    shown_name: _Text = "",
    role: _Text = "",
    languages: _Text = "fr",
    skill: _Text = "",
    password: _Password = "",
) -> Response:
    """A new person; a password that was made is shown this once."""
    typed = {"name": name, "role": role, "languages": languages, "skill": skill}
    typed["shown_name"] = shown_name
    try:
        _limited(request, station, visitor)
        clear, kind = _password(password, name), _role(role)
        speaks, knows = _checked(spoken, languages, "languages"), _checked(skills, skill, "skill")
        kept, now = await asyncio.to_thread(hash_password, clear), station.clock()

        def write(tx: Tx) -> None:
            users.add_user(
                tx,
                name.strip(),
                kind,
                kept,
                now,
                by=visitor.name,
                language=speaks[0] if speaks[0] in LANGUAGES else LANGUAGES[0],
                languages=speaks,
                skills=knows,
                given=True,
                shown_name=shown_name.strip(),
            )

        await station.store.write(write)
    except ValueError as error:
        wrong: Wrong = ProblemError(422, str(error), field="name")
        return await _people(station, visitor, wrong, opened=_ADD, typed=typed)
    except (refusals.Refused, ProblemError) as refused:
        return await _people(station, visitor, refused, opened=_ADD, typed=typed)
    return await _made(station, visitor, name.strip(), None if password else clear)


async def _made(station: Station, visitor: Visitor, name: str, password: str | None) -> Response:
    if password is None:
        return RedirectResponse("/people", 303)
    return await _people(station, visitor, made=Made(name, password))


# --- sessions (before the addresses that hold a user's id) ----------------------------------


@router.get("/people/sessions")
async def show_sessions(visitor: Supervisor, station: Here) -> Response:
    """Everybody's open sessions."""
    return await _sessions(station, visitor)


async def _sessions(station: Station, visitor: Visitor, refused: Wrong | None = None) -> Response:
    now = station.clock()
    since = station.seen_since(now)

    def read(tx: Tx) -> dict[str, Any]:
        found = session_lines(access.sessions(tx, now, since))
        return {**frame(tx, station, visitor, "people"), "sessions": found}

    values = {
        **await station.store.read(read),
        "refused": refusal(refused, visitor.language),
    }
    return _answer(visitor, "people/sessions.html", values, refused)


@router.post("/people/sessions/{session}/end")
async def end_session(session: str, visitor: Supervisor, station: Here) -> Response:
    """Somebody's session ends, with its stream and its softphone."""
    now = station.clock()
    try:
        await station.store.write(lambda tx: users.end_session(tx, session, visitor.name, now))
    except refusals.Refused as refused:
        return await _sessions(station, visitor, refused)
    return RedirectResponse("/people/sessions", 303)


# --- one person -----------------------------------------------------------------------------


@router.post("/people/{user_id}")
async def change(
    user_id: str,
    request: Request,
    visitor: Administrator,
    station: Here,
    shown_name: _Text = "",
    role: _Text = "",
    languages: _Text = "",
    skill: _Text = "",
    subject: Annotated[str, Form(max_length=255)] = "",
    as_of: _AsOf = "",
) -> Response:
    """Another name that is shown, another role, other languages or skills, who they are to the
    directory."""

    asked = "subject" in await request.form()  # only where there is a directory

    def act(tx: Tx, now: datetime) -> None:
        conflicts.unchanged({"as_of": as_of}, _shown(people_users.user_by_id(tx, user_id)))
        users.change_user(
            tx,
            user_id,
            now,
            by=visitor.name,
            role=_role(role),
            languages=_checked(spoken, languages, "languages"),
            skills=_checked(skills, skill, "skill"),
            subject=subject.strip() if asked else None,
            shown_name=shown_name.strip(),
        )

    return await _do(station, visitor, act, user_id)


@router.post("/people/{user_id}/disable")
async def disable(user_id: str, visitor: Administrator, station: Here) -> Response:
    """They are let in nowhere."""
    return await _do(
        station,
        visitor,
        lambda tx, now: users.disable_user(tx, user_id, visitor.name, now),
        user_id,
    )


@router.post("/people/{user_id}/enable")
async def enable(user_id: str, visitor: Administrator, station: Here) -> Response:
    """They may log in again."""
    return await _do(
        station,
        visitor,
        lambda tx, now: users.enable_user(tx, user_id, visitor.name, now),
        user_id,
    )


@router.post("/people/{user_id}/password")
async def reset_password(
    user_id: str,
    request: Request,
    visitor: Administrator,
    station: Here,
    password: _Password = "",
    as_of: _AsOf = "",
) -> Response:
    """Another password for somebody who forgot theirs; all their sessions end."""
    try:
        _limited(request, station, visitor)
        user = await station.store.read(lambda tx: people_users.user_by_id(tx, user_id))
        if user is None:
            raise refusals.NotFound("there is no user of this id")
        clear = _password(password, user.name)
        kept, now = await asyncio.to_thread(hash_password, clear), station.clock()
        own = visitor.session if user.id == visitor.id else None

        def write(tx: Tx) -> None:
            present = people_users.user_by_id(tx, user_id)
            conflicts.unchanged({"as_of": as_of}, present.password_given_at if present else None)
            users.set_password(tx, user_id, kept, visitor.name, now, session=own)

        await station.store.write(write)
    except (refusals.Refused, ProblemError) as refused:
        return await _people(station, visitor, refused, opened=user_id)
    return await _made(station, visitor, user.name, None if password else clear)


@router.post("/people/{user_id}/desk-phone")
async def give_desk_phone(
    user_id: str, visitor: Administrator, station: Here, make: _Text = ""
) -> Response:
    """A new telephone for their desk, as the file that it is set up with. The file has its
    password, is made this once, and is kept nowhere; an earlier telephone of theirs ends."""
    try:
        if make not in list(Make):
            raise ProblemError(422, "choose a make", field="make")
        server, now = phones.server(station.settings), station.clock()

        def give(tx: Tx) -> tuple[str, phones.Credentials]:
            user = people_users.user_by_id(tx, user_id)
            if user is None:
                raise refusals.NotFound("there is no user of this id")
            given = phones.desk_phone(tx, station.vault, user.name, now, by=visitor.name)
            return user.name, given

        owner, given = await station.store.write(give)
    except (refusals.Refused, ProblemError) as refused:
        return await _people(station, visitor, refused, opened=user_id)
    handset = Handset(
        name=given.name,
        secret=given.secret,
        owner=owner,
        host=server.host,
        port=server.port,
        secure=server.secure,
    )
    named = f'attachment; filename="{file_name(Make(make), handset)}"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return Response(file_of(Make(make), handset), media_type="text/plain", headers=headers)


@router.post("/people/{user_id}/reset-factors")
async def reset_factors(user_id: str, visitor: Supervisor, station: Here) -> Response:
    """A lost device: the password alone lets them in, to add another one."""
    administrators = Right.ADMINISTER in visitor.rights

    def act(tx: Tx, now: datetime) -> None:
        users.reset_factors(tx, user_id, visitor.name, now, administrators=administrators)

    return await _do(station, visitor, act, user_id)
