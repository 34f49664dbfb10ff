"""What an administrator should know of a plan before it runs: alone, and at each site it serves.

Pure. What makes a plan unusable is ``call_plan.problems``; here come steps that are never done,
what is left unsaid, and what a site lacks for it. Codes and words:
``callflow.core.plans.call_plan.findings``.
"""

from collections.abc import Iterable
from datetime import datetime

from callflow.core.plans.call_plan import Finding, Level, Plan, problems
from callflow.core.plans.check.alone import alone
from callflow.core.plans.check.at_site import Use, at_site, reaches_somebody, reaching, rings

__all__ = ["Finding", "Level", "Use", "check", "errors", "reach", "reaching"]


def check(plan: Plan, uses: Iterable[Use] = (), *, now: datetime) -> list[Finding]:
    """Everything found in ``plan`` and, from ``now`` (UTC) for a year, at the sites it serves.

    A plan that is unusable is looked at no further.
    """
    found = list(problems(plan))
    if found:
        return found
    found += alone(plan)
    ringing, reached, about_calls = rings(plan), False, False
    for use in uses:
        found += at_site(plan, use, now)
        about_calls |= bool(use.ringing)
        reached = reached or (ringing and reaches_somebody(plan, use))
    if ringing and about_calls and not reached:
        found.append(Finding(code="reaches_nobody"))
    return found


def reach(plan: Plan, uses: Iterable[Use]) -> list[Finding]:
    """That a plan which calls people reaches none at any site it serves; nothing otherwise. Sites
    are looked at no further than the first where somebody is reached."""
    if next(problems(plan), None) is not None or not rings(plan):
        return []
    about_calls = False
    for use in uses:
        about_calls |= bool(use.ringing)
        if use.ringing and reaches_somebody(plan, use):
            return []
    return [Finding(code="reaches_nobody")] if about_calls else []


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep a plan from being published."""
    return [finding for finding in findings if finding.level is Level.ERROR]
