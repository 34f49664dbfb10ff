"""Who logs in, as what, and what proves it: each act with its entry in the day's chain."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from callflow import ids
from callflow.core.folding import folded
from callflow.core.people.sessions import Passkey, Session
from callflow.core.people.users import PEOPLE, Role, User, is_reserved
from callflow.core.records.logbook import MACHINE
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import storable, tell
from callflow.handling.calls.phones import end_phones
from callflow.handling.desks.shifts import leave
from callflow.storage import Tx
from callflow.storage.people import access, users

RESERVED = "this is the machine's own name: choose another one"


def add_user(
    tx: Tx,
    name: str,
    role: Role,
    password: str,
    now: datetime,
    *,
    by: str,
    language: str = "fr",
    languages: Iterable[str] = (),
    skills: Iterable[str] = (),
    subject: str | None = None,
    given: bool = False,
    shown_name: str = "",
) -> str:
    """A new person; their id. ``password`` is a hash, or empty: they come by the OIDC provider.

    ``given``: somebody else chose it, and they are to choose their own.

    Raises ValueError where the name is taken or the role is a program's.
    """
    if role not in PEOPLE:
        raise ValueError(f"{role} is a role of programs, not of people")
    if not name.strip() or len(name) > 64 or not name.isprintable():
        raise ValueError("a name has 1 to 64 characters")
    if is_reserved(name):
        raise ValueError(RESERVED)
    if users.user_by_name(tx, name) is not None or _is_called_so(tx, name):
        raise ValueError("there is a user of this name already")
    if shown_name and (fault := _shown_fault(tx, shown_name)):
        raise ValueError(fault)
    user_id = ids.new(now)
    user = User(
        id=user_id,
        name=name,
        role=role.value,
        password=password,
        password_given_at=now if given else None,
        language=language,
        languages=tuple(languages) or (language,),
        skills=tuple(skills),
        created_at=now,
        subject=subject,
        shown_name=shown_name,
    )
    users.insert_user(tx, user)
    tell(tx, "user_added", now, who_did=by, name=name, role=role.value)
    return user_id


def change_user(
    tx: Tx,
    user_id: str,
    now: datetime,
    *,
    by: str,
    role: Role | None = None,
    languages: list[str] | None = None,
    skills: list[str] | None = None,
    subject: str | None = None,
    shown_name: str | None = None,
) -> None:
    """Change what is given. Another role ends the person's sessions.

    An empty ``subject``: they come by the OIDC provider no more; an empty ``shown_name``: they are
    called as they log in.
    """
    user = _user(tx, user_id)
    values: dict[str, Any] = {}
    if shown_name is not None:
        values["shown_name"] = _free_name(tx, user_id, shown_name)
    if languages is not None:
        values["languages"] = tuple(languages)
    if skills is not None:
        values["skills"] = tuple(skills)
    if subject is not None:
        values["subject"] = _free_subject(tx, user, subject)
    if role is not None:
        if role not in PEOPLE:
            raise Refused("this is a role of programs, not of people")
        values["role"] = role.value
    changed = {name: value for name, value in values.items() if getattr(user, name) != value}
    if not changed:
        return
    if "role" in changed:
        _keep_an_administrator(tx, user)
        tell(tx, "user_role", now, who_did=by, name=user.name, role=role, before=user.role)
        access.end_sessions(tx, now, user_id=user_id)
    if changed.keys() - {"role"}:
        fields = {n: [_said(getattr(user, n)), _said(v)] for n, v in changed.items() if n != "role"}
        what = ", ".join(sorted(fields))
        tell(tx, "user_changed", now, who_did=by, name=user.name, what=what, fields=fields)
    users.update_user(tx, user_id, **changed)


def _shown_fault(tx: Tx, shown: str, *, but: str = "") -> str | None:
    """Why nobody, or not ``but``, may be called ``shown``: what is told of one person would be read
    as another's. None: they may."""
    if len(shown) > 64 or not shown.isprintable() or shown != shown.strip():
        return "a name has 1 to 64 characters"
    if is_reserved(shown):
        return RESERVED
    return (
        "somebody else is called so: add what tells them apart"
        if _is_called_so(tx, shown, but=but)
        else None
    )


def _is_called_so(tx: Tx, name: str, *, but: str = "") -> bool:
    """True where somebody (not ``but``) is called, or logs in, by a name that reads alike."""
    alike = folded(name)
    others = (user for user in users.users(tx) if user.id != but)
    return any(alike in (folded(user.shown_name), folded(user.name)) for user in others)


def _said(value: Any) -> str | None:
    return (", ".join(value) if isinstance(value, tuple) else value) or None


def disable_user(tx: Tx, user_id: str, by: str, now: datetime) -> None:
    """They are let in nowhere from now on, and nothing of theirs goes on: sessions, telephones with
    their calls, the shift; what they hold is the queue's again. What they did stays theirs."""
    user = _user(tx, user_id)
    if user.disabled_at is not None:
        return
    if user.name == by:
        raise Refused("nobody shuts themselves out: ask another administrator")
    _keep_an_administrator(tx, user)
    shut_out(tx, user_id, by, now)


def shut_out(tx: Tx, user_id: str, by: str, now: datetime) -> None:
    """The same, though it may be the last administrator: one who must not be."""
    user = _user(tx, user_id)
    users.update_user(tx, user_id, disabled_at=now)
    access.end_sessions(tx, now, user_id=user_id)
    tell(tx, "user_disabled", now, who_did=by, name=user.name)
    end_phones(tx, user.name, now)
    leave(tx, user.id, user.name, now)


def enable_user(tx: Tx, user_id: str, by: str, now: datetime) -> None:
    """They may log in again."""
    user = _user(tx, user_id)
    if user.disabled_at is not None:
        users.update_user(tx, user_id, disabled_at=None)
        tell(tx, "user_enabled", now, who_did=by, name=user.name)


def set_password(
    tx: Tx, user_id: str, password: str, by: str, now: datetime, *, session: str | None = None
) -> None:
    """Another password (a hash). Ends the person's sessions but ``session``, their own.

    What somebody else chose, they are to replace.
    """
    user = _user(tx, user_id)
    given = None if by == user.name else now
    users.update_user(tx, user_id, password=password, password_given_at=given)
    ended = access.end_sessions(tx, now, user_id=user_id, but=session)
    tell(tx, "password_changed", now, who_did=by, name=user.name, ended=ended)


def from_directory(tx: Tx, subject: str, name: str, role: Role, now: datetime) -> str:
    """Somebody comes by the company's directory, as ``role``: their id.

    Who comes for the first time is added. Refused where they are disabled, or somebody else has
    their name: nobody becomes another by being called so in the directory.
    """
    user = users.user_by_subject(tx, subject)
    if user is not None:
        if user.disabled_at is not None:
            raise Refused("this user is disabled: ask an administrator")
        change_user(tx, user.id, now, by=MACHINE, role=role)
        return user.id
    if is_reserved(name):
        raise Refused(RESERVED)
    if users.user_by_name(tx, name) is not None:
        raise Refused(
            "somebody here has your name: an administrator adds your identifier to it", subject
        )
    return add_user(tx, name, role, "", now, by=MACHINE, subject=subject)


def _user(tx: Tx, user_id: str) -> User:
    user = users.user_by_id(tx, user_id)
    if user is None:
        raise NotFound("there is no user of this id")
    return user


def _free_name(tx: Tx, user_id: str, shown: str) -> str:
    if shown and (fault := _shown_fault(tx, shown, but=user_id)):
        raise Refused(fault)
    return shown


def _free_subject(tx: Tx, user: User, subject: str) -> str | None:
    if not subject:
        return None
    other = users.user_by_subject(tx, subject)
    if other is not None and other.id != user.id:
        raise Refused("somebody else is this to the company's directory", other.name)
    return subject


def _keep_an_administrator(tx: Tx, user: User) -> None:
    """Refused where the station would have none left.

    The rows are locked while it is looked: two who demote each other at once can't both succeed.
    """
    if user.role != Role.ADMINISTRATOR or user.disabled_at is not None:
        return
    if not users.others_of_role(tx, user.id, Role.ADMINISTRATOR):
        raise Refused("this is the last administrator: make another one first")


# --- sessions -----------------------------------------------------------------------------


def open_session(
    tx: Tx,
    user_id: str,
    now: datetime,
    *,
    token_hash: str,
    csrf: str,
    expires_at: datetime,
    address: str,
    browser: str,
    factor: str,
) -> None:
    """Somebody is let in. Refused where they were disabled meanwhile."""
    user = _user(tx, user_id)
    if user.disabled_at is not None:
        raise Refused("this user is disabled: ask an administrator")
    session = Session(
        token_hash=token_hash,
        user_id=user_id,
        csrf=csrf,
        created_at=now,
        expires_at=expires_at,
        seen_at=now,
        address=address,
        browser=storable(browser),
        factor=factor,
        name=user.name,
        role=user.role,
        language=user.language,
        password_given_at=user.password_given_at,
    )
    access.insert_session(tx, session, now)
    tell(tx, "logged_in", now, who_did=user.name, address=address, factor=factor)


def end_session(
    tx: Tx, token_hash: str, by: str, now: datetime, *, user_id: str | None = None
) -> None:
    """End a session (of ``user_id`` only), with its stream and its softphone.

    Raises NotFound where there is none, or where it is another's.
    """
    found = access.session_of(tx, token_hash)
    if found is None or user_id not in (None, found.user_id):
        raise NotFound("there is no such session")
    access.end_sessions(tx, now, user_id=found.user_id, token_hash=token_hash)
    if by == found.name:
        tell(tx, "logged_out", now, who_did=by, address=found.address)
    else:
        tell(tx, "session_ended", now, who_did=by, name=found.name, address=found.address)


def login_blocked(tx: Tx, name: str, address: str, now: datetime) -> None:
    """Too many wrong guesses: told once, at the first that is not even looked at."""
    tell(tx, "login_blocked", now, name=storable(name), address=address)


# --- second factors -----------------------------------------------------------------------


def add_totp(tx: Tx, user_id: str, secret: str, step: int, session: str, now: datetime) -> None:
    """Codes of an authenticator are asked for from now on; the first, of ``step``, was right."""
    user = _user(tx, user_id)
    users.update_user(tx, user_id, totp=secret, totp_step=step)
    access.proved(tx, session, "totp")
    tell(tx, "factor_added", now, who_did=user.name, name=user.name, factor="totp")


def add_passkey(tx: Tx, key: Passkey, session: str, now: datetime) -> None:
    """A device is asked for from now on."""
    user = _user(tx, key.user_id)
    if access.passkey(tx, key.id) is not None:
        raise Refused("this device is known already")
    access.insert_passkey(tx, key)
    access.proved(tx, session, "passkey")
    factor = f"passkey ({key.name})"
    tell(tx, "factor_added", now, who_did=user.name, name=user.name, factor=factor)


def remove_totp(tx: Tx, user_id: str, now: datetime) -> None:
    """No code is asked for any more."""
    user = _user(tx, user_id)
    if user.totp is not None:
        users.update_user(tx, user_id, totp=None)
        _forget_codes(tx, replace(user, totp=None))
        tell(tx, "factor_removed", now, who_did=user.name, name=user.name, factor="totp")


def remove_passkey(tx: Tx, user_id: str, key_id: str, now: datetime) -> None:
    """One's own device is forgotten. Raises NotFound where it is another's."""
    user = _user(tx, user_id)
    gone = access.delete_passkeys(tx, user_id, key_id)
    if not gone:
        raise NotFound("there is no such passkey")
    _forget_codes(tx, user)
    factor = f"passkey ({gone[0].name})"
    tell(tx, "factor_removed", now, who_did=user.name, name=user.name, factor=factor)


def _forget_codes(tx: Tx, user: User) -> None:
    """Recovery codes stand for a factor: without one there is nothing to recover."""
    if user.totp is None and not access.passkeys(tx, user.id):
        access.put_recovery_codes(tx, user.id, ())


def reset_factors(tx: Tx, user_id: str, by: str, now: datetime, *, administrators: bool) -> None:
    """A person lost their device: the password alone lets them in, to add another one.

    Ends their sessions. ``administrators``: whether ``by`` may do it to an administrator.
    """
    user = _user(tx, user_id)
    if user.role == Role.ADMINISTRATOR and not administrators:
        raise Refused("an administrator's second factor is reset by an administrator")
    users.update_user(tx, user_id, totp=None)
    access.delete_passkeys(tx, user_id)
    access.put_recovery_codes(tx, user_id, ())
    access.end_sessions(tx, now, user_id=user_id)
    tell(tx, "factors_reset", now, who_did=by, name=user.name)


def new_recovery_codes(tx: Tx, user_id: str, macs: Iterable[str], now: datetime) -> None:
    """Others, instead of those of before."""
    user = _user(tx, user_id)
    access.put_recovery_codes(tx, user_id, macs)
    tell(tx, "recovery_codes", now, who_did=user.name, name=user.name)


def use_recovery_code(tx: Tx, user_id: str, mac: str, now: datetime) -> bool:
    """Take one; False: it is none, or was taken before."""
    user = _user(tx, user_id)
    if not access.take_recovery_code(tx, user_id, mac):
        return False
    left = access.recovery_codes_left(tx, user_id)
    tell(tx, "recovery_code_used", now, who_did=user.name, name=user.name, left=left)
    return True
