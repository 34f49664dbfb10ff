"""A call's purpose, and one table of it: where it rings, and what its end means.

A call's ``step`` says its purpose: the name below, or that of a step of its incident's plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a call is made for, by its step's name."""

    PLAN = ""  # a step of the incident's plan asked for it
    QUEUE = "queue"  # wakes a human for unclaimed work (D21)
    BRIDGE = "bridge"  # brings a human to somebody who waits in a conference (D12)
    BY_HAND = "by_hand"  # a person asked for it
    GUARD = "guard_by_hand"  # to a guard whom a person sends, whatever the plan says (D33)
    INCOMING = "incoming"  # comes from outside
    SERVICE_DESK = "service_desk"  # to the desk of whoever asked for a service (D23)
    SERVICE = "service"  # to that service, once somebody is at the desk
    OWN_PHONE = "own_phone"  # to an operator's own phone, for this operator
    WELFARE = "welfare"  # to a guard, for their own safety (D22)
    TRUNK_TEST = "trunk_test"
    ANNOUNCEMENT_TEST = "announcement_test"
    FAX = "fax"  # takes a document to a fax machine
    CANARY = "canary"  # the station calls itself, over the outside


class Rings(StrEnum):
    """At whose telephones a call rings."""

    SITE = "site"  # at a site's people's, or a number that a person chose: where mute, nowhere
    STATION = "station"  # at the station's own
    OTHERS = "others"  # at a guard's or a service's


class Taken(StrEnum):
    """What it means that somebody at one of the station's phones says "I take it"."""

    WORK = "work"  # for a while, what waits rings at nobody else
    SERVICE = "service"  # the service is dialled into the same conference
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """What the calls of a purpose mean. ``decides``: its end has its incident decided upon, and
    ends the calls that it spoke for. ``tries_trunk``: what was not carried says that its trunk
    failed, whoever was called. ``answer_is_a_humans``: no plan waits for what the person chose."""

    rings: Rings = Rings.SITE
    decides: bool = True
    taken: Taken = Taken.WORK
    service: bool = False  # one of the two calls of a service's conference: one goes, both do
    tries_trunk: bool = False
    answer_is_a_humans: bool = False


MEANING: Mapping[Purpose, Meaning] = {
    Purpose.PLAN: Meaning(),
    Purpose.QUEUE: Meaning(rings=Rings.STATION, decides=False),
    Purpose.BRIDGE: Meaning(rings=Rings.STATION, decides=False),
    Purpose.BY_HAND: Meaning(),
    Purpose.GUARD: Meaning(),
    Purpose.INCOMING: Meaning(answer_is_a_humans=True),
    Purpose.SERVICE_DESK: Meaning(rings=Rings.STATION, taken=Taken.SERVICE, service=True),
    Purpose.SERVICE: Meaning(rings=Rings.OTHERS, service=True),
    Purpose.OWN_PHONE: Meaning(rings=Rings.STATION, decides=False, taken=Taken.NOTHING),
    Purpose.WELFARE: Meaning(rings=Rings.OTHERS),
    Purpose.TRUNK_TEST: Meaning(tries_trunk=True),
    Purpose.ANNOUNCEMENT_TEST: Meaning(),
    Purpose.FAX: Meaning(rings=Rings.OTHERS, decides=False, taken=Taken.NOTHING),
    Purpose.CANARY: Meaning(
        rings=Rings.OTHERS, decides=False, taken=Taken.NOTHING, tries_trunk=True
    ),
}


def purpose_of(step: str) -> Purpose:
    """The purpose of a call by its step."""
    return _BY_STEP.get(step, Purpose.PLAN)


_BY_STEP: Mapping[str, Purpose] = {purpose.value: purpose for purpose in Purpose}

#: Steps whose calls never ring at a site's people.
NOT_AT_SITE = frozenset(p.value for p in Purpose if MEANING[p].rings is not Rings.SITE)
#: Steps whose calls were not made to a site's people.
NOT_TO_PEOPLE = NOT_AT_SITE | {Purpose.INCOMING.value}
#: Steps whose calls nobody says anything in: no recording is kept.
UNRECORDED = frozenset({Purpose.FAX.value, Purpose.CANARY.value})
#: Every step name that no plan's step may have.
BESIDE_PLANS = frozenset(p.value for p in Purpose if p is not Purpose.PLAN)
