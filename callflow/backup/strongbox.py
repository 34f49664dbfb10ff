"""Keys and configuration behind a passphrase: scrypt (RFC 7914), then AES-256-GCM.

The file is a line of JSON, ``{"callflow": "keys", "format": 1, "n": …, "r": 8, "p": 1, "salt": hex,
"nonce": hex}``, and behind its line feed the encrypted text; the line is authenticated with it. The
text is a JSON object, ``{name: base64 of the file}``.
"""

import base64
import json
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from callflow.core.station.backups import Unusable

#: scrypt's cost: 128 MB and a third of a second a try; and what a file may ask for.
COST, _LEAST, _MOST = 1 << 17, 1 << 14, 1 << 20
_BLOCK, _LANES = 8, 1
#: Characters that a passphrase has at least.
SHORTEST = 12
#: Bytes of such a file.
LONGEST = 16 << 20


def lock(files: Mapping[str, bytes], passphrase: str, *, cost: int | None = None) -> bytes:
    """``files`` as only whoever has ``passphrase`` reads them. Raises Unusable: it is too short."""
    if len(passphrase) < SHORTEST:
        raise Unusable(f"the passphrase has fewer than {SHORTEST} characters: choose a longer one")
    salt, nonce, cost = os.urandom(16), os.urandom(12), cost or COST
    head = {"callflow": "keys", "format": 1, "n": cost, "r": _BLOCK, "p": _LANES}
    line = json.dumps({**head, "salt": salt.hex(), "nonce": nonce.hex()}).encode() + b"\n"
    told = {name: base64.b64encode(content).decode() for name, content in files.items()}
    key = _key(passphrase, salt, cost)
    return line + AESGCM(key).encrypt(nonce, json.dumps(told).encode(), line)


def unlock(content: bytes, passphrase: str) -> dict[str, bytes]:
    """What ``lock`` was given. Raises Unusable."""
    line, _, locked = content.partition(b"\n")
    try:
        head = json.loads(line)
        cost, salt, nonce = (
            int(head["n"]),
            bytes.fromhex(head["salt"]),
            bytes.fromhex(head["nonce"]),
        )
        known = (head["callflow"], head["format"], head["r"], head["p"])
        if known != ("keys", 1, _BLOCK, _LANES) or not _LEAST <= cost <= _MOST or cost & (cost - 1):
            raise ValueError("another format")
        clear = AESGCM(_key(passphrase, salt, cost)).decrypt(nonce, locked, line + b"\n")
        return {name: base64.b64decode(text) for name, text in json.loads(clear).items()}
    except InvalidTag:
        raise Unusable(
            "the passphrase is another one, or the file of the keys (keys.enc) was changed"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unusable("the file of the keys (keys.enc) is broken") from None


def _key(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=_BLOCK, p=_LANES).derive(passphrase.encode())
