"""The declared cameras of a site (D24). Name and password go in and never come out."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from callflow.core.messages.outbox import host_of
from callflow.core.signals.signal import Kind
from callflow.handling.base.fields import BadField
from callflow.handling.sites.shape import Camera
from callflow.vault import Vault

#: A camera as the site's column has it: as its shape, with the ``secret`` that the vault keeps.
Document = Mapping[str, Any]


def shown(kept: Sequence[Document]) -> list[Camera]:
    """The cameras of a site, by its column."""
    return [
        Camera.model_construct(
            **{name: said for name, said in camera.items() if name not in ("secret", "kinds")},
            kinds=list(map(Kind, camera.get("kinds", ()))),
            credentials_set=camera["secret"] is not None,
        )
        for camera in kept
    ]


def values(vault: Vault, kept: Sequence[Document], sent: Sequence[Camera]) -> list[Document]:
    """The site's column, from what stood there and what is sent. Raises BadField."""
    before = {camera["id"]: camera for camera in kept}
    return [
        {
            **camera.model_dump(mode="json", exclude={"credentials_set"}),
            "name": camera.name or camera.id,
            "secret": _secret(vault, before.get(camera.id), camera, f"cameras.{place}.credentials"),
        }
        for place, camera in enumerate(sent)
    ]


def _secret(vault: Vault, old: Document | None, sent: Camera, field: str) -> str | None:
    """Left out: as it was, but only for the same hosts, or another one could be told it."""
    if not sent.says("credentials"):
        kept: str | None = old["secret"] if old else None
        if (
            old is not None
            and kept is not None
            and _hosts(sent.url, sent.clip_url) - _hosts(old["url"], old.get("clip_url", ""))
        ):
            raise BadField(field, "the camera's host changed: give its user and password again")
        return kept
    if sent.credentials is None:
        return None
    pair = [sent.credentials.user, sent.credentials.password]
    return vault.lock(json.dumps(pair))


def _hosts(*addresses: str) -> set[str]:
    return {host_of(address) for address in addresses} - {""}
