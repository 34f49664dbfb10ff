"""A trunk with TLS and SRTP: both ends hear each other, and whoever taps the wire hears nothing.

The far end is pjsua2, which takes nothing but SRTP, and checks our certificate as we check its.
Whoever comes without them is refused: there is no port in clear where nothing clear was set.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from callflow import clock
from callflow.handling.calls import trunk_tests
from tests.support.attacks.hostile import SecretStation
from tests.support.outside.certificates import certificate
from tests.support.phones import hearing
from tests.support.phones.real_phone import RealPhone
from tests.support.rows import sites
from tests.support.sip.name_server import NameServer
from tests.support.sip.raw_sip import sdp
from tests.support.sip.wiretap import AudioTap, StreamTap, entropy
from tests.support.suite.ports import free_port

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.ear]

_TWO_SECONDS = 2 * hearing.RATE
_INVITE = (
    "INVITE sip:33639989999@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{way} 127.0.0.1:9;branch=z9hG4bK\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:1@127.0.0.1>;tag=1\r\nTo: <sip:33639989999@127.0.0.1>\r\n"
    "Call-ID: in-clear\r\nCSeq: 1 INVITE\r\nContact: <sip:1@127.0.0.1:9>\r\n"
    "Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{sdp}"
)


@dataclass(kw_only=True)
class Ends:
    """A station, its carrier, and the taps between them."""

    station: SecretStation
    carrier: RealPhone
    audio: AudioTap
    inward: StreamTap


def has_certificate(folder: Path) -> None:
    """A fresh one, and behind it the one that will be its successor, which everybody trusts too."""
    (folder / "next").mkdir()
    certificate(folder, "127.0.0.1", SecretStation.NAMED)
    certificate(folder / "next", SecretStation.NAMED, "127.0.0.1")
    own, later = folder / "cert.pem", folder / "next" / "cert.pem"
    both = own.read_bytes(), later.read_bytes()
    own.write_bytes(b"".join(both))
    later.write_bytes(b"".join(reversed(both)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ends(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ends]:
    """The carrier is there before the station, which would call a technician for its absence."""
    folder = tmp_path_factory.mktemp("secret")
    has_certificate(folder)
    async with contextlib.AsyncExitStack() as things:
        outward = await things.enter_async_context(StreamTap(free_port()))
        audio = await things.enter_async_context(AudioTap())
        names = await things.enter_async_context(NameServer(free_port()))
        station = SecretStation(folder, outward, names)
        inward = await things.enter_async_context(StreamTap(station.base + 61))
        files = (
            "--certificates",
            str(folder),
            "--port",
            str(outward.to),
            "--stranger",
            "--one-call",
        )
        audio_at = ("--rtp", str(audio.port), "--public", audio.address)
        here = tmp_path_factory.mktemp("carrier")
        carrier = RealPhone(station, "carrier", here, "fr", (*files, *audio_at))
        carrier.registrar = f"127.0.0.1:{inward.port}"
        await carrier.start()
        things.push_async_callback(carrier.stop)
        await things.enter_async_context(station)
        await station.until(station.reaches_the_carrier)
        yield Ends(station=station, carrier=carrier, audio=audio, inward=inward)


@pytest.fixture
def station(ends: Ends) -> SecretStation:
    return ends.station


async def test_we_call_over_tls_and_the_wire_shows_nothing(ends: Ends) -> None:
    station, carrier = ends.station, ends.carrier
    account, number = sites.fresh("S"), sites.number(770)
    ends.audio.packets.clear()
    await station.site(account, number, behaviour="ring")
    await station.send(account, "BA", "3")
    await carrier.picks_up()
    await carrier.expect_prompt("greeting", station="Callflow")
    # Keys come as RFC 4733 in the same SRTP.
    await carrier.types("2580#")
    await carrier.expect_prompt("code_ok")
    await carrier.types("1")
    await carrier.is_hung_up()
    (call,) = await station.ended(account, 1)
    assert (call["trunk"], call["outcome"]) == ("carrier", "verified_ok")
    shows_nothing(bytes(station.outward.bytes_seen), number)
    await sounds_like_nothing(ends, "greeting")


async def test_they_call_over_tls_and_the_wire_shows_nothing(ends: Ends) -> None:
    carrier = ends.carrier
    number = ends.station.number
    ends.audio.packets.clear()
    # While they wait the desks are rung, over this trunk too, which finds them busy.
    await carrier.calls_in(number.removeprefix("+"))
    await carrier.expect_prompt("welcome", first_s=2.0, station="Callflow")
    carrier.hangs_up()
    await carrier.is_hung_up()
    shows_nothing(bytes(ends.inward.bytes_seen), number)
    await sounds_like_nothing(ends, "welcome")


def shows_nothing(seen: bytes, number: str) -> None:
    assert seen[:2] == b"\x16\x03", "a handshake (RFC 8446 §5.1)"
    for word in (b"SIP/2.0", b"INVITE", b"sip:", b"inline:", number[1:].encode()):
        assert word not in seen


async def sounds_like_nothing(ends: Ends, key: str) -> None:
    """What the phone heard is not in what passed, whose bytes tell nothing of each other."""
    phone, audio = ends.carrier, ends.audio
    spoken = (await phone.voice.prompt(key, "fr", station="Callflow"))[:_TWO_SECONDS]
    clear = phone.voice.file(key, "fr", station="Callflow").read_bytes()
    assert hearing.find(phone.call.heard, spoken), "it was heard"
    sizes = {len(packet) for packet in audio.packets if packet[1] & 0x7F == 8}
    assert sizes == {12 + 160 + 10}, "each with its tag (RFC 3711 §4.2)"
    assert len(audio.payloads()) > 100
    assert hearing.find(audio.heard(), spoken) == []
    assert entropy([clear]) < 7.5
    assert entropy(audio.payloads()) > 7.9


@pytest.mark.deep
async def test_a_carrier_that_dns_finds_proves_its_own_name(ends: Ends) -> None:
    """Its certificate is for the name that the trunk has, not for the host that SRV leads to."""
    station, carrier = ends.station, ends.carrier
    number, now, before = sites.number(771), clock.now(), carrier.rung

    async def is_there() -> bool:
        return all(one["state"] == "up" for one in (await station.health())["trunks"])

    await station.until(is_there, 60)
    await station.site(sites.fresh("S"), number, behaviour="ring")
    await station.writes(
        lambda tx, _: trunk_tests.request_test(tx, "named", number, "odile", now, language="fr")
    )
    await carrier.picks_up(times=before + 1)
    await carrier.expect_prompt("greeting", station="Callflow")
    carrier.hangs_up()
    await carrier.is_hung_up()
    shows_nothing(bytes(station.outward.bytes_seen), number)


@pytest.mark.deep
async def test_a_renewed_certificate_ends_no_call(ends: Ends) -> None:
    """Signalling and sound of the call go on over what was agreed before."""
    station, carrier = ends.station, ends.carrier
    account, number, before = sites.fresh("S"), sites.number(772), carrier.rung
    await station.site(account, number, behaviour="ring")
    await station.send(account, "BA", "3")
    await carrier.picks_up(times=before + 1)
    await carrier.expect_prompt("greeting", station="Callflow")
    for name in ("cert.pem", "key.pem"):
        (station.certificates / "next" / name).replace(station.certificates / name)
    said = await station.cli("certificate", "reload")
    assert said.splitlines() == [
        "pages: shown",
        "telephones in browsers: shown",
        "SIP over TLS: shown",
    ]
    await carrier.types("2580#")
    await carrier.expect_prompt("code_ok")
    await carrier.types("1")
    await carrier.is_hung_up()
    (call,) = await station.ended(account, 1)
    assert (call["trunk"], call["outcome"]) == ("carrier", "verified_ok")


async def test_who_speaks_in_clear_is_refused(station: SecretStation) -> None:
    dialogues, before = await station.dialogues(), await station.refused()
    offer = sdp(30900)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as clear:
        clear.settimeout(5)
        clear.connect(("127.0.0.1", station.base + 60))
        clear.send(_INVITE.format(way="UDP", length=len(offer), sdp=offer).encode())
        with pytest.raises(ConnectionRefusedError):
            clear.recv(2000)
    message = _INVITE.format(way="TCP", length=len(offer), sdp=offer).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", station.base + 61)
    writer.write(message)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert b"SIP/2.0" not in answer

    async def counted() -> bool:
        return await station.refused() == before | {"handshake": before["handshake"] + 1}

    await station.until(counted, within=10)
    assert await station.dialogues() == dialogues


async def test_who_speaks_tls_without_srtp_is_refused(station: SecretStation) -> None:
    dialogues, offer = await station.dialogues(), sdp(30900)
    trusted = ssl.create_default_context(cafile=str(station.certificates / "cert.pem"))
    reader, writer = await asyncio.open_connection("127.0.0.1", station.base + 61, ssl=trusted)
    writer.write(_INVITE.format(way="TLS", length=len(offer), sdp=offer).encode())
    said = b""
    async with asyncio.timeout(10):
        while b"CSeq: 1 INVITE" not in said.partition(b"SIP/2.0 4")[2]:
            said += await reader.read(4000)
    writer.close()
    assert b"SIP/2.0 488 " in said
    assert await station.dialogues() == dialogues


async def test_a_desk_phone_registers_over_tls(station: SecretStation, tmp_path: Path) -> None:
    name, password = await station.desk_phone("claire")
    async with StreamTap(station.base + 61) as wire:
        # A password may begin with a dash.
        options = ("--certificates", str(station.certificates), f"--password={password}")
        phone = RealPhone(station, name, tmp_path, "fr", options)
        phone.registrar = f"127.0.0.1:{wire.port}"
        await phone.start()
        await phone.stop()
        assert b"REGISTER" not in wire.bytes_seen
        assert wire.bytes_seen[:2] == b"\x16\x03"
