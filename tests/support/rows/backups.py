"""Rows of backups for tests of what is said of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from callflow.core.station.backups import What
from callflow.handling.station import backups
from callflow.storage import Tx
from callflow.storage import schema as t


def backed_up(tx: Tx, at: datetime, *, problem: str = "") -> None:
    """A backup was made then, or had a ``problem``."""
    run = backups.begin(tx, What.BACKUP, "/mnt", at)
    backups.end(tx, replace(run, made_at=None if problem else at, problem=problem), at)


def never_backed_up(tx: Tx) -> None:
    """Nor was one tried."""
    tx.execute(t.backup_run.delete())
