"""Something typed to try it: a frame of DC-09, a payload, or a code alone. Pure."""

import re
from typing import NamedTuple

from callflow.core.signals import contact_id, sia
from callflow.core.signals.event import Event

_SIA, _CONTACT_ID = "SIA-DCS", "ADM-CID"
#: "…"SIA-DCS"0001L0#1001[#1001|Nri1/BA3]…": the id, and what stands between the first brackets.
_FRAME = re.compile(r'"\*?(?P<id>SIA-DCS|ADM-CID)".*?\[(?P<content>[^\]]*)\]', re.DOTALL)
#: "[#1001|Nri1/BA3]", or the same without brackets or account.
_PAYLOAD = re.compile(r"\[?(?:#(?P<account>[0-9A-Za-z]{1,16})\|)?(?P<payload>[^\]]*)\]?", re.DOTALL)
_CODE = re.compile(r"[A-Z]{2}|[136ER]?[0-9A-F]{3}")
_CID_PAYLOAD = re.compile(
    r"(18|98)?\s*[0-9]\s*[0-9A-F]{3}\s*[0-9A-F]{2}\s*[0-9A-F]{3}", re.IGNORECASE
)


class Tried(NamedTuple):
    """What was typed, read. ``account``: "" where it doesn't say; no ``events``: it says none."""

    format: str
    account: str
    events: tuple[Event, ...]


def read(typed: str) -> Tried:
    """As the receiver would read it, without its checksums, keys and clocks. Never raises."""
    text = typed.strip()
    frame = _FRAME.search(text)
    payload = _PAYLOAD.match(frame["content"] if frame else text)
    assert payload is not None  # it matches anything
    account, content = payload["account"] or "", payload["payload"].strip()
    if frame is None and (code := _code(content)):
        return Tried(_CONTACT_ID if code[0].isdigit() else _SIA, account, (Event(code),))
    is_contact_id = frame["id"] == _CONTACT_ID if frame else bool(_CID_PAYLOAD.match(content))
    found = contact_id.decode(content) if is_contact_id else sia.decode(content)
    known = tuple(event for event in found if event.code)
    return Tried(_CONTACT_ID if is_contact_id else _SIA, account, known)


def _code(content: str) -> str:
    """A code alone, Contact ID's with its qualifier: "130" and "E130" are "1130"."""
    text = content.upper()
    if not _CODE.fullmatch(text):
        return ""
    if len(text) == 3:
        return f"1{text}"
    return (
        text.replace("E", "1", 1).replace("R", "3", 1)
        if text[0] in "ER" and len(text) == 4
        else text
    )
