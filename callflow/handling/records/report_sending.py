"""An alarm's report sent: by a key on its page, by its plan, to one address.

The document itself is laid out by whoever sends it (``callflow.notify.reports``), not in a
transaction: until then the message says which report goes with it.
"""

from datetime import datetime

from callflow.core.alarms.incident import Incident
from callflow.core.messages.outbox import Channel, wrong_address
from callflow.core.records.letters import Blank, LetterKind
from callflow.core.records.reports import widths
from callflow.core.records.reports.widths import Width
from callflow.handling.alarms.operating import known
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.base.refusals import Refused
from callflow.handling.calls.dialling import fax_refused
from callflow.handling.messages import outbox
from callflow.handling.records import letters
from callflow.handling.sites.numbers import e164
from callflow.storage import Tx
from callflow.storage.sites import sites
from callflow.texts import RESOLUTIONS, moments, word
from callflow.texts.kinds import KINDS


def printed_by(printer: str) -> str:
    """The choice of a printer, as ``way_to`` takes it."""
    return f"{Channel.PRINT}:{printer}"


def way_to(typed: str, way: str = "") -> tuple[Channel, str]:
    """How to reach what somebody typed: by mail, or at a fax machine's number; ``way``: as they
    chose, ``post`` or ``print:`` and a printer. Raises Refused."""
    chosen, _, printer = way.partition(":")
    if chosen == Channel.PRINT:
        return Channel.PRINT, printer
    if chosen == Channel.POST:
        return Channel.POST, typed
    if "@" in typed:
        return Channel.MAIL, typed
    try:
        number = e164(typed, "to")
    except BadField as error:
        raise Refused(error.message) from None
    return Channel.FAX, number or ""


def send(
    tx: Tx,
    incident_id: str,
    width: Width,
    channel: Channel,
    to: str,
    who: str,
    now: datetime,
    *,
    supervises: bool,
) -> str:
    """A person has a report sent; the message's id. Raises NotFound, Refused.

    The complete report takes a supervisor: it has names and numbers of everybody.
    """
    incident = known(tx, incident_id)
    if width is Width.FULL and not supervises:
        raise Refused("a complete report leaves the station by a supervisor's hand only")
    if not widths.may_have(width, incident.kind):
        raise Refused("this alarm is about several clients: only its complete report is made")
    if channel is Channel.POST and not to:
        to = outbox.letter_address(tx, incident)
    if channel is Channel.POST and not to:
        raise Refused("write the letter's address: the site has none")
    if wrong := wrong_address(channel, to):
        raise Refused(wrong, to)
    if channel is Channel.FAX and (wrong := fax_refused(tx, to, by=who)):
        raise Refused(wrong)
    subject, body = letter_of(tx, incident, width)
    sent = outbox.post(tx, incident, channel, to, subject, body, now, report=width.value, by=who)
    if sent is None:
        raise Refused("personal alarm: nothing may reach the site while it is open")
    return sent


def letter_of(tx: Tx, incident: Incident, width: Width) -> tuple[str, str]:
    """(subject, body) of what goes with an alarm's report, in the client's language."""
    site = sites.get(tx, incident.site_id) if incident.site_id else None
    language = "fr" if site is None or site.language.startswith("fr") else "en"
    zone = site.timezone if site else STATION_ZONE.key
    code = widths.resolution(width, incident.resolution_code)
    closed = moments.moment(incident.closed_at, zone, language) if incident.closed_at else "–"
    values = {
        Blank.SITE: site.name if site else incident.account,
        Blank.CLIENT: site.client_name if site else "",
        Blank.ADDRESS: site.address if site else "",
        Blank.ACCOUNT: incident.account,
        Blank.ALARM: word(KINDS, incident.kind.value, language),
        Blank.RECEIVED: moments.moment(incident.opened_at, zone, language),
        Blank.CLOSED: closed,
        Blank.CONCLUSION: word(RESOLUTIONS, code, language) if code else "–",
        Blank.REFERENCE: incident.reference,
    }
    return letters.filled(tx, LetterKind(f"report_{width}"), language, values)
