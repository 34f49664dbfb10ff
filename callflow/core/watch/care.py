"""What an organ's failure costs, and who looks after it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callflow.core.watch.organs import Part

#: Characters of what a failure costs, and of who looks after an organ.
COST, KEEPER = 300, 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Care:
    """Of the organ of this name, or of all of a part (``name`` ""): what its failure ``cost``s, in
    words, and its ``keeper`` (a contact or a firm) with the number that is called for it; where
    that is "", whoever is on duty."""

    part: Part
    name: str = ""
    cost: str = ""
    keeper: str = ""
    phone: str = ""


def of(cares: Iterable[Care], part: Part, name: str) -> Care:
    """What holds for one organ: its own words, else those of its part."""
    found = {care.name: care for care in cares if care.part is part and care.name in ("", name)}
    return found.get(name) or found.get("") or Care(part=part)


def numbers(cares: Iterable[Care], organs: Sequence[tuple[Part, str]]) -> dict[str, str]:
    """{number: keeper} of those who look after these organs, each once."""
    mine = [of(cares, part, name) for part, name in organs]
    return {care.phone: care.keeper or care.phone for care in mine if care.phone}
