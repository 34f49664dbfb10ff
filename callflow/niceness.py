"""The places of a station's processes among a machine's (nice(2), sched(7)).

What must not wait goes first: a signal is stored and decided upon before a sound is played on, and
a key that was pressed before a page is drawn. Measured with ``./run bench alarm-to-ring``: with
Asterisk before the engine alarms rang seconds late on a busy machine.
"""

import ctypes
import os
import platform
from contextlib import suppress
from pathlib import Path

#: Of each process of ``callflow serve``, and of the Asterisks. Lower goes first; 0 is everybody's:
#: whoever the supervisor begins says so, or would go as first as it does.
SUPERVISOR = RECEIVER = ENGINE = -15
TELEPHONY = -12
ASTERISK = -10
NURSERY = WEB = 0
_OF_PROCESS = {
    "supervisor": SUPERVISOR,
    "nursery": NURSERY,
    "receiver": RECEIVER,
    "engine": ENGINE,
    "telephony": TELEPHONY,
    "web": WEB,
}


def take_place(process: str) -> None:
    """This process takes its own place, a role's or another's, before it has threads: they inherit
    it."""
    niceness = _OF_PROCESS[process]
    if niceness < 0 or os.getpriority(os.PRIO_PROCESS, 0) < niceness:
        place(os.getpid(), niceness)


#: ioprio_set(2): its number by machine; a process; idle, when nobody else needs the disk.
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
_PROCESS, _IDLE = 1, 3 << 13
_LAST = 19


def go_last() -> None:
    """This process comes after all others, at the disk too: a backup delays no alarm."""
    place(os.getpid(), _LAST)
    with suppress(OSError, AttributeError):
        number = _IOPRIO_SET.get(platform.machine())
        if number is not None:
            ctypes.CDLL(None).syscall(number, _PROCESS, 0, _IDLE)


def place(pid: int, niceness: int) -> None:
    """Put a process, its threads and, where it leads one, its session there.

    A kernel that groups processes by sessions (sched(7), autogroup) weighs those against each
    other, and heeds a process's own niceness only among its session's. Without the right to go
    first (root's, or RLIMIT_NICE) all stays as it is.
    """
    with suppress(OSError):
        # The first thread, and those that it begins from now on; then those that had begun.
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, int(task.name), niceness)
    with suppress(OSError):  # gone, the kernel does not group, or we may not
        if os.getsid(pid) == pid:
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness), encoding="ascii")
