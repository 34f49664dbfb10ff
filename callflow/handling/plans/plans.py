"""Plans from draft to version: written, validated, published, compared, rolled back.

A version never changes; an incident keeps its own copy of the one that it was opened with
(invariant 7). A draft is changed by whoever knows its revision, and is published only where it
still begins from the newest version: of two who work at once, the second is told.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from callflow.core.plans import call_plan, changes, check, choice, standard
from callflow.core.plans.call_plan import Finding, Plan
from callflow.core.plans.changes import Change
from callflow.core.plans.version import Draft, PlanBody, Version
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.site import SiteState
from callflow.core.time.hours import CalendarError
from callflow.handling.base.refusals import Changed, NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.plans.standing import must_be_in_use
from callflow.storage import Tx
from callflow.storage.interventions import services
from callflow.storage.plans import plans
from callflow.storage.sites import instructions, sites

#: Sites that are read at once.
_SITES = 500


class Faulty(Refused):
    """The plan can't be published as it is; ``findings`` say why."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = list(findings)


# --- drafts ---------------------------------------------------------------------------------


def _changed(revision: str) -> Changed:
    """Somebody else changed the draft, which is at this revision now; "": there is none."""
    said = "somebody else changed this draft" if revision else "there is no such draft any more"
    return Changed(revision, f"{said}: read it again, then change it")


def get_draft(tx: Tx, plan_id: str) -> Draft:
    """What is being written of a plan. Raises NotFound."""
    draft = plans.draft(tx, plan_id)
    if draft is None:
        raise NotFound(f"plan {plan_id!r} has no draft")
    return draft


def save_draft(
    tx: Tx,
    body: PlanBody,
    who: str,
    now: datetime,
    *,
    revision: str | None = None,
    based_on: int | None = None,
) -> str:
    """Begin a draft (``revision`` None), or change the one with this revision; its new revision.

    It must be readable, not yet sound. ``based_on`` is the version that it goes on from; None: as
    before, or the newest. Raises Changed, PlanError, NotFound, Refused where it is withdrawn.
    """
    must_be_in_use(tx, str(body.get("id", "")))
    old = plans.draft(tx, str(body.get("id", "")))
    if (old.revision if old else None) != revision:
        raise _changed(old.revision if old else "")
    if based_on is None:
        based_on = old.based_on if old else _newest(tx, str(body.get("id", "")))
    plan = call_plan.from_json({**body, "version": max(1, based_on)})
    if based_on and sites.plan_version(tx, plan.id, based_on) is None:
        raise NotFound(f"plan {plan.id!r} has no version {based_on}")
    draft = Draft(plan.id, call_plan.to_json(plan), based_on, "", who, now)
    draft = replace(draft, revision=_revision(draft, revision))
    if not plans.write_draft(tx, draft, replaces=revision):
        raise _changed(get_draft(tx, plan.id).revision)
    _tell_saved(tx, old, draft)
    return draft.revision


def _tell_saved(tx: Tx, old: Draft | None, draft: Draft) -> None:
    """A page saves each change by itself: told are the first, another person's, and another version
    to go on from."""
    who = draft.changed_by
    told = {"plan": draft.id, "version": draft.based_on, "by": who, "who_did": who}
    if old is None:
        tell(tx, "plan_draft_begun", draft.changed_at, **told)
    elif old.changed_by != who:
        tell(tx, "plan_draft_taken_over", draft.changed_at, who=old.changed_by, **told)
    elif old.based_on != draft.based_on:
        tell(tx, "plan_draft_saved", draft.changed_at, **told)


def drop_draft(tx: Tx, plan_id: str, revision: str, who: str, now: datetime) -> None:
    """Throw a draft away. Raises NotFound, Changed."""
    draft = get_draft(tx, plan_id)
    if not plans.drop_draft(tx, plan_id, revision):
        raise _changed(draft.revision)
    tell(tx, "plan_draft_dropped", now, plan=plan_id, by=who, who_did=who)


def _revision(draft: Draft, before: str | None) -> str:
    """Another after each change, whatever it is changed to."""
    said = json.dumps([draft.body, draft.based_on, draft.changed_by, before])
    at = draft.changed_at.isoformat()
    return hashlib.sha256(f"{at} {said}".encode("utf-8", "replace")).hexdigest()[:32]


def _newest(tx: Tx, plan_id: str) -> int:
    body = sites.plan_body(tx, plan_id)
    return int(body["version"]) if body else 0


# --- validating -----------------------------------------------------------------------------


def validate(tx: Tx, plan: Plan, now: datetime) -> list[Finding]:
    """What is found in ``plan``, alone and at every site that follows a plan of its id.

    Thousands of sites take seconds: read it, before the transaction that publishes.
    """
    return check.check(plan, uses_of(tx, plan.id, now), now=now)


def reach(tx: Tx, plan: Plan, now: datetime) -> list[Finding]:
    """That ``plan`` calls people and reaches nobody at the sites that follow a plan of its id.

    Read it before the transaction that publishes, as ``validate``.
    """
    return check.reach(plan, uses_of(tx, plan.id, now))


def reach_of(tx: Tx, plan_id: str, version: int, now: datetime) -> list[Finding]:
    """``reach`` of a version; nothing where there is none: who publishes it says so."""
    body = sites.plan_version(tx, plan_id, version)
    return [] if body is None else reach(tx, call_plan.from_json(body), now)


def validate_draft(tx: Tx, plan_id: str, now: datetime) -> list[Finding]:
    """``validate`` for a draft. Raises NotFound."""
    return validate(tx, call_plan.from_json(get_draft(tx, plan_id).body), now)


def uses_of(tx: Tx, plan_id: str, now: datetime) -> Iterable[check.Use]:
    """The sites that follow the plan of this id, and for which alarms, by what is agreed for a
    while too. Terminated ones have none, and a suspended one is a human's (D2)."""
    agreed = instructions.naming(tx, plan_id, now)
    lines = tuple(services.lines(tx))
    found: dict[str, tuple[plans.SiteWithPlans, frozenset[tuple[Kind, Category]]]] = {}
    known: dict[tuple[str, str, frozenset[Kind]], frozenset[tuple[Kind, Category]]] = {}
    for place in plans.sites_with_plans(tx):
        if place.state in (SiteState.SUSPENDED, SiteState.TERMINATED):
            continue
        try:
            rules = choice.rules_from_json(place.plan_rules)
        except CalendarError:
            continue  # not as they were checked: every alarm of the site is a human's
        meanwhile = frozenset(agreed.get(place.id, ()))
        alike = repr(place.plans), repr(place.plan_rules), meanwhile  # as thousands of sites are
        alarms = known.get(alike)
        if alarms is None:
            alarms = choice.serves(place.plans, rules, plan_id, meanwhile)
            known[alike] = alarms
        if alarms:
            found[place.id] = place, alarms
    ids = list(found)
    for begin in range(0, len(ids), _SITES):
        for site in sites.load_sites(tx, ids[begin : begin + _SITES]):
            place, alarms = found[site.id]
            yield check.Use(
                site=site,
                alarms=alarms,
                postcode=place.postcode,
                lines=lines,
                cameras=len(place.cameras),
                own=place.plan_overrides.get(plan_id, {}),
            )


# --- publishing -----------------------------------------------------------------------------


def publish_plan(tx: Tx, body: PlanBody, who: str, now: datetime, *, why: str = "") -> PlanBody:
    """Store a new immutable version of a plan; nothing where it says what the newest says.

    Only what makes a plan unusable is looked at. Raises PlanError, Refused.
    """
    must_be_in_use(tx, str(body.get("id", "")))
    old = sites.plan_body(tx, str(body.get("id", "")))
    plan = call_plan.read({**body, "version": (old["version"] if old else 0) + 1})
    fresh = call_plan.to_json(plan)
    if old is not None and {**old, "version": 0} == {**fresh, "version": 0}:
        return old
    _store(tx, fresh, who, now, why)
    return fresh


def publish_checked(
    tx: Tx, body: PlanBody, who: str, now: datetime, *, why: str = "", reach: Sequence[Finding] = ()
) -> PlanBody:
    """``publish_plan``, unless an error is found in the plan alone, or ``reach`` says that it
    reaches nobody. Raises Faulty too."""
    errors = [*check.errors(check.check(call_plan.from_json(body), now=now)), *reach]
    if errors:
        raise Faulty(errors[0].said(), errors)
    return publish_plan(tx, body, who, now, why=why)


def publish_first(tx: Tx, body: PlanBody, who: str, now: datetime) -> None:
    """Publish a plan that comes with the product, unless the station has one of this name."""
    if sites.plan_body(tx, body["id"]) is None:
        publish_plan(tx, body, who, now)


def publish_standard_plans(tx: Tx, who: str, now: datetime) -> None:
    """The plans that a new station begins with; those that it has stay as they are."""
    for plan in (*standard.STANDARD_PLANS, *standard.EDITED):
        publish_first(tx, call_plan.to_json(plan), who, now)


def publish_draft(
    tx: Tx,
    plan_id: str,
    revision: str,
    found: Sequence[Finding],
    who: str,
    now: datetime,
    *,
    why: str,
    accept_warnings: str = "",
) -> PlanBody:
    """Make the draft with this revision the next version, and drop it.

    ``found`` is what ``validate_draft`` said of it: errors refuse it, warnings need a reason in
    ``accept_warnings``. Raises NotFound, Changed, Faulty, PlanError, Refused.
    """
    draft = get_draft(tx, plan_id)
    if draft.revision != revision:
        raise _changed(draft.revision)
    if not why.strip():
        raise Refused("say why it is published: it stands in the plan's history")
    must_be_in_use(tx, plan_id)
    newest = _newest(tx, plan_id)
    if draft.based_on != newest:
        raise Refused(
            f"version {newest} was published meanwhile, and this draft goes on from version"
            f" {draft.based_on}: compare them, then save the draft based on {newest}"
        )
    accepted = _acceptable(found, accept_warnings)
    fresh = call_plan.to_json(call_plan.read({**draft.body, "version": newest + 1}))
    _store(tx, fresh, who, now, why, accepted, accept_warnings)
    plans.drop_draft(tx, plan_id, revision)
    return fresh


def _acceptable(found: Sequence[Finding], accept_warnings: str) -> list[dict[str, Any]]:
    """The warnings that are accepted, as they are kept. Raises Faulty."""
    errors = check.errors(found)
    if errors:
        raise Faulty(f"the plan can't be published: {errors[0].said()}", errors)
    if found and not accept_warnings.strip():
        raise Faulty(f"accept the warnings with a reason: {found[0].said()}", found)
    return [finding.to_json() for finding in found]


def _store(
    tx: Tx,
    body: PlanBody,
    who: str,
    now: datetime,
    why: str,
    accepted: Sequence[Mapping[str, Any]] = (),
    accepted_why: str = "",
) -> None:
    kept = plans.insert_version(
        tx, body, who=who, now=now, why=why, accepted=accepted, accepted_why=accepted_why
    )
    if not kept:
        raise Refused(f"somebody else published version {body['version']} just now: look at it")
    said = {"plan": body["id"], "version": body["version"], "by": who, "text": why}
    if accepted:
        said |= {"warnings": len(accepted), "accepted": accepted_why}
    tell(tx, "plan_accepted" if accepted else "plan_published", now, who_did=who, **said)


# --- versions -------------------------------------------------------------------------------


def history(tx: Tx, plan_id: str) -> list[Version]:
    """Every version of a plan: who, when, why; oldest first. Raises NotFound."""
    found = plans.history(tx, plan_id)
    if not found:
        raise NotFound(f"there is no plan {plan_id!r}")
    return found


def get_version(tx: Tx, plan_id: str, version: int | None = None) -> Plan:
    """One version as it was published (None: the newest). Raises NotFound, PlanError."""
    if version is None:
        body = sites.plan_body(tx, plan_id)
    else:
        body = sites.plan_version(tx, plan_id, version)
    if body is None:
        which = f"version {version} of plan" if version else "plan"
        raise NotFound(f"there is no {which} {plan_id!r}")
    return call_plan.from_json(body)


def compare(tx: Tx, plan_id: str, before: int, after: int | None) -> list[Change]:
    """What changes from one version to another, or to the draft (None). Raises NotFound."""
    old = get_version(tx, plan_id, before)
    if after is not None:
        return changes.compare(old, get_version(tx, plan_id, after))
    draft = call_plan.from_json(get_draft(tx, plan_id).body)
    return changes.compare(old, draft)


def roll_back(
    tx: Tx,
    plan_id: str,
    version: int,
    who: str,
    now: datetime,
    *,
    why: str,
    reach: Sequence[Finding] = (),
) -> PlanBody:
    """Publish what an earlier version says as the next one, unless ``reach`` says that it reaches
    nobody by now. Raises NotFound, PlanError, Refused, Faulty."""
    if not why.strip():
        raise Refused("say why it is rolled back: it stands in the plan's history")
    must_be_in_use(tx, plan_id)
    body = call_plan.to_json(get_version(tx, plan_id, version))
    newest = _newest(tx, plan_id)
    if version == newest:
        raise Refused(f"version {version} is the newest: there is nothing to roll back")
    if reach:
        raise Faulty(f"version {version} can't be published again: {reach[0].said()}", reach)
    fresh = call_plan.to_json(call_plan.read({**body, "version": newest + 1}))
    _store(tx, fresh, who, now, f"v{version}: {why}")
    return fresh
