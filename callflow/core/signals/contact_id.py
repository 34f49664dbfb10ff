"""Contact ID (ANSI/SIA DC-05): as DC-09 carries it, ``Q XYZ GG CCC`` without account and checksum,
and as a panel sends it over the phone, a block of 16 keys.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from callflow.core.signals.event import Event

#: Keys of a block: ACCT MT QXYZ GG CCC S.
BLOCK_LENGTH = 16
#: Of Contact ID: 18 is preferred, 98 is optional (DC-05, Message Type).
MESSAGE_TYPES = ("18", "98")
#: The digits of a block, and the keys they are sent as: a phone's A is the hexadecimal D.
_DIGITS, _KEYS = "0123456789BCDEF", "0123456789*#ABC"
_FROM_KEYS = str.maketrans(_KEYS, _DIGITS)
_TO_KEYS = str.maketrans(_DIGITS, _KEYS)

# "1130 01 001". Some panels keep the message type 18 in front, or leave the spaces out.
_PAYLOAD = re.compile(
    r"(18|98)?\s*([0-9])\s*([0-9A-F]{3})\s*([0-9A-F]{2})\s*([0-9A-F]{3,4})(?![0-9A-F])(.*)",
    re.DOTALL | re.IGNORECASE,
)


def decode(payload: str) -> tuple[Event, ...]:
    """The event of one payload; an event without a code, text as sent, for anything else."""
    match = _PAYLOAD.match(payload.strip())
    if match is None:
        return (Event("", text=payload),)
    message_type, qualifier, code, group, zone, rest = match.groups()
    if message_type is not None and match.start(5) == 8:
        zone = zone[:3]  # DC-05's whole block without spaces: behind the zone is its checksum
    user = zone if code.startswith("4") else ""
    text = rest.strip("|^ ")
    return (Event(qualifier + code.upper(), zone, group, user, text),)


def encode(code: str, zone: str, partition: str = "") -> str:
    """``Q XYZ GG CCC`` for a code such as "1130". Raises ValueError where the code is none."""
    if not re.fullmatch(r"[0-9][0-9A-F]{3}", code):
        raise ValueError(f"a Contact ID code is Q and XYZ, such as 1130, not {code!r}")
    return f"{code} {partition or '0':0>2.2} {zone or '0':0>3.4}"


# --- over the phone -----------------------------------------------------------------------------


class Fault(StrEnum):
    """Why a block is none: the panel must send it again."""

    LENGTH = "length"  # keys are missing, or too many
    KEY = "key"  # the key D, which stands for no digit
    CHECKSUM = "checksum"
    MESSAGE_TYPE = "message_type"  # no Contact ID


class BadBlock(Exception):
    """The keys that came are no message. ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Block(NamedTuple):
    """One message over the phone. ``text`` is the block for people: "1234 18 1131 01 015 8"."""

    account: str
    message_type: str
    event: Event
    text: str


def read_block(keys: str) -> Block:
    """The message of 16 ``keys`` (``0-9 * # A B C``). Raises BadBlock."""
    if len(keys) != BLOCK_LENGTH:
        raise BadBlock(Fault.LENGTH)
    if not set(keys) <= set(_KEYS):
        raise BadBlock(Fault.KEY)
    digits = keys.translate(_FROM_KEYS)
    if sum(map(_weight, digits)) % 15:
        raise BadBlock(Fault.CHECKSUM)
    account, message_type, code = digits[:4], digits[4:6], digits[6:10]
    if message_type not in MESSAGE_TYPES:
        raise BadBlock(Fault.MESSAGE_TYPE)
    partition, zone, check = digits[10:12], digits[12:15], digits[15]
    event = Event(code, zone, partition, zone if code[1] == "4" else "")
    text = f"{account} {message_type} {code} {partition} {zone} {check}"
    return Block(account, message_type, event, text)


def block_keys(
    account: str, code: str, zone: str = "", partition: str = "", *, message_type: str = "18"
) -> str:
    """The 16 keys of a message, its checksum last. Raises ValueError where it can be none."""
    body = f"{account:0>4}{message_type}{code}{partition:0>2}{zone:0>3}".upper()
    if len(body) != BLOCK_LENGTH - 1 or not set(body) <= set(_DIGITS):
        raise ValueError(f"not a Contact ID message: {account} {code} {partition} {zone}")
    total = sum(map(_weight, body))
    check = next(digit for digit in _DIGITS if (total + _weight(digit)) % 15 == 0)
    return (body + check).translate(_TO_KEYS)


def _weight(digit: str) -> int:
    """0 counts as ten (DC-05), B to F as in hexadecimal; there is no A."""
    return int(digit, 16) or 10
