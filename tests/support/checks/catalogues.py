"""``./run check`` (catalogues): every text of the product is there in each language.

Finds gettext catalogues (``*/locale/LANGUAGE/LC_MESSAGES/*.po``) and fails on a message that a
language lacks, one that is fuzzy, or one whose placeholders differ.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

_ROOT = Path(__file__).resolve().parents[3]


def problems(path: Path) -> list[str]:
    """What is wrong in one catalogue."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parts[-3], abort_invalid=True)
    found = []
    for message in catalogue:
        if not message.id:
            continue
        name = f"{path.relative_to(_ROOT)}:{message.lineno}: {message.id!r}"
        texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
        if message.fuzzy:
            found.append(f"{name} is fuzzy")
        elif not all(texts):
            found.append(f"{name} isn't translated")
        found += [f"{name}: {error}" for error in _errors(catalogue, path, str(message.id))]
    return found


def _errors(catalogue: Catalog, path: Path, identity: str) -> list[str]:
    message = catalogue.get(identity)
    return [] if message is None else [str(error) for error in message.check(catalogue)]


def main() -> int:
    """Exit status 1 when a catalogue is incomplete."""
    paths = sorted(
        path for room in ("web", "ivr", "callflow") for path in (_ROOT / room).rglob("*.po")
    )
    found = [line for path in paths for line in problems(path)]
    print("\n".join(found) if found else f"{len(paths)} catalogues complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
