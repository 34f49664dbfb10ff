"""The demo's button: a panel of one of its sites sends an alarm, as any panel would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from callflow.panel import NoAnswerError, PanelClient
from callflow.signal import Kind
from callflow.storage import Tx, sites
from web.station import Station

#: Kind of a zone → the SIA code that its panel sends; burglary where nothing is said.
_CODES = {
    Kind.FIRE.value: "FA",
    Kind.MEDICAL.value: "MA",
    Kind.HOLD_UP.value: "HA",
    Kind.PANIC.value: "PA",
    Kind.GAS.value: "GA",
    Kind.FLOOD.value: "WA",
    Kind.TECHNICAL.value: "UA",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A site whose alarm can be raised."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class _Panel:
    account: str
    key: bytes | None
    zone: str
    zone_name: str
    code: str


def choices(tx: Tx) -> list[Choice]:
    """The demo's sites: their ids are their accounts, 1001 and on."""
    names = sites.site_names(tx)
    return [
        Choice(site, names[site]) for site in sorted(names) if site.isdigit() and site >= "1001"
    ]


async def raise_alarm(station: Station, site_id: str) -> bool:
    """Send the site's alarm to the receiver by DC-09; whether it was acknowledged."""
    panel = await station.store.read(lambda tx: _panel(tx, station, site_id))
    if panel is None:
        return False
    port = station.settings.ports.dc09
    async with PanelClient(
        "127.0.0.1", port, panel.account, panel.key, attempts=2, answer_within=3.0
    ) as client:
        try:
            reply = await client.send(panel.code, panel.zone, panel.zone_name)
        except NoAnswerError:
            return False
    return reply.kind == "ACK"


def _panel(tx: Tx, station: Station, site_id: str) -> _Panel | None:
    accounts = sites.account_rows(tx, site_id)
    if not accounts:
        return None
    account, kept = accounts[0]["account"], accounts[0]["dc09_key"]
    zones = [zone for zone in sites.zone_rows(tx, site_id) if zone["account"] == account]
    zone: dict[str, Any] = zones[0] if zones else {"zone": "1", "name": "", "kind": None}
    return _Panel(
        account=account,
        key=station.vault.decrypt(kept) if kept else None,
        zone=zone["zone"],
        zone_name=zone["name"],
        code=_CODES.get(zone["kind"] or "", "BA"),
    )
