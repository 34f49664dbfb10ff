"""Processes of an instance: adopted, never doubled, gone when told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from callflow.niceness import ASTERISK
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.simulator import Phone, Simulator
from ivr.asterisk.tree import AsteriskTree
from tests.integration.asterisk.conftest import Pair, start_pair, stop_pair
from tests.integration.asterisk.throwaway import Ami, until


def test_two_instances_live_beside_each_other(
    pair: Pair, ami: Ami, tree: AsteriskTree, tmp_path: Path
) -> None:
    other = start_pair(tmp_path, tree)
    try:
        assert other.station.pid() != pair.station.pid()
        link = other.ami()
        other.simulator.set_phone(Phone(number="+33639988001", behaviour="busy", after_s=0))
        call = link.originate("33639988001")
        assert link.event("Hangup", call)["Cause"] == "17"
        until(lambda: [c.to for c in other.simulator.calls()] == ["+33639988001"])
        assert not any(c.to == "+33639988001" for c in pair.simulator.calls())
        link.close()
    finally:
        stop_pair(other)


def test_a_live_process_is_adopted_by_whoever_comes_next(pair: Pair) -> None:
    newcomer = AsteriskProcess(pair.station.instance, pair.station.tree)
    before = pair.station.pid()
    assert newcomer.adopt()
    assert newcomer.start() is False
    assert newcomer.pid() == before


def test_its_sound_goes_before_what_else_the_machine_does(pair: Pair) -> None:
    pid = pair.station.pid()
    assert pid is not None
    threads = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    places = {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads}
    allowed = os.geteuid() == 0
    assert places == {ASTERISK if allowed else os.getpriority(os.PRIO_PROCESS, 0)}
    group = Path(f"/proc/{pid}/autogroup")
    if allowed and group.exists():
        assert group.read_text().endswith(f"nice {ASTERISK}\n")


STARTER = """
import sys
from pathlib import Path
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.tree import find_or_fetch
instance = Instance(kind=Kind.SIMULATOR, data_dir=Path(sys.argv[1]))
process = AsteriskProcess(instance, find_or_fetch())
process.start()
process.wait_ready()
print(process.pid(), flush=True)
sys.stdin.read()
"""


def test_it_survives_the_kill_of_its_starter_and_keeps_what_the_network_saw(
    tree: AsteriskTree, tmp_path: Path
) -> None:
    first = start_pair(tmp_path, tree)
    try:
        first.network.stop()
        starter = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert starter.stdout is not None
        assert starter.stdin is not None
        pid = int(starter.stdout.readline())
        os.killpg(starter.pid, signal.SIGKILL)
        starter.wait()
        starter.stdout.close()
        starter.stdin.close()
        assert first.network.pid() == pid
        assert first.network.start() is False
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        assert f"CALLFLOW_DATA_DIR={tmp_path}".encode() in environment

        _call_is_remembered_over_a_kill(first)
    finally:
        stop_pair(first)


def _call_is_remembered_over_a_kill(pair: Pair) -> None:
    link = pair.ami()
    pair.simulator.set_phone(Phone(number="+33639988002", behaviour="ring"))
    link.event("Newstate", link.originate("33639988002"), ChannelStateDesc="Ringing")
    link.close()
    until(lambda: len(pair.simulator.calls()) == 1)
    assert pair.simulator.calls()[0].ended_at is None
    pair.network.kill()
    assert pair.network.pid() is None
    assert pair.network.start() is True
    pair.network.wait_ready()
    seen = Simulator(pair.network.instance).calls()
    assert [call.to for call in seen] == ["+33639988002"]
    assert seen[0].ended_at is not None
    ring = pair.simulator.get_phone("+33639988002")
    assert ring is not None
    assert ring.behaviour == "ring"


SERVICE = """
import sys
from pathlib import Path
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.tree import find_or_fetch
instance = Instance(kind=Kind.STATION, data_dir=Path(sys.argv[1]))
AsteriskProcess(instance, find_or_fetch()).become()
"""


def test_a_service_becomes_it_once_and_it_ends_when_no_call_is_up(
    tree: AsteriskTree, tmp_path: Path
) -> None:
    pair = start_pair(tmp_path, tree)
    try:
        pair.station.stop()
        service = [sys.executable, "-c", SERVICE, str(tmp_path)]
        first = subprocess.Popen(service, stdin=subprocess.DEVNULL, start_new_session=True)
        assert pair.station.is_met(20)
        assert pair.station.pid() == first.pid
        second = subprocess.run(service, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "an Asterisk runs in" in second.stderr

        pair.simulator.set_phone(Phone(number="+33639988003", behaviour="answer", after_s=0))
        link = pair.ami()
        call = link.originate("33639988003")
        link.event("Newstate", call, ChannelStateDesc="Up")
        pair.station.end_when_idle()
        later = link.originate("33639988003")
        link.event("Newstate", later, ChannelStateDesc="Up")
        for one in (call, later):
            assert first.poll() is None
            link.send(Action="Hangup", Channel=one)
        assert first.wait(30) == 0
        link.close()
        assert not AsteriskProcess(pair.station.instance, tree).is_met(0.2)
    finally:
        stop_pair(pair)


def test_a_pid_that_now_belongs_to_another_program_is_not_ours(
    tree: AsteriskTree, tmp_path: Path
) -> None:
    pair = start_pair(tmp_path, tree)
    stop_pair(pair)
    pair.station.instance.pid_file.write_text(f"{os.getpid()}\n")
    newcomer = AsteriskProcess(pair.station.instance, tree)
    assert newcomer.pid() is None
    newcomer.kill()  # does nothing: this test goes on


def test_a_data_folder_with_a_long_path_gets_a_short_socket(
    tree: AsteriskTree, tmp_path: Path
) -> None:
    deep = tmp_path / ("long" * 12) / ("folder" * 10)
    deep.mkdir(parents=True)
    pair = start_pair(deep, tree)
    try:
        assert len(str(pair.station.instance.control_socket)) <= 100
        assert pair.station.adopt()
    finally:
        stop_pair(pair)
