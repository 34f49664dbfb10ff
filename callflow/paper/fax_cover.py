"""A fax's first sheet: whom it is for, who sends it, how many sheets follow."""

from dataclasses import dataclass
from datetime import datetime
from html import escape

#: Characters of a note that fit on the sheet.
_LONGEST_NOTE = 2500


@dataclass(frozen=True, kw_only=True, slots=True)
class Cover:
    """What stands on it. ``at`` in the station's time; ``sheets`` with this one; ``number`` of the
    station that may be called back; ``reference``: what the station calls its alarm."""

    station: str
    number: str
    to_name: str
    to: str
    subject: str
    note: str
    reference: str
    sheets: int
    at: datetime
    language: str = "fr"


_WORDS = {
    "fr": (
        ("De", "À", "Fax", "Date", "Pages", "Objet", "Référence"),
        "Ce document est destiné à la personne nommée ci-dessus. Si vous l’avez reçu par erreur,"
        " appelez le numéro de l’expéditeur et détruisez-le.",
        "avec celle-ci",
        "%d/%m/%Y à %H:%M",
    ),
    "en": (
        ("From", "To", "Fax", "Date", "Pages", "Subject", "Reference"),
        "This document is meant for the person named above. If you received it in error, call the"
        " sender's number and destroy it.",
        "with this one",
        "%d/%m/%Y at %H:%M",
    ),
}

# Black on white, large, and no hair lines: what a machine of 204 lines an inch prints well.
_STYLE = """
@page { size: A4; margin: 22mm 20mm }
body { font: 13pt sans-serif; color: #000 }
h1 { font-size: 40pt; margin: 0 0 2mm; letter-spacing: 2pt }
.from { font-size: 16pt; font-weight: bold; margin: 0 0 8mm; padding-bottom: 4mm;
  border-bottom: 1.2mm solid #000 }
table { border-collapse: collapse; width: 100% }
th { text-align: left; vertical-align: top; width: 32mm; padding: 2mm 0 }
td { padding: 2mm 0; overflow-wrap: anywhere }
.note { white-space: pre-wrap; overflow-wrap: anywhere; margin: 8mm 0; padding: 5mm 0;
  border-top: .6mm solid #000; border-bottom: .6mm solid #000; line-height: 1.4 }
.end { font-size: 11pt }
"""


def page(cover: Cover) -> str:
    """It as HTML, for the press. What others wrote is text and nothing else."""
    language = cover.language if cover.language in _WORDS else "fr"
    names, warning, with_this, moment = _WORDS[language]
    sender, to, fax, date, sheets, subject, reference = names
    rows = (
        (sender, f"{cover.station}, {cover.number}"),
        (to, cover.to_name),
        (fax, cover.to),
        (date, cover.at.strftime(moment)),
        (sheets, f"{cover.sheets} ({with_this})"),
        (subject, cover.subject),
        (reference, cover.reference),
    )
    listed = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(said)}</td></tr>"
        for name, said in rows
        if said
    )
    note = f'<div class="note">{escape(cover.note[:_LONGEST_NOTE])}</div>' if cover.note else ""
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><title>Fax</title>'
        f'<meta name="dcterms.created" content="{cover.at.isoformat()}"><style>{_STYLE}</style>'
        f'</head><body><h1>FAX</h1><p class="from">{escape(cover.station)}</p>'
        f'<table>{listed}</table>{note}<p class="end">{escape(warning)}</p></body></html>'
    )
