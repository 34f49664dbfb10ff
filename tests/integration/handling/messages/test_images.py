"""Cameras are asked at the signal (D24): which, in what order, how often, and when not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.messages.outbox import Channel, Claimed, MessageState, Still, Take
from callflow.handling.alarms import image_requests
from callflow.handling.base import policy, refusals
from callflow.handling.messages import delivery, images
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.messages import outbox
from tests.integration.handling.station import Station

Row = dict[str, Any]
HALL: Row = {"id": "hall", "name": "Hall", "url": "http://10.0.0.1/snap", "zones": ["003"]}
YARD: Row = {"id": "yard", "name": "Yard", "url": "http://10.0.0.2/snap", "zones": ["7"]}
LINK = "https://camera.example.org/still.jpg"


def asked(station: Station, seconds: float = 0) -> list[Claimed]:
    """What is claimed so many seconds from now, in order, and then withdrawn."""
    at, room = station.now + timedelta(seconds=seconds), {Channel.IMAGES: 1000}

    def claim(tx: Tx) -> list[Claimed]:
        found = delivery.claim_messages(tx, at, room)
        for message in found:
            outbox.end(tx, message.id, MessageState.CANCELLED, at)
        return found

    return station.write(claim)


def cameras(messages: list[Claimed]) -> list[str]:
    return [message.to for message in messages]


@pytest.mark.parametrize("zone", ["3", "7"])
def test_an_alarm_asks_every_camera_thrice_and_none_later(station: Station, zone: str) -> None:
    station.put(cameras=[YARD, HALL])
    row = station.alarm(zone=zone)
    assert sorted(cameras(asked(station))) == ["hall", "yard"]
    assert asked(station, 1.9) == []
    assert sorted(cameras(asked(station, 2))) == ["hall", "yard"]
    assert sorted(cameras(asked(station, 5))) == ["hall", "yard"]
    assert {m.incident_id for m in asked(station, 600)} <= {row.id}
    assert station.told(row.id).count("images_asked") == 1


def test_the_zones_camera_is_the_one_that_the_bound_leaves(station: Station) -> None:
    bounded(station, 1)
    station.put(cameras=[YARD, HALL])
    row = station.alarm(zone="3")
    assert cameras(asked(station, 60)) == ["hall"]
    assert station.told(row.id).count("images_bounded") == 1


def bounded(station: Station, most: int, series: list[float] | None = None) -> None:
    settings = Settings(camera_most=most, camera_series=tuple(series or (0.0, 2.0, 5.0)))
    station.write(lambda tx: policy.save_policy(tx, settings))


def test_a_panel_that_trips_and_trips_floods_no_camera(station: Station) -> None:
    bounded(station, 5)
    station.put(cameras=[HALL, YARD])
    row = station.alarm(zone="3")
    for number in range(10, 20):
        station.alarm(zone=str(number))
    assert len(asked(station, 10)) == 5
    assert station.told(row.id).count("images_bounded") == 1
    station.now += timedelta(seconds=66)
    station.alarm(zone="30")
    assert len(asked(station, 10)) == 5


def test_a_repeat_of_the_same_zone_asks_nobody_and_another_zone_does(station: Station) -> None:
    station.put(cameras=[HALL])
    station.alarm(zone="3")
    assert len(asked(station, 5)) == 3
    station.alarm(zone="3")
    assert asked(station, 10) == []
    station.alarm(zone="7")
    assert len(asked(station, 10)) == 3


@pytest.mark.parametrize(("code", "kinds", "times"), [
    ("AT", [], 0),  # mains: nobody stands behind it
    ("AT", ["power"], 3),
    ("BA", ["fire"], 0),
    ("FA", ["fire"], 3),
    ("FA", [], 3),
])  # fmt: skip
def test_a_camera_is_asked_at_the_kinds_that_it_is_declared_for(
    station: Station, code: str, kinds: list[str], times: int
) -> None:
    station.put(cameras=[{**HALL, "kinds": kinds}])
    station.alarm(code)
    assert len(asked(station, 10)) == times


def test_during_a_personal_alarm_no_camera_is_asked_that_somebody_would_notice(
    station: Station,
) -> None:
    station.put(cameras=[{**HALL, "noticeable": True}, YARD])
    row = station.alarm("HA")
    assert set(cameras(asked(station, 10))) == {"yard"}
    assert station.write(lambda tx: images.fetch_images(tx, row, station.now)) == 1
    other = station.alarm("BA")
    assert other.id != row.id
    assert set(cameras(asked(station, 20))) == {"yard"}


def test_a_clip_is_asked_for_once_what_it_shows_is_over(station: Station) -> None:
    rtsp = {"id": "door", "url": "rtsp://10.0.0.3/live", "pre_alarm": True}
    nvr = {**YARD, "clip_url": "http://10.0.0.2/clip?from={begin_s}&to={end_s}"}
    station.put(cameras=[HALL, nvr, rtsp])
    station.alarm()
    assert {m.data["take"] for m in asked(station, 19)} == {"still"}
    clips = [m for m in asked(station, 27) if m.data["take"] == "clip"]
    assert sorted(cameras(clips)) == ["door", "yard"]
    for clip in clips:
        shown = [datetime.fromisoformat(clip.data[name]) for name in ("begin", "end")]
        assert shown == [station.now + timedelta(seconds=s) for s in (-10, 20)]
    recorded = station.read(outbox.recorded_cameras)
    assert [(camera.site, camera.id) for camera in recorded] == [("1002", "door")]


def test_a_clip_that_came_says_what_it_shows(station: Station) -> None:
    station.put(cameras=[{**HALL, "clip_url": "http://10.0.0.1/{begin}/{end}"}])
    row = station.alarm()
    at, room = station.now + timedelta(seconds=30), {Channel.IMAGES: 10}
    claimed = station.write(lambda tx: delivery.claim_messages(tx, at, room))
    (clip,) = [m for m in claimed if m.data["take"] == "clip"]
    begins, ends = station.now, station.now + timedelta(seconds=30)
    still = Still(path="x.mp4", sha256="0" * 64, take=Take.CLIP, begins_at=begins, ends_at=ends)
    for _ in range(2):  # a second delivery changes nothing
        station.write(lambda tx: delivery.image_fetched(tx, clip.id, still, station.now))
    (image,) = station.read(lambda tx: outbox.images_of(tx, [row.id]))[row.id]
    assert (image.take, image.begins_at, image.ends_at) == ("clip", begins, ends)
    (entry,) = station.entries("clip_fetched")
    assert entry.data["sha256"] == "0" * 64


def test_the_cameras_of_a_site_that_is_not_declared_are_nobodys(station: Station) -> None:
    station.put(cameras=[HALL])
    station.alarm(account="7777")
    assert asked(station, 30) == []


# --- by a person's act ----------------------------------------------------------------------


def linked(station: Station) -> Incident:
    return station.alarm(extra=f"[V{LINK}]")


def fetch(station: Station, row: Incident, link: str = LINK) -> None:
    def act(tx: Tx) -> object:
        return image_requests.fetch_link(tx, row.id, "Alice", link, station.now)

    station.write(act)


def test_a_link_is_asked_for_by_a_person_only(station: Station) -> None:
    row = linked(station)
    assert asked(station, 60) == []
    fetch(station, row)
    (message,) = asked(station)
    assert (message.to, message.subject, message.data["link"]) == ("", "camera.example.org", LINK)
    assert message.camera is None
    (entry,) = station.entries("link_asked")
    assert (entry.who, entry.data["link"]) == ("Alice", LINK)


def test_only_a_link_of_the_incidents_own_signals_is_fetched(station: Station) -> None:
    row = linked(station)
    with pytest.raises(refusals.Refused, match="no signal of this incident has this link"):
        fetch(station, row, "https://camera.example.org/other.jpg")
    assert asked(station) == []


def test_a_person_looks_again_and_is_told_where_there_is_nothing_to_look_with(
    station: Station,
) -> None:
    row = station.alarm()
    with pytest.raises(refusals.Refused, match="no camera"):
        station.write(lambda tx: image_requests.fetch_again(tx, row.id, "Alice", station.now))
    station.put(cameras=[HALL])
    station.write(lambda tx: image_requests.fetch_again(tx, row.id, "Alice", station.now))
    assert cameras(asked(station)) == ["hall"]
