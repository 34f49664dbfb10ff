"""The station's codes for what is written again and again: an administrator changes them."""

from collections.abc import Sequence
from datetime import datetime

from callflow.core.records import mnemonics
from callflow.core.records.mnemonics import BLANK, CODE, LONGEST, Mnemonic
from callflow.core.signals.signal import Kind
from callflow.handling.base.fields import BadField
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.records import mnemonics as rows


def in_force(tx: Tx, language: str) -> list[Mnemonic]:
    """What may be typed, by code."""
    return mnemonics.in_force(rows.own(tx), language)


def change(tx: Tx, code: str, text: str, kinds: Sequence[Kind], by: str, now: datetime) -> None:
    """A code has this text; "": there is no such code. Raises BadField."""
    if not CODE.fullmatch(code):
        raise BadField("code", "2 to 8 capital letters and digits")
    said = " ".join(text.split())
    if len(said) > LONGEST:
        raise BadField("text", "at most 500 characters")
    if "[" in BLANK.sub("", said) or "]" in BLANK.sub("", said):
        raise BadField("text", "write each blank in brackets, such as [time]")
    if not said and code not in mnemonics.standard("fr"):
        rows.forget(tx, code)
    else:
        rows.write(tx, Mnemonic(code=code, text=said, kinds=tuple(kinds)))
    _told(tx, code, said, by, now)


def reset(tx: Tx, code: str, by: str, now: datetime) -> None:
    """The product's own text again, or none."""
    rows.forget(tx, code)
    standard = mnemonics.standard("fr").get(code)
    _told(tx, code, standard.text if standard else "", by, now)


def _told(tx: Tx, code: str, text: str, by: str, now: datetime) -> None:
    tell(tx, "mnemonic_set", now, by=by, who_did=by, code=code, note=text)
