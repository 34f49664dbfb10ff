"""Whoever is called at the end of a test (D17): the contact who asked, or a firm's technician."""

from dataclasses import replace

from callflow.core.sites.site import Contact, Role
from callflow.storage import Tx
from callflow.storage.sites import contacts
from callflow.storage.watch import supervision


def last(tx: Tx, site_id: str) -> Contact | None:
    """Of the test that ended last; None: an operator set it by themselves, or none ended."""
    tests = supervision.tests_of(tx, site_id, limit=20)
    ended = [(test.ended_at, test.id, test.contact_id) for test in tests if test.ended_at]
    contact = max(ended)[2] if ended else None
    if contact is None:
        return None
    found = contacts.people(tx, [contact])
    return replace(found[0], role=Role.MAINTENANCE) if found else None
