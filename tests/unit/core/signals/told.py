"""Bodies of DC-09, and a station that is told them."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from callflow.core.signals.dc09 import receive
from callflow.core.signals.framing import Splitter
from callflow.core.signals.protocol import Received, Station
from callflow.core.signals.repeats import Repeats

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
KEY = bytes(range(16))
KEYS = {"1009": KEY, "2424": bytes(range(24)), "3232": bytes(range(32))}


def station() -> Station:
    return Station(key_of=KEYS.get, line="dc09-tcp", repeats=Repeats())


def told(body: str | bytes, at: datetime = NOW, where: Station | None = None) -> Received:
    data = body.encode() if isinstance(body, str) else body
    return receive(data, at, where or station())


def answer(received: Received, key: bytes | None = None) -> str:
    """The reply without its envelope, which is checked; encrypted content is opened."""
    assert received.reply is not None
    splitter = Splitter()
    splitter.push(received.reply)
    (body,) = splitter.take()
    assert isinstance(body, bytes)
    if key is None:
        return body.decode()
    head, _, digits = body.decode().partition("[")
    clear = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).decryptor()
    text = clear.update(bytes.fromhex(digits)).decode()
    padding, bar, content = text.partition("|")
    assert bar
    assert 16 <= len(padding) <= 31
    return f"{head}[{content}"


def encrypted(
    clear: bytes, name: str = "SIA-DCS", account: str = "1009", sequence: str = "0007"
) -> bytes:
    """An encrypted body whose padding is ours to choose: ``clear`` is a multiple of 16."""
    cipher = Cipher(algorithms.AES(KEYS[account]), modes.CBC(bytes(16))).encryptor()
    digits = (cipher.update(clear) + cipher.finalize()).hex().encode()
    return f'"*{name}"{sequence}R1L2#{account}['.encode() + digits


def padded(content: str, filler: bytes = b"p") -> bytes:
    data = content.encode()
    return (filler * 32)[: 16 + -(len(data) + 1) % 16] + b"|" + data
