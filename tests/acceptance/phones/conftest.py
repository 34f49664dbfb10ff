"""One station for all conversations with real phones; its queue doesn't ring by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.phone import Phones, phones_of
from tests.support.station import Station
from tests.support.together import Conversations

#: Nobody at the simulated desk phones: only what a test puts there answers.
DESKS = ("+33639989901", "+33639989902")
DUTY = "+33639989910"


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Station]:
    folder: Path = tmp_path_factory.mktemp("station")
    patience = {"CALLFLOW_VITAL_TARGET": "900", "CALLFLOW_OTHER_TARGET": "900"}
    async with Station(folder, patience) as running:
        for desk in (*DESKS, DUTY):
            await running.phone(desk, "ring")
        yield running


@pytest.fixture(scope="package")
def conversations(station: Station, tmp_path_factory: pytest.TempPathFactory) -> Conversations:
    return Conversations(station, tmp_path_factory.mktemp("conversations"))


@pytest_asyncio.fixture(loop_scope="package")
async def phones(station: Station, tmp_path: Path) -> AsyncIterator[Phones]:
    async with phones_of(station, tmp_path) as handed_out:
        yield handed_out
