"""What is counted for everybody who asks, and only once in a while."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Lasting(Generic[T]):
    """A value that holds for so long, of one ``subject`` at a time: another day's is another."""

    def __init__(self, lasts: timedelta) -> None:
        self._lasts, self._lock = lasts, threading.Lock()
        self._made: tuple[object, datetime, T] | None = None

    def get(self, subject: object, now: datetime, make: Callable[[], T]) -> T:
        """The value; made where there is none that holds. Who asks meanwhile waits for it."""
        with self._lock:
            if self._made is None or not self._holds(subject, now):
                self._made = subject, now, make()
            return self._made[2]

    def _holds(self, subject: object, now: datetime) -> bool:
        """False too where the clock was set back."""
        assert self._made is not None
        of, at, _ = self._made
        return of == subject and at <= now < at + self._lasts
