"""Mail: one message to one address by the station's mail server (SMTP, RFC 5321)."""

import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import PurePath
from typing import Any

import aiosmtplib

from callflow.core.messages.outbox import (
    Claimed,
    Fault,
    Message,
    Undelivered,
    one_line,
    wrong_address,
)
from callflow.core.messages.proof import Receipt
from callflow.notify import enclosures
from callflow.settings.config import Settings

#: Seconds for one answer of the server.
_PATIENCE = 10.0


async def send(settings: Settings, message: Claimed) -> Receipt:
    """Hand it to the mail server, with its document; the server's answer. Raises Undelivered.

    A server that tells (RFC 3461) is asked to tell of delivery and failure, under the row's id.
    """
    if not settings.smtp_host:
        raise Undelivered(Fault.NOT_SET_UP, "CALLFLOW_SMTP_HOST")
    wrong = wrong_address(message.channel, message.to)
    if wrong is not None:
        raise Undelivered(Fault.WRONG_ADDRESS, wrong)
    letter = _mail(settings, message)
    if message.document_id is not None:
        _enclose(
            letter, message, await enclosures.read(settings, message, most=settings.mail_largest)
        )
    client = aiosmtplib.SMTP(**_server(settings))
    try:
        async with client:
            _, answer = await client.send_message(
                letter, sender=settings.mail_bounces or None, **_telling(client, message)
            )
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _failure(error) from None
    return Receipt(text=f"{settings.smtp_host}: {answer}")


async def probe(settings: Settings) -> str:
    """What is wrong with the way to the mail server, log-in included; "" where nothing is."""
    options = _server(settings)
    client = aiosmtplib.SMTP(**options)
    try:
        async with client:
            await client.noop()
    except (aiosmtplib.SMTPException, OSError) as error:
        return str(_failure(error))
    return ""


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _server(settings: Settings) -> dict[str, Any]:
    return {
        "hostname": settings.smtp_host,
        "port": settings.smtp_at,
        "use_tls": settings.smtp_security == "tls",
        "start_tls": settings.smtp_security == "starttls",
        "tls_context": _trust(),
        "local_hostname": settings.mail_from.rpartition("@")[2],  # else the resolver is asked
        "username": settings.smtp_user or None,
        "password": settings.smtp_password or None,
        "timeout": _PATIENCE,
    }


def _mail(settings: Settings, message: Message) -> EmailMessage:
    """The letter; ``EmailMessage`` takes no line break in a header.

    Its Message-ID is the row's id in each try: mail programs show one letter.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = f"<{message.id}@{settings.mail_from.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(message.created_at)
    mail["From"] = settings.mail_from
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notices, please
    mail.set_content(message.body)
    return mail


#: How a document's file ends → what it is.
_TYPES = {
    ".pdf": ("application", "pdf"),
    ".zip": ("application", "zip"),
    ".csv": ("text", "csv"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def _enclose(letter: EmailMessage, message: Claimed, content: bytes) -> None:
    name = one_line(message.enclosed.name) if message.enclosed else "document"
    of, kind = _TYPES.get(PurePath(name).suffix.lower(), ("application", "octet-stream"))
    letter.add_attachment(content, maintype=of, subtype=kind, filename=name)


def _telling(client: aiosmtplib.SMTP, message: Claimed) -> dict[str, Any]:
    """What has the server tell later what became of it; nothing where it can't."""
    if not client.supports_extension("dsn"):
        return {}
    return {
        "mail_options": ["RET=HDRS", f"ENVID={message.id}"],
        "rcpt_options": ["NOTIFY=SUCCESS,FAILURE"],
    }


def _failure(error: Exception) -> Undelivered:
    """5xx is the server's last word (RFC 5321, 4.2.1); all else may pass."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        fault = Fault.REFUSED if error.code >= 500 else Fault.BUSY
        return Undelivered(fault, f"{error.code} {error.message}")
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Undelivered(Fault.REFUSED, str(error))
    if isinstance(error, TimeoutError):
        return Undelivered(Fault.TIMEOUT, str(error))
    return Undelivered(Fault.UNREACHABLE, str(error) or type(error).__name__)
