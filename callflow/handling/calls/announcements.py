"""A studio's recording takes the place of a sentence, or leaves it: who did it, in the logbook."""

from datetime import datetime

from callflow.handling.base.telling import tell
from callflow.storage import Tx


def announcement_recorded(
    tx: Tx, said: str, language: str, seconds: float, by: str, now: datetime
) -> None:
    """Callers hear a recording of ``seconds`` instead of the voice that says ``said``."""
    lasts = f"{seconds:.1f}"
    tell(tx, "announcement_recorded", now, who_did=by, name=said, language=language, seconds=lasts)


def announcement_removed(tx: Tx, said: str, language: str, by: str, now: datetime) -> None:
    """The voice says it again: ``said``."""
    tell(tx, "announcement_removed", now, who_did=by, name=said, language=language)
