"""Whom a site's plans would call once a file is imported, against whom they call now."""

import json
from functools import cache
from typing import Any

from callflow.core.plans import check, choice
from callflow.core.plans.call_plan import Plan
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.site import Contact, Site, SiteState
from callflow.core.time.hours import CalendarError
from callflow.handling.sites import shape
from callflow.handling.sites.files.drafts import Known
from callflow.storage.sites import contacts

#: Where no plan runs by itself (D2).
_IDLE = (SiteState.SUSPENDED, SiteState.TERMINATED)
_Alarms = frozenset[tuple[Kind, Category]]


class Reach:
    """The station's plans over sites."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._serving = cache(self._plans)

    def lost(self, before: shape.Site, after: shape.Site) -> list[tuple[str, str]]:
        """(plan, step) of what calls somebody now and would call nobody."""
        if _telling(before) == _telling(after):
            return []
        now = self._of(before)
        return [
            (plan, step)
            for plan, steps in self._of(after).items()
            for step, reaches in steps.items()
            if not reaches and now.get(plan, {}).get(step)
        ]

    def nobody(self, site: shape.Site) -> list[str]:
        """The plans none of whose steps would call anybody."""
        return [plan for plan, steps in self._of(site).items() if steps and not any(steps.values())]

    def _of(self, site: shape.Site) -> dict[str, dict[str, bool]]:
        if site.state in _IDLE:
            return {}
        here, own = self._site(site), site.plan_overrides
        serving = self._serving(json.dumps(site.plans, sort_keys=True), json.dumps(site.plan_rules))
        return {
            plan.id: check.reaching(
                plan, check.Use(site=here, alarms=alarms, own=own.get(plan.id, {}))
            )
            for plan, alarms in serving
        }

    def _plans(self, plans: str, rules: str) -> list[tuple[Plan, _Alarms]]:
        """Each plan that may run at a site with these plans and rules, and for which alarms."""
        try:
            parsed = choice.rules_from_json(json.loads(rules))
        except CalendarError:
            return []  # every alarm there is a human's
        named = json.loads(plans)
        found = ((plan, choice.serves(named, parsed, plan.id)) for plan in self._known.plans)
        return [(plan, alarms) for plan, alarms in found if alarms]

    def _site(self, site: shape.Site) -> Site:
        people = list(map(_contact, site.contacts))
        known = {contact.id for contact in people}
        people += contacts.in_sector(self._known.firms, site.postcode, known)
        return Site(id=site.id, name=site.name, client=site.client, contacts=tuple(people))


def _telling(site: shape.Site) -> Any:
    """What of it says whom a plan calls."""
    people = [(c.id, c.role, c.rank, c.phone, c.authorities) for c in site.contacts]
    return people, site.plans, site.state, site.postcode


def _contact(contact: shape.Contact) -> Contact:
    return Contact(
        id=contact.id,
        name=contact.name,
        role=contact.role,
        rank=contact.rank,
        phone=contact.phone,
        authorities={kind: frozenset(may) for kind, may in contact.authorities.items()},
    )
