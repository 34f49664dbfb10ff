"""Mail as the server at the far end gets it, and what its refusals mean."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from callflow.core.messages.outbox import Channel, Enclosed, Fault, Undelivered
from callflow.notify import mail
from callflow.settings.config import BadSettings, Settings, read_settings
from tests.integration.notify.conftest import MESSAGE, NOW, message
from tests.support.outside.certificates import certificate
from tests.support.sip.far_ends import HOST, MailServer

Make = Callable[..., Settings]
SENDER = "station@callflow.example.org"


def plain(make: Make, server: MailServer) -> Settings:
    return make(smtp_host=HOST, smtp_port=server.port, smtp_security="none", mail_from=SENDER)


async def failure(settings: Settings, to: str = "anne@example.org") -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await mail.send(settings, message(Channel.MAIL, to))
    return failed.value


async def test_a_letter_arrives_whole(settings: Make) -> None:
    async with MailServer() as server:
        await mail.send(plain(settings, server), MESSAGE)
        (letter,), (envelope,) = server.letters, server.envelopes
    assert envelope.rcpt_tos == ["anne@example.org"]
    assert envelope.mail_from == SENDER
    assert letter["To"] == "anne@example.org"
    assert letter["From"] == SENDER
    assert letter["Subject"] == MESSAGE.subject
    assert letter["Message-ID"] == f"<{MESSAGE.id}@callflow.example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(letter["Date"]) == NOW
    assert letter.get_payload(decode=True) == (MESSAGE.body + "\n").replace("\n", "\r\n").encode()


async def test_the_same_letter_twice_has_one_id(settings: Make) -> None:
    async with MailServer() as server:
        for _ in range(2):
            await mail.send(plain(settings, server), MESSAGE)
        ids = [letter["Message-ID"] for letter in server.letters]
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.parametrize(
    "to", ["anne@example.org\r\nBcc: bruno@example.org", "anne@example.org,bruno@example.org", ""]
)
async def test_an_address_adds_no_header_and_no_recipient(settings: Make, to: str) -> None:
    async with MailServer() as server:
        failed = await failure(plain(settings, server), to)
        assert server.attempts == 0
    assert failed.fault is Fault.WRONG_ADDRESS


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("550 no such user", Fault.REFUSED),
        ("451 try again later", Fault.BUSY),
        ("452 the disk is full", Fault.BUSY),
    ],
)
async def test_5xx_is_the_servers_last_word_and_4xx_is_not(
    settings: Make, answer: str, fault: Fault
) -> None:
    async def says(_: int) -> str:
        return answer

    async with MailServer() as server:
        server.answer = says
        failed = await failure(plain(settings, server))
    assert failed.fault is fault
    assert answer[:3] in failed.detail


async def test_a_server_that_is_not_there_may_come_back(settings: Make) -> None:
    async with MailServer() as server:
        gone = plain(settings, server)
    assert (await failure(gone)).fault is Fault.UNREACHABLE
    assert "unreachable" in await mail.probe(gone)


async def test_no_server_set_is_said(settings: Make) -> None:
    failed = await failure(settings())
    assert (failed.fault, failed.detail) == (Fault.NOT_SET_UP, "CALLFLOW_SMTP_HOST")


async def test_over_tls_with_a_password(
    settings: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    mail._trust.cache_clear()
    async with MailServer(tls=context, login="station:s3cret") as server:
        secure = settings(
            smtp_host=HOST,
            smtp_port=server.port,
            smtp_user="station",
            smtp_password="s3cret",
            mail_from=SENDER,
        )
        assert await mail.probe(secure) == ""
        await mail.send(secure, MESSAGE)
        assert len(server.letters) == 1
        wrong = secure.model_copy(update={"smtp_password": "other"})
        assert (await failure(wrong)).fault is Fault.REFUSED
        assert "s3cret" not in repr(secure)
    mail._trust.cache_clear()


async def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    settings: Make, tmp_path: Path
) -> None:
    async with MailServer(tls=certificate(tmp_path), login="station:s3cret") as server:
        secure = settings(
            smtp_host=HOST,
            smtp_port=server.port,
            smtp_user="station",
            smtp_password="s3cret",
            mail_from=SENDER,
        )
        assert (await failure(secure)).fault is Fault.UNREACHABLE
        assert server.attempts == 0


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"SMTP_HOST": "mail.example.org"}, "CALLFLOW_MAIL_FROM"),
        ({"MAIL_FROM": "nobody"}, "CALLFLOW_MAIL_FROM"),
        ({"SMS_URL": "gateway"}, "CALLFLOW_SMS_URL"),
        ({"CAMERA_NETWORKS": '["10.0.0.0/33"]'}, "CALLFLOW_CAMERA_NETWORKS"),
        (
            {
                "SMTP_HOST": "mail.example.org",
                "MAIL_FROM": SENDER,
                "SMTP_USER": "station",
                "SMTP_SECURITY": "none",
            },
            "CALLFLOW_SMTP_USER",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], named: str
) -> None:
    for name, value in fields.items():
        monkeypatch.setenv(f"CALLFLOW_{name}", value)
    with pytest.raises(BadSettings, match=named):
        read_settings()


async def test_a_document_goes_with_it_and_a_changed_one_does_not(settings: Make) -> None:
    content = b"%PDF-1.7\nrapport\n%%EOF\n"
    enclosed = Enclosed(
        name="Rapport d\u2019alarme.pdf", path="d1.pdf", sha256=hashlib.sha256(content).hexdigest()
    )
    told = replace(MESSAGE, document_id="d1", enclosed=enclosed)
    async with MailServer() as server:
        made = plain(settings, server)
        made.documents_dir.mkdir(parents=True)
        (made.documents_dir / "d1.pdf").write_bytes(content)
        receipt = await mail.send(made, told)
        assert receipt.text.startswith(f"{HOST}: ")
        (made.documents_dir / "d1.pdf").write_bytes(content + b"!")
        for one in (told, replace(told, enclosed=None)):
            with pytest.raises(Undelivered) as failed:
                await mail.send(made, one)
            assert failed.value.fault is Fault.GONE
        (letter,) = server.letters
    (part,) = letter.iter_attachments()  # type: ignore[attr-defined]
    assert (part.get_content_type(), part.get_filename()) == ("application/pdf", enclosed.name)
    assert part.get_content() == content
    assert letter.get_body().get_content().split() == MESSAGE.body.split()  # type: ignore[attr-defined]


@pytest.mark.parametrize("tells", [True, False])
def test_a_server_that_tells_is_asked_to_tell_of_this_letter(tells: bool) -> None:
    class Server:
        def supports_extension(self, name: str) -> bool:
            return tells and name == "dsn"

    asked = mail._telling(Server(), MESSAGE)  # type: ignore[arg-type]
    assert asked.get("rcpt_options", []) == (["NOTIFY=SUCCESS,FAILURE"] if tells else [])
    assert asked.get("mail_options", []) == (["RET=HDRS", f"ENVID={MESSAGE.id}"] if tells else [])
