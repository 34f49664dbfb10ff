"""SIA DC-09: the message inside a frame, and the answer that it is given
(docs/explanation/signals.md#dc-09).

Pure and total: ``receive`` answers or refuses any bytes, it never raises. References are to
ANSI/SIA DC-09-2026.
"""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from callflow.core.signals import cipher, plain
from callflow.core.signals.event import Event
from callflow.core.signals.framing import Body2007, Fault, frame, with_crc_of_2007
from callflow.core.signals.plain import PAYLOADS, STAMP
from callflow.core.signals.protocol import SHORT, Received, Station, hash_of
from callflow.core.signals.signal import STATION, Signal

_POLL = "NULL"
_ANSWERS = frozenset({"ACK", "NAK", "DUH", "RSP"})
#: The station's own code that says: an account with a key has sent in clear.
UNENCRYPTED_CODE = "UNENCRYPTED"

_HEAD = re.compile(
    r'"(\*?)([^"\[]*)"([0-9A-Fa-f]{4})?(R[0-9A-Fa-f]{0,6})?(L[0-9A-Fa-f]{0,6})?'
    r"(?:#([^\[\]]{0,64}))?(?:\[(.*))?$",
    re.DOTALL,
)
# What is left of a head that has something else between its fields.
_LOOSE_HEAD = re.compile(r'"(\*?)([^"\[]*)"([^\[]*)(?:\[(.*))?$', re.DOTALL)
_STAMP = re.compile(rf"_{STAMP}[\0\s]*$")
# The account inside, with its # or, as OPAX and Prosec send it, without.
_INNER = re.compile(
    r"\|?(?:#([0-9A-Za-z]{1,16})(?:\||$)"
    r"|([0-9A-Fa-f]{3,16})\|(?=[NO](?:[a-z]{2}|/?[A-Z]{2})|(?:18|98)?[136][0-9A-F]{3} ?\d\d))?(.*)",
    re.DOTALL,
)
# Padding is cut before text is decoded. It may be any bytes, a bar among them: prefer a bar
# behind which a message begins, within the 31 bytes that padding may be long.
_PADDING = re.compile(
    rb"[\s\S]{0,31}?\|(?=#[0-9A-Za-z]{1,16}\||[NO](?:[a-z]{2}|/?[A-Z]{2})|[136][0-9A-F]{3} ?\d\d)"
)


class Head(NamedTuple):
    """What stands before the ``[``, as sent: answers repeat it."""

    encrypted: bool
    id: str
    sequence: str
    receiver: str  # with its R; empty where the panel sends none
    line: str  # with its L
    account: str
    content: str | None  # behind the "[", the rest of the body
    body: str  # all of it


class Content(NamedTuple):
    """What stands behind the ``[``, in clear."""

    data: str
    blocks: tuple[str, ...]  # [X…] [Y…] coordinates, [V…] a link to images, [M…] a MAC, [I…] a text
    stamp: datetime | None


def receive(body: bytes, now: datetime, station: Station) -> Received:
    """Answer one body that the splitter has cut out: the whole of DC-09's reply rules.

    ``now`` is UTC. Never raises, whatever the bytes.
    """
    received = plain.receive(body, now, station) or _receive(body, now, station)
    if type(body) is Body2007 and received.reply is not None:
        return received._replace(reply=with_crc_of_2007(received.reply))
    return received


def _receive(body: bytes, now: datetime, station: Station) -> Received:
    head = read_head(body)
    if head is None:
        return Received(None, fault=Fault.MALFORMED)
    if head.id in _ANSWERS:
        return Received(None)
    if head.id != _POLL and (head.id not in PAYLOADS or head.content in (None, "", "]")):
        return _unsupported(head)
    if not head.encrypted:
        return _take(head, open_content(head.content or ""), now, station, key=None)
    key = station.key_of(head.account)
    content = decrypt(head, key)
    if content is None:
        return _refused(head, now, Fault.UNDECRYPTABLE, None)
    if not _in_window(content.stamp, now, station):
        return _refused(head, now, Fault.OUTSIDE_WINDOW, content.stamp)
    return _take(head, content, now, station, key=key)


def _refused(head: Head, now: datetime, fault: Fault, stamp: datetime | None) -> Received:
    return Received(_nak(head, now), fault=fault, stamp=stamp, account=_account(head.account))


class _Message(NamedTuple):
    """A frame in clear, and where and when it came."""

    head: Head
    content: Content
    account: str  # the inner one where there is one: a transmitter may speak for several panels
    payload: str
    now: datetime
    line: str
    exposed: bool  # not in the key of the account, which has one: it proves nothing


def _take(
    head: Head, content: Content, now: datetime, station: Station, *, key: bytes | None
) -> Received:
    """A readable message: its signals, and the acknowledgement. ``key`` decrypted it."""
    match = _INNER.match(content.data)
    assert match is not None  # it matches anything
    inner, bare, payload = match.groups()
    if head.id != _POLL and not payload.strip():
        return _unsupported(head)
    account = _account(_speaks_for(head, inner or bare or ""))
    exposed = not _in_own_key(station, account, key)
    line = plain.line_of(station, head.receiver, head.line)
    message = _Message(head, content, account, payload, now, line, exposed)
    if head.id == _POLL:
        # Anybody may have sent a poll in clear for an account with a key: said once an hour.
        name = f"{account}|{_POLL}|{int(now.timestamp() // 3600)}"
        signals: tuple[Signal, ...] = ()
    else:
        name = station.repeats.key(_name(message), content.stamp, now)
        signals = _signals(message, name)
    if exposed:
        # On the message's own key, or a repeat would raise it again.
        signals += (_unencrypted(message, f"{name}|clear"),)
    speaks = _account(head.account) or account
    heard = speaks if _in_own_key(station, speaks, key) else None
    return Received(_ack(head, key, now), signals, heard, None, content.stamp)


def _in_own_key(station: Station, account: str, key: bytes | None) -> bool:
    """True where what ``key`` decrypted is as the account must speak; one without a key may
    anyhow."""
    return station.key_of(account) in (None, key)


def _speaks_for(head: Head, inner: str) -> str:
    """Whose message it is: the inner account's, unless that is the head's with zeros in front.

    A poll speaks for the head's account: what stands inside is filler ("#0000|0000 00 000").
    """
    outer = head.account
    if not inner or (outer and head.id == _POLL):
        return outer or inner
    return outer if inner.lstrip("0").upper() == outer.lstrip("0").upper() else inner


def _signals(message: _Message, name: str) -> tuple[Signal, ...]:
    """One signal for each event of the payload."""
    head, content, account, payload, now, line, exposed = message
    raw = _clear_text(head, content)
    shown = extra = ""
    if content.blocks:
        shown = next((block[1:] for block in content.blocks if block[:1] == "I"), "")
        extra = "".join(f"[{block}]" for block in content.blocks).replace("\0", "\ufffd")
    signals = [
        Signal(
            account=account,
            format=head.id,
            code=event.code,
            zone=_short(event.zone),
            partition=_short(event.partition),
            user=_short(event.user),
            text=_text(event, shown),
            raw=raw,
            received_at=now,
            panel_time=content.stamp,
            line=line,
            extra=extra,
            encrypted=head.encrypted and not exposed,
            deduplication=f"{name}|{index}",
        )
        for index, event in enumerate(PAYLOADS[head.id](payload))
    ]
    return tuple(signals)


def _text(event: Event, shown: str) -> str:
    """The panel's words as sent, with what did not fit the zone; no database takes a NUL."""
    long_zone = event.zone if len(event.zone) > SHORT else ""
    return (event.text or long_zone or shown).replace("\0", "\ufffd")


def _short(text: str) -> str:
    """A field that is a number in any sane frame; cut where it can't be one."""
    return text.replace("\0", "\ufffd")[:SHORT]


def _account(text: str) -> str:
    """An account as sent; one that no account can be is made printable and marked, never cut bare:
    it must not become somebody else's."""
    text = _printable(text)
    return text if len(text) <= SHORT else text[: SHORT - 1] + "~"


def _unencrypted(message: _Message, deduplication: str) -> Signal:
    """The signal that makes handling raise *unencrypted*."""
    return Signal(
        account=message.account,
        format=STATION,
        code=UNENCRYPTED_CODE,
        raw=_clear_text(message.head, message.content),
        received_at=message.now,
        panel_time=message.content.stamp,
        line=message.line,
        deduplication=deduplication,
    )


def _name(message: _Message) -> str:
    """Account, sequence number and a hash of the payload: equal for a repeat.

    What proves nothing is no first delivery of what does: else it would swallow it.
    """
    head, content = message.head, message.content
    text = "\0".join((head.id, content.data, *content.blocks, *["exposed"] * message.exposed))
    return f"{message.account}|{head.sequence}|{hash_of(text)}"


# -- reading -------------------------------------------------------------------------------------


def _decoded(data: bytes) -> str:
    """UTF-8, or Windows-1252 (§5.5.1.8); what is neither is replaced."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_head(body: bytes) -> Head | None:
    """The fields before the bracket; None where not even a quoted ID stands."""
    text = _decoded(body)
    match = _HEAD.match(text)
    if match is not None:
        star, name, sequence, receiver, line, account, content = match.groups()
        return Head(
            star == "*",
            name,
            sequence or "0000",
            receiver or "",
            line or "L0",
            account or "",
            content,
            text,
        )
    match = _LOOSE_HEAD.match(text)
    if match is None:
        return None
    star, name, fields, content = match.groups()
    return Head(star == "*", name, *_loose_fields(fields), content, text)


def _loose_fields(fields: str) -> tuple[str, str, str, str]:
    def first(pattern: str, default: str) -> str:
        match = re.search(pattern, fields)
        return match[1] if match else default

    return (
        first(r"^\s*([0-9A-Fa-f]{4})", "0000"),
        first(r"(R[0-9A-Fa-f]{1,6})", ""),
        first(r"(L[0-9A-Fa-f]{0,6})", "L0"),
        first(r"#([0-9A-Za-z]{1,16})", ""),
    )


def open_content(content: str) -> Content:
    """Take the content apart from its end, where a text with brackets can't mislead."""
    bar = content.rfind("_")
    stamp_match = _STAMP.match(content, bar) if bar >= 0 else None
    stamp = plain.clock_of(stamp_match[1]) if stamp_match else None
    rest = content[:bar] if stamp_match else content
    end = rest.rfind("]")
    blocks: list[str] = []
    while end > 0:
        start = rest.rfind("[", 0, end)
        if start < 1 or rest[start - 1] != "]" or not rest[start + 1 : start + 2].isalpha():
            break
        if rest.count("^", start, end) % 2:
            break  # the end of a text that itself holds brackets
        blocks.append(rest[start + 1 : end])
        end = start - 1
    data = rest[:end] if end >= 0 else rest
    return Content(data, tuple(reversed(blocks)), stamp)


def _in_window(stamp: datetime | None, now: datetime, station: Station) -> bool:
    return stamp is not None and -station.before <= stamp - now <= station.after


def _printable(text: str) -> str:
    """``text`` with everything that isn't printable written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _clear_text(head: Head, content: Content) -> str:
    """The frame in clear, without padding, for people."""
    if not head.encrypted:
        return _printable(head.body)
    blocks = "".join(f"[{block}]" for block in content.blocks)
    stamp = f"{content.stamp:_%H:%M:%S,%m-%d-%Y}" if content.stamp else ""
    return _printable(
        f'"*{head.id}"{head.sequence}{head.receiver}{head.line}#{head.account}'
        f"[{content.data}]{blocks}{stamp}"
    )


# -- encryption (§5.4.4.3) ----------------------------------------------------------------------


def decrypt(head: Head, key: bytes | None) -> Content | None:
    """What the hex holds; None without a key, a cipher text, or sense in it."""
    clear = cipher.decrypt(head.content or "", key) if key is not None else None
    if clear is None or b"]" not in clear:
        return None
    return open_content(_decoded(clear[_end_of_padding(clear, head.account) :]))


def _end_of_padding(clear: bytes, account: str) -> int:
    """Where the message begins. Padding may hold bars: one before the account is the right one."""
    for inner in (f"|#{account}|", f"|{account}|") if account else ():
        bar = clear.find(inner.encode(), 0, cipher.LONGEST_PADDING + len(account) + 3)
        if bar >= 0:
            return bar + 1
    padding = _PADDING.match(clear)
    if padding is not None:
        return padding.end()
    # A message without data may have no bar at all: the padding ends at the bracket.
    return clear.find(b"|") + 1 or clear.find(b"]")


# -- answers (§5.5.2) ---------------------------------------------------------------------------


def _ack(head: Head, key: bytes | None, now: datetime) -> bytes:
    if key is None:
        return _answer("ACK", head, b"]")
    return _answer("*ACK", head, cipher.encrypt(f"]{stamp_of(now)}".encode(), key))


def _nak(head: Head, now: datetime) -> bytes:
    return _answer("NAK", head, f"]{stamp_of(now)}".encode())


def _unsupported(head: Head) -> Received:
    return Received(_answer("DUH", head, b"]"), fault=Fault.UNSUPPORTED)


def _answer(name: str, head: Head, content: bytes) -> bytes:
    start = f'"{name}"{head.sequence}{head.receiver}{head.line}#{head.account}['
    return frame(start.encode() + content)


def stamp_of(at: datetime) -> str:
    """``at`` as DC-09 writes it, in GMT, with its underscore."""
    return f"{at.astimezone(UTC):_%H:%M:%S,%m-%d-%Y}"
