"""One connection to AMI: panoramisk holds it, everything else is ours.

Of panoramisk this uses AMIProtocol. Its Manager is not used: it re-sends unanswered
actions after a reconnect, runs callbacks as unordered tasks, and completes a list early when an
event overtakes the response (docs/explanation/telephony.md; tests/integration/ami reproduces each).
Nor is its Message: it takes a tenth of a millisecond, and a call tells a dozen. One ``Wire`` is one
TCP connection; it dies once, and nothing survives it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
from panoramisk.ami_protocol import AMIProtocol

from ivr.ami.events import LinkDown, MaybePlaced, Refused
from ivr.ami.translate import Fields, parsed, text
from ivr.ami.values import checked_action

log = structlog.get_logger(__name__)

#: A message of AMI has a few kB; whoever sends this much without an end is not Asterisk.
MAX_UNPARSED = 1 << 20


@dataclass(slots=True)
class _Pending:
    """One action that waits: for its response, or for a list's response and its last event."""

    answer: asyncio.Future[list[Fields]]
    item: str = ""  # name of the list's events, lower case; empty: a single response
    each: Callable[[Fields], None] | None = None
    items: list[Fields] = field(default_factory=list)
    response: Fields | None = None
    complete: bool = False

    def settle(self) -> None:
        if self.answer.done() or self.response is None:
            return
        if text(self.response, "response") not in ("Success", "Goodbye", "Follows"):
            reason = text(self.response, "message") or "no reason given"
            self.answer.set_exception(Refused(f"Asterisk: {reason}"))
        elif not self.item:
            self.answer.set_result([self.response])
        elif self.complete:
            self.answer.set_result(self.items)


class Wire(AMIProtocol):  # type: ignore[misc]  # panoramisk is not typed
    """The connection. ``on_event`` gets every event, in order, at once, and must not block."""

    def __init__(self, on_event: Callable[[Fields], None]) -> None:
        self._on_event = on_event
        self._pending: dict[str, _Pending] = {}
        self._serial = 0
        self.closed_event = asyncio.Event()
        self.why = ""
        self._rest = ""  # of a message whose end is still under way
        #: One byte is one character: a character cut by a segment's end cannot get lost.
        self.encoding = "latin-1"

    @property
    def alive(self) -> bool:
        return not self.closed_event.is_set()

    async def act(
        self,
        fields: Mapping[str, str],
        *,
        within: float,
        list_of: str = "",
        action_id: str = "",
        each: Callable[[Fields], None] | None = None,
    ) -> list[Fields]:
        """Send one action and wait for its answer: [response], or the events of a list.

        ``each`` gets a list's events as they come, in their order among all events: what is said
        after the list is newer, and whoever waits for the list's end may run later still.
        ``within`` is in seconds. Raises Refused, LinkDown (nothing was sent), BadValue, or
        MaybePlaced where no answer came.
        """
        checked = checked_action(fields)
        if not self.alive or self.transport.is_closing():
            raise LinkDown("the link to Asterisk is down")
        self._serial += 1
        action_id = action_id or f"callflow/{self._serial}"
        checked["ActionID"] = action_id
        answer: asyncio.Future[list[Fields]] = asyncio.get_running_loop().create_future()
        pending = _Pending(answer, list_of.lower(), each)
        self._pending[action_id] = pending
        headers = "".join(f"{name}: {value}\r\n" for name, value in checked.items())
        self.transport.write(f"{headers}\r\n".encode(self.encoding, "replace"))
        late = _Late(answer, f"no answer to {fields['Action']} in {within:g} s", within)
        try:
            return await answer
        finally:
            late.cancel()
            self._pending.pop(action_id, None)

    def close(self, why: str = "closed") -> None:
        """Drop the connection now, with whatever waits in its buffer."""
        self.why = self.why or why
        if getattr(self, "transport", None) is not None:
            self.transport.abort()
        self._fail_pending()

    # --- asyncio.Protocol ---

    def data_received(self, data: bytes) -> None:
        *messages, self._rest = (self._rest + data.decode(self.encoding)).split("\r\n\r\n")
        for message in messages:
            self._take(message)
        if len(self._rest) > MAX_UNPARSED:
            self.close("a message without an end")

    def connection_lost(self, exc: Exception | None) -> None:
        self.why = self.why or (str(exc) if exc else "closed by Asterisk")
        self._fail_pending()

    def _take(self, message: str) -> None:
        try:
            self._handle(parsed(message))
        except Exception:
            # Our bug: it must cost neither the link nor the messages behind this one.
            log.exception("ami.message_failed")

    def _handle(self, fields: Fields) -> None:
        pending = self._pending.get(text(fields, "actionid"))
        event = text(fields, "event").lower()
        if not event:
            if pending is not None and pending.response is None and "response" in fields:
                pending.response = fields
                pending.settle()
        elif pending is not None and pending.item and event.startswith(pending.item):
            self._list_event(pending, event, fields)
        elif event == "shutdown":
            self.close("Asterisk shuts down")
        else:
            self._on_event(fields)

    @staticmethod
    def _list_event(pending: _Pending, event: str, fields: Fields) -> None:
        if event.endswith("complete"):
            pending.complete = True
            pending.settle()
            return
        pending.items.append(fields)
        if pending.each is not None:
            pending.each(fields)

    def _fail_pending(self) -> None:
        self.closed_event.set()
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(MaybePlaced(f"link lost: {self.why}"))


#: Seconds by which a timer may be late where nothing holds this process up; and how often it may.
_LATE, _HOLD_UPS = 0.1, 3


class _Late:
    """Fails ``answer`` with MaybePlaced where it does not come within so many seconds of ours.

    Where this process was held up the time ran out for nobody: what came meanwhile is still to be
    read. Not wait_for, nor a time-out's cancellation: either throws away an answer that is there.
    """

    __slots__ = ("_answer", "_due", "_looks", "_loop", "_timer", "_why", "_within")

    def __init__(self, answer: asyncio.Future[list[Fields]], why: str, within: float) -> None:
        self._answer, self._why, self._within = answer, why, within
        self._loop, self._looks = answer.get_loop(), 0
        self._again()

    def cancel(self) -> None:
        """It is there, or nobody waits for it."""
        self._timer.cancel()

    def _again(self) -> None:
        self._due = self._loop.time() + self._within
        self._timer = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._looks += 1
        if self._answer.done():
            return
        held_up = self._loop.time() - self._due >= _LATE
        if held_up and self._looks < _HOLD_UPS:
            self._again()
        else:
            self._answer.set_exception(MaybePlaced(self._why))


async def connect(host: str, port: int, on_event: Callable[[Fields], None], within: float) -> Wire:
    """A fresh connection, not logged in. Raises OSError, TimeoutError after ``within`` s."""
    loop = asyncio.get_running_loop()
    opening = loop.create_connection(lambda: Wire(on_event), host, port)
    async with asyncio.timeout(within):
        _, wire = await opening
    return wire
