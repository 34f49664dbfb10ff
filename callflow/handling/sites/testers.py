"""Whoever is called at the end of a test (D17): the contact who asked, or a firm's technician."""

from __future__ import annotations

from dataclasses import replace

from callflow.core.sites.site import Contact, Role
from callflow.storage import Tx
from callflow.storage.sites import contacts
from callflow.storage.watch import supervision as rows


def last(tx: Tx, site_id: str) -> Contact | None:
    """Of the test that ended last; None: an operator set it by themselves, or none ended."""
    ended = [row for row in rows.tests_of(tx, site_id, limit=20) if row["ended_at"] is not None]
    test = max(ended, key=lambda row: (row["ended_at"], row["id"]), default=None)
    if test is None or test["contact_id"] is None:
        return None
    found = contacts.people(tx, [test["contact_id"]])
    return replace(found[0], role=Role.MAINTENANCE) if found else None
