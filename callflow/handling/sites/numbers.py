"""Phone numbers as people write them, in E.164; the French ones at home too."""

import phonenumbers

from callflow.core.calls.dial_policy import EMERGENCY, refusal
from callflow.handling.base.fields import BadField

_REGION = "FR"
NO_NUMBER = "is no phone number: write +33… or 06 …"
WRONG_LENGTH = "has too few or too many digits"


def e164(number: str | None, field: str) -> str | None:
    """A number as people write it, in E.164. Raises BadField."""
    if number is None or not number.strip():
        return None
    if refusal(number) == EMERGENCY:  # as it was typed: 17 is no short French number by mistake
        raise BadField(field, EMERGENCY)
    if any(sign.isalpha() for sign in number):  # an extension would be lost in silence
        raise BadField(field, NO_NUMBER)
    try:
        parsed = phonenumbers.parse(number, _REGION)
    except phonenumbers.NumberParseException:
        raise BadField(field, NO_NUMBER) from None
    if not phonenumbers.is_possible_number(parsed):
        raise BadField(field, WRONG_LENGTH)
    text = str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    why = refusal(text)
    if why is not None:  # said now, not when the alarm comes
        raise BadField(field, why)
    return text
