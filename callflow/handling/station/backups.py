"""Backups and drills: begun, ended, told; what health knows of them."""

from dataclasses import replace
from datetime import datetime

from callflow import ids
from callflow.core.station.backups import Run, What
from callflow.core.time.instants import to_iso
from callflow.handling.base.telling import storable, tell
from callflow.storage import Tx
from callflow.storage.watch import backups as rows

_LONGEST = 500  # characters of a problem
_MADE = {What.BACKUP: "backup_made", What.DRILL: "drill_made"}
_FAILED = {What.BACKUP: "backup_failed", What.DRILL: "drill_failed"}


def begin(tx: Tx, what: What, folder: str, now: datetime) -> Run:
    """One begins; its row is there before anything is copied."""
    run = Run(id=ids.new(now), what=what, folder=storable(folder)[:_LONGEST], begun_at=now)
    rows.insert(tx, run)
    return run


def end(tx: Tx, run: Run, now: datetime) -> None:
    """It succeeded, or has a ``problem``; told once."""
    run = replace(run, ended_at=now, problem=storable(run.problem)[:_LONGEST])
    rows.change(tx, run)
    if run.problem:
        tell(tx, _FAILED[run.what], now, text=run.problem, place=run.folder)
        return
    since = to_iso(run.made_at) if run.made_at else ""
    told = {"since": since, "files": str(run.files), "bytes": str(run.size), "place": run.folder}
    tell(tx, _MADE[run.what], now, **told)
