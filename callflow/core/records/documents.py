"""Documents that the station makes and keeps: reports, letters, evidence. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DocumentKind(StrEnum):
    """What a document is."""

    REPORT_CLIENT = "report_client"  # of an alarm, for its client
    REPORT_FIRM = "report_firm"  # for the maintenance firm
    REPORT_FULL = "report_full"  # all of it
    LETTER = "letter"
    EVIDENCE = "evidence"  # a zip for a court
    STATISTICS = "statistics"  # a month's, for a client, a firm or the station
    FAX_COVER = "fax_cover"
    CHECK = "check"  # the proof of a check of the station
    AUDIT = "audit"  # a year's, for the auditor


@dataclass(frozen=True, slots=True)
class Document:
    """A document on the disk. ``made_at`` is UTC.

    ``name``: its file's, for people, with its ending. ``path``: relative to the documents folder;
    "" where it was deleted when its time was over, and ``sha256`` is None then. ``stills``: how
    many images of cameras are in it, which have an end of their own.
    """

    id: str
    kind: DocumentKind
    name: str
    path: str
    sha256: str | None
    size: int  # bytes
    made_by: str
    made_at: datetime
    language: str = "fr"
    incident_id: str | None = None
    site_id: str | None = None
    stills: int = 0
