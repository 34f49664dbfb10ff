"""The other side of DC-09: what a panel sends, and how it reads its answer."""

from datetime import datetime
from typing import NamedTuple

from callflow.core.signals import contact_id, sia
from callflow.core.signals.cipher import encrypt
from callflow.core.signals.dc09 import decrypt, open_content, read_head, stamp_of
from callflow.core.signals.framing import frame


class Reply(NamedTuple):
    """A receiver's answer. ``stamp`` is its clock, in NAK and encrypted answers."""

    kind: str  # ACK, NAK, DUH
    sequence: str
    account: str
    encrypted: bool
    stamp: datetime | None


def event_data(
    format_name: str, account: str, code: str, zone: str = "", partition: str = "", text: str = ""
) -> tuple[str, tuple[str, ...]]:
    """Data and extra blocks of one event. Raises ValueError for a code that the format hasn't."""
    if format_name == "ADM-CID":
        payload, blocks = contact_id.encode(code, zone, partition), (f"I{text}",) if text else ()
    elif format_name == "SIA-DCS":
        payload, blocks = sia.encode(code, zone, partition, text), ()
    else:
        raise ValueError(f"a panel sends SIA-DCS or ADM-CID, not {format_name!r}")
    return f"#{account}|{payload}", blocks


def message(
    name: str,
    account: str,
    data: str,
    *,
    sequence: int,
    blocks: tuple[str, ...] = (),
    receiver: str = "",
    line: str = "0",
    key: bytes | None = None,
    stamp: datetime | None = None,
) -> bytes:
    """One frame. ``name`` is SIA-DCS, ADM-CID or NULL; with ``key`` it is encrypted.

    Raises ValueError where it would be longer than a frame may be.
    """
    star = "*" if key is not None else ""
    part = f"R{receiver}" if receiver else ""
    head = f'"{star}{name}"{sequence:04d}{part}L{line}#{account}['.encode()
    extra = "".join(f"[{block}]" for block in blocks)
    clear = f"{data}]{extra}{stamp_of(stamp) if stamp else ''}".encode()
    return frame(head + (clear if key is None else encrypt(clear, key)))


def read_reply(body: bytes, key: bytes | None = None) -> Reply | None:
    """The answer in one body that the splitter cut out; None where it is none, or unreadable."""
    head = read_head(body)
    if head is None or head.id not in ("ACK", "NAK", "DUH"):
        return None
    content = decrypt(head, key) if head.encrypted else None
    if head.encrypted and content is None:
        return None
    content = content or open_content(head.content or "")
    return Reply(head.id, head.sequence, head.account, head.encrypted, content.stamp)
