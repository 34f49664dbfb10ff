"""A site as a document, as a customer's program has it."""

from __future__ import annotations

from typing import Any

from callflow.handling.sites import sites
from callflow.storage import Tx


def site_document(tx: Tx, site_id: str) -> dict[str, Any] | None:
    """What GET gives of it; None where there is no such site."""
    found = sites.get_site(tx, site_id)
    return found.document() if found else None
