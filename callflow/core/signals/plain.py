"""A DC-09 message as nearly every panel sends it: in clear, for itself, nothing else with it.

One expression reads all of it, which is half of what a flood costs. It says what the rules of
``dc09`` say, which read any message, and leaves to them whatever it does not match.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from callflow.core.signals import contact_id, sia
from callflow.core.signals.event import Event
from callflow.core.signals.framing import frame
from callflow.core.signals.protocol import SHORT, Received, Station, hash_of
from callflow.core.signals.signal import Signal

#: The formats whose payload is read, and by what.
PAYLOADS: dict[str, Callable[[str], tuple[Event, ...]]] = {
    "SIA-DCS": sia.decode,
    "ADM-CID": contact_id.decode,
}
#: A panel's clock, as it is written.
STAMP = r"([0-9]{2}(?::[0-9]{2}){2},[0-9]{2}-[0-9]{2}-[0-9]{4})"
# Printable ASCII; a bracket or a backslash in the payload is for the other rules.
_PLAIN = re.compile(
    r'"(SIA-DCS|ADM-CID)"([0-9A-Fa-f]{4})(R[0-9A-Fa-f]{0,6})?(L[0-9A-Fa-f]{0,6})?'
    rf"#([0-9A-Za-z]{{1,16}})\[(#\5\|([!-Z^-~][ -Z^-~]*))\](?:_{STAMP})?"
)


def receive(body: bytes, now: datetime, station: Station) -> Received | None:
    """As ``dc09.receive``; None for what is not plain, and for an account that has a key."""
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        return None
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    form, sequence, receiver, line, account, data, payload, shown = match.groups("")
    line = line or "L0"
    if station.key_of(account) is not None:
        return None
    stamp = clock_of(shown) if shown else None
    said = hash_of(f"{form}\0{data}")
    message = f"{account}|{sequence}|{said}"
    name = station.repeats.key(message, stamp, now)
    came_on = line_of(station, receiver, line)
    signals = tuple(
        [
            Signal(
                account,
                form,
                code,
                now,
                f"{name}|{index}",
                zone[:SHORT],
                partition[:SHORT],
                words or (zone if len(zone) > SHORT else ""),
                user[:SHORT],
                text,
                stamp,
                came_on,
            )
            for index, (code, zone, partition, user, words) in enumerate(PAYLOADS[form](payload))
        ]
    )
    answer = f'"ACK"{sequence}{receiver}{line}#{account}[]'
    return Received(frame(answer.encode()), signals, account, None, stamp)


def line_of(station: Station, receiver: str, line: str) -> str:
    """The station's line, and the receiver and line that the panel names, unless they are 0."""
    if receiver.strip("R0") or line.strip("L0"):
        return f"{station.line}/{receiver}{line}"
    return station.line


@lru_cache(maxsize=4096)
def clock_of(text: str) -> datetime | None:
    """A panel's clock (§5.5.1.9, GMT); None where it shows an impossible time."""
    hour, minute, second, month, day, year = (int(number) for number in re.findall(r"\d+", text))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
