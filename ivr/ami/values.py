"""What may go into an AMI action. AMI is lines: a line break in a value is a second action."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ivr.ami.events import BadValue

#: The ids that we give to our attempts, and the only channels that this adapter looks at: a UUID.
#: The other half of a Local channel carries the same id with ``;2`` behind, so it never matches.
_CALL_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
_NUMBER = re.compile(r"\+?([0-9]{2,15})")
_TRUNK = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def is_call_id(text: str) -> bool:
    """Whether ``text`` has the form of one of our attempts' ids."""
    return _CALL_ID.fullmatch(text) is not None


def checked_call_id(call_id: str) -> str:
    """``call_id`` if it has the form of our ids; raises BadValue (Hangup takes patterns too)."""
    if not is_call_id(call_id):
        raise BadValue(f"not a call id: {call_id!r}")
    return call_id


def dial_digits(number: str) -> str:
    """The digits that the trunk wants for an E.164 number; raises BadValue.

    ``&`` in a channel dials two phones and a comma starts an option: digits only.
    """
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise BadValue(f"not a number that can be dialled: {number!r}")
    return match.group(1)


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
