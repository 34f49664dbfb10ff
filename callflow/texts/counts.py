"""A number in a text with the word that it counts: ``{open:alarme|alarmes}``. Pure."""

import re
from collections.abc import Mapping
from typing import Any

_COUNTED = re.compile(r"\{(\w+):([^{}|]+)\|([^{}|]+)\}")


def is_one(number: str, language: str) -> bool:
    """True where the word that this number counts is that of one. French has no plural of 0."""
    return number == "1" or (number == "0" and language == "fr")


def agreed(template: str, values: Mapping[str, Any], language: str) -> str:
    """The template with the word that goes with each number: ``{open} alarme``; where there is no
    number, that of several."""

    def word(found: re.Match[str]) -> str:
        name, one, several = found.groups()
        return f"{{{name}}} {one if is_one(str(values.get(name)), language) else several}"

    return _COUNTED.sub(word, template) if "|" in template else template
