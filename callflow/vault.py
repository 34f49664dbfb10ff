"""Keys that live beside the database, never in it: codes, secrets at rest, seals (invariant 10)."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_BYTES = 32
#: Each is a file ``NAME.key`` of 32 bytes.
KEYS = ("codes", "rest", "seal")
#: In a data folder: a restore is under way there, or was cut.
UNFINISHED = "restore.unfinished"


class KeysMissing(OSError):
    """The keys of a database that has rows are not there: new ones would read none of them."""


class Unreadable(ValueError):
    """What is kept encrypted was altered, or these are not the keys that it was kept under."""


class Vault:
    """The keys of one station, made at first use in a folder that only its owner reads."""

    def __init__(self, folder: Path) -> None:
        self._codes = _key(folder, "codes")
        rest = _key(folder, "rest")
        self._rest = AESGCM(rest)
        # Begun once: an alarm with its call takes a dozen, and the key's part is half of each.
        seal = _key(folder, "seal")
        self._seal = hmac.new(seal, digestmod="sha256")
        own = b"callflow keys\0" + hashlib.sha256(self._codes + rest).digest()
        #: By which rows know whose they are: it tells nothing of a key.
        self.fingerprint = hmac.new(seal, own, hashlib.sha256).hexdigest()
        # Made of the seal's key, by another function: every node of a station has the same one.
        self._signing = hmac.new(seal, b"evidence files: Ed25519", hashlib.sha512).digest()[:32]

    @classmethod
    def of_station(cls, data_dir: Path) -> Vault:
        """Those that a station has: none is made. Raises KeysMissing."""
        if (data_dir / UNFINISHED).exists():
            raise KeysMissing(
                f"a backup is being restored in {data_dir}, or that was cut: empty the folder and"
                " restore again"
            )
        folder = data_dir / "keys"
        if lacking := missing(folder):
            raise KeysMissing(
                f"{folder} has no {', '.join(f'{name}.key' for name in lacking)}: no code and no"
                " password of this station can be read without. Bring the folder back from a"
                " backup (`callflow restore` into an empty place); new keys are made for an empty"
                " database only (`callflow db upgrade`)"
            )
        return cls(folder)

    def code(self, contact: str, digits: str) -> str:
        """A typed code of one contact as hex HMAC-SHA-256."""
        return hmac.new(self._codes, f"{contact}\0{digits}".encode(), hashlib.sha256).hexdigest()

    def encrypt(self, clear: bytes) -> bytes:
        """``clear`` for keeping at rest (AES-256-GCM, the nonce in front)."""
        nonce = os.urandom(12)
        return nonce + self._rest.encrypt(nonce, clear, None)

    def decrypt(self, kept: bytes) -> bytes:
        """What ``encrypt`` was given. Raises Unreadable."""
        try:
            return self._rest.decrypt(kept[:12], kept[12:], None)
        except (InvalidTag, ValueError):
            raise Unreadable("altered, or kept under other keys") from None

    def lock(self, clear: str) -> str:
        """A text for keeping at rest as text."""
        return b64encode(self.encrypt(clear.encode())).decode()

    def unlock(self, kept: str) -> str:
        """What ``lock`` was given. Raises Unreadable."""
        try:
            return self.decrypt(b64decode(kept, validate=True)).decode()
        except ValueError:
            raise Unreadable("altered, or kept under other keys") from None

    def seal(self, content: str) -> str:
        """Hex HMAC-SHA-256 of a text that the database alone could be made to fake."""
        made = self._seal.copy()
        made.update(content.encode())
        return made.hexdigest()

    def vouches(self, content: str, seal: str) -> bool:
        """True where ``seal`` gave that of ``content``."""
        return equal(self.seal(content), seal)

    @property
    def canary_key(self) -> bytes:
        """The 32 bytes by which the station knows the signals that it sends to itself."""
        return bytes.fromhex(self.seal("canary\0lines"))

    def sign(self, content: bytes) -> bytes:
        """Ed25519's signature (64 bytes), which anybody can check who has ``public_key``."""
        return Ed25519PrivateKey.from_private_bytes(self._signing).sign(content)

    @property
    def public_key(self) -> bytes:
        """The 32 bytes by which others know what the station signed."""
        return Ed25519PrivateKey.from_private_bytes(self._signing).public_key().public_bytes_raw()


def equal(one: str, other: str) -> bool:
    """True where two hashes are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def missing(folder: Path) -> list[str]:
    """The keys that are not there, or are cut."""
    files = {name: folder / f"{name}.key" for name in KEYS}
    return [name for name, file in files.items() if not _is_whole(file)]


def _is_whole(file: Path) -> bool:
    try:
        return file.stat().st_size == _BYTES
    except FileNotFoundError:
        return False


def _key(folder: Path, name: str) -> bytes:
    """The key ``name``, made once even when several processes start together."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{name}.key"
    if not path.exists():
        fresh = folder / f".{name}.{secrets.token_hex(8)}"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)  # atomic, and refuses when another process was first
        fresh.unlink()
    return path.read_bytes()
