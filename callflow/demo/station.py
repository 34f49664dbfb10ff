"""The demo: the station with simulated sites, panels and telephone network.

``run_once`` sends one site's alarm and judges what the API then shows; it goes through the same
code as any site's alarm.
"""

import asyncio
import itertools
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import structlog

from callflow import clock
from callflow.core.plans.call_plan import to_json
from callflow.core.station.addresses import is_loopback
from callflow.demo import sites as demo_sites
from callflow.demo.sites import DemoSite
from callflow.handling.interventions import directory
from callflow.handling.plans import plans
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.shape import Site
from callflow.probes.panel import NoAnswerError, PanelClient
from callflow.settings.config import BadSettings, Settings
from callflow.settings.lines import LineSettings
from callflow.settings.listeners import LISTENERS
from callflow.storage import Store, Tx
from callflow.storage.sites import sites
from callflow.vault import Vault
from ivr.asterisk.configuration import TEMPLATES
from ivr.asterisk.embedded import instance
from ivr.asterisk.instance import Kind
from ivr.asterisk.simulator import Phone, Simulator, load_phones

log = structlog.get_logger(__name__)

DEMO = "démo"
#: The hardware receivers that a demo listens to, on this machine.
RECEIVERS = (
    LineSettings(name="surgard", protocol="surgard"),
    LineSettings(name="dc07", protocol="dc07"),
)
#: Seconds that one site's whole story may take.
LONGEST_STORY = 240.0
_LOOK = 0.25


def demo_settings(settings: Settings) -> Settings:
    """The settings of a demo: a station with desk phones, where nothing takes half a minute, in a
    folder of its own unless one is named. Raises BadSettings, see ``stay_here``."""
    own = (
        {} if "data_dir" in settings.model_fields_set else {"data_dir": settings.data_dir / "demo"}
    )
    stay_here(settings)
    return settings.model_copy(
        update={
            **own,
            "asterisk_apart": False,
            "demo": True,
            "clock": settings.clock if "clock" in settings.model_fields_set else "none",
            "lines": settings.lines or RECEIVERS,
            "desk_phones": settings.desk_phones or demo_sites.DESK_PHONES,
            "duty_numbers": settings.duty_numbers or demo_sites.DUTY_NUMBERS,
        }
    )


def stay_here(settings: Settings) -> None:
    """A demo lets anybody in: raises BadSettings where something would listen beyond loopback."""
    for listener in LISTENERS:
        for address in settings.binds(listener):
            if not is_loopback(address):
                raise BadSettings(
                    f"{settings.bound_by(listener)}: everybody knows the demo's password: it"
                    f" listens on this machine alone, not at {address}. Begin a station with"
                    " `callflow serve`"
                )


def seed(settings: Settings, store: Store, vault: Vault) -> None:
    """Put in the demo's plan, sites and phones; what somebody changed is left alone."""
    now = clock.now()

    def rows(tx: Tx) -> None:
        plans.publish_first(tx, to_json(demo_sites.PLAN), DEMO, now)
        for site in (*demo_sites.SITES, *demo_sites.RESTLESS):
            if sites.get(tx, site.account) is None:
                body = Site.read(demo_sites.body(site))
                sites_sites.put_site(tx, vault, site.account, body, DEMO, now)

        if not directory.get_directory(tx):
            directory.put_directory(tx, list(demo_sites.SERVICES), DEMO, now)

    store.write_now(rows)
    phones = load_phones(TEMPLATES / "simulator" / "phones.yaml")
    Simulator(instance(settings, Kind.SIMULATOR)).seed(phones)


class SimulatedNetwork:
    """The simulated telephone network, in the shape of the web's ``simulator`` API."""

    def __init__(self, settings: Settings) -> None:
        self._simulator = Simulator(instance(settings, Kind.SIMULATOR))

    def phone(self, number: str) -> dict[str, Any] | None:
        """What a number does."""
        phone = self._simulator.get_phone(number)
        return phone.as_dict() if phone else None

    def set_phone(self, number: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Change it for the next call. Raises ValueError naming the field."""
        phone = Phone.from_dict(number, dict(fields))
        self._simulator.set_phone(phone)
        return phone.as_dict()

    def calls(self) -> list[dict[str, Any]]:
        """What the network saw, oldest first, with the number shown and the trunk that it took."""
        return [
            call.as_dict() | {"caller": call.caller, "trunk": call.trunk}
            for call in self._simulator.calls()
        ]

    def set_trunk(self, name: str, behaviour: str) -> None:
        """What becomes of every call of one trunk, from the next one on. Raises ValueError."""
        self._simulator.set_trunk(name, behaviour)


def panel(settings: Settings, site: DemoSite) -> PanelClient:
    """The site's panel."""
    key = bytes.fromhex(demo_sites.KEY) if site.encrypted else None
    return PanelClient(settings.reached_at("dc09"), settings.ports.dc09, site.account, key)


async def send_alarm(settings: Settings, site: DemoSite) -> None:
    """The site's panel sends its alarm. Raises NoAnswerError."""
    async with panel(settings, site) as client:
        await client.send(site.event, site.zone, site.text)


async def send_restore(settings: Settings, site: DemoSite) -> None:
    """The site's panel says that the alarm is over. Raises NoAnswerError."""
    async with panel(settings, site) as client:
        await client.send(site.restore, site.zone)


async def restless(settings: Settings, every: float) -> None:
    """Alarms that come by themselves, each followed by its restore; until cancelled."""
    for site in itertools.cycle(demo_sites.RESTLESS):
        await asyncio.sleep(every * (0.5 + secrets.randbelow(100) / 100))
        try:
            await send_alarm(settings, site)
            await asyncio.sleep(60)
            await send_restore(settings, site)
        except (NoAnswerError, OSError) as error:
            log.warning("demo.no_answer", site=site.account, reason=str(error))


class Api:
    """The HTTP API, as any program would use it."""

    def __init__(self, settings: Settings, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{settings.own_url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def incidents(self, account: str) -> list[dict[str, Any]]:
        """The incidents of an account, oldest first."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params = {"account": account} | ({"after": cursor} if cursor else {})
            answer = await self._client.get("/incidents", params=params)
            answer.raise_for_status()
            body = answer.json()
            found += body["items"]
            cursor = body["next"]
            if cursor is None:
                return found

    async def incident(self, incident_id: str) -> dict[str, Any]:
        answer = await self._client.get(f"/incidents/{incident_id}")
        answer.raise_for_status()
        shown: dict[str, Any] = answer.json()
        return shown

    async def post(self, path: str, body: dict[str, Any] | None = None) -> None:
        answer = await self._client.post(path, json=body or {})
        answer.raise_for_status()


async def run_once(
    settings: Settings, site: DemoSite, token: str, say: Callable[[str], None]
) -> list[str]:
    """Run a site's story to its end; what differs from what was expected, nothing when all is well.

    ``say`` is given each line of the timeline as it happens. Raises NoAnswerError, TimeoutError.
    """
    api = Api(settings, token)
    try:
        before = {incident["id"] for incident in await _settle_old(api, settings, site)}
        await send_alarm(settings, site)
        async with asyncio.timeout(LONGEST_STORY):
            incident = await _follow(api, site, before, say)
        if incident["resolution_code"] is not None:
            await send_restore(settings, site)
        return list(differences(site, incident))
    finally:
        await api.close()


async def _settle_old(api: Api, settings: Settings, site: DemoSite) -> list[dict[str, Any]]:
    """Close what an earlier story left, so that the new alarm opens its own incident."""
    old = await api.incidents(site.account)
    unfiled = [incident for incident in old if incident["state"] != "filed"]
    for incident in unfiled:
        if incident["state"] == "open":
            await api.post(f"/incidents/{incident['id']}/claim")
            body = {"code": "test", "text": "démonstration recommencée"}
            await api.post(f"/incidents/{incident['id']}/close", body)
    if unfiled:
        await send_restore(settings, site)
        async with asyncio.timeout(20):
            await _until_filed(api, site)
    return old


async def _until_filed(api: Api, site: DemoSite) -> None:
    while True:
        if all(i["state"] == "filed" for i in await api.incidents(site.account)):
            return
        await asyncio.sleep(_LOOK)


async def _follow(
    api: Api, site: DemoSite, before: set[str], say: Callable[[str], None]
) -> dict[str, Any]:
    """Tell the incident's logbook as it grows, until nothing more will happen by itself."""
    said = 0
    while True:
        fresh = [i for i in await api.incidents(site.account) if i["id"] not in before]
        if fresh:
            incident = await api.incident(fresh[0]["id"])
            for entry in incident["logbook"][said:]:
                at = clock.from_iso(entry["at"]).astimezone()
                say(f"{at:%H:%M:%S.%f}"[:-3] + f"  {entry['text']}")
            said = len(incident["logbook"])
            if _is_over(site, incident):
                return incident
        await asyncio.sleep(_LOOK)


def _is_over(site: DemoSite, incident: dict[str, Any]) -> bool:
    plan_calls = _plan_calls(incident)
    if any(call["outcome"] is None for call in plan_calls):
        return False
    if incident["resolution_code"] is not None:
        return True
    return bool(incident["machine"] != "running" and incident["with_human"] and plan_calls)


def _plan_calls(incident: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls that the plan made: not those that bring an operator."""
    return [call for call in incident["calls"] if call["step"] not in ("queue", "bridge")]


def differences(site: DemoSite, incident: dict[str, Any]) -> list[str]:
    """What the incident that the API shows lacks of what the site is to show."""
    found = [(call["contact"], call["outcome"]) for call in _plan_calls(incident)]
    wanted = [(demo_sites.contact_id(site.account, c), str(o)) for c, o in site.calls]
    wrong = []
    if found != wanted:
        wrong.append(f"calls: expected {wanted}, found {found}")
    if incident["resolution_code"] != site.code:
        wrong.append(f"end: expected {site.code}, found {incident['resolution_code']}")
    if site.code is None and not incident["with_human"]:
        wrong.append("end: expected a human, found none")
    return wrong
