"""Which numbers a machine may dial (invariant 5): checked once, just before the trunk."""

from __future__ import annotations

import re

#: Short numbers and emergency services, as they look after the country code too (law.md).
_EMERGENCY = frozenset(
    "15 17 18 110 111 112 113 114 115 116 117 118 119 144 190 191 196 911 999 000"
    " 116000 116117".split()
)
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
#: Country codes by their first digits (ITU-T E.164, list of assigned codes).
_COUNTRY = (
    "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    "|(?:2[1-689]|3[578]|42|5[09]|6[789]|8[035789]|9[679])[0-9]"
)
#: An emergency number behind a country code and any number of zeros.
_DISGUISED = re.compile(rf"(?:00)?(?:{_COUNTRY})0*(?:{'|'.join(sorted(_EMERGENCY))})")
#: A French number has nine digits behind +33; shorter ones are services, some of them emergency.
_TOO_SHORT_IN_FRANCE = re.compile(r"\+33[0-9]{0,8}")


def refusal(number: str) -> str | None:
    """Why the machine may not dial ``number``; None where it may.

    Only full E.164 numbers pass, so a short number can't, however it is spelled.
    """
    digits = re.sub(r"[^0-9]", "", number)
    if digits.lstrip("0") in _EMERGENCY or digits in _EMERGENCY or _DISGUISED.fullmatch(digits):
        return "an emergency number is dialled by a human only"
    if not _E164.fullmatch(number) or _TOO_SHORT_IN_FRANCE.fullmatch(number):
        return "not a full international number (+ country code and number)"
    return None
