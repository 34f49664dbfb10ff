"""The control socket: who comes while others wait there is answered as they are."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.asterisk.control import ControlError, command

_AT_ONCE = 12


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """As Asterisk listens: two may wait."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "asterisk.ctl"))
        made.listen(2)
        yield made


def _answer(listener: socket.socket, held_up: threading.Event) -> None:
    """One after the other, once it is no longer held up."""
    held_up.wait()
    for _ in range(_AT_ONCE):
        link, _ = listener.accept()
        with link:
            link.sendall(b"host/1/22.10\n")
            link.recv(1000)
            link.sendall(b"all well\n")


def test_all_who_ask_at_once_are_answered(tmp_path: Path, listener: socket.socket) -> None:
    """Each telephone that is to ring is looked for there first: that of the fourth one, too."""
    held_up = threading.Event()
    asterisk = threading.Thread(target=_answer, args=(listener, held_up), daemon=True)
    asterisk.start()
    with ThreadPoolExecutor(_AT_ONCE) as askers:
        asked = [askers.submit(command, tmp_path / "asterisk.ctl", "x") for _ in range(_AT_ONCE)]
        held_up.set()
        assert [one.result() for one in asked] == ["all well\n"] * _AT_ONCE
    asterisk.join()


@pytest.mark.parametrize("waiting", [0, 3])
def test_one_that_does_not_answer_is_given_up(
    tmp_path: Path, listener: socket.socket, waiting: int
) -> None:
    there = [socket.socket(socket.AF_UNIX) for _ in range(waiting)]
    for link in there:
        link.connect(str(tmp_path / "asterisk.ctl"))
    with pytest.raises(ControlError, match=r"no answer within 0\.2 s"):
        command(tmp_path / "asterisk.ctl", "x", timeout_s=0.2)
    for link in there:
        link.close()
