"""The mailbox that mail servers write to of what they could not deliver, and of what they did.

Read over IMAP once a minute; a letter is marked as read once what it says is written down.
"""

import asyncio
import imaplib
import ssl

import structlog

from callflow.clock import Clock
from callflow.core.messages.bounces import LARGEST, Report, read_report
from callflow.core.messages.outbox import Channel
from callflow.handling.base.policy import load_policy
from callflow.handling.messages import delivery
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable

log = structlog.get_logger(__name__)

_LOOK_EVERY = 60.0  # seconds
_PATIENCE = 10.0  # seconds for one answer of the server
_AT_ONCE = 50  # letters


async def run(settings: Settings, store: Store, clock: Clock) -> None:
    """Until cancelled."""
    while True:
        try:
            await look(settings, store, clock)
        except StoreUnavailable as error:
            log.debug("store.away", reason=error.reason)  # the store says it, once
        except (imaplib.IMAP4.error, OSError) as error:
            log.warning("bounces.unread", error=str(error)[:200])
        except Exception:  # the engine beside it must not end with us
            log.exception("bounces.failed")
        await asyncio.sleep(_LOOK_EVERY)


async def look(settings: Settings, store: Store, clock: Clock) -> int:
    """Read what is new; how many letters said something of ours. Raises IMAP4.error, OSError.

    None while nothing may leave: the mailbox is the other station's, and would be read for it.
    """
    if (await store.read(load_policy)).withheld:
        return 0
    box = await asyncio.to_thread(_open, settings)
    try:
        known = 0
        for number, content in await asyncio.to_thread(_unread, box):
            report = read_report(content)
            if report is not None:
                known += await _told(store, report, clock)
            await asyncio.to_thread(box.uid, "STORE", number, "+FLAGS", r"(\Seen)")
        return known
    finally:
        await asyncio.to_thread(_close, box)


async def _told(store: Store, report: Report, clock: Clock) -> bool:
    return await store.write(
        lambda tx: delivery.message_known_as(
            tx,
            Channel.MAIL,
            report.message,
            arrived=report.arrived,
            text=report.text,
            now=clock(),
        )
    )


def _open(settings: Settings) -> imaplib.IMAP4:
    host, port = settings.bounces_host, settings.bounces_at
    if settings.bounces_security == "tls":
        context = ssl.create_default_context()
        box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=_PATIENCE)
    else:
        box = imaplib.IMAP4(host, port, timeout=_PATIENCE)
    box.login(settings.bounces_user, settings.bounces_password)
    box.select(settings.bounces_mailbox)
    return box


def _unread(box: imaplib.IMAP4) -> list[tuple[str, bytes]]:
    """(its number, its begin) of each letter that nobody read, the oldest first."""
    _, found = box.uid("SEARCH", "UNSEEN")
    numbers = found[0].decode().split() if found and found[0] else []
    letters = []
    for number in numbers[:_AT_ONCE]:
        _, parts = box.uid("FETCH", number, f"(BODY.PEEK[]<0.{LARGEST}>)")
        content = next((part[1] for part in parts if isinstance(part, tuple)), b"")
        letters.append((number, bytes(content)))
    return letters


def _close(box: imaplib.IMAP4) -> None:
    try:
        box.logout()
    except (imaplib.IMAP4.error, OSError) as error:
        log.debug("bounces.left", error=str(error)[:200])
