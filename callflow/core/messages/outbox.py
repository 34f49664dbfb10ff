"""Messages that leave the station other than by phone: what they are, and when they are tried.

A message is a row before anything is sent, and is delivered at least once: the row's id goes with
each try, so that the far end can drop a second one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """What a message goes out on."""

    MAIL = "mail"
    SMS = "sms"
    WEBHOOK = "webhook"
    IMAGES = "images"  # nothing is told: a camera, or a link, is asked for what it shows
    PRINT = "print"  # a document, to a printer of the station's (CUPS, over IPP)
    FAX = "fax"  # a document, to a fax machine by a call over a trunk
    POST = "post"  # a document, into the folder of letters that somebody stamps


#: Ways by which a document goes.
CARRY = frozenset({Channel.MAIL, Channel.FAX, Channel.PRINT, Channel.POST})


class Take(StrEnum):
    """What is fetched; of channel *images* it stands in the message's data as ``take``."""

    STILL = "still"
    CLIP = "clip"  # of ``begin`` to ``end``, ISO 8601
    LINK = "link"  # what the address ``link`` of a signal shows, a still or a clip (D24)


class MessageState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"  # for its time
    SENDING = "sending"  # claimed; should whoever has it die, it is claimed again after LEASE
    SENT = "sent"  # the far end took it
    FAILED = "failed"  # given up
    CANCELLED = "cancelled"  # nobody waits for it any more, or the alarm became mute (D7)
    SHADOW = "shadow"  # kept and not sent, as if it had been: another system acts


class Fault(StrEnum):
    """Why a try failed."""

    NOT_SET_UP = "not_set_up"  # the station has no such way out: a setting is missing
    WRONG_ADDRESS = "wrong_address"
    FORBIDDEN = "forbidden"  # an address, number or network that the machine may not reach
    REFUSED = "refused"  # the far end will not take it, however often it is asked
    GONE = "gone"  # the camera is no longer declared, the document no longer there
    TOO_LARGE = "too_large"  # a still, or a clip, beyond what is kept
    NO_DECODER = "no_decoder"  # the program that decodes is not installed
    NOT_RECORDED = "not_recorded"  # the camera's ring has nothing of that time
    RETURNED = "returned"  # taken, and sent back later
    BUSY = "busy"  # the far end cannot take it now
    UNREACHABLE = "unreachable"  # no address, no connection, or it broke off
    TIMEOUT = "timeout"
    NO_LINE = "no_line"  # no trunk carried the call
    BAD_LINE = "bad_line"  # a fax was answered, and not each page passed
    UNKNOWN = "unknown"  # it may have arrived: nobody heard how the call ended
    NO_IMAGE = "no_image"  # the camera gave something else
    DISK = "disk"  # the still could not be written
    INTERNAL = "internal"  # ours
    HELD = "held"  # nothing might leave the station until it was too late

    @property
    def permanent(self) -> bool:
        """True where trying again can't help."""
        return self in _PERMANENT


_PERMANENT = frozenset(
    {
        Fault.NOT_SET_UP,
        Fault.WRONG_ADDRESS,
        Fault.FORBIDDEN,
        Fault.REFUSED,
        Fault.GONE,
        Fault.RETURNED,
        Fault.TOO_LARGE,
        Fault.NO_DECODER,
        Fault.HELD,
    }
)


class Undelivered(Exception):
    """One try failed. ``detail``: what the far end, or the system, said of it."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault, self.detail = fault, detail


#: What is neither delivered nor given up.
OPEN_STATES = (MessageState.WAITING, MessageState.SENDING)

#: One try takes no longer than this; then it counts as failed.
TRY_WITHIN = timedelta(seconds=20)
#: Whoever claimed a message has so long; LEASE > TRY_WITHIN, or it would be sent twice for nothing.
LEASE = timedelta(seconds=30)
#: How long after it was asked for a message may still be tried again; then a human is told.
GIVE_UP_AFTER = {
    Channel.MAIL: timedelta(minutes=15),
    Channel.SMS: timedelta(minutes=5),
    Channel.WEBHOOK: timedelta(minutes=10),
    Channel.IMAGES: timedelta(minutes=1),
    Channel.PRINT: timedelta(minutes=20),
    Channel.FAX: timedelta(hours=1),
    Channel.POST: timedelta(minutes=15),
}
#: What the telephony of a node sends, by calls; all else is the engine's to send.
BY_CALL = frozenset({Channel.FAX})
#: So many claims and no end: whoever takes it dies of it, or its result can't be written.
MOST_CLAIMS = 20
_FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=2)
#: A fax machine that is busy prints a page or two: it is called again more patiently.
FAX_WAIT, LONGEST_FAX_WAIT = timedelta(minutes=1), timedelta(minutes=10)
#: The wait is varied by so much, so that what failed together does not come back together.
_SPREAD = 0.5

#: What a message of a rehearsal begins with, whatever the reader's language.
EXERCISE_MARK = "EXERCICE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """Where a still comes from; the password as it is kept (see vault).

    ``clip_url``: where a clip is given, a template (see ``clip_address``). ``pre_alarm``: it is
    recorded all the time, into a ring of a few minutes. ``kinds`` of alarm that it is asked for;
    none: those that somebody may be behind. ``noticeable``: somebody there notices it.
    """

    id: str
    url: str
    secret: str | None = field(default=None, repr=False)
    site: str = ""
    clip_url: str = ""
    pre_alarm: bool = False
    name: str = field(default="", compare=False)
    zones: tuple[str, ...] = field(default=(), compare=False)
    kinds: frozenset[str] = field(default=frozenset(), compare=False)
    noticeable: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, site: str, kept: Mapping[str, Any]) -> Camera:
        """A camera of a site, as its column keeps it."""
        return cls(
            id=kept["id"],
            url=kept["url"],
            secret=kept["secret"],
            site=site,
            clip_url=kept.get("clip_url", ""),
            pre_alarm=bool(kept.get("pre_alarm")),
            name=kept["name"],
            zones=tuple(map(str, kept.get("zones", ()))),
            kinds=frozenset(kept.get("kinds") or ()),
            noticeable=bool(kept.get("noticeable")),
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. Times are UTC.

    ``to`` of channel *images* is the camera's id, "" for a link; ``data`` is what a webhook is told
    beside the text, and of *images* what to take (``Take``). ``attempts`` counts the one under way.
    """

    id: str
    channel: Channel
    to: str
    subject: str
    created_at: datetime
    due_at: datetime  # waiting: the next try; sending: the end of the claim
    body: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    incident_id: str | None = None
    site_id: str | None = None  # whose, where no incident is
    task_id: str | None = None  # the step that waits for it
    state: MessageState = MessageState.WAITING
    attempts: int = 0
    last_error: str = ""
    ended_at: datetime | None = None
    exercise: bool = False
    document_id: str | None = None  # what goes with it


@dataclass(frozen=True, kw_only=True, slots=True)
class Enclosed:
    """A document that goes with a message. ``path``: relative to the documents folder."""

    name: str  # its file's, for people
    path: str
    sha256: str
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class Claimed(Message):
    """A message that is its claimer's to send. ``camera``: the one that it asks; None: it asks
    none, or that is no longer declared. ``reference``: what the far end calls it that took it
    before, and has not yet said what became of it; "": nobody took it. ``enclosed``: what goes
    with it; None: nothing, or it is no longer there."""

    camera: Camera | None = None
    reference: str = ""
    enclosed: Enclosed | None = None

    @classmethod
    def of(cls, message: Message, **more: Any) -> Claimed:
        """``message`` with what sending it takes."""
        fields = {name: getattr(message, name) for name in Message.__dataclass_fields__}
        return cls(**fields, **more)


@dataclass(frozen=True, slots=True)
class Image:
    """A still or a clip, of a camera or of a link in a signal, or why there is none. Times: UTC."""

    id: str  # of the message that asked for it
    incident_id: str
    camera: str  # its id; "": a link's
    name: str  # the camera's, then; a link's host
    taken_at: datetime
    take: Take = Take.STILL
    link: str = ""
    begins_at: datetime | None = None  # of a clip: what it shows
    ends_at: datetime | None = None
    path: str = ""  # relative to the images folder; "" where there is none
    sha256: str | None = None
    problem: str = ""  # a ``Fault``; "" where all is well
    detail: str = ""  # of the problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Still:
    """What was fetched, on the disk; ``path`` is relative to the images folder.

    Of a clip, ``begins_at`` and ``ends_at`` are what it shows, where that is known (UTC).
    """

    path: str
    sha256: str
    take: Take = Take.STILL
    begins_at: datetime | None = None
    ends_at: datetime | None = None


def is_too_late(message: Message, made_at: datetime, now: datetime) -> bool:
    """True where a message that a restored station held back must not go out by itself any more:
    the station of the backup (of ``made_at``) had it to send, or its own time is over."""
    return (
        message.created_at <= made_at or now > message.created_at + GIVE_UP_AFTER[message.channel]
    )


def next_try(
    channel: Channel,
    created_at: datetime,
    attempts: int,
    now: datetime,
    *,
    jitter: float,
    fax_wait: timedelta = FAX_WAIT,
) -> datetime | None:
    """When a message that failed ``attempts`` times is tried again; None: given up.

    ``jitter``: a number in [0, 1) that the caller draws. ``fax_wait``: after a fax's first try.
    """
    fax = channel is Channel.FAX
    begin, longest = (fax_wait, LONGEST_FAX_WAIT) if fax else (_FIRST_WAIT, LONGEST_WAIT)
    wait = min(begin * 2 ** min(attempts - 1, 10), longest)
    at = now + wait * (1 - _SPREAD / 2 + _SPREAD * jitter)
    return at if at <= created_at + GIVE_UP_AFTER[channel] else None


_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}"
)
#: No name and password in front of the host, and nothing that is not printable ASCII.
_URL = re.compile(
    r"(?P<scheme>https?|rtsp)://(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?:[/?][!-~]{0,1500})?"
)


def wrong_address(channel: Channel, to: str) -> str | None:
    """What is wrong with the form of an address; None where nothing is.

    Numbers are looked at by ``dial_policy``, cameras by their site.
    """
    if channel is Channel.MAIL and not _MAIL.fullmatch(to):
        return "is no mail address, such as name@example.org"
    return wrong_url(to) if channel is Channel.WEBHOOK else None


def wrong_url(url: str) -> str | None:
    """What is wrong with an address to be asked over HTTP; None where nothing is."""
    found = _URL.fullmatch(url)
    if found is None or found["scheme"] == "rtsp" or not 0 < int(found["port"] or 80) <= 65535:
        return "must be an http or https address in ASCII, without name, password and spaces"
    return None


def wrong_printer_url(url: str) -> str | None:
    """What is wrong with a printer's address; None where nothing is."""
    scheme, apart, rest = url.partition("://")
    if not apart or scheme not in ("ipp", "ipps") or wrong_url(f"http://{rest}") is not None:
        return "must be an address such as ipp://printer.example.org:631/printers/office"
    return None


def wrong_camera_url(url: str) -> str | None:
    """What is wrong with a camera's address; None where nothing is."""
    found = _URL.fullmatch(url)
    if found is None or not 0 < int(found["port"] or 80) <= 65535:
        return "must be an http, https or rtsp address in ASCII, without name, password and spaces"
    return None


#: What an address of clips names its time by: ISO 8601 without marks, or seconds since 1970; UTC.
_BASIC = "%Y%m%dT%H%M%SZ"


def wrong_clip_url(url: str) -> str | None:
    """What is wrong with a template of clips' addresses; None where nothing is."""
    wrong = wrong_url(url)  # rtsp would play it in real time, longer than a try may take
    if wrong is not None:
        return wrong
    named = re.findall(r"\{[^{}]*\}|[{}]", url)
    if sorted(named) not in (["{begin_s}", "{end_s}"], ["{begin}", "{end}"]):
        return "must name the times once: {begin} and {end}, or {begin_s} and {end_s}"
    return None


def clip_address(template: str, begin: datetime, end: datetime) -> str:
    """Where the clip of ``begin`` to ``end`` is given (UTC)."""
    for name, instant in (("begin", begin), ("end", end)):
        at = instant.astimezone(UTC)
        template = template.replace(f"{{{name}}}", f"{at:{_BASIC}}")
        template = template.replace(f"{{{name}_s}}", str(int(at.timestamp())))
    return template


def is_rtsp(url: str) -> bool:
    """True where it is asked over RTSP."""
    return url.lower().startswith("rtsp://")


def shown(channel: Channel, to: str) -> str:
    """An address as the logbook says it: of a webhook only the host, its path may be a secret; a
    postal one on one line."""
    if channel is Channel.POST:
        return ", ".join(line.strip() for line in to.splitlines() if line.strip())
    return host_of(to) or to if channel is Channel.WEBHOOK else to


def host_of(url: str) -> str:
    """The host that an address names; "" where it is none."""
    found = _URL.fullmatch(url)
    return found["host"].lower() if found else ""


def marked(text: str, *, exercise: bool) -> str:
    """``text``, saying first that it is a rehearsal where it is one."""
    return f"{EXERCISE_MARK} – {text}" if exercise else text


def one_line(text: str) -> str:
    """``text`` as a subject: one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
