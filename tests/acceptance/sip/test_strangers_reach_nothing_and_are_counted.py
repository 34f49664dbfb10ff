"""Whoever is no trunk and no phone of ours: no dialogue, no call anywhere, one more in the count.

Each attack is sent well-formed from an unknown address. What it reached is counted where it would
arrive: at the carrier, in the simulated network, at a host that it names.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from callflow.core.calls.phones import is_reachable
from tests.support.attacks.hostile import PREMIUM, Carrier, CarrierStation
from tests.support.rows import sites
from tests.support.sip.raw_sip import RawSip, credentials, header, sdp
from tests.support.sip.sip_wires import Request, Shut, Wire, ask, status
from tests.support.stations.shifts import PASSWORD, form_of

pytestmark = pytest.mark.asyncio(loop_scope="package")

KEYHOLDER = "+33639980101"
OURS = "33639989999"


@dataclass(frozen=True, kw_only=True)
class Attack:
    """A request; ``{here}`` is the station, ``{there}`` the attacker. ``with_sdp``: with audio.

    ``counted``: as what. 481 to what belongs to no call is an answer, not a refusal.
    """

    method: str
    uri: str = "sip:{here}"
    sender: str = "<sip:100@203.0.113.9>"
    more: str = ""
    with_sdp: bool = False
    counted: tuple[str, ...] = ("unknown",)


def _call(uri: str, sender: str = "<sip:100@203.0.113.9>", more: str = "") -> Attack:
    return Attack(method="INVITE", uri=uri, sender=sender, more=more, with_sdp=True)


ATTACKS = {
    # scanners
    "friendly-scanner": Attack(
        method="OPTIONS", uri="sip:100@{here}", more="User-Agent: friendly-scanner"
    ),
    "sipvicious": Attack(
        method="REGISTER",
        sender='"sipvicious" <sip:100@1.1.1.1>',
        more="User-Agent: sipvicious\r\nExpires: 3600",
    ),
    "sipcli": _call("sip:9011441215551234@{here}", more="User-Agent: sipcli/v1.8"),
    "extension 100": _call("sip:100@{here}"),
    "extension 1000": _call("sip:1000@{here}", sender="<sip:1000@{here}>"),
    "register op-": Attack(method="REGISTER", sender="<sip:op-claire@{here}>"),
    "register what op- is called by": Attack(
        method="REGISTER", sender="<sip:op-claire%40out@{here}>", more="Expires: 3600"
    ),
    # dial-through
    "premium number": _call(f"sip:{PREMIUM}@{{here}}"),
    "premium number by 00": _call(f"sip:00{PREMIUM[1:]}@{{here}}"),
    "through the carrier": _call(f"sip:{PREMIUM}@{{carrier}}"),
    "loose route": _call(f"sip:{PREMIUM}@{{carrier}}", more="Route: <sip:{here};lr>"),
    "two routes": _call(
        f"sip:{PREMIUM}@{{here}}", more="Route: <sip:{here};lr>\r\nRoute: <sip:{carrier};lr>"
    ),
    "a channel's name": _call("sip:PJSIP%2F33899000000%40carrier@{here}"),
    "a menu's name": _call("sip:s@{here}"),
    # names that mean something here
    "the trunk's name": _call(f"sip:{OURS}@{{here}}", sender="<sip:carrier@{here}>"),
    "the other trunk's name": _call(f"sip:{OURS}@{{here}}", sender="<sip:network@{here}>"),
    "the trunk's calling name": _call(f"sip:{OURS}@{{here}}", sender="<sip:carrier%40out@{here}>"),
    "the carrier's address": _call(f"sip:{OURS}@{{here}}", sender="<sip:1@{carrier}>"),
    "a keyholder": _call(f"sip:{OURS}@{{here}}", sender=f"<sip:{KEYHOLDER}@{{carrier}}>"),
    "a keyholder, asserted": _call(
        f"sip:{OURS}@{{here}}",
        more=f"P-Asserted-Identity: <sip:{KEYHOLDER}@{{carrier}}>\r\nPrivacy: none",
    ),
    "a panel's number": _call("sip:33639989998@{here}", sender=f"<sip:{KEYHOLDER}@{{here}}>"),
    "a forged Via": _call(f"sip:{OURS}@{{here}}", more="Via: SIP/2.0/UDP {carrier};branch=z9hG4bK"),
    "anonymous": _call(f"sip:{OURS}@{{here}}", sender="<sip:anonymous@anonymous.invalid>"),
    # calls of others
    "REFER": Attack(
        method="REFER",
        uri=f"sip:{OURS}@{{here}}",
        more=f"Refer-To: <sip:{PREMIUM}@{{carrier}}>\r\nReferred-By: <sip:1@{{here}}>",
    ),
    "REFER by the method of a header": Attack(
        method="REFER", uri=f"sip:{OURS}@{{here}}", more="Refer-To: <sip:1@{there};method=INVITE>"
    ),
    "Replaces": _call(
        f"sip:{OURS}@{{here}}",
        more="Replaces: 1@x;to-tag=1;from-tag=2;early-only\r\nRequire: replaces",
    ),
    "Join": _call(f"sip:{OURS}@{{here}}", more="Join: 1@x;to-tag=1;from-tag=2"),
    "SUBSCRIBE": Attack(method="SUBSCRIBE", more="Event: dialog\r\nExpires: 600"),
    "PUBLISH": Attack(method="PUBLISH", more="Event: presence"),
    "MESSAGE": Attack(method="MESSAGE", uri=f"sip:{KEYHOLDER}@{{here}}"),
    "NOTIFY": Attack(method="NOTIFY", more="Event: check-sync;reboot=true"),
    "INFO": Attack(method="INFO"),
    "UPDATE": Attack(method="UPDATE"),
    "PRACK": Attack(method="PRACK", more="RAck: 1 1 INVITE"),
    "no method": Attack(method="PWN"),
    "BYE": Attack(method="BYE", counted=()),
    "CANCEL": Attack(method="CANCEL", counted=()),
    # credentials
    "a made-up password": Attack(
        method="REGISTER",
        more='Authorization: Digest username="100",realm="asterisk",nonce="1/2",uri="sip:x",'
        'response="0123456789abcdef0123456789abcdef",algorithm=MD5',
        counted=("unknown", "wrong_password"),
    ),
}


async def test_a_stranger_reaches_nothing_and_is_counted(
    station: CarrierStation, carrier: Carrier
) -> None:
    before = await reached(station)
    answered = {name: await tried(station, carrier, attack) for name, attack in ATTACKS.items()}
    # Refused at its first answer: not even 100, which is a call's beginning.
    assert {name: said for name, said in answered.items() if {s // 100 for s in said} != {4}} == {}
    expected = dict(before)
    for why in (why for attack in ATTACKS.values() for why in attack.counted):
        expected[why] += 1
    await station.until(lambda: counted(station, expected), within=10)
    assert await reached(station) == expected
    assert carrier.invites == []


async def tried(station: CarrierStation, carrier: Carrier, attack: Attack) -> list[int]:
    """What an attack was answered with; its sender is asked for nothing in turn."""
    async with RawSip(station.base + 60) as stranger:
        places = {
            "here": f"127.0.0.1:{station.base + 60}",
            "there": f"127.0.0.1:{stranger.port}",
            "carrier": f"127.0.0.1:{carrier.port}",
        }
        sent = stranger.request(
            attack.method,
            attack.uri.format(**places),
            sender=attack.sender.format(**places),
            more=attack.more.format(**places),
            body=sdp(stranger.port) if attack.with_sdp else "",
        )
        await station.until(lambda: stranger.statuses(sent), within=10)
        assert stranger.requests == []
        return stranger.statuses(sent)


async def test_who_guesses_a_phone_s_password_is_counted(
    station: CarrierStation, carrier: Carrier
) -> None:
    """Its name is right, and each guess answers the challenge as a phone would."""
    name, _ = await station.desk_phone("claire")
    before = await reached(station)
    uri, sender = f"sip:127.0.0.1:{station.base + 60}", f"<sip:{name}@127.0.0.1>"
    async with RawSip(station.base + 60) as stranger:
        sent = stranger.request("REGISTER", uri, sender=sender)
        await station.until(lambda: stranger.statuses(sent))
        for guess in range(1, 6):
            proof = credentials(stranger.responses[-1], "REGISTER", uri, name, f"guess-{guess}")
            stranger.request(
                "REGISTER", uri, sender=sender, call_id=sent, cseq=guess + 1, more=proof
            )
            count = guess + 1
            await station.until(lambda: len(stranger.responses) == count)  # noqa: B023
        assert set(stranger.statuses(sent)) == {401}
        assert not any(header(response, "Contact") for response in stranger.responses)
    expected = before | {"wrong_password": before["wrong_password"] + 5}
    await station.until(lambda: counted(station, expected), within=10)


#: Ways of saying that one is a telephone ({name}) without its password.
NAMES = (
    "<sip:{name}@127.0.0.1>",
    "<sip:{name}%40out@127.0.0.1>",
    "<sip:{name}%40OUT;x=1@127.0.0.1;transport=tls>",
    '"{name}@out" <sip:%6f%70{rest}%40%6f%75%74@127.0.0.1>',
    "<sip:{name}@out>",
)


async def test_a_telephone_is_registered_by_no_name_over_any_transport_nor_by_another_site(
    station: CarrierStation, carrier: Carrier
) -> None:
    """tests/integration/asterisk/test_registering.py has more names, and TLS."""
    name, _ = await station.desk_phone("denise")
    there = (f"<sip:{PREMIUM}@127.0.0.1:{carrier.port}>",)
    senders = [sender.format(name=name, rest=name.removeprefix("op")) for sender in NAMES]

    def answers(kind: str, port: int) -> set[int]:
        with Wire(kind, port, station.base) as wire:
            asked = [Request(sender=s, to=f"<sip:{name}@x>", contacts=there) for s in senders]
            return {status(ask(wire, request)) for request in asked}

    assert await asyncio.to_thread(answers, "udp", station.base + 60) == {401}
    assert await asyncio.to_thread(answers, "ws", station.base + 88) == {401}

    def opened(origin: str) -> bool:
        with contextlib.suppress(Shut), Wire("ws", station.base + 88, headers={"Origin": origin}):
            return True
        return False

    for origin in ("http://evil.example", "null", "", f"http://127.0.0.1:{station.base + 1}"):
        assert not await asyncio.to_thread(opened, origin), origin
    assert await asyncio.to_thread(opened, f"http://127.0.0.1:{station.base}")

    await station.until(lambda: refused_at_the_door(station, 4))


async def refused_at_the_door(station: CarrierStation, pages: int) -> bool:
    (door,) = (await station.health())["door"]
    return bool(door.get("origin", 0) == pages)


#: A plan that calls nobody: a person does.
BY_HAND = {"id": "by-hand", "name": "by hand", "steps": [{"id": "op", "kind": "hand_to_operator"}]}


async def test_a_desk_that_registered_at_the_trunk_and_is_clicked_to_call_rings_nowhere(
    station: CarrierStation, carrier: Carrier
) -> None:
    """Its password is right; its Contact is a number that costs, at the trunk's own host."""
    name, password = await station.desk_phone("elise")
    account, person = sites.fresh("H"), sites.number(623)
    await station.site(account, person, plan=BY_HAND)
    await station.alarm(account)
    incident = await station.incident(account)
    there = (f"<sip:{PREMIUM}@127.0.0.1:{carrier.port}>",)

    def registers() -> int:
        with Wire("udp", station.base + 60) as wire:
            asked = Request(sender=f"<sip:{name}@127.0.0.1>", contacts=there)
            return status(ask(wire, asked, name, password))

    assert await asyncio.to_thread(registers) == 200
    before = await reached(station)
    async with httpx.AsyncClient(base_url=station.url, trust_env=False, timeout=20) as desk:
        logged_in = {"name": "elise", "password": PASSWORD}
        assert (await desk.post("/login", data=logged_in)).status_code == 303
        await station.until(lambda: is_connected(station, name))
        contact = sites.premises(account, person)["id"]
        for act, fields in (("claim", {}), ("call", {"contact": contact})):
            page = (await desk.get(f"/incidents/{incident['id']}")).text
            form = {**form_of(page), **fields}
            done = await desk.post(f"/incidents/{incident['id']}/{act}", data=form)
            assert done.status_code == 303, done.text
    (call,) = (await station.incident_after_calls(account))["calls"]
    assert (call["step"], call["answered_at"]) == ("own_phone", None)
    assert await reached(station) == before
    assert carrier.invites == []


async def is_connected(station: CarrierStation, name: str) -> bool:
    """Whether the station knows that the telephone is there, and would ring it."""
    with contextlib.closing(sqlite3.connect(station.data_dir / "callflow.db")) as rows:
        ((state,),) = rows.execute("select state from phone where name = ?", (name,)).fetchall()
    return is_reachable(state)


async def counted(station: CarrierStation, expected: dict[str, Any]) -> bool:
    return await reached(station) == expected


async def reached(station: CarrierStation) -> dict[str, Any]:
    """What a stranger may change, and what never."""
    health = await station.health()
    (sip,) = health["sip"]
    return {
        "unknown": sip["unknown"],
        "wrong_password": sip["wrong_password"],
        "calls in the network": len(await station.seen()),
        "dialogues": await station.dialogues(),
        "live calls": health["live_calls"],
        "recordings": len(list((station.data_dir / "recordings").rglob("*.raw"))),
    }
