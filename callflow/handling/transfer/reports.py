"""What of a file was not taken, row by row, as a CSV file that no spreadsheet reads formulas in."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from callflow.core.sites.files import writing
from callflow.core.sites.files.faults import Fault
from callflow.texts.readable import readable

_HEAD: Mapping[str, Sequence[str]] = {
    "fr": ("Feuille", "Ligne", "Colonne", "Valeur", "Site", "Suite donnée", "Motif"),
    "en": ("Sheet", "Row", "Column", "Value", "Site", "What became of it", "Reason"),
}
_REFUSED: Mapping[str, tuple[str, str]] = {
    "fr": ("refusé", "à vérifier"),
    "en": ("refused", "to look at"),
}
#: Rows of one piece.
_PIECE = 500


def to_csv(
    faults: Sequence[Fault], notes: Sequence[Fault], language: str, translate: Callable[[str], str]
) -> Iterator[bytes]:
    """The file, piece by piece: what is refused first. ``translate``: into that language."""
    refused, noted = _REFUSED[language]

    def batches() -> Iterator[list[list[str]]]:
        for some, became in ((faults, refused), (notes, noted)):
            for place in range(0, len(some), _PIECE):
                yield [
                    _row(each, became, language, translate) for each in some[place : place + _PIECE]
                ]

    return writing.to_csv(_HEAD[language], batches(), language)


def _row(fault: Fault, became: str, language: str, translate: Callable[[str], str]) -> list[str]:
    said = fault.said(language, translate)
    cells = (fault.sheet, fault.head(language), fault.value, fault.site, said)
    sheet, head, value, site, reason = map(readable, cells)
    return [sheet, str(fault.row or ""), head, value, site, became, reason]
