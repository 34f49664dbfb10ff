"""Clients (D1): whose sites they are. One is known by its name, and has many sites."""

import hashlib
from datetime import datetime

from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.sites import sites
from callflow.storage.sites.sites import upsert


def client_of(tx: Tx, name: str) -> str:
    """The id of the client of this name, who is known from now on."""
    client_id = client_key(name)
    upsert(tx, t.client, ["id"], {"id": client_id, "name": name})
    return client_id


def client_key(name: str) -> str:
    """The id of the client of this name."""
    return f"client:{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def rename(tx: Tx, client_id: str, name: str, who: str, now: datetime) -> str:
    """All its sites are of the client ``name``; its id. Raises NotFound, BadField."""
    client, said = sites.client(tx, client_id), name.strip()
    if client is None:
        raise NotFound("there is no such client", client_id)
    if not said:
        raise BadField("name", "is missing")
    if said == client.name:
        return client_id
    if sites.has_sites(tx, client_key(said)):
        raise BadField("name", "there is a client of this name already")
    other = client_of(tx, said)
    moved = sites.move_sites(tx, client_id, other, now)
    fields = {"client": [client.name, said]}
    told = {"old": client.name, "name": said, "sites": moved, "fields": fields}
    tell(tx, "client_renamed", now, by=who, who_did=who, **told)
    return other
