"""Floor plans and photographs of a site, with its zones on them. Pure.

A place is said in per mille of the picture's width and height, from its upper left corner: it is
the same however large the picture is shown.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from callflow.core.sites.zones import zone_key

#: Pictures of one site; characters of a title; what a whole side is divided into.
MOST, LONGEST_TITLE, WHOLE = 12, 80, 1000
#: A zone as signals name it: its account, and the zone.
Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a zone is: ``x`` per mille from the left, ``y`` from the top."""

    account: str
    zone: str
    x: int
    y: int

    @property
    def key(self) -> Named:
        """What names its zone, however many zeros a panel writes before it."""
        return key_of(self.account, self.zone)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """A picture without its bytes; ``width`` and ``height`` in pixels. ``added_at`` is UTC."""

    id: str
    site_id: str
    title: str
    width: int
    height: int
    places: tuple[Place, ...]
    added_by: str
    added_at: datetime

    def shows(self, zones: Collection[Named]) -> int:
        """How many of these zones have a place on it."""
        wanted = {key_of(*zone) for zone in zones}
        return sum(place.key in wanted for place in self.places)


def key_of(account: str, zone: str) -> Named:
    """What names a zone: leading zeros are the panel's."""
    return account, zone_key(zone)


def placed(places: Sequence[Place], place: Place) -> tuple[Place, ...]:
    """With ``place``, in place of where its zone was."""
    return (*without(places, place.account, place.zone), place)


def without(places: Sequence[Place], account: str, zone: str) -> tuple[Place, ...]:
    """Those of the other zones."""
    return tuple(each for each in places if each.key != key_of(account, zone))


def showing(drawings: Sequence[Drawing], zones: Collection[Named]) -> Drawing | None:
    """The picture that shows most of these zones, the first of several; None: none shows any."""
    best = max(drawings, key=lambda drawing: drawing.shows(zones), default=None)
    return best if best is not None and best.shows(zones) else None
