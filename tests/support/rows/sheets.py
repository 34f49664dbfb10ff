"""Simulation reports of the instruction sheets: a situation as YAML, ``---``, and what comes of it.

``python -m tests.support.rows.sheets`` writes what comes of each anew, for a person to review.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

import callflow.core.plans.sheets
from callflow.core.plans import call_plan
from callflow.core.signals.signal import Category, Kind
from callflow.core.simulation import Script, lines, simulate, worst_case
from callflow.core.sites.site import Authority, Contact, Role, Site

FOLDER = Path(__file__).resolve().parents[2] / "data" / "sheets"
SHEETS = Path(callflow.core.plans.sheets.__file__).parent
#: A night in November, when the sheets' sites are asleep.
NIGHT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def sheet(name: str) -> call_plan.Plan:
    """A sheet as it comes with the product."""
    return call_plan.read(yaml.safe_load((SHEETS / f"{name}.yaml").read_text("utf-8")))


def site_of(head: dict[str, Any]) -> Site:
    """A site with the people that a situation names: {id: role}."""
    everything = {"*": frozenset(Authority)}
    people = tuple(
        Contact(
            id=contact,
            name=contact.capitalize(),
            role=Role(role),
            rank=rank,
            phone=f"+3363998{rank:04d}",
            authorities=everything,
        )
        for rank, (contact, role) in enumerate(head["people"].items(), start=1)
    )
    return Site(id="1001", name="Site", client="Client", contacts=people)


def reported(text: str, plan: call_plan.Plan | None = None) -> str:
    """The file as the product would have it; ``plan``: with this one in the place of its sheet."""
    head_text, _, _ = text.partition("\n---\n")
    head: dict[str, Any] = yaml.safe_load(head_text)
    plan, site = plan or sheet(head["sheet"]), site_of(head)
    kind, category = Kind(head["kind"]), Category(head["category"])
    script = Script.from_json(head["behaviours"])
    timeline = simulate(plan, site, script, kind=kind, category=category, start=NIGHT)
    worst = worst_case(plan, site, kind=kind, category=category)
    return head_text + "\n---\n" + "\n".join(lines(timeline, site, worst)) + "\n"


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.txt")):
        path.write_text(reported(path.read_text("utf-8")), "utf-8")
