"""A site's cameras as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from callflow.outbox import wrong_url
from web.api.shapes import Body, Line

CameraId = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]


def _url(text: str) -> str:
    wrong = wrong_url(text)
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
        Field(description="Where a GET gives a JPEG or a PNG, in CALLFLOW_CAMERA_NETWORKS"),
    ]
    credentials: CredentialsIn | None = None
    credentials_set: bool | None = None


class CameraOut(BaseModel):
    """A camera; whether it has credentials, not which."""

    model_config = ConfigDict(extra="ignore")

    id: str
    name: str
    url: str
    credentials_set: bool = False
