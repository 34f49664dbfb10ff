"""When a service may be called (docs/explanation/law.md, D23): CSI L613-6 as a function of what was
recorded.

A call that asks the police to intervene needs a *levée de doute* recorded before it: means, time,
person, result. A personal alarm needs none, fire and medical aren't under that article, and a
prefect's local agreement may stand for it. Whatever the gate says, a person dials.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callflow.core.calls.call import REACHED, Call
from callflow.core.calls.purpose import NOT_TO_PEOPLE


class Service(StrEnum):
    """An emergency service."""

    POLICE = "police"  # or gendarmerie
    FIRE = "fire"
    MEDICAL = "medical"


#: Short numbers, and which service each reaches: in the station's own department (D23).
SHORT_NUMBERS: dict[str, tuple[Service, ...]] = {
    "15": (Service.MEDICAL,),
    "17": (Service.POLICE,),
    "18": (Service.FIRE,),
    "112": (Service.FIRE, Service.MEDICAL, Service.POLICE),
}


class Means(StrEnum):
    """How the doubt was lifted (circular of 26 March 2015)."""

    CALL_WITH_CODE = "call_with_code"  # somebody on the premises, identified
    TWO_CALLS = "two_calls"  # two successive calls to designated persons, one at least answered
    VIDEO = "video"
    IMAGES = "images"
    AUDIO = "audio"  # listening in
    GUARD = "guard"  # an agent on site
    OPINION = "opinion"  # of somebody who is not on site


class Finding(StrEnum):
    """What it showed."""

    CONFIRMED = "confirmed"  # an offence, beyond doubt
    DOUBT = "doubt"  # something that nobody explains
    NOTHING = "nothing"  # no sign of an offence
    NO_ANSWER = "no_answer"  # nobody, no image, no sound: nothing is known


class Answer(StrEnum):
    """What a service answered."""

    ACCEPTED = "accepted"  # somebody comes
    DECLINED = "declined"


class Weight(StrEnum):
    """What a verification is worth as proof of the checks."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Verification:
    """One recorded *levée de doute*. Times are UTC; ``by`` is the person who records it."""

    means: Means
    result: Finding
    weight: Weight
    by: str
    at: datetime
    id: str = ""
    incident_id: str = ""
    note: str = ""
    image_id: str | None = None  # what was looked at
    call_id: str | None = None  # in which it was heard
    person: str = ""  # who was spoken to, or looked
    found_at: datetime | None = None  # when it was seen or heard; None: ``at``


class Reason(StrEnum):
    """Why the gate is open, or shut."""

    PERSONAL_ALARM = "personal_alarm"  # its triggering is the proof
    VERIFIED = "verified"
    LOCAL_AGREEMENT = "local_agreement"
    NOT_GATED = "not_gated"  # another service than the police
    OVERRIDE = "override"  # a person's written reason
    UNVERIFIED = "unverified"  # nothing is recorded
    SILENT_CALLS = "silent_calls"  # only calls that nobody answered
    WEAK_EVIDENCE = "weak_evidence"  # only doubt, or an opinion from off site
    NOTHING_FOUND = "nothing_found"  # the last verification found no offence


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """A service's gate, open or shut; ``missing``: which verifications would open it."""

    allowed: bool
    reason: Reason
    missing: tuple[Means, ...] = ()


#: What can lift a doubt by itself.
STRONG_MEANS = tuple(means for means in Means if means is not Means.OPINION)


def weigh(means: Means, result: Finding, calls: Sequence[Call]) -> Weight:
    """What a verification is worth, given the incident's ``calls``.

    Two calls that a designated person answered, and that explain nothing, lift the doubt; two
    silent ones never do, however they are recorded.
    """
    if result is Finding.NO_ANSWER:
        return Weight.NONE
    if means is Means.TWO_CALLS:
        people = _to_people(calls)
        proved = len(people) >= 2 and any(call.outcome in REACHED for call in people)
        return Weight.STRONG if proved else Weight.NONE
    if means is Means.OPINION or result is Finding.DOUBT:
        return Weight.WEAK
    return Weight.STRONG


def police_gate(
    *,
    personal: bool,
    verifications: Sequence[Verification],
    calls: Sequence[Call],
    agreement: str = "",
) -> Gate:
    """The gate before the police for an alarm: open, or why not.

    ``personal``: a hold-up, panic or duress alarm that is active. ``agreement`` is the reference
    of the prefect's local agreement for the site, "" where there is none. Weights are judged anew:
    a recorded one counts for no more than the calls of today's rows bear out.
    """
    if personal:
        return Gate(allowed=True, reason=Reason.PERSONAL_ALARM)
    in_order = sorted(verifications, key=lambda v: v.at)
    weights = [(v, weigh(v.means, v.result, calls)) for v in in_order]
    strong = [v for v, weight in weights if weight is Weight.STRONG]
    if strong and strong[-1].result is Finding.NOTHING:
        return _shut(Reason.NOTHING_FOUND)
    if strong:
        return Gate(allowed=True, reason=Reason.VERIFIED)
    if agreement.strip():
        return Gate(allowed=True, reason=Reason.LOCAL_AGREEMENT)
    if any(weight is Weight.WEAK for _, weight in weights):
        return _shut(Reason.WEAK_EVIDENCE)
    tried = _to_people(calls) or verifications
    return _shut(Reason.SILENT_CALLS if tried else Reason.UNVERIFIED)


def _shut(reason: Reason) -> Gate:
    return Gate(allowed=False, reason=reason, missing=STRONG_MEANS)


def _to_people(calls: Sequence[Call]) -> list[Call]:
    """Calls to designated persons that were made and are over."""
    over = (call for call in calls if call.contact_id and call.outcome is not None)
    return [call for call in over if call.step not in NOT_TO_PEOPLE]
