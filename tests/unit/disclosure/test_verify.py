"""The small program: Ed25519 by RFC 8032, Python 3.9, nothing but the standard library."""

from __future__ import annotations

import ast
import inspect
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from callflow.core.records import disclosure, logbook
from callflow.disclosure import verify

#: RFC 8032, 7.1: (public key, message, signature) of TEST 1, 2, 3 and SHA(abc).
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
        "6bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d"
        "8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6"
        "594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feeb"
        "bd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0"
        "303dca179c138ac17ad9bef1177331a704",
    ),
)


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard(key: str, message: str, signature: str) -> None:
    one, two, three = map(bytes.fromhex, (key, message, signature))
    assert verify.is_signed(one, two, three)
    assert not verify.is_signed(one, two + b"x", three)
    for place in (0, 31, 32, 63):
        other = bytearray(three)
        other[place] ^= 1
        assert not verify.is_signed(one, two, bytes(other))


def test_it_agrees_with_another_implementation() -> None:
    random = Random(8032)
    for length in range(12):
        key = Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
        public, message = key.public_key().public_bytes_raw(), random.randbytes(length * 37)
        assert verify.is_signed(public, message, key.sign(message))
        assert not verify.is_signed(random.randbytes(32), message, key.sign(message))


def test_a_number_beyond_the_order_is_no_second_signature() -> None:
    key, message, signature = map(bytes.fromhex, VECTORS[1])
    number = int.from_bytes(signature[32:], "little") + verify.ORDER
    assert not verify.is_signed(key, message, signature[:32] + number.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_and_signatures_of_another_length_are_none(length: int) -> None:
    key, message, signature = map(bytes.fromhex, VECTORS[0])
    assert not verify.is_signed(bytes(length), message, signature)
    assert not verify.is_signed(key, message, bytes(length))


#: What there is of the standard library in every Python, and is used.
ALLOWED = {
    *("__future__", "argparse", "binascii", "collections", "datetime", "hashlib", "json"),
    *("pathlib", "re", "struct", "sys", "typing"),
}


def test_it_is_one_file_for_python_3_9() -> None:
    tree = ast.parse(inspect.getsource(verify), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "?"]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= ALLOWED


def test_it_says_what_the_station_says() -> None:
    """Names and hashes that stand in both."""
    assert disclosure.FORMAT == verify.FORMAT
    assert logbook.GENESIS == verify.GENESIS


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-30T03:00:00.123456Z", "2026-11-30T03:00:00.123456+00:00"),
        ("2026-11-30T03:00:00.5Z", "2026-11-30T03:00:00.500000+00:00"),
        ("2026-11-30T03:00:00Z", "2026-11-30T03:00:00+00:00"),
        ("2026-11-30T03:00:00", "2026-11-30T03:00:00+00:00"),
    ],
)
def test_instants_are_read(text: str, same: str) -> None:
    assert verify.instant(text).isoformat() == verify.instant(same).isoformat()


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/passwd",
        "recordings/../x",
        "images/a/b",
        ".x",
        "recordings/",
        "a\nb",
        "C:x",
        "",
    ],
)
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    assert verify.NAME.fullmatch(name) is None
