"""An alarm that somebody told us: an operator opens it by hand, and holds it from the start."""

from datetime import datetime

from callflow.core.alarms.correlation import Periods
from callflow.core.alarms.incident import Incident
from callflow.core.plans.choice import Alarm
from callflow.core.signals import events
from callflow.core.signals.signal import PERSONAL, STATION, Kind
from callflow.handling.alarms.deciding import mute_site
from callflow.handling.alarms.opening import in_shadow, named, opened, plan_for
from callflow.handling.alarms.operating import claim, not_anothers
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.sites import sites
from callflow.storage.watch import supervision

#: Alarms that people tell us of a site, and the station's code for it.
TOLD = {
    Kind.INTRUSION: "TOLD_INTRUSION",
    Kind.HOLD_UP: "TOLD_HOLD_UP",
    Kind.FIRE: "TOLD_FIRE",
    Kind.MEDICAL: "TOLD_MEDICAL",
    Kind.LIFT: "TOLD_LIFT",
    Kind.GAS: "TOLD_GAS",
    Kind.FLOOD: "TOLD_FLOOD",
    Kind.TECHNICAL: "TOLD_TECHNICAL",
}


def open_by_hand(tx: Tx, site_id: str, kind: Kind, text: str, who: str, now: datetime) -> Incident:
    """The incident of what ``who`` was told, in ``text``; the machine calls nobody for it until
    they hand it over. Raises NotFound, Refused, Held where somebody else holds the site.
    """
    site = sites.get(tx, site_id)
    if site is None:
        raise NotFound(f"there is no site {site_id!r}")
    if kind not in TOLD:
        raise Refused("an alarm of this kind isn't opened by hand")
    unfiled = incidents.unfiled(tx, [site_id], [])
    for other in unfiled:
        not_anothers(other, who)
    if any(other.kind is kind for other in unfiled):
        raise Refused("an alarm of this kind is open at this site already: open that one")
    incident = _row(tx, site_id, kind, now)
    incidents.insert(tx, [incident])
    tell(tx, "incident_opened", now, incident, **named(incident))
    tell(tx, "told_by_person", now, incident, by=who, who_did=who, text=text)
    if kind in PERSONAL:  # nothing rings at its site any more (D7)
        mute_site(tx, incident, now)
    return claim(tx, incident.id, who, now)


def _row(tx: Tx, site_id: str, kind: Kind, now: datetime) -> Incident:
    """No zone is in alarm, so that it is filed when it is handled."""
    meaning = events.lookup(STATION, TOLD[kind])
    accounts = sites.accounts(tx, site_id)
    account = accounts[0].account if accounts else ""
    arming = supervision.arming(tx, [site_id])[site_id]
    alarm = Alarm(
        kind=kind,
        category=meaning.category,
        account=account,
        zone="",
        armed=Periods(arming.partitions).armed(arming.accounts),
        at=now,
    )
    plan = plan_for(tx, site_id, alarm, now)
    shadow = in_shadow(load_policy(tx), sites.get(tx, site_id))
    incident = opened(account, "", meaning, plan, now, site=site_id, shadow=shadow)
    return incident.but(zones={}, signal_count=0)
