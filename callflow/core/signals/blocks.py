"""The further data blocks of a signal, "[V…][X…][Y…]" (DC-09, optional extended data).

A link is shown as text and a person may follow it; nothing in Callflow ever asks for one (D24).
"""

import re
from collections.abc import Iterable

#: The longest link that is taken for one, in characters.
LONGEST = 500
_BLOCK = re.compile(r"\[([^\]]*)\]")
# Printable ASCII, no bracket (it would end the block), no name or password before the host: those
# would stand on the page, or say that another host is meant.
_LINK = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]{1,5})?(?:[/?#][!#-;=?-Z^_a-~]*)?", re.IGNORECASE
)


def is_link(text: str) -> bool:
    """True where ``text`` is an http or https address that a person may be offered to follow."""
    return len(text) <= LONGEST and _LINK.fullmatch(text) is not None


def of_links(links: Iterable[str]) -> str:
    """The blocks that carry ``links``."""
    return "".join(f"[V{link}]" for link in links)


def links(extra: str) -> list[str]:
    """The links in a signal's blocks; what is no safe address is left out."""
    return [block[1:] for block in blocks(extra) if block[:1] == "V" and is_link(block[1:])]


def others(extra: str) -> list[tuple[str, str]]:
    """(identifier, content) of the blocks that are no link, such as ("X", "002E21.134")."""
    return [(b[0], b[1:]) for b in blocks(extra) if b and not (b[0] == "V" and is_link(b[1:]))]


def blocks(extra: str) -> list[str]:
    """What stands in each pair of brackets."""
    return _BLOCK.findall(extra)


_DEGREES = re.compile(r"(\d{1,3})([EWNS])(\d{1,2}(?:\.\d{1,6})?)")


def place(extra: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, of blocks such as [X002E21.134][Y48N51.300]; None where
    one is missing or makes no sense (DC-09, optional extended data X and Y).
    """
    told = {block[0]: block[1:].strip().upper() for block in blocks(extra) if block}
    longitude, latitude = _degrees(told.get("X", ""), "EW"), _degrees(told.get("Y", ""), "NS")
    if longitude is None or latitude is None or abs(longitude) > 180 or abs(latitude) > 90:
        return None
    return latitude, longitude


def _degrees(text: str, signs: str) -> float | None:
    found = _DEGREES.fullmatch(text)
    if found is None or found[2] not in signs or float(found[3]) >= 60:
        return None
    degrees = int(found[1]) + float(found[3]) / 60
    return -degrees if found[2] == signs[1] else degrees
