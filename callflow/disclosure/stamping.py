"""A third party certifies when an evidence file was made (RFC 3161): asked, and looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from callflow.disclosure.verify import Wrong, stamped_at

#: Seconds that the service may take; bytes of its longest answer.
_WITHIN, _MOST = 8.0, 100_000


class NotStamped(Exception):
    """The service gave no time stamp that can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where time stamps come from, and who vouches for it; nobody: it is not judged here."""

    url: str
    authorities: Path | None = None

    def roots(self) -> Sequence[x509.Certificate]:
        """The authorities' certificates. Raises NotStamped."""
        if self.authorities is None:
            return ()
        try:
            return x509.load_pem_x509_certificates(self.authorities.read_bytes())
        except (OSError, ValueError) as error:
            raise NotStamped(f"{self.authorities}: {error}") from error


def stamp(service: Service, content: bytes) -> bytes:
    """The service's answer (DER) over ``content``. Raises NotStamped."""
    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    roots = service.roots()
    raw = _asked(service.url, request.as_bytes())
    try:
        stamped_at(content, raw)
    except Wrong as wrong:
        raise NotStamped(str(wrong)) from wrong
    if roots:
        _judge(raw, request, roots, content)
    return raw


def _judge(
    raw: bytes, request: TimeStampRequest, roots: Sequence[x509.Certificate], content: bytes
) -> None:
    """Raises NotStamped where none of these authorities vouches for it."""
    builder = VerifierBuilder.from_request(request)
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(decode_timestamp_response(raw), content)
    except (VerificationError, ValueError) as error:
        raise NotStamped(f"not by the authorities that are set: {error}") from error


def _asked(url: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query"}
    try:
        with (
            httpx.Client(timeout=_WITHIN, follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            answer.raise_for_status()
            raw = b""
            for piece in answer.iter_bytes():
                raw += piece
                if len(raw) > _MOST:
                    raise NotStamped("the answer is too long")
            return raw
    except httpx.HTTPError as error:
        raise NotStamped(f"{type(error).__name__}: {error}") from error
