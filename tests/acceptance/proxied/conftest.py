"""One station on this machine alone, and nginx before it, with two names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.pages.proxy import Nginx
from tests.support.stations.station import PATIENCE, Station

#: Browsers find both on this machine, without asking anybody.
NAMES = ("alarms.localhost", "autre.localhost")


class Proxied(Station):
    """``proxy`` is before it."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir, PATIENCE)
        self.proxy = Nginx(data_dir.parent / "proxy", self.base, NAMES)
        first, second = map(self.proxy.url, NAMES)
        self.environment |= {
            "CALLFLOW_PUBLIC_URL": first,
            "CALLFLOW_PUBLIC_URLS": second,
            # Its far ends are of the same network here: nginx is this address of it.
            "CALLFLOW_TRUSTED_PROXIES": "127.0.0.1",
        }


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxied]:
    running = Proxied(tmp_path_factory.mktemp("proxied") / "data")
    async with running, running.proxy:
        yield running
