"""Rows of how other systems' tables are ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found
from callflow.storage.sites.sites import upsert

_C = t.file_mapping.c


@dataclass(frozen=True, slots=True)
class Kept:
    """A mapping as it was saved; its time is UTC."""

    name: str
    body: Mapping[str, Any]
    changed_by: str
    changed_at: datetime


def every(tx: Tx) -> list[Kept]:
    """All of them, by name."""
    return found(tx, select(t.file_mapping).order_by(_C.name), Kept)


def get(tx: Tx, name: str) -> Kept | None:
    """The one of this name."""
    return next(iter(found(tx, select(t.file_mapping).where(_C.name == name), Kept)), None)


def put(tx: Tx, name: str, body: Mapping[str, Any], who: str, now: datetime) -> None:
    """This one is kept by this name."""
    values = {"name": name, "body": body, "changed_by": who, "changed_at": now}
    upsert(tx, t.file_mapping, ["name"], values)


def drop(tx: Tx, name: str) -> bool:
    """It is kept no more; whether it was."""
    return bool(tx.execute(delete(t.file_mapping).where(_C.name == name)).rowcount)
