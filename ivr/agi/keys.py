"""Keys that were typed while no command was reading. Pure.

Between two AGI commands Asterisk throws keys away (docs/explanation/telephony.md), and under load
the commit in between may last. AMI tells every key of a call, in order, a moment before or after
the command that read it returns; what no command read is what was typed in between.
"""

from collections import deque


class Keys:
    """The keys of one call. A link that tells none changes nothing: only commands count then."""

    def __init__(self) -> None:
        self._told: list[str] = []  # by AMI; no command read them yet
        self._owed: deque[str] = deque()  # read by a command; AMI is behind

    def told(self, key: str) -> None:
        """AMI says that this key was typed."""
        if self._owed and self._owed[0] == key:
            self._owed.popleft()
        else:
            self._told.append(key)

    @property
    def waiting(self) -> str:
        """What nobody read. Certain only while no command reads."""
        return "".join(self._told)

    def skip(self, key: str) -> None:
        """These, at the beginning of what waits, mean nothing."""
        while self._told and self._told[0] == key:
            del self._told[0]

    def take(self, count: int) -> None:
        """So many of those that wait were heeded."""
        del self._told[:count]

    def read(self, keys: str, after: int = 0) -> str:
        """A command read ``keys``, behind the first ``after`` that waited; all that was typed up to
        the last of them."""
        at = after
        self._owed.clear()
        for place, key in enumerate(keys):
            if key not in self._told[at:]:
                self._owed.extend(keys[place:])
                break
            at = self._told.index(key, at) + 1
        typed = "".join([*self._told[:at], *self._owed])
        self.take(at)
        return typed

    def forget(self) -> None:
        """What was typed until now means nothing."""
        self._told.clear()
