"""SIA DC-03 data blocks as DC-09 carries them: ``Nri1/id12/BA03^Back door^/BA04``.

Seen from real panels: slashes left out, text in carets, in an ``A`` block, or as ``*'text'NM``,
an area's name in carets (Jablotron), an account in front (tests/data/frames/dc09.yaml).
When in doubt an event too many is read rather than one too few.
"""

import re

from callflow.core.signals.event import Event

# What nearly every panel sends, read in one step: "Nri1/BA03". It says the same as the rules below.
_PLAIN = re.compile(r"[NO](?:ri([0-9]+)/)?([A-Z]{2})([0-9]*)")
_FLAG = re.compile(r"\|?[NO](?=/|[a-z]{2}|[A-Z]{2})")
_MODIFIER = re.compile(r"([a-z]{2})([^/A-Za-z^|*]*)")
# The name of an area, which is no event's text: "ri01^TOTAL^/".
_AREA_NAME = re.compile(r"((?:^|[/|])[NO]?ri[0-9]+)\^[^^]*\^(?=/)")
# A zone ends at a separator, or where another code and its number follow without one.
_EVENT = re.compile(r"([A-Z]{2})(\d+(?=[A-Z]{2}\d)|[^/^|*]*)")
_CARETS = re.compile(r"\^(.*?)\^(?=/[A-Z]{2}\d|/[a-z]{2}\d|\|[NOA]|$)|\^(.*)", re.DOTALL)
_BLOCK = re.compile(r"\|A?(.*?)(?=\|[NO](?:[a-z]{2}|[A-Z]{2}\d)|$)", re.DOTALL)
_NAME = re.compile(r"\*'?(.*?)'?(?:N[A-Z])?(?=/[A-Z]{2}\d|\||$)", re.DOTALL)


def decode(payload: str) -> tuple[Event, ...]:
    """Every event of a payload in its order; if there is none, one without a code, text as sent."""
    plain = _PLAIN.fullmatch(payload)
    if plain is not None:
        area, code, zone = plain.groups("")
        return (Event(code, zone, area, zone if code[0] in "OC" else ""),)
    return _decode_any(payload)


def _decode_any(payload: str) -> tuple[Event, ...]:
    events: list[Event] = []
    modifiers: dict[str, str] = {}
    read, position = _AREA_NAME.sub(r"\1", payload), 0
    while position < len(read):
        position = _step(read, position, events, modifiers)
    return tuple(events) or (Event("", text=payload),)


def _step(payload: str, position: int, events: list[Event], modifiers: dict[str, str]) -> int:
    """Read one thing at ``position``; where the next one begins."""
    if flag := _flag(payload, position):
        return flag
    letter = payload[position]
    if events and (text := _text(payload, position, letter)) is not None:
        events[-1] = events[-1]._replace(text=text[0])
        return text[1]
    if modifier := _MODIFIER.match(payload, position):
        modifiers[modifier[1]] = modifier[2]
        return modifier.end()
    if event := _EVENT.match(payload, position):
        events.append(_event(event[1], event[2].strip(), modifiers))
        return event.end()
    return position + 1


def _flag(payload: str, position: int) -> int:
    """The end of the *new* or *old* flag that opens a packet, 0 where none stands."""
    if position and payload[position] != "|":
        return 0
    flag = _FLAG.match(payload, position)
    return flag.end() if flag else 0


def _text(payload: str, position: int, letter: str) -> tuple[str, int] | None:
    """The text that begins here, and where it ends."""
    pattern = {"^": _CARETS, "|": _BLOCK, "*": _NAME}.get(letter)
    match = pattern.match(payload, position) if pattern else None
    if match is None:
        return None
    return next((text for text in match.groups() if text is not None), ""), match.end()


def _event(code: str, zone: str, modifiers: dict[str, str]) -> Event:
    # Openings and closings number a user where others number a zone (DC-03 table A.3).
    user = modifiers.get("id", "") or (zone if code[0] in "OC" else "")
    return Event(code, zone, modifiers.get("ri", ""), user)


def encode(code: str, zone: str, partition: str = "", text: str = "") -> str:
    """One event as a block. Raises ValueError where the code is not two capitals."""
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise ValueError(f"a SIA code is two capital letters, such as BA, not {code!r}")
    area = f"ri{partition}/" if partition else ""
    return f"N{area}{code}{zone}" + (f"^{text}^" if text else "")
