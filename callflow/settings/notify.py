"""Settings of what leaves the station other than by phone: mail, SMS, webhooks, cameras."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, IPvAnyNetwork, model_validator
from pydantic_settings import BaseSettings

from callflow.core.messages.outbox import Channel, wrong_address, wrong_printer_url, wrong_url


def web_address(value: str) -> str:
    """An address to be asked over HTTP, or none. Raises ValueError."""
    wrong = wrong_url(value) if value else None
    if wrong is not None:
        raise ValueError(wrong)
    return value


def _mail(value: str) -> str:
    wrong = wrong_address(Channel.MAIL, value) if value else None
    if wrong is not None:
        raise ValueError(wrong)
    return value


def _printer(value: str) -> str:
    wrong = wrong_printer_url(value)
    if wrong is not None:
        raise ValueError(wrong)
    return value


Printer = Annotated[str, AfterValidator(_printer)]
Secret = Annotated[str, Field(repr=False)]
Networks = tuple[IPvAnyNetwork, ...]

#: What an SMS gateway is sent, unless its own shape is set: {to}, {text} and {id} are filled in.
_SMS_TEMPLATE = {"to": "{to}", "text": "{text}", "reference": "{id}"}


class NotifySettings(BaseSettings):
    """One instance's ways out. Empty: that way is not set up, and what is to go there fails.

    TLS trusts what the system trusts (``SSL_CERT_FILE`` names another list).
    """

    #: The mail server; it needs ``mail_from``.
    smtp_host: str = ""
    #: 0: 465 with ``tls``, 587 with ``starttls``, 25 with ``none``.
    smtp_port: int = Field(0, ge=0, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: Secret = ""
    mail_from: Annotated[str, AfterValidator(_mail)] = ""
    #: The supervisors' addresses: the list of sites in fault goes there each Monday at seven.
    faults_to: tuple[Annotated[str, AfterValidator(_mail)], ...] = ()

    #: Where an SMS is posted as JSON; the token goes as ``Authorization: Bearer``.
    sms_url: Annotated[str, AfterValidator(web_address)] = ""
    sms_token: Secret = ""
    sms_template: dict[str, Any] = _SMS_TEMPLATE
    #: Where in the gateway's answer (JSON) stands what it calls the message, such as
    #: ``messages.0.id``: receipts name it. Receipts may name the ``{id}`` that was sent as well.
    sms_answer_id: str = "id"
    #: What a receipt of the gateway says (``POST /api/v1/receipts/sms``): where in it stand what it
    #: calls the message and how it went, and which words mean that it arrived, and that it never
    #: will. Other words are on its way.
    sms_receipt_id: str = "reference"
    sms_receipt_status: str = "status"
    sms_arrived: tuple[str, ...] = ("delivered", "delivrd", "read")
    sms_lost: tuple[str, ...] = (
        *("undelivered", "undeliv", "failed", "rejected", "rejectd", "expired", "deleted"),
    )
    #: Segments that one SMS may have; a longer text is cut.
    sms_segments: int = Field(3, ge=1, le=10)

    #: Seconds until a fax that did not get through is tried again; then twice as long, up to 600.
    fax_wait: float = Field(60.0, ge=1, le=600)
    #: Faxes that one machine sends at a time; they take no channel that is kept for alarms.
    fax_calls: int = Field(2, ge=1, le=20)

    #: Key of the signature that webhooks carry (notify/webhook.py).
    webhook_secret: Secret = ""
    #: The only hosts that webhooks may go to; none: any with a public address.
    webhook_hosts: tuple[str, ...] = ()
    #: Networks beside the public ones that webhooks may go to, unencrypted too.
    webhook_networks: Networks = ()
    #: Printers of the station, by name: ``ipp://host:631/printers/NAME``, or ``ipps``. The first is
    #: taken where none is named.
    printers: dict[Annotated[str, Field(pattern=r"^[\w -]{1,40}$")], Printer] = {}
    #: Where letters lie for who stamps them; left out, ``post`` in the data folder.
    post_folder: Path | None = None
    #: Whom mail servers tell of what came back; left out, the sender.
    mail_bounces: Annotated[str, AfterValidator(_mail)] = ""
    #: The mailbox of that address, read over IMAP; port 0: 993 with ``tls``, 143 with ``none``.
    bounces_host: str = ""
    bounces_port: int = Field(0, ge=0, le=65535)
    bounces_security: Literal["tls", "none"] = "tls"
    bounces_user: str = ""
    bounces_password: Secret = ""
    bounces_mailbox: str = Field("INBOX", pattern=r"^[A-Za-z0-9_.-]{1,60}$")
    #: Bytes of a document that a mail may carry.
    mail_largest: int = Field(20_000_000, ge=100_000)
    #: The only networks that stills and clips are fetched from.
    camera_networks: Networks = ()
    #: Seconds after a signal at which each camera of the site gives a still (D24).
    camera_series: tuple[Annotated[float, Field(ge=0, le=30)], ...] = (0.0, 2.0, 5.0)
    #: Stills that signals of one site may ask for in a minute.
    camera_most: int = Field(60, ge=1, le=1000)
    #: Seconds of a clip before and after the signal; that a recorded camera's ring is kept for.
    clip_before: float = Field(10.0, ge=0, le=60)
    clip_after: float = Field(20.0, ge=0, le=60)
    clip_ring: float = Field(180.0, ge=60, le=900)
    #: True where this process records the cameras that ask for it: one machine of several does.
    clip_recorder: bool = True
    #: The only networks that a link in a signal may be fetched from, by a person's act.
    link_networks: Networks = ()
    #: Hosts with public addresses that it may be fetched from, over https; with any, no others.
    link_hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.smtp_host and not self.mail_from:
            raise ValueError("CALLFLOW_SMTP_HOST needs CALLFLOW_MAIL_FROM, the sender's address")
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError(
                "CALLFLOW_SMTP_USER needs starttls or tls: a password is not sent bare"
            )
        return self

    @property
    def ways(self) -> tuple[Channel, ...]:
        """What messages may go out on."""
        needed = {
            Channel.MAIL: self.smtp_host,
            Channel.SMS: self.sms_url,
            Channel.WEBHOOK: self.webhook_secret,
            Channel.IMAGES: self.camera_networks,
            Channel.PRINT: self.printers,
            Channel.POST: self.post_folder,
        }
        return tuple(channel for channel, setting in needed.items() if setting)

    @property
    def bounces_at(self) -> int:
        """The port of the mailbox."""
        return self.bounces_port or (993 if self.bounces_security == "tls" else 143)

    @property
    def gateways(self) -> dict[str, str]:
        """{what goes by it: ``host:port``} of the ways out that another machine keeps open."""
        found = {"mail": f"{self.smtp_host}:{self.smtp_at}"} if self.smtp_host else {}
        if self.sms_url:
            url = urlsplit(self.sms_url)
            found["sms"] = f"{url.hostname}:{url.port or (443 if url.scheme == 'https' else 80)}"
        return found

    @property
    def smtp_at(self) -> int:
        """The mail server's port."""
        return self.smtp_port or {"tls": 465, "starttls": 587, "none": 25}[self.smtp_security]
