"""RFC 4475's torture messages, from a stranger and from the trunk's own address: no call, no harm.

After each the station answers a well-formed request from the same address.
"""

from __future__ import annotations

import pytest

from tests.support.attacks.hostile import Carrier, CarrierStation
from tests.support.attacks.torture import messages
from tests.support.sip.raw_sip import RawSip, first_line, header

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize("trusted", [False, True], ids=["stranger", "carrier"])
async def test_a_malformed_message_begins_no_call(
    station: CarrierStation, carrier: Carrier, trusted: bool
) -> None:
    asterisk = (station.data_dir / "asterisk" / "station" / "callflow.pid").read_text()
    dialogues, calls = await station.dialogues(), len(await station.seen())
    before = await station.refused()
    async with RawSip(station.base + 60) as stranger:
        sender = carrier if trusted else stranger
        torture = messages(station.base + 60, sender.port)
        assert len(torture) > 55
        for name, message in torture.items():
            sender.responses.clear()
            sender.send(message)
            assert await still_answers(station, sender), name
            begun = [r for r in sender.responses if is_call(r)]
            assert begun == [], name
        assert [first_line(r) for r in sender.requests if not r.startswith(b"OPTIONS ")] == []

    assert await station.dialogues() == dialogues
    assert len(await station.seen()) == calls
    health = await station.health()
    assert (health["asterisk"], health["live_calls"]) == ("up", 0)
    assert (station.data_dir / "asterisk" / "station" / "callflow.pid").read_text() == asterisk
    # Asterisk's log is read once a beat.
    await station.until(lambda: counted(station, before["malformed"] + 10), within=15)


async def counted(station: CarrierStation, least: int) -> bool:
    return (await station.refused())["malformed"] >= least


async def still_answers(station: CarrierStation, sender: RawSip) -> bool:
    """A request after it is answered, so it was read, and did no harm to the next."""
    sent = sender.request("OPTIONS", f"sip:127.0.0.1:{station.base + 60}")
    try:
        await station.until(lambda: sender.statuses(sent), within=10)
    except TimeoutError:
        return False
    return True


def is_call(response: bytes) -> bool:
    """Whether an INVITE was answered by anything that keeps it: 180, 183 or 200."""
    status = int(first_line(response).split(" ")[1])
    return header(response, "CSeq").endswith("INVITE") and 100 < status < 300
