"""Messages of a step to others: rows, before anything leaves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from callflow import ids
from callflow.core.alarms.incident import Incident
from callflow.core.messages.fax import Sending
from callflow.core.messages.outbox import Channel, Message, marked, one_line, shown
from callflow.core.time.instants import to_iso
from callflow.handling.alarms.ends.muting import is_mute_here
from callflow.handling.base.telling import storable, tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.messages import outbox
from callflow.storage.sites import sites


def is_silenced(tx: Tx, incident: Incident) -> bool:
    """True where nothing may reach the site or its staff: of this alarm, or for another one
    (D7)."""
    return is_mute_here(tx, incident)


def post(
    tx: Tx,
    incident: Incident,
    channel: Channel,
    to: str,
    subject: str,
    text: str,
    now: datetime,
    *,
    task: str | None = None,
    document: str | None = None,
    report: str = "",
    by: str = "",
) -> str | None:
    """Ask for one message of the incident ``incident`` to one address; its id.

    None: refused, since the alarm is mute (D7); the logbook says so, and ``task`` is the caller's
    to end. A task ends by itself once all its messages have: *done* where all were taken, *failed*
    where one could not be delivered. That is a human's too. ``document``: what goes with it;
    ``report``: the width of the alarm's report, which is made as it is sent. ``by``: the person who
    asks.
    """
    if channel is not Channel.PRINT and is_silenced(tx, incident):
        tell(tx, "message_withheld", now, incident, channel=channel.value, to=shown(channel, to))
        return None
    exercise = incident.exercise
    subject = one_line(storable(marked(subject, exercise=exercise)))
    body = storable(marked(text, exercise=exercise))
    data = _facts(incident) | ({"report": report} if report else {})
    if channel is Channel.FAX and by:  # a service's machine is called for a person only
        data = Sending(by=by).into(data)
    of: dict[str, Any] = dict(body=body, data=data, task=task, document=document)
    message_id = insert(tx, incident, now, channel=channel, to=to, subject=subject, **of)
    told = {"channel": channel.value, "to": shown(channel, to), "text": subject}
    told |= _more(document, by)
    tell(tx, "message_posted", now, incident, message=message_id, **told)
    return message_id


def letter_address(tx: Tx, incident: Incident) -> str:
    """Where a letter about an incident goes: its client, at the site's address; "" where the site
    has none."""
    site = sites.get(tx, incident.site_id) if incident.site_id else None
    if site is None or not site.address.strip():
        return ""
    place = site.address if site.postcode in site.address else f"{site.address}\n{site.postcode}"
    return f"{site.client_name or site.name}\n{place}"


def _more(document: str | None, by: str) -> dict[str, str]:
    """What an entry says beside the message."""
    return ({"document": document} if document else {}) | ({"who_did": by} if by else {})


def post_for_site(
    tx: Tx,
    site_id: str,
    to: str,
    subject: str,
    text: str,
    now: datetime,
    *,
    channel: Channel = Channel.MAIL,
    document: str | None = None,
    by: str = "",
) -> str | None:
    """Ask for one message about a site, of no incident; its id, None where the site is mute (D7).

    ``document``, ``by``: see ``post``.
    """
    told: dict[str, Any] = {"channel": channel.value, "to": shown(channel, to), "site": site_id}
    told |= _more(document, by)
    if channel is not Channel.PRINT and incidents.site_is_mute(tx, site_id):
        tell(tx, "message_withheld", now, **told)
        return None
    subject = one_line(storable(subject))
    of: dict[str, Any] = dict(channel=channel, to=to, body=storable(text), site=site_id)
    of["document"] = document
    message_id = insert(tx, None, now, subject=subject, **of)
    tell(tx, "message_posted", now, message=message_id, text=subject, **told)
    return message_id


def _facts(incident: Incident) -> dict[str, object]:
    """What a program that is told of an alarm needs of it."""
    return {
        "incident": incident.id,
        "site": incident.site_id,
        "account": incident.account,
        "kind": incident.kind.value,
        "category": incident.category.value,
        "priority": incident.priority,
        "state": incident.state.value,
        "exercise": incident.exercise,
        "opened_at": to_iso(incident.opened_at),
    }


def insert(
    tx: Tx,
    incident: Incident | None,
    now: datetime,
    *,
    channel: Channel,
    to: str,
    subject: str,
    body: str = "",
    data: Mapping[str, Any] | None = None,
    task: str | None = None,
    site: str | None = None,
    document: str | None = None,
) -> str:
    """One message of an incident, or of a ``site``, due at ``now``, whatever it is; its id."""
    message = Message(
        id=ids.new(now),
        channel=channel,
        to=storable(to),
        subject=subject,
        body=body,
        data=data or {},
        incident_id=incident.id if incident else None,
        site_id=site,
        task_id=task,
        created_at=now,
        due_at=now,
        exercise=incident is not None and incident.exercise,
        document_id=document,
    )
    outbox.insert(tx, message)
    return message.id
