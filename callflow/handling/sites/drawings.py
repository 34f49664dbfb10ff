"""Floor plans and photographs of a site: added, removed, and its zones placed on them."""

from dataclasses import dataclass
from datetime import datetime

from callflow import ids
from callflow.core.sites.drawings import (
    LONGEST_TITLE,
    MOST,
    WHOLE,
    Drawing,
    Place,
    key_of,
    placed,
    without,
)
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.sites import drawings, sites
from callflow.vault import Vault


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, and its size in pixels."""

    content: bytes
    width: int
    height: int


def known(tx: Tx, site_id: str, drawing_id: str) -> Drawing:
    """One of a site's. Raises NotFound."""
    drawing = drawings.get(tx, site_id, drawing_id)
    if drawing is None:
        raise NotFound("there is no such picture")
    return drawing


def add(
    tx: Tx, vault: Vault, site_id: str, title: str, picture: Picture, who: str, now: datetime
) -> str:
    """One more picture of a site; its id. Raises NotFound, Refused, BadField."""
    if sites.get(tx, site_id) is None:
        raise NotFound("there is no such site")
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise BadField("title", "a title has 1 to 80 characters")
    if len(drawings.of_site(tx, site_id)) >= MOST:
        raise Refused("a site has at most 12 pictures: remove one first")
    drawing = Drawing(
        id=ids.new(now),
        site_id=site_id,
        title=title,
        width=picture.width,
        height=picture.height,
        places=(),
        added_by=who,
        added_at=now,
    )
    drawings.insert(tx, drawing, vault.encrypt(picture.content))
    tell(tx, "drawing_added", now, site=site_id, by=who, who_did=who, title=title)
    return drawing.id


def remove(tx: Tx, site_id: str, drawing_id: str, who: str, now: datetime) -> None:
    """A picture is kept no more. Raises NotFound."""
    drawing = known(tx, site_id, drawing_id)
    drawings.remove(tx, drawing.id)
    tell(tx, "drawing_removed", now, site=site_id, by=who, who_did=who, title=drawing.title)


def place_zone(
    tx: Tx, site_id: str, drawing_id: str, place: Place, who: str, now: datetime
) -> None:
    """A zone has its place on a picture, in place of another there. Raises NotFound, BadField."""
    drawing = known(tx, site_id, drawing_id)
    declared = {key_of(zone.account, zone.zone) for zone in sites.zones(tx, site_id)}
    if place.key not in declared:
        raise BadField("zone", "choose a zone of this site")
    for field, value in (("x", place.x), ("y", place.y)):
        if not 0 <= value <= WHOLE:
            raise BadField(field, "a whole number from 0 to 1000")
    drawings.place(tx, drawing.id, placed(drawing.places, place))
    _tell(tx, "zone_placed", drawing, place.zone, who, now)


def take_off(
    tx: Tx, site_id: str, drawing_id: str, account: str, zone: str, who: str, now: datetime
) -> None:
    """A zone has no place on a picture any more. Raises NotFound."""
    drawing = known(tx, site_id, drawing_id)
    left = without(drawing.places, account, zone)
    if left == drawing.places:
        raise NotFound("this zone has no place on it")
    drawings.place(tx, drawing.id, left)
    _tell(tx, "zone_taken_off", drawing, zone, who, now)


def _tell(tx: Tx, kind: str, drawing: Drawing, zone: str, who: str, now: datetime) -> None:
    told = {"by": who, "who_did": who, "zone": zone, "title": drawing.title}
    tell(tx, kind, now, site=drawing.site_id, **told)
