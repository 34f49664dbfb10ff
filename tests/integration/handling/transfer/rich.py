"""A site that says everything that a site may say, and a station around it."""

from __future__ import annotations

from typing import Any

from callflow.handling.sites import sites
from tests.integration.handling.station import FIRST, Station

KEY = "0f" * 16
#: Everything that a site may say.
RICH: dict[str, Any] = {
    "name": "=Bijouterie; « du Port »",
    "client": "Bijoux réunis",
    "address": "3 quai Nord\n29000 Quimper",
    "postcode": "01000",
    "latitude": 47.996,
    "longitude": -4.102,
    "police_agreement": "PREF-7",
    "language": "en",
    "state": "commissioning",
    "rules": {"cancel_within": 90.5, "swinger_shunt": True, "feeder": "F-12"},
    "accounts": [
        {"account": "0042", "dc09_key": KEY, "maker": "Acme", "poll_every_s": 90.5},
        {"account": "0043", "phone": FIRST, "test_every_h": 24, "line": "dc09"},
    ],
    "zones": [
        {"account": "0042", "zone": "003", "name": "Hall\n+ 1"},
        {"account": "0043", "zone": "1", "name": "Coffre", "kind": "fire"},
    ],
    "contacts": [
        {
            "id": "anne",
            "name": "Anne",
            "role": "keyholder",
            "rank": 2,
            "phone": "+33639980102",
            "fax": "+33639980103",
            "code": "2580",
            "password": "tilleul",
            "authorities": {"*": ["cancel", "inform"], "fire": ["inform"]},
            "keys_held": True,
            "availability": {
                "week": {"mon": ["08:00-18:00"]},
                "replacements": [
                    {
                        "contact": "zoe",
                        "from": "2027-08-01T00:00:00Z",
                        "until": "2027-08-16T00:00:00Z",
                    }
                ],
            },
        },
        {"id": "anne", "name": "Anne", "role": "manager", "phone": "+33639980102"},
    ],
    "panel_users": [
        {"account": "0042", "number": "012", "contact": "anne", "part": "cleaner"},
        {"account": "0043", "number": "3", "revoked": True},
    ],
    "plans": {"*": "intrusion", "fire": "fire"},
    "plan_rules": [
        {
            "plan": "intrusion",
            "kinds": ["intrusion"],
            "armed": True,
            "zones": [{"account": "0042", "zone": "003"}],
            "when": {"week": {"mon": ["20:00-06:00"]}},
        }
    ],
    "schedule": {
        "week": {"mon": ["08:00-12:00", "13:30-18:30"], "fri": ["22:00-06:00"]},
        "exceptions": {"2027-12-24": ["08:00-12:00"], "2027-08-15": []},
        "holidays": {"country": "FR", "region": "Alsace", "open": "closed"},
        "early": 15,
        "arrived_within": 5,
        "question": {"text": "Passé ?", "answers": ["Oui", "Non"], "right": 2},
    },
    "event_overrides": [{"code": "BA", "zone": "003", "kind": "fire", "priority": 2}],
    "cameras": [
        {
            "id": "c1",
            "name": "Hall",
            "url": "http://127.0.0.1/still",
            "credentials": {"user": "u", "password": "verveine"},
            "zones": ["003"],
            "kinds": ["fire", "intrusion"],
            "noticeable": True,
        }
    ],
}


def documents(station: Station) -> dict[str, Any]:
    """{site: its set-up}, without what says that a secret is kept."""

    def without(said: Any) -> Any:
        if isinstance(said, dict):
            return {k: without(v) for k, v in said.items() if not k.endswith("_set")}
        return [without(each) for each in said] if isinstance(said, list) else said

    return station.read(
        lambda tx: {site.id: without(sites.set_up(site)) for site in sites.every_site(tx)}
    )


def emptied(station: Station) -> None:
    """No site, nobody: as a new station."""
    names = ["panel_user", "zone", "site_contact", "event_override", "account", "service_line"]
    names += ["firm_member", "guard_firm", "removed_part", "former_contact", "contact"]

    def empty(tx: Any) -> None:
        for name in (*names, "site", "client"):
            tx.exec_driver_sql(f'DELETE FROM "{name}"')

    station.write(empty)
