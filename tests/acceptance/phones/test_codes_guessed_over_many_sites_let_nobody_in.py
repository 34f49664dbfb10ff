"""Codes guessed over many sites, at the wire: no site bears more than its thousandth a day, it is
one alarm, and honest people get in meanwhile, or to a human (`./run bench guessing`: 10,000). Of
one site's and one number's guesses: tests/integration/handling/callers/test_phone_menu.py."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.attacks.siege import besieged

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.deep]


async def test_codes_are_guessed_and_honest_people_get_through(tmp_path: Path) -> None:
    async with besieged(tmp_path, sites=300, seed=1) as siege:
        await siege.surround()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(siege.rage(rate=4, seconds=15))
            await siege.is_on()
            assert await siege.honest_gets_in()
            assert await siege.honest_reaches_a_human()
        print(siege.guesses)
        assert siege.problems() == []
        assert siege.guesses.heard["codes_locked"] > 0
        assert await siege.alarms() == [True]
