"""Places on pictures: a zone has one on each, whatever zeros its panel writes."""

from __future__ import annotations

from datetime import UTC, datetime

from callflow.core.sites.drawings import Drawing, Place, placed, showing, without


def drawing(name: str, *zones: str) -> Drawing:
    return Drawing(
        id=name,
        site_id="s",
        title=name,
        width=800,
        height=600,
        places=tuple(Place("1001", zone, 1, 2) for zone in zones),
        added_by="odile",
        added_at=datetime(2026, 12, 1, tzinfo=UTC),
    )


def test_a_zone_has_one_place_on_a_picture() -> None:
    first, moved, other = (
        Place("1001", "3", 10, 20),
        Place("1001", "003", 500, 600),
        Place("1002", "3", 1, 1),
    )
    assert placed((first, other), moved) == (other, moved)
    assert without((other, moved), "1001", "3") == (other,)
    assert without((other,), "1001", "3") == (other,)


def test_the_picture_that_shows_most_of_the_zones_in_alarm_is_shown() -> None:
    ground, floor = drawing("ground", "1", "2"), drawing("floor", "2", "3", "4")
    both = (ground, floor)
    assert showing(both, [("1001", "002")]) == ground
    assert showing(both, [("1001", "2"), ("1001", "3")]) == floor
    assert showing(both, [("1002", "2")]) is None
    assert showing((), [("1001", "2")]) is None
