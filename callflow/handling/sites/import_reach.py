"""Whom a site's plans would call once a file is imported, against whom they call now."""

from __future__ import annotations

from functools import cache
from typing import Any

from callflow.core.plans import call_plan, check, choice
from callflow.core.plans.call_plan import Plan
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.files.known import Known
from callflow.core.sites.site import ANY_KIND, Authority, Contact, Role, Site, SiteState
from callflow.core.time.hours import CalendarError
from callflow.storage.sites import contacts

Row = dict[str, Any]

#: Where no plan runs by itself (D2).
_IDLE = (SiteState.SUSPENDED, SiteState.TERMINATED)
_NEW: Row = {"plans": {}, "plan_rules": [], "plan_overrides": {}}
#: What of a contact says whether a plan calls it.
_TELLS = ("id", "role", "rank", "phone", "authorities")
_Alarms = frozenset[tuple[Kind, Category]]


class Reach:
    """The station's plans over sites as ``site_file.rows`` has them."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._serving = cache(self._plans)
        self._all = [call_plan.from_json(body) for body in known.plans.values()]

    def compared(
        self, site_id: str, before: Row | None, after: Row
    ) -> tuple[list[tuple[str, str]], list[str]]:
        """(plan, step) of what calls somebody now and would call nobody; and, of a new site, the
        plans none of whose steps would call anybody."""
        if before is not None and _telling(before) == _telling(after):
            return [], []
        then = self._of(site_id, after)
        if before is None:
            return [], [plan for plan, steps in then.items() if steps and not any(steps.values())]
        now = self._of(site_id, before)
        lost = [
            (plan, step)
            for plan, steps in then.items()
            for step, reaches in steps.items()
            if not reaches and now.get(plan, {}).get(step)
        ]
        return lost, []

    def _of(self, site_id: str, shown: Row) -> dict[str, dict[str, bool]]:
        if shown["state"] in _IDLE:
            return {}
        site = self._site(shown)
        row = self._known.sites.get(site_id) or _NEW
        named = {**row["plans"], ANY_KIND: shown["plan"]}
        plans = tuple(sorted((kind, plan) for kind, plan in named.items() if plan))
        serving = self._serving(
            plans, repr(row["plan_rules"]), site_id if row["plan_rules"] else ""
        )
        return {
            plan.id: check.reaching(
                plan,
                check.Use(site=site, alarms=alarms, own=row["plan_overrides"].get(plan.id, {})),
            )
            for plan, alarms in serving
        }

    def _plans(
        self, plans: tuple[tuple[str, str], ...], _rules: str, site_id: str
    ) -> list[tuple[Plan, _Alarms]]:
        """Each plan that may run at a site with these plans and rules, and for which alarms."""
        try:
            rules = choice.rules_from_json(
                self._known.sites[site_id]["plan_rules"] if site_id else []
            )
        except CalendarError:
            return []  # every alarm there is a human's
        found = ((plan, choice.serves(dict(plans), rules, plan.id)) for plan in self._all)
        return [(plan, alarms) for plan, alarms in found if alarms]

    def _site(self, shown: Row) -> Site:
        people = [_contact(row) for row in shown["contacts"]]
        known = {contact.id for contact in people}
        people += contacts.in_sector(self._known.firms, shown["postcode"], known)
        return Site(
            id=shown["id"],
            name=shown["name"],
            client=shown["client"],
            contacts=tuple(people),
        )


def _telling(shown: Row) -> Row:
    people = [[contact[name] for name in _TELLS] for contact in shown["contacts"]]
    return {"people": people, **{name: shown[name] for name in ("plan", "state", "postcode")}}


def _contact(row: Row) -> Contact:
    granted = row["authorities"].items()
    return Contact(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        rank=row["rank"],
        phone=row["phone"],
        authorities={kind: frozenset(map(Authority, may)) for kind, may in granted},
    )
