"""Contact ID (ANSI/SIA DC-05) as DC-09 carries it: ``Q XYZ GG CCC``, no account, no checksum."""

from __future__ import annotations

import re

from callflow.signals.event import Event

# "1130 01 001". Some panels keep the message type 18 in front, or leave the spaces out.
_PAYLOAD = re.compile(
    r"(?:(?:18|98)\s*)?([0-9])\s*([0-9A-F]{3})\s*([0-9A-F]{2})\s*([0-9A-F]{3,4})(?![0-9A-F])(.*)",
    re.DOTALL | re.IGNORECASE,
)


def decode(payload: str) -> tuple[Event, ...]:
    """The event of one payload; an event without a code, text as sent, for anything else."""
    match = _PAYLOAD.match(payload.strip())
    if match is None:
        return (Event("", text=payload),)
    qualifier, code, group, zone, rest = match.groups()
    user = zone if code.startswith("4") else ""
    text = rest.strip("|^ ")
    return (Event(qualifier + code.upper(), zone, group, user, text),)


def encode(code: str, zone: str, partition: str = "") -> str:
    """``Q XYZ GG CCC`` for a code such as "1130". Raises ValueError where the code is none."""
    if not re.fullmatch(r"[0-9][0-9A-F]{3}", code):
        raise ValueError(f"a Contact ID code is Q and XYZ, such as 1130, not {code!r}")
    return f"{code} {partition or '0':0>2.2} {zone or '0':0>3.4}"
