"""The sites, people and phones that every seed begins with."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callflow.handling.base import policy
from callflow.handling.plans import plans as plans_plans
from callflow.handling.sites import sites
from callflow.handling.sites.shape import Site
from callflow.settings.config import Settings
from callflow.settings.trunks import TrunkSettings
from callflow.storage import Tx
from callflow.vault import Vault
from tests.support.attacks.random_plans import random_plan
from tests.support.simulated_station.network import CODE, DURESS_CODE

Row = dict[str, Any]

BEGIN = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # midnight comes within the simulated hours
SITES, PEOPLE, FIRMS, PLANS = 400, 500, 8, 24
DESK = ("+33639989901", "+33639989902", "+33639989910")
_FORBIDDEN = ("112", "+33117", "0033015", "17")  # stored long ago, by no gate of today

SETTINGS = Settings(
    data_dir=Path("/nonexistent"),
    desk_phones=DESK[:2],
    duty_numbers=DESK[2:],
    trunks=(
        TrunkSettings(name="first", channels=30, reserved=6),
        TrunkSettings(name="second", channels=10, reserved=2),
    ),
    runaway_after=100,
    storm_after=8,
)


def account(place: int) -> str:
    """The account of a site, which is its id too."""
    return f"{2000 + place}"


def _number(kind: int, place: int) -> str:
    return f"+336399{80 + kind}{place:03d}"


def allowed() -> frozenset[str]:
    """Every number that the machine may dial."""
    premises = {_number(0, place) for place in range(SITES)}
    people = {_number(1, place) for place in range(PEOPLE)}
    devices = {_number(2, place) for place in range(SITES)}
    firms = {_number(3, place) for place in range(FIRMS)}
    return frozenset({*premises, *people, *devices, *firms, *DESK})


def build(tx: Tx, vault: Vault) -> None:
    """The same rows in every process: which seed plays in them is no matter."""
    rng = random.Random(0)
    policy.save_policy(tx, SETTINGS)
    plans_plans.publish_standard_plans(tx, "administrator", BEGIN)
    publish_random_plans(tx, rng)
    for place in range(SITES):
        sites.put_site(
            tx, vault, account(place), Site.read(_site(rng, place)), "administrator", BEGIN
        )
    for place, number in enumerate(_FORBIDDEN):
        tx.exec_driver_sql("UPDATE contact SET phone = ? WHERE id = ?", (number, f"person{place}"))


def publish_random_plans(tx: Tx, rng: random.Random) -> None:
    """A new version of each plan that the sites use."""
    for place in range(PLANS):
        plans_plans.publish_plan(tx, random_plan(rng, f"random{place}"), "administrator", BEGIN)


def _site(rng: random.Random, place: int) -> Row:
    name = account(place)
    plans = {"*": f"random{place % PLANS}"}
    if rng.random() < 0.5:
        plans["fire"] = f"random{rng.randrange(PLANS)}"
    contacts = [_contact(rng, f"premises{place}", "premises", _number(0, place))]
    for person in rng.sample(range(PEOPLE), rng.choice([0, 1, 2, 2, 3, 4])):
        phone = None if person % 20 == 19 else _number(1, person)
        contacts.append(_contact(rng, f"person{person}", "keyholder", phone))
    if rng.random() < 0.2:
        del contacts[0]
    if rng.random() < 0.5:
        contacts.append(_contact(rng, f"device{place}", "device", _number(2, place)))
    for firm in rng.sample(range(FIRMS), rng.choice([0, 1, 2])):
        guard = _contact(rng, f"firm{firm}", "guard", _number(3, firm))
        contacts.append({**guard, "code": None, "duress_code": None})
    return {
        "name": f"Site {name}",
        "postcode": "35000",  # one town: what fails there together is a storm
        "accounts": [{"account": name}],
        "zones": [{"account": name, "zone": "7", "name": "Ascenseur", "kind": "lift"}],
        "contacts": contacts,
        "plans": plans,
    }


def _contact(rng: random.Random, contact_id: str, role: str, phone: str | None) -> Row:
    may = ["cancel", "inform", "send_guard"] if rng.random() < 0.8 else ["inform"]
    return {
        "id": contact_id,
        "name": contact_id,
        "role": role,
        "phone": phone,
        "code": CODE,
        "duress_code": DURESS_CODE,
        "authorities": {"*": may},
    }
