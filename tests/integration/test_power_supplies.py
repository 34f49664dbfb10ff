"""A real NUT server is asked, in clear and by TLS; what only calls itself one gets nowhere."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callflow.core.watch import power
from callflow.probes import nut, supplies
from callflow.probes.nut import Access, NutError
from callflow.settings.config import Settings
from callflow.settings.power import Device
from tests.support.outside.certificates import certificate
from tests.support.outside.nut import Nut, keep_certificate, until

CLEAR = Access()


def set_up(folder: Path, **fields: Any) -> Settings:
    return Settings(data_dir=folder, **fields)


def status(server: Nut, by: Access = CLEAR) -> str:
    """What the device says it lives on; "" as long as it says nothing."""
    try:
        return nut.variables(server.device("salle"), by)["ups.status"]
    except NutError:
        return ""


def test_a_power_cut_is_seen_its_end_and_the_silence_of_its_driver(tmp_path: Path) -> None:
    server = Nut(tmp_path / "nut", ("salle", "ats"))
    sign = f"{server.setting('ats')} input.source=2"
    fuel = f"{server.setting('ats')} ambient.1.level<25"
    settings = set_up(
        tmp_path, ups=server.setting("salle"), generator_runs=sign, generator_fuel=fuel
    )

    def supply() -> power.Supply:
        (found,) = supplies.supplies(settings)
        return found

    def generator() -> power.Generator:
        found = supplies.generator(settings)
        assert found is not None
        return found

    server.says("ats", input_source="1", ambient_1_level="80")
    assert supply().problem  # nobody listens there yet
    with server.runs():
        until(lambda: supply().words == {"OL", "CHRG"})
        assert (supply().name, supply().runtime, supply().charge) == ("salle", 2400.0, 100.0)
        until(lambda: generator().runs is False)
        server.says("salle", ups_status="OB DISCHRG LB", battery_runtime="95")
        server.says("ats", input_source="2", ambient_1_level="20")
        until(lambda: supply().on_battery)
        assert (supply().runtime, "LB" in supply().words) == (95.0, True)
        until(lambda: generator().runs is True)
        assert (generator().fuel, generator().fuel_limit) == (20.0, 25.0)
        server.says("salle")
        until(lambda: not supply().on_battery)
        server.kill_driver("salle")
        until(lambda: "DRIVER-NOT-CONNECTED" in supply().problem or "STALE" in supply().problem)


def test_by_tls_and_with_a_password_and_never_by_less(tmp_path: Path) -> None:
    server = Nut(tmp_path / "nut", ("salle",))
    certificate(server.folder)
    secret = tmp_path / "password"
    secret.write_text('wo"rd\n')
    fields = {"ups": server.setting("salle"), "ups_tls": True, "ups_user": "watch"}
    fields |= {"ups_password_file": secret}
    ours = set_up(tmp_path, **fields, ups_authorities=server.folder / "cert.pem")
    with server.runs():  # it has no certificate
        until(lambda: bool(status(server)))
        (refused,) = supplies.supplies(ours)
        assert "FEATURE-NOT-CONFIGURED" in refused.problem
    with server.runs(*keep_certificate(server.folder)):
        until(lambda: supplies.supplies(ours)[0].is_known)
        (strange,) = supplies.supplies(set_up(tmp_path, **fields))
        assert "certificate verify failed" in strange.problem


def test_an_unknown_device_is_said(tmp_path: Path) -> None:
    server = Nut(tmp_path / "nut", ("salle",))
    with server.runs():
        until(lambda: bool(status(server)))
        with pytest.raises(NutError, match="refuses LIST: UNKNOWN-UPS"):
            nut.variables(Device("other", "127.0.0.1", server.port), CLEAR)


@contextmanager
def answering(say: Callable[[socket.socket], None]) -> Iterator[Device]:
    """What listens where a NUT server should; it is asked once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            taken, _ = listener.accept()
            with taken:
                taken.recv(1024)
                with contextlib.suppress(OSError):  # it was hung up on
                    say(taken)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Device("salle", "127.0.0.1", listener.getsockname()[1])
        thread.join()


def endless(line: bytes) -> Callable[[socket.socket], None]:
    def say(taken: socket.socket) -> None:
        taken.sendall(b"BEGIN LIST VAR salle\n")
        while True:
            taken.sendall(line)

    return say


@pytest.mark.parametrize(
    ("say", "said"),
    [
        (lambda taken: taken.sendall(b"HTTP/1.1 400 Bad Request\r\n"), "answers"),
        (lambda taken: None, "hangs up"),
        (lambda taken: taken.sendall(b"BEGIN LIST"), "hangs up"),
        (lambda taken: taken.sendall(b"BEGIN LIST VAR salle\n\xff\xfe\x00\n"), "hangs up"),
        (endless(b'VAR salle a "b"\n'), "more than a UPS has to say"),
        (endless(b"x" * 4096), "without an end"),
    ],
)
def test_what_is_no_nut_server_gets_nowhere(
    say: Callable[[socket.socket], None], said: str
) -> None:
    with answering(say) as device, pytest.raises(NutError, match=said):
        nut.variables(device, CLEAR)


def test_one_that_says_a_letter_now_and_then_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nut, "_WITHIN", 0.3)
    ended = threading.Event()

    def drip(taken: socket.socket) -> None:
        while not ended.wait(0.05):
            taken.sendall(b"B")

    with answering(drip) as device:
        with pytest.raises(NutError, match="time"):
            nut.variables(device, CLEAR)
        ended.set()


def test_a_password_file_that_is_gone_is_a_supply_that_cannot_be_asked(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    settings = set_up(tmp_path, ups="salle@127.0.0.1", ups_user="u", ups_password_file=gone)
    (found,) = supplies.supplies(settings)
    assert str(gone) in found.problem
