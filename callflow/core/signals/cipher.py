"""AES of DC-09 (§5.4.4.3): CBC, an initial vector of zeros, hex digits, padding in front."""

import re
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

#: The bytes that padding may be long.
LONGEST_PADDING = 31

_ZERO_IV = bytes(16)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{32})+")
# Random bytes to letters and digits: no bracket, no bar (§5.5.1.7), no end of line.
_PADDING_BYTES = bytes(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-"[b & 63] for b in range(256)
)


def decrypt(digits: str, key: bytes) -> bytes | None:
    """What hex ``digits`` hold, padding included; None where they are no cipher text."""
    if _HEX.fullmatch(digits) is None:
        return None
    decryptor = Cipher(algorithms.AES(key), modes.CBC(_ZERO_IV)).decryptor()
    return decryptor.update(bytes.fromhex(digits)) + decryptor.finalize()


def encrypt(clear: bytes, key: bytes) -> bytes:
    """``clear`` behind 16 to 31 random bytes of padding and a bar, as hex digits."""
    size = 16 + -(len(clear) + 1) % 16
    padding = secrets.token_bytes(size).translate(_PADDING_BYTES)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(_ZERO_IV)).encryptor()
    text = encryptor.update(padding + b"|" + clear) + encryptor.finalize()
    return text.hex().upper().encode()
