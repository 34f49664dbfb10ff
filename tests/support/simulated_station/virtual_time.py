"""An event loop whose time is virtual: it jumps to the next timer, and nothing else wakes it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import Context, ContextVar
from typing import Any, Protocol, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Owner(Protocol):
    """A simulated process: it is told of each task that is begun in it."""

    def begun(self, task: asyncio.Task[Any]) -> None: ...


#: In which process the present task runs; None: in the world around the station.
OWNER: ContextVar[Owner | None] = ContextVar("owner", default=None)


class Stalled(Exception):
    """Everything waits and no timer is set: the simulation would last for ever."""


class _NoSockets(selectors.BaseSelector):
    """Waits for nobody: the time until the next timer passes at once."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._keys: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        fd = fileobj if isinstance(fileobj, int) else int(fileobj.fileno())
        self._keys[fd] = selectors.SelectorKey(fileobj, fd, events, data)
        return self._keys[fd]

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj if isinstance(fileobj, int) else int(fileobj.fileno()))

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stalled("nothing is due any more")
        self.passed += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualLoop(asyncio.SelectorEventLoop):
    """Single-threaded and without sockets, so the same seed gives the same order of everything.

    A task belongs to the process in whose context it was begun (``OWNER``).
    """

    def __init__(self) -> None:
        self._idle = _NoSockets()
        super().__init__(self._idle)
        self.set_task_factory(_owned)
        self.set_exception_handler(lambda _loop, _context: None)  # of tasks that were killed

    def time(self) -> float:
        """Seconds since the simulation began."""
        return self._idle.passed

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """What a thread would do is done at once."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    def _write_to_self(self) -> None:
        """There is no other thread to be woken from."""


def _owned(
    loop: asyncio.AbstractEventLoop, coroutine: Any, context: Context | None = None
) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, context=context)
    owner = OWNER.get() if context is None else context.get(OWNER)
    if owner is not None:
        owner.begun(task)
    return task
