"""The first start: what is there already, and the test alarm."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from callflow.core.alarms.incident import Incident, State
from callflow.core.people.users import Role
from callflow.core.plans.call_plan import Plan
from callflow.core.plans.choice import Alarm
from callflow.core.signals import events
from callflow.core.station import first_start
from callflow.core.station.first_start import KIND, Facts, Line, Trial
from callflow.handling.alarms.opening import plan_for
from callflow.handling.alarms.rehearsing import end_rehearsal, rehearse
from callflow.handling.base.policy import trunks_of
from callflow.handling.base.refusals import NotFound
from callflow.handling.sites.in_force import site_now
from callflow.handling.watch import health as watch_health
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.people import users
from callflow.storage.sites import sites

#: A test alarm is looked for among so many of the site's newest incidents.
_NEWEST = 50


def is_set_up(tx: Tx) -> bool:
    """True where anybody was ever called, and said by a key that they heard it."""
    return calls.any_ended_with(tx, first_start.PROOF)


def facts(tx: Tx, settings: Settings, now: datetime, asked: str = "") -> Facts:
    """What the guide's steps are read from; ``asked`` names the site, or one of its accounts."""
    health = watch_health.health(tx, now)
    number = trunks_of(settings)[0].machine_number
    few = sites.site_ids(tx, limit=2)
    site_id = _site(tx, asked, few)
    site = site_now(tx, site_id, KIND, now) if site_id else None
    accounts = sites.accounts(tx, site.id) if site else []
    return Facts(
        now=now,
        missing=health["missing"],
        asterisk=health["asterisk"] == "up",
        lines=_lines(settings, health["trunks"]),
        number=number,
        made_up=not settings.demo and number == Settings.model_fields["station_number"].default,
        operators=[
            user.name
            for user in users.users(tx)
            if user.role == Role.OPERATOR and user.disabled_at is None
        ],
        sites=len(few),
        site=site,
        account=accounts[0].account if accounts else "",
        plan=_plan(tx, site.id, accounts[0].account if accounts else "", now) if site else None,
        test=_test(tx, site.id) if site else None,
    )


def newest_test(tx: Tx, site_id: str) -> Incident | None:
    """The incident of the site's newest exercise."""
    newest = incidents.last_of_site(tx, site_id, _NEWEST)
    return next((incident for incident in newest if incident.exercise), None)


def send_test_alarm(tx: Tx, site_id: str, who: str, now: datetime) -> Incident:
    """Call the site's people as for a real intrusion, announced as an exercise; its incident.

    An earlier one that still runs ends. Raises NotFound, or Refused as ``rehearse`` does.
    """
    accounts = sites.accounts(tx, site_id)
    plan = _plan(tx, site_id, accounts[0].account if accounts else "", now)
    before = newest_test(tx, site_id)
    if before is not None and before.state is State.OPEN:
        end_rehearsal(tx, before, who, now)
    return rehearse(tx, plan, site_id, KIND, who, now)


def _site(tx: Tx, asked: str, few: list[str]) -> str | None:
    """The site that is meant: the only one, where there is no other."""
    if asked:
        found = sites.site_of_accounts(tx, [asked]).get(asked, asked)
        if sites.get(tx, found) is None:
            raise NotFound(f"there is no site {asked!r}")
        return found
    return few[0] if len(few) == 1 else None


def _plan(tx: Tx, site_id: str, account: str, now: datetime) -> Plan:
    category, _ = events.usual(KIND)
    alarm = Alarm(kind=KIND, category=category, account=account, zone="", armed=True, at=now)
    return plan_for(tx, site_id, alarm, now)


def _lines(settings: Settings, told: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Trunks as they are set, each with the best state that a node tells of it."""
    states: dict[str, str] = {}
    for row in told:
        if states.get(row["name"]) != "up":
            states[row["name"]] = str(row.get("state", ""))
    ours = settings.asterisk == "embedded" and not settings.demo
    return [
        Line(
            name=trunk.name,
            state=states.get(trunk.name, ""),
            address=trunk.address or "",
            leads=bool(trunk.address) or not ours,
        )
        for trunk in settings.all_trunks
        if trunk.enabled
    ]


def _test(tx: Tx, site_id: str) -> Trial | None:
    incident = newest_test(tx, site_id)
    if incident is None:
        return None
    return Trial(runs=incident.state is State.OPEN, calls=calls.attempts(tx, incident.id))
