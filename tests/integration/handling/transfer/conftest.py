"""A station with everything that a workbook or a configuration holds."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.handling.interventions import directory, firms, members
from tests.integration.handling.station import Station
from tests.integration.handling.transfer.rich import RICH


@pytest.fixture
def rich(station: Station) -> Station:
    """A station with everything that a workbook holds."""
    station.put(
        "zz", accounts=[{"account": "09"}], zones=[], contacts=[{"id": "zoe", "name": "Zoé"}]
    )
    station.put("rich", **RICH)
    by = ("odile", station.now)

    def around(tx: Any) -> None:
        firm = {"name": "Sécurité", "phone": "+33639980901", "licence": "AUT-1", "code": "258036"}
        firms.put_firm(tx, station.vault, "f1", firm | {"sectors": ["29", "35"]}, *by)
        member = {"name": "Loïc", "phone": "+33639980902", "code": "147258"}
        members.put_member(tx, station.vault, "f1", "m1", member, *by)
        line = {"id": "l1", "service": "police", "name": "CORG", "number": "+33130123456"}
        directory.put_directory(tx, [line | {"site": "rich", "note": "nuit"}], *by)

    station.write(around)
    return station
