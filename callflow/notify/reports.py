"""The report that goes with a message: laid out and kept just before it is sent, once.

So the transaction that asks for it never waits for it, and a crash in between costs nothing: the
next try finds the document, or makes it.
"""

from dataclasses import replace
from datetime import datetime

from callflow.core.messages.outbox import Claimed, Fault, Undelivered, marked
from callflow.core.records.logbook import MACHINE
from callflow.core.records.reports.widths import Width
from callflow.handling.alarms.operating import known
from callflow.handling.base.refusals import Refused
from callflow.handling.messages import delivery
from callflow.handling.records.report_sending import letter_of
from callflow.paper import reports
from callflow.paper.press import Busy, NotInstalled, Unprintable
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.messages import outbox


class Reports:
    """Makes them for one process."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store

    async def attach(self, message: Claimed, now: datetime) -> Claimed:
        """``message`` with its report, where one is to go with it. Raises Undelivered."""
        wanted = message.data.get("report")
        if not wanted or message.document_id or message.incident_id is None:
            return message
        try:
            width = Width(wanted)
            made = await reports.keep(
                self._store, self._settings, message.incident_id, width, MACHINE, now
            )
        except NotInstalled as lacking:
            raise Undelivered(Fault.NOT_SET_UP, str(lacking)) from None
        except Busy as busy:
            raise Undelivered(Fault.BUSY, str(busy)) from None
        except (Unprintable, Refused, ValueError) as wrong:
            raise Undelivered(Fault.REFUSED, str(wrong)) from None
        except OSError as error:
            raise Undelivered(Fault.DISK, error.strerror or "") from None
        subject, body = message.subject, message.body
        if not subject or not body:  # its plan leaves the words to the station's letter
            said = await self._store.read(lambda tx: _letter(tx, message, width))
            subject, body = subject or said[0], body or said[1]
        words = {"subject": subject, "body": body}
        await self._store.write(lambda tx: outbox.goes_with(tx, message.id, made.id, **words))
        goes = await self._store.read(lambda tx: delivery.enclosed(tx, made.id))
        return replace(message, document_id=made.id, enclosed=goes, subject=subject, body=body)


def _letter(tx: Tx, message: Claimed, width: Width) -> tuple[str, str]:
    incident = known(tx, message.incident_id or "")
    subject, body = letter_of(tx, incident, width)
    exercise = message.exercise
    return marked(subject, exercise=exercise), marked(body, exercise=exercise)
