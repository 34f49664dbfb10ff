"""A number in a text with the word that it counts: ``{open:alarme|alarmes}``. Pure."""

import re
from collections.abc import Mapping
from typing import Any

_COUNTED = re.compile(r"\{(\w+):([^{}|]+)\|([^{}|]+)\}")


def agreed(template: str, values: Mapping[str, Any], language: str) -> str:
    """The template with the word that goes with each number: ``{open} alarme``; where there is no
    number, that of several. French has no plural of 0."""

    def word(found: re.Match[str]) -> str:
        name, one, several = found.groups()
        number = str(values.get(name))
        alone = number == "1" or (number == "0" and language == "fr")
        return f"{{{name}}} {one if alone else several}"

    return _COUNTED.sub(word, template) if "|" in template else template
