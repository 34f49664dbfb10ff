"""Sur-Gard's automation output (MLR2, MLR2000, System I-III), as hardware receivers speak it.

One line a message, ended by DC4; the answer is one byte. ``RR`` is the receiver, ``L`` its line
(three digits on System receivers). Pure and total. Sources: the receivers' manuals, "Communication
Protocol with Central Station Computer" (MLR2-DG v1.8 pp. 39-40, MLR2-E p. 38, MLR2000 §12.2,
SG-System III pp. 32 and 74), and Bosch's Conettix D6600 manual, which speaks the same (§3.1.21).

=========================================  ==========================================
``1RRL           @    ``                   heartbeat, every 30 s while nothing is sent
``SRRL[#AAAA|Nri1BA01]``                   SIA (protocol 2)
``3RRL      AAAAXXYYYY``                   SIA (protocol 1): code and zone
``5RRL 18AAAAQXYZGGCCC``                   Contact ID; Q is E (new), R (restore), P (previous)
``0RRL[#0000|NYT00]``                      the receiver of itself, in SIA
``1RRL      AAAA XGYYY``                   pulse formats: a letter that each station programs
=========================================  ==========================================

Whatever else can be read is kept for a human. What line noise has broken is refused (NAK) and sent
again by the receiver; an overlong line gets no answer.
"""

import re
from datetime import datetime
from typing import NamedTuple

from callflow.core.signals import contact_id, sia
from callflow.core.signals.event import Event
from callflow.core.signals.framing import Fault
from callflow.core.signals.hardware import payload_of, signals_of
from callflow.core.signals.protocol import Received, Station, hash_of

ACK, NAK, DC4 = b"\x06", b"\x15", b"\x14"
#: Longest line; SIA blocks hold 63 bytes, with text and links some hundreds.
LONGEST = 1024
#: The format of a message whose codes only the station knows.
OWN = "surgard"

_RR_L = r"([0-9A-F]{2})([0-9A-F]{3}|[0-9A-F])"
_BEAT = re.compile(rf"1{_RR_L} {{6,}}@ *")
_SIA = re.compile(rf"[S0]{_RR_L} ?\[(?:#([0-9A-Za-z]{{1,16}})\|)?(.*)", re.DOTALL)
_SIA_1 = re.compile(rf"3{_RR_L} {{4}}([ 0-9A-Z]{{6}})([A-Z]{{2}})([ 0-9A-F]{{0,4}}) *")
_CONTACT_ID = re.compile(
    rf"5{_RR_L} +(?:18|98)([0-9A-F]{{4}})([ERP136])([0-9A-F]{{3}})([0-9A-F]{{2}})([0-9A-F]{{3}}) *"
)
_PULSE = re.compile(rf"1{_RR_L} {{4}}([ 0-9A-Z]{{6}}) (.)(.)(.{{3}}) *", re.DOTALL)
_HEAD = re.compile(rf"[0-9A-Za-z]{_RR_L}")
_QUALIFIER = {"E": "1", "R": "3", "P": "6"}
_LETTER = {digit: letter for letter, digit in _QUALIFIER.items()}
_NOISE = re.compile(r"[\0-\x1f\x7f\x80-\x9f]")


class Splitter:
    """Cuts a stream at its DC4s. See ``signals.protocol.Splitter``."""

    __slots__ = ("_buffer", "_skipping", "garbage")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skipping = False  # inside a line that is too long
        self.garbage = 0

    @property
    def pending(self) -> bool:
        """True where bytes wait here."""
        return bool(self._buffer) or self._skipping

    @property
    def held(self) -> int:
        """How many bytes wait here."""
        return len(self._buffer)

    def push(self, data: bytes | memoryview) -> None:
        """Add bytes as they came; they are copied."""
        self._buffer += data

    def take(self, limit: int = 1 << 30) -> list[bytes | Fault]:
        """Up to ``limit`` lines and faults, in their order."""
        items: list[bytes | Fault] = []
        position = 0
        while len(items) < limit and (end := self._buffer.find(DC4, position)) >= 0:
            items.append(self._line(bytes(self._buffer[position:end])))
            position = end + 1
        del self._buffer[:position]
        if len(items) < limit and len(self._buffer) > LONGEST:
            self._skip()
        return items

    def finish(self) -> list[bytes | Fault]:
        """What is left when nothing more can come: half a line is a fault."""
        items = self.take()
        if self._skipping or self._buffer.strip(b"\r\n\0"):
            items.append(Fault.BAD_LENGTH)
        self._buffer.clear()
        self._skipping = False
        return items

    def _line(self, line: bytes) -> bytes | Fault:
        if self._skipping or len(line) > LONGEST:
            self._skipping = False
            self.garbage += len(line)
            return Fault.BAD_LENGTH
        self.garbage = 0
        return line

    def _skip(self) -> None:
        self._skipping = True
        self.garbage += len(self._buffer)
        self._buffer.clear()


class Line(NamedTuple):
    """What a line says."""

    receiver: str = ""
    line: str = ""
    account: str = ""
    format: str = OWN
    events: tuple[Event, ...] = ()
    beat: bool = False


def receive(body: bytes, now: datetime, station: Station) -> Received:
    """Answer one line. ``now`` is UTC. Never raises, whatever the bytes."""
    text = _decoded(body).strip("\r\n\0")
    if not text.strip() or _NOISE.search(text):
        return Received(NAK, fault=Fault.MALFORMED)
    line = read(text)
    if line.beat:
        return Received(ACK, receiver=line.receiver, beat=True)
    where = f"{station.line}/{line.receiver}-{line.line}" if line.receiver else station.line
    signals = signals_of(
        line.events,
        account=line.account,
        format=line.format,
        raw=text,
        now=now,
        line=where,
        key=station.resends.key(line.account, hash_of(text), now),
        station=station,
    )
    return Received(ACK, signals, line.account or None, receiver=line.receiver or None)


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def read(text: str) -> Line:
    """Take one line apart; one that nobody knows is an event without a code, text as sent."""
    if beat := _BEAT.fullmatch(text):
        return Line(beat[1], beat[2], beat=True)
    if block := _SIA.fullmatch(text):
        return _sia(block)
    if match := _CONTACT_ID.fullmatch(text):
        receiver, line, account, qualifier, code, group, zone = match.groups()
        payload = f"{_QUALIFIER.get(qualifier, qualifier)}{code} {group} {zone}"
        return Line(receiver, line, account, "ADM-CID", contact_id.decode(payload))
    if match := _SIA_1.fullmatch(text):
        receiver, line, account, code, zone = match.groups()
        events = sia.decode(f"N{code}{zone.strip()}")
        return Line(receiver, line, _account(account), "SIA-DCS", events)
    if match := _PULSE.fullmatch(text):
        receiver, line, account, code, area, zone = match.groups()
        event = Event(code.strip(), zone.strip(), area.strip(), text=text)
        return Line(receiver, line, _account(account), events=(event,))
    head = _HEAD.match(text)
    receiver, line = head.groups() if head else ("", "")
    return Line(receiver, line, events=(Event("", text=text),))


def _sia(block: re.Match[str]) -> Line:
    receiver, line, account, rest = block.groups()
    payload = rest[: rest.rfind("]")] if "]" in rest else rest
    if account is None:
        return Line(receiver, line, events=(Event("", text=payload),))
    return Line(receiver, line, account, "SIA-DCS", sia.decode(payload))


def _account(field: str) -> str:
    """An account in its field: right-aligned."""
    account = field.strip()
    return account if account.isalnum() else ""


# -- what a receiver sends -----------------------------------------------------------------------


def heartbeat(receiver: str = "01", line: str = "1") -> bytes:
    """The heartbeat of an MLR2; of a System receiver with three digits of ``line``."""
    return f"1{receiver}{line}{' ' * 11}@{' ' * 4}".encode() + DC4


def encode(
    account: str,
    code: str,
    zone: str = "",
    partition: str = "",
    text: str = "",
    *,
    receiver: str = "01",
    line: str = "1",
) -> bytes:
    """One event: SIA for two letters, Contact ID for four digits such as 1130.

    Raises ValueError for a code or an account that the format hasn't.
    """
    name, payload = payload_of(account, code, zone, partition, text)
    if name == "ADM-CID":
        told = _contact_id(account, payload, receiver, line)
    else:
        told = f"S{receiver}{line}[#{account}|{payload}]"
    if _NOISE.search(told) or len(told.encode()) > LONGEST:
        raise ValueError("a line holds no control characters and at most 1024 bytes")
    return told.encode() + DC4


def _contact_id(account: str, payload: str, receiver: str, line: str) -> str:
    event, group, zone = payload.split(" ")
    qualifier = _LETTER.get(event[0])
    if qualifier is None or not re.fullmatch(r"[0-9A-F]{4}", account):
        raise ValueError("Contact ID has accounts of four digits, and 1, 3 or 6 before its code")
    if not re.fullmatch(r"[0-9A-F]{2}", group) or not re.fullmatch(r"[0-9A-F]{3}", zone):
        raise ValueError("Contact ID has groups of two digits and zones of three")
    return f"5{receiver}{line} 18{account}{qualifier}{event[1:]}{group}{zone}"
