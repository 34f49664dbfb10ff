"""SIA DC-07: receiver to computer, in the frames that DC-09 took over from it.

``LF crc length "id" seq R… L… [#account|data] CR``: the same envelope, token, sequence number and
``R``/``L`` fields (DC-09 §5.4 refers to DC-07 for them), the account inside the bracket, as in the
SIA mode of computer interfaces (``[#aaaa|Nri1BA01]``; Bosch Conettix D6600 manual §3.2), or, as in
DC-09, before it too. An empty bracket without an account is the link test (Radionics D6500
*Computer Interface Manual*, *Link Test*: a null message), a ``NULL`` token as well; it proves that
the receiver lives. Pure and total.

What differs from DC-09: tokens that we can't read are kept for a human and acknowledged, since a
receiver, unlike a panel, has nowhere else to go with them; nothing is encrypted; and the time
stamp is the receiver's, not the panel's, in a zone that implementations disagree on: only ``raw``
keeps it.
"""

import re
from collections.abc import Callable
from datetime import datetime

from callflow.core.signals import contact_id, sia
from callflow.core.signals.dc09 import Head, open_content, read_head
from callflow.core.signals.event import Event
from callflow.core.signals.framing import Body2007, Fault, frame, with_crc_of_2007
from callflow.core.signals.hardware import payload_of, signals_of
from callflow.core.signals.protocol import SHORT, Received, Station, hash_of

#: The formats whose payload is read, and by what.
_PAYLOADS: dict[str, Callable[[str], tuple[Event, ...]]] = {
    "SIA-DCS": sia.decode,
    "ADM-CID": contact_id.decode,
}
_LINK_TEST = "NULL"
_ANSWERS = frozenset({"ACK", "NAK", "DUH", "RSP"})
_DATA = re.compile(r"\|?(?:#([0-9A-Za-z]{1,16})(?:\||$))?(.*)", re.DOTALL)
_UNPRINTABLE = re.compile(r"[\0-\x1f\x7f-\x9f]")


def receive(body: bytes, now: datetime, station: Station) -> Received:
    """Answer one body that the splitter has cut out. ``now`` is UTC. Never raises."""
    head = read_head(body)
    if head is None:
        return Received(None, fault=Fault.MALFORMED)
    if head.id in _ANSWERS:
        return Received(None)
    reply = _ack(head)
    if type(body) is Body2007:
        reply = with_crc_of_2007(reply)
    content = open_content(head.content or "")
    match = _DATA.fullmatch(content.data)
    assert match is not None  # it matches anything
    account, payload = match[1] or head.account, match[2]
    if head.id == _LINK_TEST or not (account or payload.strip()):
        return Received(reply, receiver=_number(head), beat=True)
    account = account if re.fullmatch(r"[0-9A-Za-z]{1,16}", account) else ""
    name = f"{account}|{head.sequence}|{hash_of(head.body)}"
    signals = signals_of(
        _events(head, payload),
        account=account,
        format=head.id if head.id.isprintable() else "dc07",
        raw=_shown(head.body),
        now=now,
        line=_line(head, station),
        key=station.repeats.key(name, content.stamp, now),
        station=station,
    )
    return Received(reply, signals, account or None, receiver=_number(head))


def _events(head: Head, payload: str) -> tuple[Event, ...]:
    decode = _PAYLOADS.get(head.id)
    return (Event("", text=payload),) if decode is None else decode(payload)


def _line(head: Head, station: Station) -> str:
    return f"{station.line}/{_number(head)}-{head.line.removeprefix('L') or '0'}"


def _number(head: Head) -> str:
    """The receiver's own."""
    return head.receiver.removeprefix("R") or "0"


def _shown(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _ack(head: Head) -> bytes:
    account = f"#{head.account[:SHORT]}" if head.account else ""
    return frame(f'"ACK"{head.sequence}{head.receiver}{head.line}{account}[]'.encode())


# -- what a receiver sends -----------------------------------------------------------------------


def heartbeat(sequence: int, receiver: str = "1") -> bytes:
    """The link test."""
    return frame(f'"{_LINK_TEST}"{sequence:04d}R{receiver}L0[]'.encode())


def encode(
    account: str,
    code: str,
    zone: str = "",
    partition: str = "",
    text: str = "",
    *,
    sequence: int,
    receiver: str = "1",
    line: str = "1",
) -> bytes:
    """One event: SIA for two letters, Contact ID for four digits such as 1130.

    Raises ValueError for a code or an account that the format hasn't.
    """
    name, payload = payload_of(account, code, zone, partition, text)
    return frame(f'"{name}"{sequence:04d}R{receiver}L{line}[#{account}|{payload}]'.encode())
