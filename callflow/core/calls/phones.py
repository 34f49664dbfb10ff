"""The operators' telephones: endpoints of our own Asterisk, in a browser or on a desk."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callflow.core.calls.call import Call

#: No caller's number can look like it (an endpoint ``201`` once swallowed a trunk's caller 201).
PREFIX = "op-"
#: Whom our own Asterisk calls, it calls by an endpoint of this name (pjsip.conf says why).
CALLED = "@out"
_NAME = re.compile(r"op-[0-9a-z][0-9a-z-]{0,27}")


class PhoneKind(StrEnum):
    """Where a telephone is."""

    SOFTPHONE = "softphone"  # in the browser, for as long as the session lasts
    DESK = "desk"  # a SIP phone beside it


#: Device states (Asterisk's) in which a call would not ring.
_AWAY = frozenset({"", "UNAVAILABLE", "INVALID", "UNKNOWN"})
_BUSY = frozenset({"INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"})


def is_reachable(state: str) -> bool:
    """True where a phone in this device state is registered."""
    return state not in _AWAY


@dataclass(frozen=True, slots=True)
class Phone:
    """A person's telephone: an endpoint of one node's Asterisk. Times are UTC."""

    name: str
    user_id: str
    kind: PhoneKind
    node: str
    secret: str  # encrypted
    session: str | None  # a softphone's lasts as long as its session
    created_at: datetime
    owner: str
    state: str = ""  # as Asterisk says
    rendered_at: datetime | None = None  # since then its node's Asterisk knows it
    ended_at: datetime | None = None

    @property
    def reachable(self) -> bool:
        """True where it is registered."""
        return is_reachable(self.state)

    @property
    def free(self) -> bool:
        """True where it is registered and neither rings nor speaks."""
        return self.reachable and self.state not in _BUSY


def is_phone(name: str) -> bool:
    """True where a call's destination is an operator's phone, not a number of the network."""
    return _NAME.fullmatch(name) is not None


def owner_of(call: Call) -> str:
    """Whose telephone a call's row went to; "" where it is none of ours, or nobody's that is known.

    A telephone's own name is Asterisk's and ours: people and programs are told *the desk of NAME*.
    """
    if call.operator or not is_phone(call.to):
        return call.operator
    return (call.contact_id or "").partition(":")[2]
