"""What mail servers tell later of a letter (RFC 3464): read, no I/O.

Whoever knows a letter's id may write such a report: it is a claim, kept in their words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import default

#: Bytes of a letter that are looked at.
LARGEST = 200_000
#: With hyphens: of letters that went out before ids had none.
_ID = re.compile(r"<?([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:@[^>]*)?>?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What became of a letter of ours: it ``arrived``, or never will."""

    message: str  # its row's id
    arrived: bool
    text: str


def read_report(content: bytes) -> Report | None:
    """What a letter in the mailbox reports; None: it is none, or says nothing that is final."""
    letter = message_from_bytes(content[:LARGEST], policy=default)
    if letter.get_content_type() != "multipart/report":
        return None
    parts = list(letter.walk())
    blocks = [
        block
        for part in parts
        if part.get_content_type() == "message/delivery-status"
        for block in _blocks(part)
    ]
    action = next((str(b["Action"]).strip().lower() for b in blocks if b["Action"]), "")
    message = _message(blocks, parts)
    if message is None or action not in ("failed", "delivered"):
        return None
    return Report(message=message, arrived=action == "delivered", text=_said(blocks, action))


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return (
        [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []
    )


def _message(blocks: Sequence[Message], parts: Sequence[Message]) -> str | None:
    """The row's id: the envelope's, as it was given, or that of the letter which is sent back."""
    told = [str(block["Original-Envelope-Id"]) for block in blocks if block["Original-Envelope-Id"]]
    for part in parts[1:]:
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            told += re.findall(r"(?im)^message-id:\s*(\S+)", str(part.get_payload()))
        elif part["Message-ID"]:
            told.append(str(part["Message-ID"]))
    found = (_ID.fullmatch(each.strip()) for each in told)
    return next((match[1] for match in found if match), None)


def _said(blocks: Sequence[Message], action: str) -> str:
    """In the server's words, on one line."""
    names = ("Status", "Diagnostic-Code", "Remote-MTA")
    said = [str(block[name]) for block in blocks for name in names if block[name]]
    return " ".join(" ".join([action, *said]).split())
