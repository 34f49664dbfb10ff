"""What a site's panels told of their arming, and its tests: in the API and beside the alarm."""

from __future__ import annotations

import httpx

from tests.support.stations.web_station import WebStation


async def test_arming_and_tests_are_shown(
    station: WebStation, operator: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    station.site()
    row = station.alarm()
    signals = [
        {"account": "1001", "code": "CL", "partition": "1", "user": "4"},
        {"account": "1001", "code": "OP", "partition": "2", "user": "5"},
    ]
    for signal in signals:
        await api.post("/signals", json=signal)
    station.correlate()
    body = {"zones": ["3"], "minutes": 30, "reason": "entretien"}
    assert (await api.post("/sites/1001/on-test", json=body)).status_code == 201

    site = (await api.get("/sites/1001")).json()
    shown = site["accounts"][0]["partitions"]
    assert [(p["partition"], p["armed"], p["user"]) for p in shown] == [
        ("1", True, "4"),
        ("2", False, "5"),
    ]
    assert (await api.put("/sites/1001", json=site)).status_code == 200
    assert (await api.get("/sites/1001")).json()["accounts"][0]["partitions"] == shown

    page = (await operator.get(f"/incidents/{row.id}")).text
    assert page.count("en marche ·") == 1
    assert "à remettre en marche" in page  # its second partition was disarmed since the alarm
    assert page.count("à l’arrêt") == 2  # in the band, and where its day and user stand
    assert "zones 3 en essai jusqu’au" in page
