"""Cells that no spreadsheet takes for a formula or a number, and that come back as they were."""

import re

#: What begins a formula somewhere (OWASP, CSV injection; the full-width signs too), and what a
#: spreadsheet makes another number of: leading zeros, exponents, more digits than it keeps.
_RISKY = re.compile(r"'*(?:[=+\-@\t\r\n＝＋－＠]|(?:0[0-9]+|[0-9]+[eE][0-9]+|[0-9]{12,})\Z)")
_GUARDED = re.compile(rf"'{_RISKY.pattern}")
#: What XML can't hold, or would hand back changed; Excel's own way to write it (ECMA-376,
#: 22.9.2.19, ST_Xstring).
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
#: What no text column of every database can hold.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def guarded(text: str) -> str:
    """``text`` as a cell of a CSV file: behind an apostrophe where it could be taken for more."""
    return f"'{text}" if _RISKY.match(text) else text


def unguarded(cell: str) -> str:
    """What ``guarded`` was given. Whoever wrote the apostrophe himself meant the same."""
    return cell[1:] if _GUARDED.match(cell) else cell


def escaped(text: str) -> str:
    """``text`` with what XML can't hold written as ``_xHHHH_``; XML's own signs are left."""
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescaped(text: str) -> str:
    """What ``escaped`` was given."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def storable(text: str) -> bool:
    """True where a database keeps ``text`` as it is."""
    return _UNSTORABLE.search(text) is None
