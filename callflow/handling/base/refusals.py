"""What a person is told when an act can't be done."""


class Refused(Exception):
    """The act makes no sense now; the message says why and what to do.

    ``message`` is a sentence that pages say in their own language, ``about`` whom or what it
    names: the text is both.
    """

    def __init__(self, message: str, about: str = "") -> None:
        super().__init__(f"{message}: {about}" if about else message)
        self.message, self.about = message, about


class Held(Refused):
    """Another operator has it; ``holder`` says who."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} holds this incident: ask for a transfer")
        self.holder = holder


class Changed(Refused):
    """Somebody else changed it meanwhile; ``revision`` is its present one, "" for none."""

    def __init__(self, revision: str, said: str) -> None:
        super().__init__(said)
        self.revision = revision


class NotFound(Refused):
    """There is no such incident, task, contact or plan."""
