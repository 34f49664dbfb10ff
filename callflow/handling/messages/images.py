"""The machine's demands on a site's declared cameras (D24): rows, before one is asked."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from callflow.core.alarms.incident import Incident
from callflow.core.messages.outbox import Camera, Channel, Take
from callflow.core.signals.signal import Category
from callflow.core.sites.zones import zone_key
from callflow.core.time.instants import to_iso
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.base.telling import tell
from callflow.handling.messages.outbox import insert, is_silenced
from callflow.storage import Tx
from callflow.storage.messages import outbox

#: What a camera is asked for that names no kinds: what somebody may be behind.
_WORTH_A_LOOK = frozenset({Category.VITAL.value, Category.SECURITY.value})
#: The bound on a site's stills is over a time of so long.
_MINUTE = timedelta(minutes=1)
#: A recorded camera's last segment is written so long after what it shows.
_WRITTEN = timedelta(seconds=6)


def fetch_images(tx: Tx, incident: Incident, now: datetime, *, task: str | None = None) -> int:
    """Ask each declared camera of the site for a still; how many are asked.

    None: said in the logbook, and ``task`` is the caller's to end. It ends by itself once each
    camera gave one or was given up: *done* where there is one still at least. Cameras are asked
    during a mute alarm too, but for those that somebody would notice.
    """
    cameras = _unnoticed(tx, incident, outbox.cameras(tx, incident.id))
    for camera in cameras:
        _ask(tx, incident, camera, now, task=task)
    _tell(tx, incident, cameras, now)
    return len(cameras)


def at_signal(
    tx: Tx,
    incident: Incident,
    zones: Collection[str],
    cameras: Sequence[Camera],
    at: datetime,
    now: datetime,
) -> None:
    """A signal opened or joined ``incident``: its site's cameras give a series of stills,
    and a clip where they can. ``zones`` are the keys of what was tripped, ``at`` when (UTC).
    """
    wanted = [camera for camera in cameras if _is_for(camera, incident)]
    wanted = _unnoticed(tx, incident, wanted)
    if not wanted or incident.site_id is None:
        return
    wanted.sort(key=lambda camera: not set(zones) & set(_keys(camera)))  # those of the zone first
    policy = load_policy(tx)
    left = max(0, policy.camera_most - outbox.asked_since(tx, incident.site_id, now - _MINUTE))
    series = [(offset, camera) for offset in sorted(policy.camera_series) for camera in wanted]
    for offset, camera in series[:left]:
        _ask(tx, incident, camera, now + timedelta(seconds=offset))
    if left:
        _clips(tx, incident, wanted, at, now, policy)
        asked = [camera for _, camera in series[:left]]
        _tell(tx, incident, [camera for camera in wanted if camera in asked], now)
        if len(series) > left:  # said once: from now on nothing is left
            tell(tx, "images_bounded", now, incident, cameras=str(len(series) - left))


def _clips(
    tx: Tx,
    incident: Incident,
    cameras: Sequence[Camera],
    at: datetime,
    now: datetime,
    policy: Policy,
) -> None:
    begin = at - timedelta(seconds=policy.clip_before)
    end = at + timedelta(seconds=policy.clip_after)
    due = max(now, end + _WRITTEN)
    data = {"take": Take.CLIP.value, "begin": to_iso(begin), "end": to_iso(end)}
    for camera in cameras:
        if camera.clip_url or camera.pre_alarm:
            _ask(tx, incident, camera, due, data=data)


def _ask(
    tx: Tx,
    incident: Incident,
    camera: Camera,
    due: datetime,
    *,
    data: dict[str, str] | None = None,
    task: str | None = None,
) -> None:
    data = data or {"take": Take.STILL.value}
    to, name = camera.id, camera.name
    insert(tx, incident, due, channel=Channel.IMAGES, to=to, subject=name, data=data, task=task)


def _tell(tx: Tx, incident: Incident, cameras: Sequence[Camera], now: datetime) -> None:
    names = ", ".join(camera.name for camera in cameras)
    kind = "images_asked" if cameras else "no_cameras"
    tell(tx, kind, now, incident, cameras=names)


def _is_for(camera: Camera, incident: Incident) -> bool:
    return incident.kind in camera.kinds if camera.kinds else incident.category in _WORTH_A_LOOK


def _unnoticed(tx: Tx, incident: Incident, cameras: Sequence[Camera]) -> list[Camera]:
    """During a mute alarm (D7), only cameras that nobody notices when they are asked."""
    if any(camera.noticeable for camera in cameras) and is_silenced(tx, incident):
        return [camera for camera in cameras if not camera.noticeable]
    return list(cameras)


def _keys(camera: Camera) -> list[str]:
    return [zone_key(zone) for zone in camera.zones]
