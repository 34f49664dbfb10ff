"""AMI messages → our typed events. Pure; tolerant of late, doubled and missing ones.

Asterisk's habits that this module knows (docs/explanation/telephony.md): Reason is 0 for busy,
unknown number and refused alike, so only Hangup's Cause and TechCause say how a call ended;
OriginateResponse may carry the id of a *live* call, and overtakes Newchannel and Hangup, which
another thread of Asterisk's sends; events of the second leg carry another id.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from callflow.core.messages.fax import Report
from ivr.ami.events import Answered, Ended, Event, Faxed, OriginateFailed, Placed, Ringing
from ivr.ami.values import is_call_id

#: An ActionID of Originate is this and the call's id, so a response is ours or it is not.
ORIGINATE = "originate/"

#: What the dialplan tells of a fax session, in its own event.
FAX = "CallflowFax"
#: Characters of what a far end calls itself (20 in T.30) and of what went wrong.
_LONGEST_NAME, _LONGEST_ERROR = 40, 120

#: AST_STATE_RINGING and AST_STATE_UP of Newstate's ChannelState.
_RINGING_STATE = "5"
_UP_STATE = "6"
#: AST_CONTROL_RINGING as OriginateResponse's Reason: it was ringing when Timeout ran out.
_REASON_STILL_RINGING = "3"

_REMEMBERED = 20_000

#: One message: its headers by their names in lower case. Of one that came twice the first counts.
Fields = Mapping[str, str]


def parsed(message: str) -> Fields:
    """A message as it came, without the empty line that ends it; what is no header is left out."""
    fields: dict[str, str] = {}
    for line in message.split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def text(fields: Fields, key: str) -> str:
    """One header as text; "" where it is not there."""
    return fields.get(key, "")


def number(fields: Fields, key: str) -> int | None:
    """One header as a number, None where it is none. ``486 Busy Here`` is 486."""
    word = text(fields, key).partition(" ")[0]
    return int(word) if word.isascii() and word.isdigit() and len(word) < 6 else None


def key_typed(fields: Fields) -> tuple[str, str] | None:
    """(the channel's id, the key) of a DTMFEnd whose key came from the far end."""
    channel_id, key = text(fields, "uniqueid"), text(fields, "digit")
    received = text(fields, "direction") == "Received"
    return (channel_id, key) if received and len(key) == 1 else None


@dataclass(slots=True)
class _Progress:
    session: int = -1  # in which session Originate was sent; -1: by somebody before us
    placed: bool = False
    rang: bool = False
    answered: bool = False
    timed_out: bool = False
    early_media: bool = False
    failed: bool = False
    ended: bool = False


class Translator:
    """Remembers how far each attempt came, so that each event is told once and in order.

    The memory is bounded; of an attempt that fell out of it events are told again, which whoever
    listens must tolerate anyhow (rows only move forward).
    """

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._calls: OrderedDict[str, _Progress] = OrderedDict()
        self._remembered = remembered

    def sent(self, call_id: str, session: int) -> bool:
        """Note that Originate goes out now; False if this id was sent before."""
        progress = self._of(call_id)
        if progress.session >= 0 or progress.placed:
            return False
        progress.session = session
        return True

    def remember(self, call_id: str, *, rang: bool, answered: bool) -> None:
        """What the row of an adopted call says: told already, and part of how it will end."""
        progress = self._of(call_id)
        progress.placed = True
        progress.rang = progress.rang or rang
        progress.answered = progress.answered or answered

    def channel(self, fields: Fields) -> Iterator[Event]:
        """What an entry of a channel list tells: how far this call came while nobody listened."""
        yield from self._state(fields)

    def events(self, fields: Fields, session: int) -> Iterator[Event]:
        """What this message means for our attempts: nothing, one event, or several."""
        match text(fields, "event").lower():
            case "newchannel" | "newstate":
                yield from self._state(fields)
            case "dialstate":
                yield from self._dial_state(fields)
            case "hangup":
                yield from self._hangup(fields)
            case "originateresponse":
                yield from self._originate_response(fields, session)
            case "userevent" if text(fields, "userevent") == FAX:
                yield from self._fax(fields)

    def _ours(self, channel_id: str) -> bool:
        """One of our attempts, or a call from outside that we were told to follow."""
        return is_call_id(channel_id) or channel_id in self._calls

    def _of(self, call_id: str) -> _Progress:
        progress = self._calls.get(call_id)
        if progress is None:
            progress = self._calls[call_id] = _Progress()
            if len(self._calls) > self._remembered:
                self._calls.popitem(last=False)
        return progress

    def _advance(self, call_id: str, *, rang: bool = False, up: bool = False) -> Iterator[Event]:
        progress = self._of(call_id)
        if progress.ended:
            return
        if not progress.placed:
            progress.placed = True
            yield Placed(call_id)
        if rang and not progress.rang and not progress.answered:
            progress.rang = True
            yield Ringing(call_id)
        if up and not progress.answered:
            progress.answered = True
            yield Answered(call_id)

    def _state(self, fields: Fields) -> Iterator[Event]:
        call_id = text(fields, "uniqueid")
        if not self._ours(call_id):
            return
        state = text(fields, "channelstate")
        yield from self._advance(call_id, rang=state == _RINGING_STATE, up=state == _UP_STATE)

    def _dial_state(self, fields: Fields) -> Iterator[Event]:
        call_id = text(fields, "destuniqueid")
        if not self._ours(call_id):
            return
        status = text(fields, "dialstatus").upper()
        self._of(call_id).early_media |= status == "PROGRESS"
        yield from self._advance(call_id, rang=status == "RINGING")

    def _hangup(self, fields: Fields) -> Iterator[Event]:
        call_id = text(fields, "uniqueid")
        if not self._ours(call_id):
            return
        progress = self._of(call_id)
        if progress.ended:
            return
        progress.ended = progress.placed = True
        yield Ended(
            call_id,
            cause=number(fields, "cause") or 0,
            tech_cause=number(fields, "techcause"),
            rang=progress.rang,
            answered=progress.answered,
            timed_out=progress.timed_out,
            early_media=progress.early_media,
        )

    def _fax(self, fields: Fields) -> Iterator[Event]:
        call_id = text(fields, "uniqueid")
        if not self._ours(call_id) or self._of(call_id).ended:
            return
        report = Report(
            passed=text(fields, "status") == "SUCCESS",
            pages=number(fields, "pages") or 0,
            rate=number(fields, "rate") or 0,
            mode=text(fields, "mode"),
            remote=text(fields, "remote")[:_LONGEST_NAME],
            error=text(fields, "error")[:_LONGEST_ERROR],
        )
        yield Faxed(call_id, report)

    def _originate_response(self, fields: Fields, session: int) -> Iterator[Event]:
        """A Failure counts only if we sent it on this link and no channel was seen yet; one that
        is seen later voids it."""
        action, _, call_id = text(fields, "actionid").partition(ORIGINATE)
        if action or not is_call_id(call_id) or text(fields, "response") == "Success":
            return
        progress = self._calls.get(call_id)
        if progress is None or progress.session != session or progress.ended:
            return
        reason = text(fields, "reason")
        progress.timed_out = reason == _REASON_STILL_RINGING
        if progress.placed or progress.failed:
            return
        progress.failed = True
        yield OriginateFailed(call_id, f"reason {reason or 'not given'}")
