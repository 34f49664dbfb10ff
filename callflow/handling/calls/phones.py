"""The operators' telephones: given with a session, taken back with it, known to their Asterisk."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog

from callflow.core.calls.phones import PREFIX, Phone, PhoneKind
from callflow.core.records.logbook import MACHINE
from callflow.handling.alarms.acting import ask_hang_up, let_go
from callflow.handling.base.nodes import choose_node
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.calls import calls, phones
from callflow.storage.people import users
from callflow.vault import Unreadable, Vault

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What a telephone registers with. ``ready``: its Asterisk knows it."""

    name: str
    secret: str
    node: str
    ready: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A telephone as its node's Asterisk must know it."""

    name: str
    kind: PhoneKind
    secret: str


def softphone(tx: Tx, vault: Vault, who: str, session: str, now: datetime) -> Credentials:
    """The telephone of this session's browser, made at the first time; its secret lasts as long.

    A person has one softphone: the one of an earlier session ends with its calls.
    """
    mine = None
    for phone in phones.of_owner(tx, who):
        if phone.session == session:
            mine = phone
        elif phone.kind == PhoneKind.SOFTPHONE:
            end_phone(tx, phone.name, now)
    if mine is not None:
        try:
            return _credentials(vault, mine)
        except Unreadable as error:
            log.warning("phone.unreadable", phone=mine.name, reason=str(error))
            end_phone(tx, mine.name, now)
    return _new(tx, vault, who, PhoneKind.SOFTPHONE, now, session=session)


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """Where the telephones on desks register; ``secure``: over TLS, and they speak SRTP."""

    host: str
    port: int
    secure: bool


def server(settings: Settings) -> Server:
    """Raises Refused where no telephone could be told an address that is really ours."""
    host, secure = settings.phones_host or settings.sip_host, settings.secure_phones
    if settings.asterisk == "external":
        raise Refused("telephones register with your own PBX: set them up there")
    if host == "0.0.0.0":  # noqa: S104 -- nobody is reached there
        raise Refused(
            "SIP listens at every address of this machine: whoever sets the station up says by"
            " which name or address telephones reach it"
        )
    port = settings.ports.sip_tls if secure else settings.ports.sip
    return Server(host=host, port=port, secure=secure)


def desk_phone(
    tx: Tx, vault: Vault, who: str, now: datetime, *, by: str | None = None
) -> Credentials:
    """A SIP phone on somebody's desk: what it has to be set up with. Shown once, and logged.

    ``by`` gives it, where they don't take it themselves.
    """
    for phone in phones.of_owner(tx, who):
        if phone.kind == PhoneKind.DESK:
            end_phone(tx, phone.name, now)
    made = _new(tx, vault, who, PhoneKind.DESK, now)
    tell(tx, "desk_phone_given", now, phone=made.name, who=who, who_did=by or who)
    return made


def _new(
    tx: Tx, vault: Vault, who: str, kind: PhoneKind, now: datetime, session: str | None = None
) -> Credentials:
    user = users.user_by_name(tx, who)
    if user is None or user.disabled_at is not None:
        raise NotFound(f"there is no user {who!r}")
    name, secret = PREFIX + secrets.token_hex(6), secrets.token_urlsafe(24)
    node = choose_node(tx, load_policy(tx).node, now, call_id=name, room=None)
    phones.insert(
        tx,
        Phone(
            name=name,
            user_id=user.id,
            kind=kind,
            node=node,
            secret=vault.lock(secret),
            session=session,
            created_at=now,
            owner=who,
        ),
    )
    return Credentials(name=name, secret=secret, node=node, ready=False)


def credentials(tx: Tx, vault: Vault, session: str, who: str) -> Credentials | None:
    """Those of this session's softphone; None: it has none."""
    mine = [phone for phone in phones.of_owner(tx, who) if phone.session == session]
    return _credentials(vault, mine[0]) if mine else None


def _credentials(vault: Vault, phone: Phone) -> Credentials:
    return Credentials(
        name=phone.name,
        secret=vault.unlock(phone.secret),
        node=phone.node,
        ready=phone.rendered_at is not None,
    )


def end_phone(tx: Tx, name: str, now: datetime) -> None:
    """It is nobody's any more; its calls are let go."""
    phones.change(tx, name, ended_at=now)
    phone_dropped(tx, name, now)


def end_phones(tx: Tx, who: str, now: datetime) -> None:
    """Somebody has no telephone any more, in a browser or on a desk; what rings there stops."""
    for phone in phones.of_owner(tx, who):
        phones.change(tx, phone.name, ended_at=now)
        for call in calls.live_to_number(tx, phone.name):
            let_go(tx, call, now)


def phone_dropped(tx: Tx, name: str, now: datetime) -> None:
    """Nobody holds this telephone any more: its calls are over. One that still rings goes on
    ringing: the same browser may be about to register again."""
    for call in calls.live_to_number(tx, name):
        if call.up:
            ask_hang_up(tx, call.id, MACHINE, now)


def end_orphans(tx: Tx, now: datetime) -> None:
    """Softphones whose session is over, and calls of telephones that are nobody's any more."""
    for name in phones.orphans(tx, now):
        end_phone(tx, name, now)
    for name in phones.speaking_after_their_end(tx):
        phone_dropped(tx, name, now)


def endpoints(tx: Tx, vault: Vault, node: str) -> list[Endpoint]:
    """What this node's Asterisk must know now. A telephone whose secret was altered keeps no other
    from ringing."""
    found = []
    for phone in phones.live(tx, node):
        try:
            secret = vault.unlock(phone.secret)
        except Unreadable as error:
            log.warning("phone.unreadable", phone=phone.name, reason=str(error))
        else:
            found.append(Endpoint(name=phone.name, kind=PhoneKind(phone.kind), secret=secret))
    return found


def phone_of(tx: Tx, who: str) -> Phone | None:
    """The telephone that somebody is reached at now: a registered one, a free one first."""
    reachable = [phone for phone in phones.of_owner(tx, who) if phone.reachable]
    return min(reachable, key=lambda phone: not phone.free, default=None)


def own_phone(tx: Tx, who: str) -> Phone:
    """The same. Raises Refused where there is none."""
    phone = phone_of(tx, who)
    if phone is None:
        raise Refused("your telephone is not connected: open the console, or register a desk phone")
    return phone
