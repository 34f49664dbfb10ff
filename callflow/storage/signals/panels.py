"""Rows of signals of one panel that calls by phone."""

from datetime import datetime

from sqlalchemy import select

from callflow.core.signals.signal import StoredSignal
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import first


def newest(tx: Tx, account: str, format_name: str, since: datetime) -> StoredSignal | None:
    """The last signal of a panel in this format that was received since then."""
    c = t.signal.c
    query = (
        select(t.signal)
        .where(c.account == account, c.format == format_name, c.received_at >= since)
        .order_by(c.number.desc())
        .limit(1)
    )
    return first(tx, query, StoredSignal)


def asked(tx: Tx, caller: str, code: str, since: datetime) -> str | None:
    """The account of which this caller sent ``code`` since then, the last one."""
    c = t.signal.c
    query = (
        select(c.account)
        .where(c.caller == caller, c.code == code, c.received_at >= since)
        .order_by(c.number.desc())
        .limit(1)
    )
    return tx.execute(query).scalar()


def waits(tx: Tx, account: str) -> bool:
    """True where a signal of this panel is still to be correlated."""
    c = t.signal.c
    query = select(c.id).where(c.account == account, c.correlated_at.is_(None)).limit(1)
    return tx.execute(query).first() is not None
