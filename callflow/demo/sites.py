"""The demo's sites: each shows one way in which an alarm ends. Data only.

A site's id equals its account. Numbers lie in the range that the French regulator keeps for
fiction; what each phone does stands in asterisk-conf/simulator/phones.yaml. Every code is 2580, the
code under duress 2581.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from callflow.core.calls.call import Outcome
from callflow.core.plans.standard import INTRUSION

DESK_PHONES = ("+33639989901", "+33639989902")
DUTY_NUMBERS = ("+33639989910",)
#: The directory of services: who is called for the places where the sites stand (D23).
SERVICES: tuple[dict[str, Any], ...] = (
    {
        "id": "police-35",
        "service": "police",
        "name": "Gendarmerie, Ille-et-Vilaine",
        "number": "+33639989917",
        "place": "35",
    },
    {
        "id": "police-35000",
        "service": "police",
        "name": "Police nationale, Rennes",
        "number": "+33639989916",
        "place": "350",
    },
    {
        "id": "fire-35",
        "service": "fire",
        "name": "Sapeurs-pompiers, Ille-et-Vilaine",
        "number": "+33639989918",
        "place": "35",
    },
    {
        "id": "medical-35",
        "service": "medical",
        "name": "Secours médicaux, Ille-et-Vilaine",
        "number": "+33639989915",
        "place": "35",
    },
)
#: The encrypted panel's AES-128 key: a demo's, known to everybody.
KEY = "000102030405060708090a0b0c0d0e0f"

#: The standard intrusion plan at a demo's pace: phones ring for seconds, not half a minute.
PLAN = replace(
    INTRUSION,
    id="demo-intrusion",
    name="Intrusion (démonstration)",
    steps=(
        replace(INTRUSION.step("counter_call"), delay_s=4, ring_s=8),
        replace(INTRUSION.step("keyholders"), attempts=1, delay_s=20, ring_s=8),
        replace(
            INTRUSION.step("operator"),
            text="Personne n'a confirmé : suivre les consignes du site.",
        ),
        INTRUSION.step("false_alarm"),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoSite:
    """One site: its alarm, and what must come of it.

    ``calls`` are (contact, outcome) in the order in which the calls are made; ``code`` is the
    resolution code of a closure by the machine, None where it ends with a human. ``shows`` is
    translated by the pages.
    """

    account: str
    name: str
    client: str
    address: str
    shows: str
    event: str = "BA"
    zone: str = "3"
    zone_name: str = "Hall d'entrée"
    text: str = "Détecteur du hall"
    calls: tuple[tuple[str, Outcome], ...]
    code: str | None = None
    encrypted: bool = False
    unnumbered: tuple[int, ...] = ()

    @property
    def restore(self) -> str:
        """The event that says the alarm is over."""
        return {"BA": "BR", "FA": "FR"}[self.event]


_NO_ANSWER = (("premises", Outcome.NO_ANSWER), ("premises", Outcome.NO_ANSWER))

SITES: tuple[DemoSite, ...] = (
    DemoSite(
        account="1001",
        name="Boulangerie du Marché",
        client="Boulangeries du Marché",
        address="12 bd de la Liberté, 35000 Rennes",
        shows="the site answers and gives the right code",
        calls=(("premises", Outcome.VERIFIED_OK),),
        code="false_alarm",
    ),
    DemoSite(
        account="1002",
        name="Pharmacie des Halles",
        client="Pharmacie des Halles",
        address="3 place des Halles, 35400 Saint-Malo",
        shows="the site is silent, the first keyholder busy, the second one confirms",
        calls=(
            *_NO_ANSWER,
            ("keyholder-1", Outcome.BUSY),
            ("keyholder-2", Outcome.VERIFIED_OK),
        ),
        code="false_alarm",
    ),
    DemoSite(
        account="1003",
        name="Garage de la Gare",
        client="Garage de la Gare",
        address="48 av. Jean-Janvier, 35000 Rennes",
        shows="two wrong codes: the person is put through to an operator",
        calls=(("premises", Outcome.WRONG_CODE),),
    ),
    DemoSite(
        account="1004",
        name="Bijouterie du Parlement",
        client="Bijouterie du Parlement",
        address="7 rue Saint-Georges, 35000 Rennes",
        shows="a duress code: answered like success, a vital alarm in silence",
        calls=(("premises", Outcome.DURESS),),
    ),
    DemoSite(
        account="1005",
        name="Entrepôt de la Plaine",
        client="Logistique de la Plaine",
        address="ZA de la Plaine, 35760 Saint-Grégoire",
        shows="nobody answers anywhere",
        calls=(
            *_NO_ANSWER,
            ("keyholder-1", Outcome.NO_ANSWER),
            ("keyholder-2", Outcome.NO_ANSWER),
            ("keyholder-3", Outcome.NO_ANSWER),
        ),
    ),
    DemoSite(
        account="1006",
        name="Agence de Brocéliande",
        client="Agences de Brocéliande",
        address="21 rue du Bourg, 35380 Paimpont",
        shows="answering machines: they don't count as an answer",
        calls=(
            *_NO_ANSWER,
            ("keyholder-1", Outcome.NO_KEY),
            ("keyholder-2", Outcome.NO_KEY),
            ("keyholder-3", Outcome.NO_ANSWER),
        ),
    ),
    DemoSite(
        account="1007",
        name="Résidence des Tilleuls",
        client="Résidences du Ponant",
        address="5 allée des Tilleuls, 35700 Rennes",
        shows="fire: an operator at once, and every keyholder is called",
        event="FA",
        zone="7",
        zone_name="Cuisine",
        text="Détecteur de fumée",
        calls=(
            ("premises", Outcome.VERIFIED_NO_AUTHORITY),
            ("keyholder-1", Outcome.GOING),
            ("keyholder-2", Outcome.NEXT_PERSON),
            ("keyholder-3", Outcome.GOING),
        ),
    ),
    DemoSite(
        account="1008",
        name="Librairie du Port",
        client="Librairie du Port",
        address="2 quai Duguay-Trouin, 35400 Saint-Malo",
        shows="hung up during the dialogue, a keyholder confirms",
        calls=(
            ("premises", Outcome.HUNG_UP),
            ("premises", Outcome.HUNG_UP),
            ("keyholder-1", Outcome.HUNG_UP),
            ("keyholder-2", Outcome.VERIFIED_OK),
        ),
        code="false_alarm",
    ),
    DemoSite(
        account="1009",
        name="Laboratoire d'Armor",
        client="Laboratoire d'Armor",
        address="10 rue de la Technopole, 22300 Lannion",
        shows="an encrypted panel (AES)",
        calls=(("premises", Outcome.VERIFIED_OK),),
        code="false_alarm",
        encrypted=True,
    ),
    DemoSite(
        account="1010",
        name="Cabinet du Thabor",
        client="Cabinet du Thabor",
        address="1 rue de Paris, 35000 Rennes",
        shows="a keyholder without a number doesn't stop the plan",
        calls=(
            *_NO_ANSWER,
            ("keyholder-1", Outcome.NO_NUMBER),
            ("keyholder-2", Outcome.VERIFIED_OK),
        ),
        code="false_alarm",
        unnumbered=(1,),
    ),
)

#: Sites whose alarms come by themselves, now and then.
RESTLESS: tuple[DemoSite, ...] = (
    DemoSite(
        account="1011",
        name="Fleuriste de la Vilaine",
        client="Fleuriste de la Vilaine",
        address="14 quai Émile-Zola, 35000 Rennes",
        shows="alarms by themselves",
        calls=(("premises", Outcome.VERIFIED_OK),),
        code="false_alarm",
    ),
    DemoSite(
        account="1012",
        name="Caviste de Cancale",
        client="Caviste de Cancale",
        address="6 rue du Port, 35260 Cancale",
        shows="alarms by themselves",
        zone_name="Réserve",
        text="Détecteur de la réserve",
        calls=(*_NO_ANSWER, ("keyholder-1", Outcome.VERIFIED_OK)),
        code="false_alarm",
    ),
)


def find(account: str) -> DemoSite | None:
    """The demo site of an account."""
    return next((site for site in (*SITES, *RESTLESS) if site.account == account), None)


def number(account: str, place: int) -> str:
    """The phone of a site: 0 the premises, 1 to 3 the keyholders."""
    return f"+3363998{int(account) - 1000:02d}{place:02d}"


def body(site: DemoSite) -> dict[str, Any]:
    """The site as ``PUT sites/{id}`` takes it."""
    account: dict[str, Any] = {"account": site.account}
    if site.encrypted:
        account["dc09_key"] = KEY
    zone = {"account": site.account, "zone": site.zone, "name": site.zone_name}
    return {
        "name": site.name,
        "client": site.client,
        "address": site.address,
        "postcode": next(iter(re.findall(r"\b[0-9]{5}\b", site.address)), ""),
        "timezone": "Europe/Paris",
        "language": "fr",
        "state": "active",
        "recognition_word": "tournesol",
        "accounts": [account],
        "zones": [zone],
        "contacts": [_contact(site, place) for place in range(4)],
        "plans": {"*": PLAN.id},
    }


def _contact(site: DemoSite, place: int) -> dict[str, Any]:
    names = ("Accueil du site", "Dépositaire 1", "Dépositaire 2", "Dépositaire 3")
    return {
        "id": contact_id(site.account, "premises" if place == 0 else f"keyholder-{place}"),
        "name": names[place],
        "role": "premises" if place == 0 else "keyholder",
        "rank": max(place, 1),
        "language": "fr",
        "phone": None if place in site.unnumbered else number(site.account, place),
        "code": "2580",
        "duress_code": "2581",
        "password": "mistral",
        "duress_password": "tramontane",
        "authorities": {
            "*": ["cancel", "inform", "send_guard"],
            "fire": ["inform"],
        },
    }


def contact_id(account: str, contact: str) -> str:
    """The id of a site's ``contact``, as ``DemoSite.calls`` names it."""
    return f"{account}-{contact}"
