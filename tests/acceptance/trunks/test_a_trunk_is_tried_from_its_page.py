"""A trunk is tried from its page: the far end rings once, over this trunk alone, and the page says
what came of it. (What may not be dialled is refused:
tests/integration/web/calls/test_trunk_tests.py.)"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest
import pytest_asyncio

from callflow.texts.station.trunks import TESTS
from tests.support.pages.administrator import administrator_of_forms
from tests.support.pages.visitors import FarPerson
from tests.support.phones.phone import phones_of
from tests.support.rows import sites
from tests.support.sip.trunks import NUMBERS, TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="package")

HERE = "/settings/trunks"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def chief(running: TrunkStation) -> AsyncIterator[FarPerson]:
    """An administrator."""
    async with administrator_of_forms(running) as person:
        yield person


async def presses_call(chief: FarPerson, language: str, trunk: str, number: str) -> None:
    """The form is filled in and sent, by who reads pages in that language."""
    page = f"{HERE}?lang={language}"
    assert (await chief.fill(page, HERE, trunk=trunk, number=number)).is_redirect


async def result_of(chief: FarPerson, language: str, number: str) -> str:
    """What the page says of the test of a number, "" as long as it says nothing of its end."""
    page = (await chief.see(f"{HERE}?lang={language}")).text
    rows = re.findall(r"<tr>.*?</tr>", page.partition('id="tests"')[2], re.DOTALL)
    shown = f"{number[-4:-2]} {number[-2:]}"
    texts = [unescape(re.sub(r"<[^>]+>", " ", row)) for row in rows]
    return next((text for text in texts if shown in text), "")


@pytest.mark.parametrize(
    ("place", "language", "result"),
    [
        (150, "fr", "message entendu et confirmé"),
        pytest.param(151, "en", "message heard and acknowledged", marks=pytest.mark.deep),
    ],
)
async def test_whoever_answers_hears_the_test_in_the_language_of_who_asks(
    station: TrunkStation, chief: FarPerson, tmp_path: Path, place: int, language: str, result: str
) -> None:
    account, number = sites.fresh("P"), sites.number(place)
    async with phones_of(station, tmp_path) as phones:
        await station.site(account, number)
        phone = await phones.at(number, language)
        await presses_call(chief, language, "beta", number)
        await phone.picks_up()
        what, more = TESTS["trunk_test"][language == "en"]
        await phone.expect_prompt("greeting", station="Callflow")
        await phone.expect_prompt("site", site=what, written="")
        for sentence in more.removesuffix(".").split(". "):
            await phone.expect_prompt("plan_text", text=f"{sentence}.", written="")
        await phone.expect_prompt("offer_acknowledge")
        await phone.types("1")
        await phone.is_hung_up()

        async def said() -> bool:
            tested = await result_of(chief, language, number)
            return "beta" in tested and result in tested

        await station.until(said)
        assert await station.went(number) == [("beta", True)]
        (seen,) = await station.seen(number)
        assert f"+{seen['caller'].lstrip('+')}" == NUMBERS["beta"][1], "a person asked for it"
        assert phone.rung == 1


#: By its number's place: what the far end does, over which trunk, what the page says of it. Those
#: of a group are tried at once.
TRIED = (
    {
        152: ("busy", "alpha", "occupé"),
        153: ("refuse", "alpha", "appel refusé"),
        154: ("ring", "alpha", "sans réponse"),
        155: ("hang_up", "alpha", "raccroché pendant le dialogue"),
        156: ("silent", "alpha", "décroché, aucune touche"),
    },
    {
        157: ("answer", "alpha", "panne du trunk SIP"),
        158: ("answer", "beta", "aucune sonnerie"),
    },
)


async def test_what_the_far_end_did_is_said(station: TrunkStation, chief: FarPerson) -> None:
    await asyncio.gather(*(is_said(station, chief, place) for place in TRIED[0]))


async def test_what_the_trunk_did_is_said(station: TrunkStation, chief: FarPerson) -> None:
    await station.trunk("alpha", "refuse")
    await station.trunk("beta", "silent")
    await asyncio.gather(*(is_said(station, chief, place) for place in TRIED[1]))


async def is_said(station: TrunkStation, chief: FarPerson, place: int) -> None:
    behaviour, trunk, result = next(group[place] for group in TRIED if place in group)
    account, number = sites.fresh("P"), sites.number(place)
    await station.site(account, number, behaviour=behaviour, after_s=0.2)
    await presses_call(chief, "fr", trunk, number)
    tested = ""

    async def said() -> bool:
        nonlocal tested
        tested = await result_of(chief, "fr", number)
        return result in tested

    await station.until(said, 90)
    assert ("aucune sonnerie" in tested) == (place in TRIED[1]), "a busy phone rang"
    reached = behaviour in ("hang_up", "silent")
    assert await station.went(number) == [(trunk, reached)], "nothing went over the other one"
