"""How long to wait before the next try. Pure but for the dice, which are handed in."""

from collections.abc import Callable


class Backoff:
    """Doubles from ``first`` to ``cap`` seconds, each time with up to a quarter more or less."""

    def __init__(self, first: float, cap: float, dice: Callable[[], float]) -> None:
        self._first, self._cap, self._dice = first, cap, dice
        self._next = first

    def reset(self) -> None:
        """It worked: the next wait is the first one again."""
        self._next = self._first

    def wait(self) -> float:
        """Seconds to wait now."""
        base = self._next
        self._next = min(self._cap, base * 2)
        return base * (0.75 + 0.5 * self._dice())
