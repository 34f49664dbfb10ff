"""Sites for tests, as a customer's program would put them in: through the API alone."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

from tests.support.stations.station import Station


def number(place: int) -> str:
    """A number that no demo site has, of the range kept for fiction."""
    return f"+33639985{place:03d}"


_fresh_places = itertools.count()


def fresh_number() -> str:
    """A number that no demo site has, and no other test of this process: its rings are its own."""
    return f"+33639983{next(_fresh_places):03d}"


def fresh(prefix: str) -> str:
    """An account, and the id of its site, that no other test has."""
    return f"{prefix}{secrets.token_hex(4).upper()}"


def typable(prefix: str) -> str:
    """An account, and the id of its site, that a phone's keys can type and no other test has."""
    return f"{prefix}{secrets.randbelow(10**8):08d}"


def contact(
    account: str, name: str, phone: str | None, *, role: str = "keyholder", **fields: Any
) -> dict[str, Any]:
    """A contact whose code is 2580, under duress 2581, who may cancel."""
    return {
        "id": f"{account}-{name.lower().replace(' ', '-')}",
        "name": name,
        "role": role,
        "language": "fr",
        "phone": phone,
        "code": "2580",
        "duress_code": "2581",
        "authorities": {"*": ["cancel", "inform", "send_guard"]},
        **fields,
    }


def premises(account: str, phone: str | None, **fields: Any) -> dict[str, Any]:
    """The phone of the site itself."""
    return contact(account, "Accueil", phone, role="premises", **fields)


def site(account: str, *contacts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A site with one account, which is its id, and zone 3 named."""
    return {
        "name": "Fromagerie du Vallon",
        "address": "9 rue des Carmes, 35000 Rennes",
        "language": "fr",
        "recognition_word": "coquelicot",
        "accounts": [{"account": account}],
        "zones": [{"account": account, "zone": "3", "name": "Chambre froide"}],
        "contacts": list(contacts),
        **fields,
    }


async def put(station: Station, account: str, body: dict[str, Any]) -> None:
    """PUT it."""
    await station.put(f"/sites/{account}", body)
