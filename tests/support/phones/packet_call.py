"""One call of a packet phone: a prompt is heard when all of its bytes came in order."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.phones import hearing
from tests.support.phones.handset import Conversation
from tests.support.phones.hearing import RATE, Found, Samples
from tests.support.phones.mouth import SILENCE
from tests.support.phones.packet_line import DeafError, Line, open_media
from tests.support.sip.sip_players import Ear

#: A prompt that was broken off was said, too: so many bytes of its begin tell it.
_BEGUN = 3200


#: Where RTP goes, and RTCP.
Media = tuple[socket.socket, socket.socket]


@dataclass
class Dialogue:
    """What the messages of a call, or of a registration, have in common."""

    call_id: str
    ours: str
    """Our address, with our tag."""
    theirs: str
    target: str = ""
    """Where what follows goes: their contact."""
    sequence: int = 0


class PacketCall(Conversation):
    """One call: what is said of it, and its line."""

    def __init__(self, number: int, sip: Dialogue, media: Media | None = None) -> None:
        super().__init__(number)
        self.sip = sip
        self.invite = ""  # as it came, while nobody picked up
        self.answer = b""  # the last one given to it
        self.media, self.control = media or open_media()
        self.line: Line | None = None
        self._ear: Ear

    @property
    def hears(self) -> bool:
        return self.line is not None

    @property
    def sounds(self) -> Line:
        """Its line. Raises DeafError where a packet of it was lost."""
        assert self.line is not None, "nobody picked up"
        if not self.over:
            self.line.receive()
        if self.line.lost:
            raise DeafError(f"{self.line.lost} packets did not fit into the kernel's buffer")
        return self.line

    def heard_from(self, sample: int) -> Samples:
        return self.sounds.samples(sample) if self.hears else hearing.pcm(b"")

    def search(self, words: bytes) -> Callable[[], Found | None]:
        words = words.strip(SILENCE)

        def look() -> Found | None:
            line = self.sounds
            found = self._ear.first(words)
            return found and Found(line.at(found[1]), line.at(self._ear.cursor - 1), 1.0)

        return look

    def all_of(self, words: bytes) -> list[Found]:
        """Also where it was only begun."""
        words = words.strip(SILENCE)
        line, found, begun = self.sounds, [], words[:_BEGUN]
        at = line.sound.find(begun)
        while at >= 0:
            same = zip(words, line.sound[at : at + len(words)], strict=False)
            size = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], same)))
            found.append(Found(line.at(at), line.at(at + size - 1), size / len(words)))
            at = line.sound.find(begun, at + size)
        return found

    def what_else(self, known: Sequence[tuple[str, bytes]]) -> str:
        line = self.sounds
        since = line.sound[self._ear.cursor :]
        begun = [(since.find(words.strip(SILENCE)[:_BEGUN]), key) for key, words in known]
        begins = " ".join(key for at, key in sorted(begun) if at >= 0) or "no fixed prompt"
        spans = " ".join(
            f"{a:.2f}-{b:.2f}" for a, b in hearing.sounding(hearing.alaw(bytes(since)))
        )
        return f"{begins}; sounds at {spans} s of {len(since) / RATE:.1f} s since the last one"

    def opens(self, body: str) -> None:
        """The far end told where its audio is."""
        if self.line is None:
            self.line = Line(self.media, body)
            self._ear = Ear(self.line)
            self.typed = self.line.typed
        else:
            self.line.goes_to(body)

    def became(self, state: str) -> None:
        """As pjsua2 calls it, at a moment of the monotonic clock."""
        if all(known != state for known, _ in self.states):
            self.states.append((state, time.monotonic()))
        if state == "DISCONNECTED":
            if self.line is not None:
                self.line.end()
            self.media.close()
            self.control.close()
            self.over = True

    @property
    def talks(self) -> bool:
        return not self.over and any(state == "CONFIRMED" for state, _ in self.states)
