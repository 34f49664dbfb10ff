"""A trunk is tried from its page: the far end rings once, over this trunk alone, and the page says
what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from callflow.texts.trunks import TESTS
from tests.support import sites
from tests.support.administrator import administrator
from tests.support.phone import phones_of
from tests.support.trunks import NUMBERS, TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest_asyncio.fixture(loop_scope="package")
async def page(station: TrunkStation) -> AsyncIterator[Page]:
    """The trunks' page, in French, of an administrator."""
    async with administrator(station, "/settings/trunks?lang=fr") as page:
        yield page


async def presses_call(page: Page, trunk: str, number: str) -> None:
    """The form is filled in and sent."""
    await page.select_option("#test-trunk", trunk)
    await page.fill("#test-number", number)
    async with page.expect_response(lambda answer: answer.request.method == "POST"):
        await page.click("form[action='/settings/trunks'] button")


@pytest.mark.parametrize(
    ("place", "language", "result"),
    [(150, "fr", "message entendu et confirmé"), (151, "en", "message heard and acknowledged")],
)
async def test_whoever_answers_hears_the_test_in_the_language_of_who_asks(
    station: TrunkStation, page: Page, tmp_path: Path, place: int, language: str, result: str
) -> None:
    account, number = sites.fresh("P"), sites.number(place)
    async with phones_of(station, tmp_path) as phones:
        await station.site(account, number)
        phone = await phones.at(number, language)
        await page.goto(f"{station.url}/settings/trunks?lang={language}")
        await presses_call(page, "beta", number)
        await phone.picks_up()
        what, more = TESTS["trunk_test"][language == "en"]
        await phone.expect_prompt("greeting", station="Callflow")
        await phone.expect_prompt("site", site=what, written="")
        for sentence in more.removesuffix(".").split(". "):
            await phone.expect_prompt("plan_text", text=f"{sentence}.", written="")
        await phone.expect_prompt("offer_acknowledge")
        await phone.types("1")
        await phone.is_hung_up()
        tested = page.locator("#tests tbody tr").first
        await expect(tested).to_contain_text("beta")
        await expect(tested).to_contain_text(result)
        assert await station.went(number) == [("beta", True)]
        (seen,) = await station.seen(number)
        assert f"+{seen['caller'].lstrip('+')}" == NUMBERS["beta"][1], "a person asked for it"
        assert phone.rung == 1


@pytest.mark.parametrize(
    ("place", "behaviour", "trunk", "result"),
    [
        (152, "busy", "up", "occupé"),
        (153, "refuse", "up", "appel refusé"),
        (154, "ring", "up", "sans réponse"),
        (155, "hang_up", "up", "raccroché pendant le dialogue"),
        (156, "silent", "up", "décroché, aucune touche"),
        (157, "answer", "refuse", "panne du lien opérateur"),
        (158, "answer", "silent", "aucune sonnerie"),
    ],
)
async def test_what_the_far_end_or_the_trunk_did_is_said(
    station: TrunkStation, page: Page, place: int, behaviour: str, trunk: str, result: str
) -> None:
    account, number = sites.fresh("P"), sites.number(place)
    await station.site(account, number, behaviour=behaviour, after_s=0.2)
    await station.trunk("alpha", trunk)
    await presses_call(page, "alpha", number)
    tested = page.locator("#tests tbody tr", has_text=f"{number[-4:-2]} {number[-2:]}").first
    await expect(tested).to_contain_text(result, timeout=60_000)
    said = await tested.text_content()
    assert ("aucune sonnerie" in str(said)) == (trunk != "up"), "a busy phone rang"
    reached = behaviour in ("hang_up", "silent")
    assert await station.went(number) == [("alpha", reached)], "nothing went over the other one"


async def test_no_such_trunk_and_no_such_number_ring_nowhere(
    station: TrunkStation, page: Page
) -> None:
    account, number = sites.fresh("P"), sites.number(159)
    await station.site(account, number, behaviour="answer", after_s=0.2)
    before = len(await station.seen())
    option = page.locator("#test-trunk option[value=beta]")
    await option.evaluate("option => option.value = 'gamma'")
    await presses_call(page, "gamma", number)
    await expect(page.locator("#main p.refused")).to_contain_text("ce lien opérateur n'existe pas")
    for forbidden in ("112", "+33 1 12", sites.number(160), "0899 70 00 00", "3617"):
        await page.goto(f"{station.url}/settings/trunks?lang=fr")
        await presses_call(page, "alpha", forbidden)
        await expect(page.locator("#main p.refused")).not_to_be_empty()
    assert len(await station.seen()) == before
