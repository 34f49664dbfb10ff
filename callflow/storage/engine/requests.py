"""What the store is asked for, and by whom it is waited for: by an event loop, or by a thread.

A thread that is woken finds its caches cold, and on a busy machine that costs more than a small
transaction. So nobody is woken before there is something to do: the writer not for what may still
wait, a loop once for all that it waits for, and of the readers the one that was busy last.
"""

import asyncio
import contextlib
import math
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from callflow.clock import monotonic

T = TypeVar("T")


class Asked:
    """A function of the store. ``by``: on the monotonic clock, when it must wait no longer for
    others to share its commit with; 0: not at all."""

    __slots__ = ("_free", "by", "function")

    def __init__(self, function: Callable[[Any], Any], by: float = 0.0) -> None:
        self.function, self.by = function, by
        self._free = [True]

    def begin(self) -> bool:
        """True where it is still to be done, and whoever asks does it; afterwards nobody else
        can."""
        try:
            return self._free.pop()
        except IndexError:
            return False

    def withdraw(self) -> bool:
        """True where it was not begun, and now never is."""
        return self.begin()


class Awaited(Asked):
    """By a coroutine, which awaits ``answer`` until ``patience`` runs out."""

    __slots__ = ("answer", "loop", "patience")

    patience: asyncio.TimerHandle

    def __init__(
        self, function: Callable[[Any], Any], loop: asyncio.AbstractEventLoop, by: float = 0.0
    ) -> None:
        super().__init__(function, by)
        self.loop, self.answer = loop, loop.create_future()

    def settle(self, value: Any, error: Exception | None) -> None:
        """In its loop's thread."""
        if self.answer.done():
            return
        if error is None:
            self.answer.set_result(value)
        elif isinstance(error, StopIteration):  # a future can't carry it
            failure = RuntimeError(f"a function of the store raised {error!r}")
            failure.__cause__ = error
            self.answer.set_exception(failure)
        else:
            self.answer.set_exception(error)


class Blocking(Asked):
    """By a thread that does nothing else."""

    __slots__ = ("_error", "_value", "over")

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__(function)
        self.over = threading.Event()
        self._value: Any = None
        self._error: Exception | None = None

    def settle(self, value: Any, error: Exception | None) -> None:
        """In any thread."""
        self._value, self._error = value, error
        self.over.set()

    def result(self) -> Any:
        """Its value, once it is there. Raises what it raised."""
        self.over.wait()
        if self._error is not None:
            raise self._error
        return self._value


def settle(results: Iterable[tuple[Asked, Any, Exception | None]]) -> None:
    """Tell everybody; each loop is woken once."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Awaited, Any, Exception | None]]] = {}
    for asked, value, error in results:
        if isinstance(asked, Awaited):
            loops.setdefault(asked.loop, []).append((asked, value, error))
        elif isinstance(asked, Blocking):
            asked.settle(value, error)
    for loop, told in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(_settle, told)


def _settle(told: list[tuple[Awaited, Any, Exception | None]]) -> None:
    for asked, value, error in told:
        asked.settle(value, error)


class Turnstile:
    """Where what is to be written waits for its commit. ``most`` functions share one, and
    ``pause`` seconds are left after each to other processes."""

    def __init__(self, *, most: int, pause: float) -> None:
        self._most, self._pause = most, pause
        self._lock = threading.Lock()
        self._waiting: deque[Asked] = deque()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._due = math.inf  # of the first that must wait no longer
        self._not_before = 0.0
        self._looks_at = 0.0  # when the writer looks by itself; 0: it is at work
        self._closed = False

    def put(self, asked: Asked) -> None:
        """The writer is woken where it would look too late."""
        with self._lock:
            self._waiting.append(asked)
            self._due = min(self._due, asked.by)
            ring = self._wanted_at() < self._looks_at
            if ring:
                self._looks_at = 0.0
        if ring:
            self._bell.put(None)

    def close(self) -> None:
        """What waits is done at once, and then no more."""
        with self._lock:
            self._closed = True
        self._bell.put(None)

    def next(self) -> list[Asked]:
        """What shares the next commit, when it is time; none: it is closed."""
        while True:
            with self._lock:
                wanted_at, now = self._wanted_at(), monotonic()
                if wanted_at <= now or self._closed:
                    return self._taken()
                self._looks_at = wanted_at
            with contextlib.suppress(queue.Empty):
                self._bell.get(timeout=None if wanted_at == math.inf else wanted_at - now)

    def done(self) -> None:
        """The commit is over."""
        self._not_before = monotonic() + self._pause

    def _wanted_at(self) -> float:
        if len(self._waiting) >= self._most:
            return self._not_before
        return max(self._due, self._not_before)

    def _taken(self) -> list[Asked]:
        self._looks_at = 0.0
        most = min(self._most, len(self._waiting))
        taken = [self._waiting.popleft() for _ in range(most)]
        self._due = min((asked.by for asked in self._waiting), default=math.inf)
        return taken


class Reader(Protocol):
    """What one thread reads by."""

    def __call__(self, function: Callable[[Any], Any]) -> Any:
        """The function's value. Raises what it raises."""

    def close(self) -> None:
        """No more is read by it."""


class Readers:
    """So many threads at most that read, each function in one of them, and each by what ``begin``
    gives it."""

    def __init__(self, begin: Callable[[], Reader], *, most: int) -> None:
        self._begin, self._most = begin, most
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle: list[queue.SimpleQueue[Awaited | None]] = []  # the last was busy last
        self._waiting: deque[Awaited] = deque()
        self._closed = False

    async def read(self, function: Callable[[Any], T]) -> T:
        """The function's value. Raises what it raises; RuntimeError: it is closed."""
        asked = Awaited(function, asyncio.get_running_loop())
        with self._lock:
            if self._closed:
                raise RuntimeError("the store is closed")
            if self._idle:
                self._idle.pop().put(asked)
            else:
                self._waiting.append(asked)
                if len(self._threads) < self._most:
                    self._begin_one()
        try:
            value: T = await asked.answer
        finally:
            asked.withdraw()
        return value

    def close(self) -> None:
        """Once all that was asked for is done."""
        with self._lock:
            self._closed = True
            for idle in self._idle:
                idle.put(None)
            self._idle.clear()
        for thread in self._threads:
            thread.join()

    def _begin_one(self) -> None:
        name = f"reader_{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        mine: queue.SimpleQueue[Awaited | None] = queue.SimpleQueue()
        with contextlib.closing(self._begin()) as read:
            self._read(mine, read)

    def _read(self, mine: queue.SimpleQueue[Awaited | None], read: Reader) -> None:
        asked = self._next(mine) or mine.get()
        while asked is not None:
            done = _done(asked, read)
            del asked  # nothing is kept until the next one comes
            following = self._next(mine)  # in line again before anybody is told, who may ask next
            settle(done)
            del done
            asked = following or mine.get()

    def _next(self, mine: queue.SimpleQueue[Awaited | None]) -> Awaited | None:
        """What waits already; None: it, or the end, comes into ``mine``."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            if self._closed:
                mine.put(None)
            else:
                self._idle.append(mine)
        return None


def _done(asked: Awaited, read: Reader) -> list[tuple[Asked, Any, Exception | None]]:
    if not asked.begin():
        return []
    try:
        return [(asked, read(asked.function), None)]
    except Exception as error:
        return [(asked, None, error)]
