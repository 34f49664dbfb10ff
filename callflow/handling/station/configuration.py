"""The whole configuration as text files, for review and for a history beside the database.

The same rows give the same bytes, so that two days' files show just what changed. No code, password
or key is in them, nor what panels and machines tell by themselves.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import quote

import yaml

from callflow.core.people.users import User
from callflow.core.plans import call_plan, text
from callflow.handling.base.policy import load_policy
from callflow.handling.base.telling import tell
from callflow.handling.interventions.directory import get_directory
from callflow.handling.interventions.firms import guard_firms
from callflow.handling.interventions.members import firm_members
from callflow.handling.sites.sites import every_site, set_up
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.plans import plans
from callflow.storage.sites import own_days, sites

#: The fast writer where the system has it.
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _of_user(user: User) -> dict[str, object]:
    said = {"languages": list(user.languages), "skills": list(user.skills)}
    shown = {"shown_name": user.shown_name} if user.shown_name else {}
    return {"name": user.name, "role": user.role, "language": user.language, **said, **shown}


def configuration(tx: Tx) -> Iterator[tuple[str, str]]:
    """(path of a file, its text): every site, plan and firm, the directory, the station's own
    holidays, who logs in, policy, and which plans are withdrawn."""
    yield "policy.yaml", _yaml(asdict(load_policy(tx)))
    yield "people.yaml", _yaml([_of_user(user) for user in users.users(tx)])
    yield "directory.yaml", _yaml([line.document() for line in get_directory(tx)])
    days = [
        {"day": each.day, "place": "-".join(filter(None, each.place)), "holiday": each.holiday}
        | {"reason": each.reason, "set_by": each.set_by}
        for each in own_days.every(tx)
    ]
    yield "holidays.yaml", _yaml(days)
    firms = [
        {**firm.document(), "members": [one.document() for one in firm_members(tx, firm.id)]}
        for firm in guard_firms(tx)
    ]
    yield "firms.yaml", _yaml(firms)
    gone = [asdict(each) for _, each in sorted(plans.withdrawals(tx).items())]
    yield "withdrawn_plans.yaml", _yaml(gone)
    for body in sites.plan_bodies(tx):
        yield f"plans/{_name(body['id'])}.yaml", text.write(call_plan.from_json(body))
    for site in every_site(tx):
        yield f"sites/{_name(site.id)}.yaml", _yaml(set_up(site))


def taken(tx: Tx, who: str, now: datetime) -> None:
    """Somebody has it: everybody's number is in it."""
    tell(tx, "configuration_exported", now, by=who, who_did=who)


def _name(id: str) -> str:
    """A file's: no id leads out of its folder."""
    return quote(id, safe="").replace(".", "%2E") if id.startswith(".") else quote(id, safe="")


def _yaml(value: Any) -> str:
    plain = json.loads(json.dumps(value, default=str))
    text: str = yaml.dump(plain, Dumper=_DUMPER, allow_unicode=True, sort_keys=True, width=100)
    return text
