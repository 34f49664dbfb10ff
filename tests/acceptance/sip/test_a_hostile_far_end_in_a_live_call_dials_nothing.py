"""A far end that is let in, in the middle of a call, makes the station call nobody else.

The carrier is the trunk's own far end: its REFER, its INVITE with Replaces and its forged caller
numbers come over the real trunk. INVITEs are counted where they arrive: at the carrier and in the
simulated network.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.attacks.hostile import PREMIUM, Carrier, CarrierStation
from tests.support.phones.phone import Voice
from tests.support.rows import sites
from tests.support.sip.raw_sip import first_line, header, sdp
from tests.support.sip.sip_callers import Heard
from tests.support.sip.sip_players import Player, talks

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Where a REFER would have the station call. {carrier}, {here}: the trunk's ends.
TARGETS = {
    "a number that costs": f"<sip:{PREMIUM}@{{carrier}}>",
    "the same, here": f"<sip:{PREMIUM}@{{here}}>",
    "the other trunk": f"<sip:PJSIP%2F{PREMIUM}%40network@{{here}}>",
    "a menu": "<sip:Local%2Fs%40callflow-outgoing@{here}>",
    "another method": f"<sip:{PREMIUM}@{{carrier}};method=INVITE>",
    "a telephone number": f"<tel:{PREMIUM}>",
    "in place of a call": f"<sip:{PREMIUM}@{{carrier}}?Replaces=1%40x%3Bto-tag%3D1%3Bfrom-tag%3D2>",
}


async def test_a_refer_in_a_live_call_transfers_nobody(
    station: CarrierStation, carrier: Carrier
) -> None:
    account, phone = sites.fresh("H"), sites.number(620)
    before = len(await station.seen())
    await station.site(account, phone, behaviour="answer")
    async with answering(station, carrier, account) as live:
        places = {"carrier": f"127.0.0.1:{carrier.port}", "here": f"127.0.0.1:{station.base + 60}"}
        for number, target in enumerate(TARGETS.values(), start=1):
            to = target.format(**places)
            live.asks(
                "REFER", number, f"Refer-To: {to}\r\nReferred-By: <sip:1@{places['carrier']}>"
            )
            await is_read(station, carrier)
        assert (await station.api.get("/health")).json()["live_calls"] == 1  # as it was
        assert [status for status in answers(carrier, "REFER") if status < 400] == []
    await nobody_else_was_called(station, carrier, before, phone)


async def test_a_call_that_would_replace_a_live_one_reaches_the_menu_at_most(
    station: CarrierStation, carrier: Carrier
) -> None:
    """Whoever knows a call's tags gets no part of it: the called person's call goes on."""
    account, phone = sites.fresh("H"), sites.number(621)
    before, dialogues = len(await station.seen()), await station.dialogues()
    ours = station.number
    await station.site(account, phone, behaviour="answer")
    async with answering(station, carrier, account) as live:
        uri = f"sip:{ours}@127.0.0.1:{station.base + 60}"
        replaces = f"Replaces: {live.call_id};to-tag=far-end;from-tag={live.tag}"
        for more in (f"{replaces}\r\nRequire: replaces", replaces, f"{replaces};early-only"):
            with audio() as media:
                sent = carrier.request("INVITE", uri, more=more, body=sdp(media.getsockname()[1]))
                await station.until(lambda: final(carrier, sent), 10)  # noqa: B023
                answer = final(carrier, sent)[-1]
                carrier.request("ACK", uri, to=header(answer, "To"), call_id=sent)
                if first_line(answer).startswith("SIP/2.0 200"):
                    carrier.request("BYE", uri, to=header(answer, "To"), call_id=sent, cseq=2)
        assert not any(r.startswith(b"BYE ") for r in carrier.requests), "the live call was ended"
        assert (await station.dialogues()) - dialogues <= 3
    await nobody_else_was_called(station, carrier, before, phone)


async def test_an_honest_contact_s_number_forged_over_the_trunk_reaches_only_the_menu(
    station: CarrierStation, carrier: Carrier
) -> None:
    """It is a hint: the menu asks for the code, and digits that are dialled there dial nothing."""
    account, honest = sites.fresh("H"), sites.number(622)
    before, dialogues = len(await station.seen()), await station.dialogues()
    ours = station.number
    person = sites.contact(account, "Camille", honest)
    await sites.put(station, account, sites.site(account, person))
    uri = f"sip:{ours}@127.0.0.1:{station.base + 60}"
    more = f"P-Asserted-Identity: <sip:{honest}@127.0.0.1>\r\nDiversion: <sip:{honest}@127.0.0.1>"
    with audio() as media:
        sender = f"<sip:{honest}@127.0.0.1:{carrier.port}>"
        body = sdp(media.getsockname()[1])
        sent = carrier.request("INVITE", uri, sender=sender, more=more, body=body)
        await station.until(lambda: final(carrier, sent), 10)
        answer = final(carrier, sent)[-1]
        assert first_line(answer) == "SIP/2.0 200 OK"
        to = header(answer, "To")
        carrier.request("ACK", uri, sender=sender, to=to, call_id=sent)
        voice = Voice(station)
        async with speaking(honest, media, answer.decode()) as forger:
            heard = Heard(forger, lambda key: voice.file(key, "fr").read_bytes().strip(b"\xd5"))
            assert await heard.one_of("ask_code") == "ask_code"  # of their site, and no more
            await forger.types(f"{PREMIUM[1:9]}#")
            assert await heard.one_of("code_ok", "code_wrong") == "code_wrong"
        carrier.request("BYE", uri, sender=sender, to=to, call_id=sent, cseq=2)
    assert await station.dialogues() == dialogues + 1
    assert await station.incidents(account=account) == []
    await nobody_else_was_called(station, carrier, before)


# --- what the far end does ------------------------------------------------------------------------


class Live:
    """A call of the station's that the carrier answered."""

    def __init__(self, carrier: Carrier, invite: bytes) -> None:
        self._carrier, self._invite = carrier, invite
        self.call_id = header(invite, "Call-ID")
        self.tag = header(invite, "From").rpartition(";tag=")[2]

    def asks(self, method: str, cseq: int, more: str = "") -> None:
        """A request within the call, as its called side may send."""
        contact = header(self._invite, "Contact").strip("<>").partition(">")[0]
        self._carrier.request(
            method,
            contact,
            sender=header(self._invite, "To"),
            tag="far-end",
            to=header(self._invite, "From"),
            call_id=self.call_id,
            cseq=cseq,
            more=more,
        )


@contextlib.asynccontextmanager
async def answering(station: CarrierStation, carrier: Carrier, account: str) -> AsyncIterator[Live]:
    """An alarm's call that the carrier answers; at the end it hangs up."""
    with audio() as media:
        body = sdp(media.getsockname()[1])

        def picked_up(request: bytes) -> None:
            carrier.answer(request, "200 OK", f"Contact: <sip:far@127.0.0.1:{carrier.port}>", body)

        carrier.answers["INVITE"] = picked_up
        await station.send(account, "BA", "3")
        await station.until(lambda: invited(carrier))
        live = Live(carrier, invited(carrier)[0])
        await station.until(lambda: is_answered(station, account))
        yield live
        live.asks("BYE", 100)  # after all that was asked within the call
        await station.until(lambda: 200 in answers(carrier, "BYE"), 10)
        (call,) = await station.ended(account, 1)
        assert (call["trunk"], call["outcome"]) == ("carrier", "hung_up")


async def is_read(station: CarrierStation, carrier: Carrier) -> None:
    """What was sent was read: a request after it is answered."""
    sent = carrier.request("OPTIONS", f"sip:127.0.0.1:{station.base + 60}")
    await station.until(lambda: carrier.statuses(sent), 10)


def invited(carrier: Carrier) -> list[bytes]:
    return [request for request in carrier.requests if request.startswith(b"INVITE ")]


async def is_answered(station: CarrierStation, account: str) -> bool:
    return bool((await station.calls(account))[0]["answered_at"])


def answers(carrier: Carrier, method: str) -> list[int]:
    found = [r for r in carrier.responses if header(r, "CSeq").endswith(method)]
    return [int(first_line(r).split(" ")[1]) for r in found]


def final(carrier: Carrier, call_id: str) -> list[bytes]:
    """What a call of the carrier's was answered at last."""
    mine = (r for r in carrier.responses if header(r, "Call-ID") == call_id)
    return [r for r in mine if not first_line(r).startswith("SIP/2.0 1")]


@contextlib.contextmanager
def audio() -> Iterator[socket.socket]:
    """A socket for the sound of one call."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.setblocking(False)
        media.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
        media.bind(("127.0.0.1", 0))
        yield media


@contextlib.asynccontextmanager
async def speaking(number: str, media: socket.socket, answer: str) -> AsyncIterator[Player]:
    """Somebody on that line, who sends sound and types."""
    player = talks(number, media, answer.partition("\r\n\r\n")[2])
    try:
        yield player
    finally:
        player.end()


async def nobody_else_was_called(
    station: CarrierStation, carrier: Carrier, before: int, *phones: str
) -> None:
    """0 outgoing INVITEs beside those to ``phones``, once each."""
    went = [line.split(" ")[1].split("@")[0] for line in carrier.invites]
    assert went == [f"sip:{phone[1:]}" for phone in phones]
    assert len(await station.seen()) == before
    assert await station.premium_calls() == []
