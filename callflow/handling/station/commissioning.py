"""Sites are moved over from the system before, a lot at a time; and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callflow import ids
from callflow.core.alarms.incident import State
from callflow.core.calls.call import REACHED
from callflow.core.plans import call_plan, choice, standing
from callflow.core.plans.check import Use
from callflow.core.plans.check.at_site import reaches_somebody, rings
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.site import Role
from callflow.core.station.commissioning import QUIET_DAYS, Facts, Finding, Move, findings
from callflow.core.time.hours import CalendarError
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.handling.calls import trial_calls
from callflow.handling.station import shadow
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.sites import contacts, moves, sites
from callflow.storage.watch import comparisons

#: People who answer for a site, and so are tried before it is moved.
_ANSWER = frozenset({Role.PREMISES, Role.KEYHOLDER, Role.MANAGER})
_LONGEST = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What became of a lot: the sites that were moved, and what speaks against each other one."""

    moved: tuple[str, ...]
    left: dict[str, list[Finding]]


def looked_at(tx: Tx, site_id: str, now: datetime, *, days: int = QUIET_DAYS) -> list[Finding]:
    """What speaks against moving a site over. Raises NotFound."""
    site = _known(tx, site_id)
    people = [one for one in contacts.called(tx, site_id) if one.role in _ANSWER]
    tests = trial_calls.results(tx, site_id)
    good = {who for who, call in tests.items() if call.outcome in REACHED and not call.shadow}
    compared = comparisons.of_site(tx, site_id)
    facts = Facts(
        shadow_since=site.shadow_since,
        bad_plans=_bad_plans(tx, site),
        unnumbered=[one.name for one in people if not one.phone],
        untested=[one.name for one in people if one.phone and one.id not in good],
        unheard=[one.account for one in sites.accounts(tx, site_id) if one.last_heard is None],
        compared_until=compared.until,
        differed_at=compared.differed_at,
    )
    return findings(facts, now, days=days)


def _known(tx: Tx, site_id: str) -> DeclaredSite:
    site = sites.get(tx, site_id)
    if site is None:
        raise NotFound("there is no such site", site_id)
    return site


def _bad_plans(tx: Tx, site: DeclaredSite) -> list[str]:
    """The site's plans that can't run, or that call people and reach nobody there."""
    here = sites.load_site(tx, site.id, declared=site)
    assert here is not None, "it was just read"
    try:
        rules = choice.rules_from_json(site.plan_rules)
    except CalendarError:
        return ["rules"]
    bad = []
    for plan_id in sorted(standing.named(site.plans, site.plan_rules)):
        alarms = choice.serves(site.plans, rules, plan_id)
        own = site.plan_overrides.get(plan_id, {})
        use = Use(site=here, alarms=alarms, postcode=site.postcode, own=own)
        if not _runs(sites.plan_body(tx, plan_id), use):
            bad.append(plan_id)
    return bad


def _runs(body: dict[str, object] | None, use: Use) -> bool:
    if body is None:
        return False
    try:
        plan = call_plan.read(body)
    except call_plan.PlanError:
        return False
    return not (use.ringing and rings(plan)) or reaches_somebody(plan, use)


def move_over(
    tx: Tx,
    site_ids: Sequence[str],
    who: str,
    now: datetime,
    *,
    lot: str = "",
    in_spite: str = "",
    days: int = QUIET_DAYS,
) -> Moved:
    """From now on this station acts for those of these that are ready; what is open there becomes
    a person's. ``in_spite``: a reason to move the others too. Raises NotFound, BadField.
    """
    reason, moved, left = _line(in_spite, "in_spite"), [], {}
    for site_id in dict.fromkeys(site_ids):
        site = _known(tx, site_id)
        if site.shadow_since is None:
            continue
        against = looked_at(tx, site_id, now, days=days)
        if against and not reason:
            left[site_id] = against
            continue
        _move(tx, site_id, None, who, now, lot, reason if against else "")
        shadowed = moves.shadowed_incidents(tx, [site_id])
        open_ones = shadow.to_humans(tx, shadowed, now)
        shadow.end_calls(tx, now, shadowed)
        for incident_id in shadowed:
            incident = incidents.get(tx, incident_id, lock=True)
            assert incident is not None, "it was read in this transaction"
            incidents.change(tx, incident, shadow=False)
        told = {"lot": lot, "by": who, "who_did": who, "alarms": str(open_ones)}
        told |= {"because": reason} if against else {}
        tell(tx, "site_moved_in_spite" if against else "site_moved", now, site=site_id, **told)
        moved.append(site_id)
    shadow.note_sites(tx)
    return Moved(moved=tuple(moved), left=left)


def move_back(
    tx: Tx, site_ids: Sequence[str], who: str, now: datetime, *, reason: str, lot: str = ""
) -> tuple[str, ...]:
    """The other system acts for these again; which were moved. What is open here was ours: a person
    brings it to its end. Raises NotFound, BadField.
    """
    said = _line(reason, "reason")
    if not said:
        raise BadField("reason", "write down why")
    moved = []
    for site_id in dict.fromkeys(site_ids):
        if _known(tx, site_id).shadow_since is not None:
            continue
        _move(tx, site_id, now, who, now, lot, said)
        ours = moves.unfiled_of(tx, [site_id])
        open_ones = shadow.to_humans(tx, ours, now)
        for incident_id in ours:
            incident = incidents.get(tx, incident_id, lock=True)
            if incident is not None and incident.state is not State.OPEN:
                shadow.into_shadow(tx, incident_id)  # whatever comes of it now is theirs
        told = {"lot": lot, "by": who, "who_did": who, "because": said, "alarms": str(open_ones)}
        tell(tx, "site_moved_back", now, site=site_id, **told)
        moved.append(site_id)
    shadow.note_sites(tx)
    return tuple(moved)


def _line(text: str, name: str) -> str:
    said = " ".join(text.split())
    if len(said) > _LONGEST:
        raise BadField(name, "is too long")
    return said


def _move(
    tx: Tx, site_id: str, since: datetime | None, who: str, now: datetime, lot: str, reason: str
) -> None:
    moves.set_shadow(tx, [site_id], since)
    moves.insert(
        tx,
        Move(
            id=ids.new(now),
            site_id=site_id,
            lot=_line(lot, "lot"),
            in_service=since is None,
            reason=reason,
            moved_by=who,
            moved_at=now,
        ),
    )
