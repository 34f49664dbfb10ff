"""What Asterisk refused, read from its log: each line once, whatever a sender put into it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from ivr.telephony.refusals import Refusals, reason

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
#: As Asterisk 22.10 wrote them.
UNKNOWN = (
    b"[2026-11-26 09:09:05.118] NOTICE[2714] res_pjsip/pjsip_distributor.c: Request 'INVITE' from "
    b"'<sip:100@127.0.0.1>' failed for '127.0.0.1:55593' (callid: c1) - No matching endpoint found"
)
LISTED = (
    b"[2026-11-30 15:08:53.162] NOTICE[4360] acl.c: SIP ACL: Rejecting '192.0.2.66' due to a"
    b" failure to pass ACL '(BASELINE)'"
)
PASSWORD = (
    b"[2026-11-26 09:09:16.039] NOTICE[2714] res_pjsip/pjsip_distributor.c: Request 'REGISTER' from"
    b" '<sip:100@127.0.0.1>' failed for '[2001:db8::7]:55593' (callid: c2) - Failed to authenticate"
)
MALFORMED = (
    b"[2026-11-26 09:33:50.275] NOTICE[14498] pjproject: \t  sip_transport.c Dropping 44 bytes "
    b"packet from UDP 192.0.2.9:41764 : PJSIP syntax error exception when parsing 'Via' header"
)
NUMBER = (
    b"[2026-11-26 09:09:16.039] NOTICE[2714] res_pjsip_session.c:  carrier: Call "
    b"(UDP:192.0.2.7:5060) to extension 'x' rejected because extension not found in context 'c'."
)
HANDSHAKE = (
    b"[2026-11-26 09:57:27.219] NOTICE[1537] pjproject: \t SSL SSL_ERROR_SSL (Handshake): Level: "
    b"0 err: <167772427> <error:0A00010B:SSL routines::wrong version number> len: 0 peer: "
    b"192.0.2.8:33658"
)
OTHER = b"[2026-11-26 09:09:04.943] NOTICE[2687] loader.c: 68 modules will be loaded."


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LISTED, ("not_allowed", "192.0.2.66")),
        (UNKNOWN, ("unknown", "127.0.0.1")),
        (PASSWORD, ("wrong_password", "2001:db8::7")),
        (MALFORMED, ("malformed", "192.0.2.9")),
        (NUMBER, ("no_number", "192.0.2.7")),
        (HANDSHAKE, ("handshake", "192.0.2.8")),
        (OTHER, None),
        (b"", None),
    ],
)
def test_each_line_has_one_reason(line: bytes, expected: tuple[str, str] | None) -> None:
    assert reason(line) == expected


def _counted(refusals: Refusals) -> dict[str, int]:
    return {why: count for why, count in refusals.counts.items() if count}


def test_each_line_is_counted_once_and_the_file_stays_short(tmp_path: Path) -> None:
    file = tmp_path / "notices"
    file.write_bytes(UNKNOWN + b"\n")
    refusals = Refusals(file, lambda: NOW, lambda: 0.0)
    refusals.look()
    assert _counted(refusals) == {}, "what was there before this process is not of its time"
    with file.open("ab") as log:
        log.write(UNKNOWN + b"\n" + MALFORMED[:40])
    refusals.look()
    assert _counted(refusals) == {"unknown": 1}, "half a line is none yet"
    with file.open("ab") as log:
        log.write(MALFORMED[40:] + b"\n" + (UNKNOWN + b"\n") * 7000)
    refusals.look()
    refusals.look()
    assert _counted(refusals) == {"unknown": 7001, "malformed": 1}
    assert file.stat().st_size == 0
    with file.open("ab") as log:
        log.write(PASSWORD + b"\n")
    refusals.look()
    assert _counted(refusals) == {"unknown": 7001, "malformed": 1, "wrong_password": 1}
    state = refusals.state()
    assert (state["last_from"], state["last_at"]) == ("2001:db8::7", "2026-11-26T09:00:00.000000Z")


def test_our_own_log_gets_a_line_a_minute(tmp_path: Path) -> None:
    file, clock = tmp_path / "notices", [0.0]
    refusals = Refusals(file, lambda: NOW, lambda: clock[0])
    refusals.look()  # the file is not there yet
    told = []
    with structlog.testing.capture_logs() as lines:
        for second in range(130):
            clock[0] = float(second)
            with file.open("ab") as log:
                log.write((UNKNOWN + b"\n") * 100)
            refusals.look()
        told = [line for line in lines if line["event"] == "sip.refused"]
    assert [line["unknown"] for line in told] == [100, 6000, 6000]
    assert told[1]["most"] == [("127.0.0.1", 6000)]


def test_of_somebody_else_s_asterisk_nothing_is_known() -> None:
    refusals = Refusals(None, lambda: NOW, lambda: 0.0)
    refusals.look()
    assert _counted(refusals) == {}


def test_a_flood_from_nowhere_fills_no_disk_with_warnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.telephony.refusals._WARNINGS", 1000)
    (tmp_path / "notices").touch()
    refusals = Refusals(tmp_path / "notices", lambda: NOW, lambda: 0.0)
    warnings = tmp_path / "messages"
    for size, left in ((1000, 1000), (1001, 0)):
        warnings.write_bytes(b"x" * size)
        refusals.look()
        assert warnings.stat().st_size == left
