"""A site's cameras as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from callflow.core.messages.outbox import wrong_camera_url, wrong_clip_url
from callflow.core.signals.signal import Kind
from web.api.shapes import Body, Line

CameraId = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]


def _url(text: str) -> str:
    wrong = wrong_camera_url(text)
    if wrong is not None:
        raise ValueError(wrong)
    return text


def _clip_url(text: str) -> str:
    wrong = wrong_clip_url(text) if text else None
    if wrong is not None:
        raise ValueError(wrong)
    return text


class CredentialsIn(Body):
    """What a camera asks for; sent to it only when it does."""

    user: Line = Field(min_length=1)
    password: Line = Field(min_length=1)


class CameraIn(Body):
    """A camera that Callflow may ask for a still by itself (D24)."""

    id: CameraId
    name: Line = ""
    url: Annotated[
        str,
        AfterValidator(_url),
        Field(
            description="Where a GET gives a JPEG, a PNG or a stream of JPEGs, or an rtsp stream;"
            " in CALLFLOW_CAMERA_NETWORKS"
        ),
    ]
    zones: list[Line] = Field(
        default_factory=list, max_length=500, description="What it sees: asked first for these"
    )
    kinds: list[Kind] = Field(
        default_factory=list,
        description="Asked at a signal of these; empty: vital and security alarms",
    )
    noticeable: bool = Field(
        False, description="It lights or sounds when it is asked: not during a personal alarm"
    )
    clip_url: Annotated[
        str,
        AfterValidator(_clip_url),
        Field(
            description="Where a clip is given, over http or https: a template with {begin}"
            " and {end} (20261125T030000Z) or {begin_s} and {end_s} (seconds since 1970)"
        ),
    ] = ""
    pre_alarm: bool = Field(
        False, description="An rtsp camera that is recorded all the time, into a ring of minutes"
    )
    credentials: CredentialsIn | None = None
    credentials_set: bool | None = None


class CameraOut(BaseModel):
    """A camera; whether it has credentials, not which."""

    model_config = ConfigDict(extra="ignore")

    id: str
    name: str
    url: str
    credentials_set: bool = False
    zones: list[str] = Field(default_factory=list)
    kinds: list[Kind] = Field(default_factory=list)
    noticeable: bool = False
    clip_url: str = ""
    pre_alarm: bool = False
