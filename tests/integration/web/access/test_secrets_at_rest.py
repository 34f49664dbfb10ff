"""What is secret stands in the data folder encrypted or as a MAC, its keys beside the database."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from callflow.storage.people import access, users
from callflow.vault import Unreadable, Vault
from tests.support.stations.web_station import PASSWORD, WebStation, site_body
from web.access.factors import new_secret, recovery_codes, recovery_mac
from web.access.users import check_password, hash_password

#: What nobody may read in a stolen database.
CODE, DURESS, WORD, KEY = "739164", "739165", "hippocampe", "5a17c0de" * 4
CAMERA = "objectif-fumé"


def everything_in(folder: Path) -> bytes:
    """The bytes of every file: the database, its log, whatever else lies there."""
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def secret_site() -> dict[str, Any]:
    body = site_body("1001")
    body["accounts"] = [{"account": "1001", "dc09_key": KEY}]
    for number, contact in enumerate(body["contacts"]):
        contact["code"], contact["duress_code"] = f"{CODE}{number}", f"{DURESS}{number}"
        contact["password"] = WORD
    body["cameras"] = [
        {
            "id": "hall",
            "name": "Hall",
            "url": "http://10.2.0.7/snap.jpg",
            "credentials": {"user": "vue", "password": CAMERA},
        }
    ]
    return body


async def test_no_secret_stands_in_clear_in_the_data_folder(
    station: WebStation, operator: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    body = secret_site()
    answer = await api.put("/sites/1001", json=body)
    assert answer.status_code in (200, 201), answer.text
    totp, codes = new_secret(), recovery_codes()
    row = station.store.read_now(lambda tx: users.user_by_name(tx, "claire"))
    assert row is not None
    station.do(lambda tx: users.update_user(tx, row.id, totp=station.vault.lock(totp)))
    macs = [recovery_mac(station.vault, row.id, code) for code in codes]
    station.do(lambda tx: access.put_recovery_codes(tx, row.id, macs))
    bearer = api.headers["authorization"].removeprefix("Bearer ")
    session = str(operator.cookies["callflow_session"])

    kept = everything_in(station.settings.data_dir)
    assert b"Bijouterie du Parlement" in kept  # it is looked where things are
    secrets = (CODE, DURESS, WORD, KEY, CAMERA, PASSWORD, totp, codes[0], bearer, session)
    found = [secret for secret in secrets if secret.lower().encode() in kept.lower()]
    assert found == []


def test_the_keys_are_their_owners_and_no_two_are_alike(tmp_path: Path) -> None:
    for name in "ab":
        Vault(tmp_path / name / "keys")
    keys = list(tmp_path.rglob("*.key"))
    assert len(keys) == 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in keys} == {0o700}
    assert {len(path.read_bytes()) for path in keys} == {32}
    assert len({path.read_bytes() for path in keys}) == 6
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path not in keys]


def test_what_is_encrypted_is_so_each_time_anew_and_altered_is_refused(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    one, other = vault.encrypt(b"tilleul"), vault.encrypt(b"tilleul")
    assert one[:12] != other[:12]
    assert one[12:] != other[12:]
    assert vault.decrypt(one) == b"tilleul"
    for at in (0, 13, len(one) - 1):
        altered = bytearray(one)
        altered[at] ^= 1
        with pytest.raises(Unreadable):
            vault.decrypt(bytes(altered))
    for short in (b"", b"altered"):
        with pytest.raises(Unreadable):
            vault.decrypt(short)
    kept = vault.lock("tilleul")
    assert vault.unlock(kept) == "tilleul"
    for other_text in ("", kept[:-4], kept.swapcase(), "tilleul"):
        with pytest.raises(Unreadable):
            vault.unlock(other_text)
    with pytest.raises(Unreadable):
        Vault(tmp_path / "other").decrypt(one)


def test_a_code_is_kept_for_its_contact_and_its_station_only(tmp_path: Path) -> None:
    here, there = Vault(tmp_path / "a"), Vault(tmp_path / "b")
    kept = here.code("1001-1", "2580")
    assert len(kept) == 64
    assert kept == here.code("1001-1", "2580")
    assert kept not in (here.code("1001-2", "2580"), there.code("1001-1", "2580"))


def test_a_password_is_kept_slowly_and_checked_as_it_was_typed() -> None:
    """RFC 9106's second recommendation at least: argon2id, 64 MiB, three passes."""
    password = "  Été « 日本 » " + "x" * 180 + " "
    kept = hash_password(password)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert kept != hash_password(password)  # salted
    assert check_password(kept, password)
    for other in (password.strip(), password.lower(), password[:72], password + " "):
        assert not check_password(kept, other)


def test_what_is_drawn_is_long_enough_not_to_be_guessed(station: WebStation) -> None:
    codes = recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 10 for code in codes)  # 31^10: 49 bits
    assert len(new_secret()) == 32  # base32: 160 bits
    tokens = {station.token() for _ in range(3)}
    assert len(tokens) == 3
    assert all(len(token) == len("cf_") + 43 for token in tokens)  # 256 bits
