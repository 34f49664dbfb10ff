"""The demo's buttons: the panel of one of its sites sends its alarm, as any panel would."""

from callflow.demo import sites as demo_sites
from callflow.probes.panel import NoAnswerError, PanelClient
from callflow.storage import Tx
from callflow.storage.sites import sites
from web.station import Station

CHOICES = demo_sites.SITES


async def raise_alarm(station: Station, account: str) -> bool:
    """Send the site's alarm to the receiver by DC-09; whether it was acknowledged."""
    shown = next((site for site in CHOICES if site.account == account), None)
    if shown is None:
        return False
    key = await station.store.read(lambda tx: _key(tx, station, account))
    host, port = station.settings.reached_at("dc09"), station.settings.ports.dc09
    async with PanelClient(host, port, account, key, attempts=2, answer_within=3.0) as panel:
        try:
            reply = await panel.send(shown.event, shown.zone, shown.text)
        except NoAnswerError:
            return False
    return reply.kind == "ACK"


def _key(tx: Tx, station: Station, account: str) -> bytes | None:
    """The panel's key as it is declared now."""
    kept = sites.account_keys(tx).get(account)
    return station.vault.decrypt(kept) if kept else None
