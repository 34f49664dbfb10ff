"""Stills and clips as an incident's page shows them: by camera, with times from the alarm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from callflow.core.alarms.incident import Incident
from callflow.core.messages.outbox import Image, Take
from callflow.storage import Tx
from callflow.storage.messages import outbox


@dataclass(frozen=True, slots=True)
class Shown(Image):
    """A still or a clip. ``since``: seconds after the alarm."""

    since: int = 0

    @classmethod
    def of(cls, image: Image, alarm: datetime) -> Shown:
        """``image`` of an alarm at ``alarm``."""
        fields = {name: getattr(image, name) for name in Image.__dataclass_fields__}
        return cls(
            **fields, since=round(((image.begins_at or image.taken_at) - alarm).total_seconds())
        )


@dataclass(slots=True)
class Camera:
    """One camera's, or one link's. ``newest`` is its latest still."""

    name: str
    link: str = ""
    newest: Shown | None = None
    series: list[Shown] = field(default_factory=list)  # oldest first, ``newest`` among them
    clips: list[Shown] = field(default_factory=list)
    problems: list[Shown] = field(default_factory=list)  # each once


def images_of(tx: Tx, incident: Incident) -> list[Shown]:
    """An incident's stills and clips."""
    alarm = incident.alarm_at or incident.opened_at
    found = outbox.images_of(tx, [incident.id])[incident.id]
    return [Shown.of(image, alarm) for image in found]


def by_camera(images: Iterable[Shown]) -> list[Camera]:
    """Images of each camera, in the order in which they were heard of."""
    found: dict[str, Camera] = {}
    for image in images:
        camera = found.setdefault(image.camera or image.link, Camera(image.name, image.link))
        _add(camera, image)
    return list(found.values())


def newest(tx: Tx, incident: Incident) -> list[Shown]:
    """The latest still of each camera of an incident, for the pop (D24)."""
    return [camera.newest for camera in by_camera(images_of(tx, incident)) if camera.newest]


def _add(camera: Camera, image: Shown) -> None:
    if image.problem:
        said = [(one.problem, one.take) for one in camera.problems]
        if (image.problem, image.take) not in said:
            camera.problems.append(image)
    elif image.take is Take.CLIP:
        camera.clips.append(image)
    else:
        camera.series.append(image)
        camera.newest = image


def since(seconds: int) -> str:
    """A time relative to the alarm, such as "+2 s" or "−10 s"."""
    sign = "−" if seconds < 0 else "+"
    minutes, rest = divmod(abs(seconds), 60)
    return f"{sign}{minutes} min {rest:02} s" if minutes else f"{sign}{rest} s"
