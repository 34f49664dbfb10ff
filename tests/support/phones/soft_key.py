"""A passkey's device in software (WebAuthn level 2), which can be told to lie."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from base64 import urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _ATTESTED = 0x01, 0x40


def b64(data: bytes) -> str:
    """Base64url without its padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


class SoftKey:
    """One credential: P-256, with a counter."""

    def __init__(self) -> None:
        self.id = os.urandom(32)
        self.counter = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def _public(self) -> bytes:
        """The public key as COSE has it (RFC 9053)."""
        numbers = self._key.public_key().public_numbers()
        x, y = (n.to_bytes(32, "big") for n in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _authenticator_data(self, party: str, flags: int) -> bytes:
        digest = hashlib.sha256(party.encode()).digest()
        return digest + struct.pack(">BI", flags, self.counter)

    def _answer(self, response: dict[str, bytes]) -> dict[str, Any]:
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": {name: b64(value) for name, value in response.items()},
            "clientExtensionResults": {},
        }

    def create(self, options: dict[str, Any], origin: str) -> dict[str, Any]:
        """What the browser sends to add it."""
        client = _client("webauthn.create", options["challenge"], origin)
        data = self._authenticator_data(options["rp"]["id"], _PRESENT | _ATTESTED)
        data += bytes(16) + struct.pack(">H", len(self.id)) + self.id + self._public()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": client, "attestationObject": attestation})

    def get(self, options: dict[str, Any], origin: str, *, party: str = "") -> dict[str, Any]:
        """What the browser sends to let its owner in."""
        self.counter += 1
        client = _client("webauthn.get", options["challenge"], origin)
        data = self._authenticator_data(party or options["rpId"], _PRESENT)
        signed = data + hashlib.sha256(client).digest()
        signature = self._key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        )


def _client(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()
