"""Rows of wrong codes typed on the phone, and of what they are worth."""

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from callflow.core.callers.guessing import ALL_WITHIN, CALLER_WITHIN, DAY, Spent
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx

_C = t.code_guess.c
_SITE = select(func.sum(_C.worth)).where(_C.site_id == bindparam("site"), _C.at > bindparam("day"))
_CALLER = select(func.count()).where(_C.caller == bindparam("caller"), _C.at > bindparam("hour"))
_ALL = select(func.count()).where(_C.at > bindparam("lately"))


def spent(tx: Tx, site_id: str | None, caller: str, now: datetime) -> Spent:
    """What was guessed wrongly until now; a withheld number is nobody's in particular."""
    of_site = tx.execute(_SITE, {"site": site_id, "day": now - DAY}).scalar() if site_id else 0
    by = {"caller": caller, "hour": now - CALLER_WITHIN}
    return Spent(
        worth=float(of_site or 0.0),
        of_caller=int(tx.execute(_CALLER, by).scalar_one()) if caller else 0,
        of_all=int(tx.execute(_ALL, {"lately": now - ALL_WITHIN}).scalar_one()),
    )


def insert(tx: Tx, site_id: str | None, caller: str, worth: float, now: datetime) -> None:
    """One more wrong guess; those that count nowhere any more are forgotten."""
    tx.execute(delete(t.code_guess).where(_C.at <= now - DAY))
    row = {"site_id": site_id, "caller": caller, "worth": worth, "at": now}
    tx.execute(t.code_guess.insert().values(**row))
