"""Stills and clips as an incident's page shows them: by camera, with times from the alarm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.messages.outbox import Take
from callflow.storage import Tx
from callflow.storage.messages import outbox

Row = dict[str, Any]


@dataclass(slots=True)
class Camera:
    """What one camera, or one link, gave. ``newest`` is its latest still."""

    name: str
    link: str = ""
    newest: Row | None = None
    series: list[Row] = field(default_factory=list)  # oldest first, ``newest`` among them
    clips: list[Row] = field(default_factory=list)
    problems: list[Row] = field(default_factory=list)  # each once


def images_of(tx: Tx, row: Incident) -> list[Row]:
    """An incident's stills and clips, each with ``since``: seconds after the alarm."""
    alarm = row.alarm_at or row.opened_at
    found = outbox.images_of(tx, [row.id])[row.id]
    begun = [image["begins_at"] or image["taken_at"] for image in found]
    return [
        {**image, "since": round((at - alarm).total_seconds())}
        for image, at in zip(found, begun, strict=True)
    ]


def by_camera(images: Iterable[Row]) -> list[Camera]:
    """What each camera gave, in the order in which they were heard of."""
    found: dict[str, Camera] = {}
    for image in images:
        key = image["camera"] or image["link"]
        camera = found.setdefault(key, Camera(name=image["name"], link=image["link"]))
        _add(camera, image)
    return list(found.values())


def newest(tx: Tx, row: Incident) -> list[Row]:
    """The latest still of each camera of an incident, for the pop (D24)."""
    return [camera.newest for camera in by_camera(images_of(tx, row)) if camera.newest]


def _add(camera: Camera, image: Row) -> None:
    if image["problem"]:
        said = [(one["problem"], one["take"]) for one in camera.problems]
        if (image["problem"], image["take"]) not in said:
            camera.problems.append(image)
    elif image["take"] == Take.CLIP.value:
        camera.clips.append(image)
    else:
        camera.series.append(image)
        camera.newest = image


def since(seconds: int) -> str:
    """A time relative to the alarm, such as "+2 s" or "−10 s"."""
    sign = "−" if seconds < 0 else "+"
    minutes, rest = divmod(abs(seconds), 60)
    return f"{sign}{minutes} min {rest:02} s" if minutes else f"{sign}{rest} s"
