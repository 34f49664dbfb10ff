"""Processes whose parent is gone: ended by the kernel, or adopted by an ancestor (prctl(2), Linux).

Elsewhere they are found again by whoever begins next.
"""

import contextlib
import ctypes
import signal

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def end_with_parent(by: signal.Signals = signal.SIGTERM) -> None:
    """The kernel ends this process once its parent has ended."""
    _prctl(_PR_SET_PDEATHSIG, by)


def adopt_orphans(*, ours: bool = True) -> None:
    """Whatever loses its parent among our descendants is our child; not any more where not
    ``ours``."""
    _prctl(_PR_SET_CHILD_SUBREAPER, int(ours))


def _prctl(what: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)
