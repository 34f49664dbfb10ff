"""A carrier's clock by the *Date* of its answers: how far ours is from it at least. Pure.

The date is to the second (RFC 3261, 20.17), so that a difference below one says nothing.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: Bytes of an answer that are looked at.
LONGEST = 16_384
_DATE = re.compile(rb"^date[ \t]*:[ \t]*([^\r\n]{1,64})\r?$", re.IGNORECASE | re.MULTILINE)
_NAMED = re.compile(
    rb"^(?:call-id|i)[ \t]*:[ \t]*(\S{1,128})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_ANSWER = re.compile(rb"SIP/2\.0 [2-6][0-9][0-9] ")
_STEP = timedelta(seconds=1)


def question(host: str, port: int, transport: str, here: tuple[object, ...], name: str) -> bytes:
    """OPTIONS of nobody's, which costs whoever answers nothing (RFC 3261, 11). ``here``: the
    address and port that it is asked from; ``name``: the question's own."""
    lines = (
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/{transport.upper()} {here[0]}:{here[1]};branch=z9hG4bK{name};rport",
        "Max-Forwards: 70",
        f"From: <sip:clock@{here[0]}>;tag={name}",
        f"To: <sip:{host}>",
        f"Call-ID: {name}",
        "CSeq: 1 OPTIONS",
        "Accept: application/sdp",
        "Content-Length: 0",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def is_answer(message: bytes, name: str) -> bool:
    """True of the last word on that question, whatever it says."""
    named = _NAMED.search(_head(message))
    return _ANSWER.match(message) is not None and named is not None and named[1] == name.encode()


def _head(message: bytes) -> bytes:
    return message[:LONGEST].partition(b"\r\n\r\n")[0]


def ahead(answer: bytes, asked: datetime, heard: datetime) -> float | None:
    """Seconds that our clock is ahead of theirs at least, negative where it is behind; 0 where it
    may be the same. None: they don't say. ``asked`` and ``heard`` are by our clock, UTC."""
    said = _DATE.search(_head(answer))
    theirs = _instant(said[1]) if said is not None else None
    if theirs is None:
        return None
    least, most = asked - (theirs + _STEP), heard - theirs
    if least <= timedelta(0) <= most:
        return 0.0
    return (least if least > timedelta(0) else most).total_seconds()


def _instant(text: bytes) -> datetime | None:
    try:
        found = parsedate_to_datetime(text.decode("ascii"))
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, TypeError, OverflowError):
        return None
