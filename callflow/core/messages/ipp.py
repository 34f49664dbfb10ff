"""The Internet Printing Protocol (RFC 8010, RFC 8011), as much of it as printing a document takes.

Bytes in and out, no I/O. A library was looked at: those for Python read printers' attributes over a
second HTTP client.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum


class Operation(IntEnum):
    """What is asked (RFC 8011, 5.4.15)."""

    PRINT_JOB = 0x0002
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B


class JobState(IntEnum):
    """Where a job stands (RFC 8011, 5.3.7)."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6  # out of paper, jammed
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


class NoIpp(ValueError):
    """What came is no answer of a printer."""


class _Tag(IntEnum):
    OPERATION, JOB, END, PRINTER = 0x01, 0x02, 0x03, 0x04
    INTEGER, BOOLEAN, ENUM = 0x21, 0x22, 0x23
    NAME, KEYWORD, URI, CHARSET, LANGUAGE, MIME = 0x42, 0x44, 0x45, 0x47, 0x48, 0x49


_USER = "callflow"
_LAST_DELIMITER = 0x0F
_NUMBERS = (_Tag.INTEGER, _Tag.BOOLEAN, _Tag.ENUM)
_WIDE = 4  # bytes of a number, and of a request's number
_LONGEST_NAME = 255
_HTTP = {"ipp": "http", "ipps": "https"}

Value = int | str | tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Printed:
    """An answer: its status (RFC 8011, appendix B), and each group's attributes but the first's."""

    status: int
    groups: tuple[Mapping[str, Value], ...]

    @property
    def well(self) -> bool:
        """True where it was done."""
        return self.status < 0x0100

    @property
    def busy(self) -> bool:
        """True where the printer can't take it now (RFC 8011, appendix B)."""
        return self.status >= 0x0500 and self.status not in (0x0501, 0x0503)


def http_address(printer: str) -> str:
    """Where a printer of the address ``ipp://…`` is asked."""
    scheme, _, rest = printer.partition("://")
    host, slash, path = rest.partition("/")
    if ":" not in host.rpartition("]")[2]:
        host += ":631"
    return f"{_HTTP[scheme]}://{host}{slash}{path}"


def print_job(printer: str, name: str, document: bytes, *, language: str = "fr") -> bytes:
    """Print a PDF under a job's name."""
    about = _attribute(_Tag.NAME, "job-name", name)
    about += _attribute(_Tag.MIME, "document-format", "application/pdf")
    return _request(Operation.PRINT_JOB, printer, about, language) + document


def get_job(printer: str, job: int) -> bytes:
    """Ask what became of a job."""
    about = _attribute(_Tag.INTEGER, "job-id", job)
    about += _attribute(_Tag.KEYWORD, "requested-attributes", *_ASKED)
    return _request(Operation.GET_JOB_ATTRIBUTES, printer, about)


def get_jobs(printer: str, which: str) -> bytes:
    """Ask for the jobs that are ``completed``, ``not-completed``, or ``all``."""
    about = _attribute(_Tag.KEYWORD, "requested-attributes", "job-id", "job-name")
    about += _attribute(_Tag.KEYWORD, "which-jobs", which)
    return _request(Operation.GET_JOBS, printer, about)


def get_printer(printer: str) -> bytes:
    """Ask whether it takes jobs."""
    asked = ("printer-is-accepting-jobs", "printer-state-reasons")
    about = _attribute(_Tag.KEYWORD, "requested-attributes", *asked)
    return _request(Operation.GET_PRINTER_ATTRIBUTES, printer, about)


_ASKED = ("job-id", "job-state", "job-state-reasons", "job-impressions-completed")


def _request(operation: Operation, printer: str, about: bytes, language: str = "fr") -> bytes:
    head = b"\x01\x01" + operation.to_bytes(2, "big") + (1).to_bytes(_WIDE, "big")
    begin = _attribute(_Tag.CHARSET, "attributes-charset", "utf-8")
    begin += _attribute(_Tag.LANGUAGE, "attributes-natural-language", language)
    begin += _attribute(_Tag.URI, "printer-uri", printer)
    begin += _attribute(_Tag.NAME, "requesting-user-name", _USER)  # CUPS shows a job to its own
    return head + bytes([_Tag.OPERATION]) + begin + about + bytes([_Tag.END])


def _attribute(tag: _Tag, name: str, *values: str | int) -> bytes:
    """One attribute; a second value of it has no name (RFC 8010, 3.1.5)."""
    made = b""
    for value in values:
        kept = value.to_bytes(_WIDE, "big") if isinstance(value, int) else _text(tag, value)
        made += bytes([tag]) + _sized(name.encode()) + _sized(kept)
        name = ""
    return made


def _text(tag: _Tag, value: str) -> bytes:
    """A text in as many bytes as its kind may have, no character torn apart."""
    most = _LONGEST_NAME if tag is _Tag.NAME else 1023
    return value.encode()[:most].decode(errors="ignore").encode()


def _sized(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def read(answer: bytes) -> Printed:
    """A printer's answer. Raises NoIpp."""
    if len(answer) < 9 or answer[0] not in (1, 2):
        raise NoIpp("no answer of a printer")
    groups: list[dict[str, Value]] = []
    name = ""
    try:
        for tag, named, value in _tokens(answer[8:]):
            if named is None:
                groups.append({})
                continue
            name = named or name
            known = groups[-1].get(name)
            one = (
                int.from_bytes(value, "big") if tag in _NUMBERS else value.decode(errors="replace")
            )
            if known is None:
                groups[-1][name] = one
            elif not named:  # a further value of it
                more = known if isinstance(known, tuple) else (str(known),)
                groups[-1][name] = (*more, str(one))
    except (IndexError, ValueError) as error:
        raise NoIpp(f"an answer that breaks off: {error}") from None
    return Printed(status=int.from_bytes(answer[2:4], "big"), groups=tuple(groups[1:]))


def _tokens(rest: bytes) -> Iterator[tuple[int, str | None, bytes]]:
    """(tag, name, value), name None where a group begins; until the end of attributes."""
    at = 0
    while (tag := rest[at]) != _Tag.END:
        at += 1
        if tag <= _LAST_DELIMITER:
            yield tag, None, b""
            continue
        name, at = _piece(rest, at)
        value, at = _piece(rest, at)
        yield tag, name.decode(errors="replace"), value


def _piece(rest: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(rest[at : at + 2], "big")
    end = at + 2 + size
    if end > len(rest):
        raise ValueError("it is too short")
    return rest[at + 2 : end], end
