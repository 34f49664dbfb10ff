"""Which numbers a call may be placed to (invariant 5): checked once, just before the trunk."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from callflow.core.calls.purpose import Purpose

#: Why a number is not dialled; what people read is made from it (texts/law.py).
EMERGENCY = "an emergency number is dialled by a human only"
NOT_FULL = "not a full international number (+ country code and number)"
PREMIUM = "a premium-rate number: whoever has it is paid by the minute"
BY_A_PERSON = "a service's line is dialled for a person who asked for it, never by the machine"
UNKNOWN = "neither a contact's number, nor the station's, nor of the directory"
NOT_OUR_NUMBER = "the station calls itself at its own number, and at no other"
NO_FAX = "nobody's declared fax number: it is set at a contact, a firm or a service"
MUTE = "personal alarm or duress: nothing may ring at this site or its staff"

#: Short numbers and emergency services, as they look after the country code too
#: (docs/explanation/law.md).
SHORT = frozenset(
    "15 17 18 110 111 112 113 114 115 116 117 118 119 144 190 191 196 197 911 999 000".split()
)
#: The same, and the harmonised services of social value (116000, 116117…): Decision 2007/116/EC.
_SERVICES = rf"(?:{'|'.join(sorted(SHORT))}|116[0-9]{{3}})"
#: Country codes by their first digits (ITU-T E.164, list of assigned codes).
_COUNTRY = (
    "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    "|(?:2[1-689]|3[578]|42|5[09]|6[789]|8[035789]|9[679])[0-9]"
)
#: An emergency number alone, or behind a country code, with any number of zeros before it.
_EMERGENCY = re.compile(rf"(?:(?:00)?(?:{_COUNTRY}))?0*{_SERVICES}")
#: What people put between digits, and what nobody sees: one number goes on behind it.
_BETWEEN = frozenset(" .-/()+\u00a0\u202f‐‑–\t\r\n")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
#: Where a number's length is fixed, digits too many or too few may be a short number dialled
#: with more behind it; in North America an area code N11 is a service (911).
_IMPOSSIBLE = re.compile(r"\+33(?![1-9][0-9]{8}$).*|\+1(?![2-9](?!11)[0-9]{9}$).*")


def is_number(text: str) -> bool:
    """True where ``text`` is a full number in E.164."""
    return _E164.fullmatch(text) is not None


def refusal(number: str) -> str | None:
    """Why ``number`` may not be dialled: EMERGENCY, NOT_FULL or PREMIUM; None where it may.

    Only full E.164 numbers in ASCII pass, so a short number can't, however it is spelled.
    """
    if any(_EMERGENCY.fullmatch(digits) for digits in _numbers_in(number)):
        return EMERGENCY
    if not _E164.fullmatch(number) or _IMPOSSIBLE.fullmatch(number):
        return NOT_FULL
    return PREMIUM if _is_premium(number) else None


@lru_cache(maxsize=4096)
def _is_premium(number: str) -> bool:
    """True where its owner earns by each call: of those who let a machine ring back, fraud."""
    try:
        read = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:  # a country code that nobody has
        return False
    return phonenumbers.number_type(read) == phonenumbers.PhoneNumberType.PREMIUM_RATE


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """A call that is about to be placed, and what its number is to the station."""

    number: str
    step: str
    requester: str  # the person who asked for it; "" is the machine
    contact: bool  # it is the number of the contact who is called
    ours: bool  # a desk phone or duty number of the station
    service: bool  # it stands in the directory of services
    mute: bool  # a personal alarm forbids to ring at the site
    phone: bool = False  # a telephone of an operator of ours, which no network carries
    called_us: bool = False  # a call came from it within a day
    fax: bool = False  # somebody's declared fax machine: of a contact, a firm, a service
    service_fax: bool = False  # that of a service alone
    itself: bool = False  # by this number the station is called


def forbidden(call: Destination) -> str | None:
    """Why this call may not be placed; None where it may (invariant 5, D7, D23).

    A service's line is called for a person who asked for it, and nothing else for that step; any
    other call goes to a contact, or to the station's own phones. A fax goes to a declared fax
    machine and nowhere else; to a service's, for a person. The station calls
    itself at its own number.
    """
    if call.phone:
        return None
    why = refusal(call.number)
    if why is not None:
        return why
    if call.step == Purpose.FAX:
        return _forbidden_fax(call)
    if call.step == Purpose.CANARY:
        return None if call.itself else NOT_OUR_NUMBER
    if call.step == Purpose.SERVICE or call.service:
        asked = call.step == Purpose.SERVICE and bool(call.requester.strip())
        return BY_A_PERSON if not asked else None if call.service else UNKNOWN
    if call.ours:
        return None
    if not call.contact:
        called_back = call.called_us and bool(call.requester.strip())
        return None if called_back else UNKNOWN
    return MUTE if call.mute else None


def _forbidden_fax(call: Destination) -> str | None:
    if not call.fax:
        return NO_FAX
    if (call.service or call.service_fax) and not call.requester.strip():
        return BY_A_PERSON
    return MUTE if call.mute else None


def _numbers_in(text: str) -> Iterator[str]:
    """Each run of digits that ``text`` spells, in any script, as ASCII; then all of them as one."""
    runs = [""]
    for c in unicodedata.normalize("NFKC", text):
        value = unicodedata.decimal(c, None)
        if value is not None:
            runs[-1] += str(value)
        elif c not in _BETWEEN and unicodedata.category(c) != "Cf":
            runs.append("")
    yield from runs
    yield "".join(runs)
