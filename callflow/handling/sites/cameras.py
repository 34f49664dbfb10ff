"""The declared cameras of a site (D24). Name and password go in and never come out."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from callflow.core.messages.outbox import host_of, is_rtsp, wrong_camera_url, wrong_clip_url
from callflow.core.signals.signal import Kind
from callflow.handling.sites.rules import BadSite
from callflow.vault import Vault

Row = dict[str, Any]

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_LONGEST = 200  # characters of a name, of a user and of a password
_MOST_ZONES = 500
#: What a camera that was stored by an earlier version lacks.
_UNSAID: Row = {"zones": [], "kinds": [], "noticeable": False, "clip_url": "", "pre_alarm": False}


def shown(kept: Sequence[Row]) -> list[Row]:
    """The cameras as PUT takes them."""
    return [
        {
            "id": camera["id"],
            "name": camera["name"],
            "url": camera["url"],
            "credentials_set": camera["secret"] is not None,
            **{name: camera.get(name, unsaid) for name, unsaid in _UNSAID.items()},
        }
        for camera in kept
    ]


def values(vault: Vault, kept: Sequence[Row], sent: Sequence[Row]) -> list[Row]:
    """The site's column, from what stood there and what is sent. Raises BadSite."""
    before = {camera["id"]: camera for camera in kept}
    found: dict[str, Row] = {}
    for place, camera in enumerate(sent):
        field = f"cameras.{place}"
        one = _camera(vault, before.get(str(camera.get("id"))), camera, field)
        if found.setdefault(one["id"], one) is not one:
            raise BadSite(f"{field}.id", "is there twice")
    return list(found.values())


def _camera(vault: Vault, old: Row | None, sent: Row, field: str) -> Row:
    camera_id, url = str(sent.get("id") or ""), str(sent.get("url") or "")
    clip_url = str(sent.get("clip_url") or "")
    if not _ID.fullmatch(camera_id):
        raise BadSite(f"{field}.id", "must be 1 to 64 letters, digits, dots and hyphens")
    wrong = wrong_camera_url(url)
    if wrong is not None:
        raise BadSite(f"{field}.url", wrong)
    wrong = wrong_clip_url(clip_url) if clip_url else None
    if wrong is not None:
        raise BadSite(f"{field}.clip_url", wrong)
    pre_alarm = bool(sent.get("pre_alarm"))
    if pre_alarm and not is_rtsp(url):
        raise BadSite(f"{field}.pre_alarm", "only an rtsp camera can be recorded all the time")
    return {
        "id": camera_id,
        "name": _text(sent.get("name") or camera_id, f"{field}.name"),
        "url": url,
        "secret": _secret(vault, old, sent, {host_of(url), host_of(clip_url)}, field),
        "zones": _texts(sent.get("zones"), f"{field}.zones"),
        "kinds": _kinds(sent.get("kinds"), f"{field}.kinds"),
        "noticeable": bool(sent.get("noticeable")),
        "clip_url": clip_url,
        "pre_alarm": pre_alarm,
    }


def _secret(vault: Vault, old: Row | None, sent: Row, hosts: set[str], field: str) -> str | None:
    """Left out: as it was, but only for the same hosts, or another one could be told it."""
    field = f"{field}.credentials"
    if "credentials" not in sent:
        kept: str | None = old["secret"] if old else None
        if kept is not None and old is not None and hosts - {""} - _hosts(old):
            raise BadSite(field, "the camera's host changed: give its user and password again")
        return kept
    clear = sent["credentials"]
    if clear is None:
        return None
    pair = [_text(clear.get(name), f"{field}.{name}") for name in ("user", "password")]
    return b64encode(vault.encrypt(json.dumps(pair).encode())).decode()


def _hosts(camera: Row) -> set[str]:
    return {host_of(camera["url"]), host_of(camera.get("clip_url", ""))}


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.isprintable():
        raise BadSite(field, f"must be a text of 1 to {_LONGEST} characters")
    return value


def _texts(value: Any, field: str) -> list[str]:
    if not isinstance(value or [], list) or len(value or ()) > _MOST_ZONES:
        raise BadSite(field, f"must be a list of at most {_MOST_ZONES} zones")
    return [_text(one, f"{field}.{place}") for place, one in enumerate(value or ())]


def _kinds(value: Any, field: str) -> list[str]:
    kinds = [str(one) for one in value or ()]
    unknown = sorted(set(kinds) - set(Kind))
    if unknown:
        raise BadSite(field, "is no kind of alarm", unknown[0])
    return kinds
