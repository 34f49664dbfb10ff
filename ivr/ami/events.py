"""What the AMI adapter says and the errors it raises. Pure: no I/O."""

from dataclasses import dataclass

from callflow.core.messages.fax import Report

# --- events, in the order in which Asterisk told them --------------------------------------------


@dataclass(frozen=True, slots=True)
class Placed:
    """The channel of our attempt exists in Asterisk (Newchannel)."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Ringing:
    """The far end said that it rings."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The channel is up."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The channel is gone. ``cause`` is Q.850 (0: none given), ``tech_cause`` the SIP status.

    ``rang`` and ``answered`` tell how far it came, as far as this link saw it. ``timed_out``: it
    was our own ring time that ended it. ``early_media``: the network let something be heard (183).
    """

    call_id: str
    cause: int
    tech_cause: int | None
    rang: bool = False
    answered: bool = False
    timed_out: bool = False
    early_media: bool = False


@dataclass(frozen=True, slots=True)
class OriginateFailed:
    """Asterisk took the order and says that it came to nothing, and no channel was seen yet.

    Believed only when none is seen for a while: under load this overtakes Newchannel and Hangup.
    """

    call_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Faxed:
    """What the fax session of a call said when it was over."""

    call_id: str
    report: Report


Event = Placed | Ringing | Answered | Ended | OriginateFailed | Faxed

# --- errors: who is wrong, and may a retry double a call? ----------------------------------------


class AmiError(Exception):
    """Anything the link to Asterisk can fail with. A person can act on its text."""


class NotPlaced(AmiError):
    """Asterisk did not act and will not: a retry cannot double anything."""


class LinkDown(NotPlaced):
    """There was no usable link: nothing was sent."""


class Refused(NotPlaced):
    """Asterisk answered with an error."""


class BadValue(NotPlaced, ValueError):
    """Our bug or hostile data: the value may not go into an AMI action. Nothing was sent."""


class MaybePlaced(AmiError):
    """Sent, and no answer came: it may have been done. A blind retry may double a call."""


class LoginRefused(AmiError):
    """The user or the secret is wrong: a person must look."""
