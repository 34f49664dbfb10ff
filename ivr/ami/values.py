"""What may go into an AMI action. AMI is lines: a line break in a value is a second action."""

import re
from collections.abc import Mapping

from callflow.core.calls.phones import is_phone
from ivr.ami.events import BadValue

#: The ids that we give to our attempts: a UUID.
#: The other half of a Local channel carries the same id with ``;2`` behind, so it never matches.
_CALL_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
#: A channel that somebody else began: a call from outside. Asterisk's own form, with the name of
#: its node in front where it has one.
_CHANNEL_ID = re.compile(r"(?:[0-9A-Za-z][0-9A-Za-z_.-]{0,60}-)?[0-9]{9,12}\.[0-9]{1,9}")
_NUMBER = re.compile(r"\+?([0-9]{2,15})")
#: No parameter but the transport: ``maddr`` and headers lead elsewhere.
_ADDRESS = re.compile(
    r"sip:(op-[0-9a-z-]+)@(?:[0-9.]{7,15}|\[[0-9a-f:.]{2,45}\]):[0-9]{1,5}(?:;transport=(?:tls|ws))?"
)
KEYS = frozenset("0123456789*#ABCD")
_TRUNK = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def is_call_id(text: str) -> bool:
    """True where ``text`` has the form of one of our attempts' ids."""
    return _CALL_ID.fullmatch(text) is not None


def is_channel_id(text: str) -> bool:
    """True where ``text`` has the form of a channel's id, one of ours or of Asterisk's own."""
    return is_call_id(text) or _CHANNEL_ID.fullmatch(text) is not None


def checked_call_id(call_id: str) -> str:
    """``call_id`` if it has the form of our ids; raises BadValue."""
    if not is_call_id(call_id):
        raise BadValue(f"not a call id: {call_id!r}")
    return call_id


def checked_channel_id(channel_id: str) -> str:
    """``channel_id`` if it can be one; raises BadValue (Hangup takes patterns, and names)."""
    if not is_channel_id(channel_id):
        raise BadValue(f"not a channel's id: {channel_id!r}")
    return channel_id


def dial_digits(number: str) -> str:
    """The digits that the trunk wants for an E.164 number; raises BadValue.

    ``&`` in a channel dials two phones and a comma starts an option: digits only.
    """
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise BadValue(f"not a number that can be dialled: {number!r}")
    return match.group(1)


def checked_phone(name: str) -> str:
    """The name of an operator's phone; raises BadValue."""
    if not is_phone(name):
        raise BadValue(f"not a telephone of ours: {name!r}")
    return name


def checked_address(address: str, phone: str) -> str:
    """Where this phone is called: by its name, at an IP address; raises BadValue."""
    found = _ADDRESS.fullmatch(address)
    if found is None or found[1] != phone:
        raise BadValue(f"not an address of {phone}: {address!r}")
    return address


def checked_key(key: str) -> str:
    """One key of a telephone; raises BadValue."""
    if key not in KEYS:
        raise BadValue(f"not a key: {key!r}")
    return key


def checked_trunk(name: str) -> str:
    """A trunk's endpoint name; raises BadValue."""
    if _TRUNK.fullmatch(name) is None:
        raise BadValue(f"not a trunk's name: {name!r}")
    return name


def checked_action(fields: Mapping[str, str]) -> dict[str, str]:
    """``fields`` if none can end its line or hold a control character; raises BadValue."""
    for key, value in fields.items():
        if not key.isascii() or not key.isalpha():
            raise BadValue(f"not a header: {key!r}")
        if not value.isprintable() or len(value) > 512:
            raise BadValue(f"{key} holds a control character or is too long")
    return dict(fields)
