"""Documents by fax, of one node: drawn here, asked for as calls, handed to the calls' channels.

The drawn pages lie in a folder of the node until their message is delivered or given up; whatever
else is told of a fax comes by its call (``handling.calls.faxes``).
"""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import phonenumbers
import structlog

from callflow.clock import Clock
from callflow.core.messages.fax import MOST_PAGES, Sending
from callflow.core.messages.outbox import Channel, Claimed, Fault, Undelivered
from callflow.handling.base.policy import STATION_NAME, STATION_ZONE
from callflow.handling.calls import faxes
from callflow.handling.messages import delivery
from callflow.notify.reports import Reports
from callflow.paper import fax, fax_cover, shelf
from callflow.paper.press import NotInstalled, Unprintable, lay_out
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.messages import outbox
from ivr.agi.protocol import Session
from ivr.ami import is_call_id

log = structlog.get_logger(__name__)

#: SendFAX: offers T.38, and goes on in sound where the far end takes none; in sound alone.
_T38, _AUDIO = "zf", "F"


class Faxes:
    """``look`` places what is due, ``answered`` is asked by the dialplan, ``sweep`` tidies."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        now: Clock,
        ready: Callable[[], bool],
    ) -> None:
        self._store, self._settings, self._now, self._ready = store, settings, now, ready
        self._node = settings.node
        self._folder = settings.data_dir / "faxes"
        self._reports = Reports(settings, store)
        self._drawing: dict[str, asyncio.Task[None]] = {}

    async def look(self) -> None:
        """Draw what is due and ask for its calls, a few at a time. Nearly always it only reads."""
        if not self._ready():
            return
        now = self._now()
        room = await self._store.read(self._room)
        if room <= 0:
            return
        for message in await self._store.write(lambda tx: faxes.claim(tx, now, room)):
            self._spawn(message.id, self._prepare(message))

    def _room(self, tx: Tx) -> int:
        """How many more may be begun now; 0 where none is due."""
        if Channel.FAX not in delivery.due_channels(tx, self._now()):
            return 0
        busy = faxes.under_way(tx, self._node) + len(self._drawing)
        return self._settings.fax_calls - busy

    def _spawn(self, message_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._drawing[message_id] = task
        task.add_done_callback(lambda _: self._drawing.pop(message_id, None))

    async def _prepare(self, message: Claimed) -> None:
        """Its pages are on the disk, then its call is asked for; or it failed, and why."""
        try:
            pages = await self._drawn(message)
        except Undelivered as failure:
            await self._not_drawn(message, failure)
        except StoreUnavailable as error:
            log.debug("store.away", reason=error.reason)  # its claim ends, and it is taken again
        except Exception:
            log.exception("fax.not_drawn", message=message.id)
            await self._not_drawn(message, Undelivered(Fault.INTERNAL))
        else:
            await self._write(
                lambda tx: faxes.request(tx, message, pages, self._now(), node=self._node)
            )

    async def _not_drawn(self, message: Claimed, failure: Undelivered) -> None:
        await self._write(lambda tx: faxes.not_drawn(tx, message, failure, self._now()))

    async def _write(self, function: Callable[[Tx], object]) -> None:
        try:
            await self._store.write(function)
        except StoreUnavailable as error:
            log.debug("store.away", reason=error.reason)  # the same

    async def _drawn(self, message: Claimed) -> int:
        """How many pages it has, its cover first. Each try sends the same."""
        there = Sending.of(message.data).pages
        if there and self._file(message.id).exists():
            return there
        message = await self._reports.attach(message, self._now())
        about = await self._store.read(lambda tx: faxes.addressed(tx, message))
        body = await self._body(about)
        try:
            sheets = 1 + (await fax.count(body) if body else 0)
            cover = await lay_out(fax_cover.page(self._cover(message, about, sheets)))
            tiff, pages = await fax.draw([cover, *([body] if body else [])], MOST_PAGES)
        except fax.TooLong as error:
            raise Undelivered(Fault.TOO_LARGE, str(error)) from None
        except NotInstalled as error:
            raise Undelivered(Fault.NOT_SET_UP, str(error)) from None
        except Unprintable as error:
            raise Undelivered(Fault.INTERNAL, str(error)) from None
        try:
            await asyncio.to_thread(shelf.write, self._file(message.id), tiff)
        except OSError as error:
            raise Undelivered(Fault.DISK, str(error.strerror or error)) from None
        return pages

    async def _body(self, about: faxes.Addressed) -> bytes:
        """The document that follows the cover; b"": none does."""
        document = about.document
        if document is None:
            return b""
        if not document.path:
            raise Undelivered(Fault.GONE, document.name)
        try:
            return await shelf.read(self._settings, document)
        except (OSError, ValueError) as error:  # on another machine's disk, perhaps
            raise Undelivered(Fault.DISK, str(error)) from None

    def _cover(self, message: Claimed, about: faxes.Addressed, sheets: int) -> fax_cover.Cover:
        return fax_cover.Cover(
            station=about.station,
            number=_readable(about.number),
            to_name=about.name,
            to=_readable(message.to),
            subject=message.subject,
            note=message.body,
            reference=about.reference,
            sheets=sheets,
            at=self._now().astimezone(STATION_ZONE),
            language=about.document.language if about.document else "fr",
        )

    def _file(self, message_id: str) -> Path:
        return self._folder / f"{message_id}.tif"

    async def answered(self, session: Session) -> None:
        """A machine has answered: what is sent to it, and how. Nothing where nothing is wanted any
        more, or the pages lie on another machine: then the dialplan hangs up."""
        call_id = session.channel_id
        sent = (
            await self._store.read(lambda tx: faxes.to_send(tx, call_id))
            if is_call_id(call_id)
            else None
        )
        file = self._file(sent.message) if sent else None
        if sent is not None and file is not None and file.exists():
            await session.set_variable("CALLFLOW_FAX_RATE", str(sent.manner.rate))
            await session.set_variable("CALLFLOW_FAX_NUMBER", sent.number)
            await session.set_variable("CALLFLOW_FAX_NAME", STATION_NAME)
            await session.set_variable("CALLFLOW_FAX_WAY", _AUDIO if sent.manner.audio else _T38)
            await session.set_variable("CALLFLOW_FAX", str(file))
        await session.set_variable("CALLFLOW_DONE", "1")

    async def sweep(self) -> None:
        """Delete the pages of what is delivered or given up."""
        files = await asyncio.to_thread(lambda: list(self._folder.glob("*.tif")))
        if not files:
            return
        wanted = await self._store.read(lambda tx: outbox.open_of(tx, Channel.FAX))
        gone = [file for file in files if file.stem not in wanted | self._drawing.keys()]
        for file in gone:
            await asyncio.to_thread(file.unlink, missing_ok=True)

    async def close(self) -> None:
        """Stop what is being drawn here; the next process draws it."""
        tasks = list(self._drawing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _readable(number: str) -> str:
    """A number as people write it; as it is, where it is none."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
