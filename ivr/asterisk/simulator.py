"""The simulated telephone network: what its phones do, what it saw, calls from its phones.

A phone is one line in a file of its own that the network's dialplan reads at each call, so a
change needs no process and holds from the next call on, restarts included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from ivr.asterisk import control
from ivr.asterisk.instance import Instance
from ivr.asterisk.network_log import NetworkLog, SeenCall


class Behaviour(StrEnum):
    """What a simulated phone does when it is called."""

    ANSWER = "answer"  # answers after `after_s`, then types `keys`
    BUSY = "busy"  # 486
    RING = "ring"  # rings, nobody answers
    CONGESTION = "congestion"  # 503
    VOICEMAIL = "voicemail"  # greeting, beep, silence; never a key
    SILENT = "silent"  # answers and says nothing, types nothing
    HANG_UP = "hang_up"  # answers and hangs up in the middle of the first prompt
    REFUSE = "refuse"  # 403
    FAX = "fax"  # a fax machine, by T.38 or by sound; what it received is kept
    FAX_AUDIO = "fax_audio"  # one that knows no T.38


class TrunkBehaviour(StrEnum):
    """What the network does with every call of one trunk, before it looks at the number."""

    UP = "up"
    REFUSE = "refuse"  # 503
    BROKEN = "broken"  # 500
    BARRED = "barred"  # 403
    NO_ROUTE = "no_route"  # 404
    ANNOUNCE = "announce"  # 183, a moment in which an announcement could be heard, 503
    SILENT = "silent"  # takes the INVITE, and nothing more comes
    NO_SOUND_OUT = "no_sound_out"  # answered, and the station is not heard
    NO_SOUND_BACK = "no_sound_back"  # answered, and nobody is heard
    NO_KEYS = "no_keys"  # what is typed is lost
    OTHER_NUMBER = "other_number"  # another number is shown


class Inband(StrEnum):
    """True where the keys also sound, as two tones in the audio."""

    NO = ""
    ALSO = "also"  # the tones and RFC 4733, as a leaking phone gives them
    ONLY = "only"  # the tones alone


@dataclass(frozen=True, kw_only=True)
class Phone:
    """One number of the simulated network. Raises ValueError when a field is wrong."""

    number: str
    """E.164, with its plus sign."""
    behaviour: str = Behaviour.ANSWER
    """A Behaviour, or `sip:phone3`: the call goes to the SIP phone registered as phone3."""
    after_s: float = 2.0
    """How long it rings before it does what it does, in seconds (0 to 600)."""
    keys: str = ""
    """0-9 * # A-D, typed after the first prompt begins; `w` waits a second, `h` hangs up."""
    tone_hz: int | None = None
    """A tone that the phone plays while its line is open (100 to 3400 Hz), for recordings."""
    inband: Inband = Inband.NO

    def __post_init__(self) -> None:
        _check("number", self.number, r"\+[1-9][0-9]{4,14}")
        if self.behaviour not in frozenset(Behaviour):
            _check("behaviour", self.behaviour, r"sip:phone([1-9]|1[0-9]|20)")
        _check("keys", self.keys, r"[0-9A-D*#wh]{0,60}")
        if not 0 <= self.after_s <= 600:
            raise ValueError("after_s: 0 to 600 seconds")
        if self.tone_hz is not None and not 100 <= self.tone_hz <= 3400:
            raise ValueError("tone_hz: 100 to 3400")

    def as_dict(self) -> dict[str, Any]:
        """The shape of the API: absent options are left out."""
        shown: dict[str, Any] = {
            "number": self.number,
            "behaviour": str(self.behaviour),
            "after_s": self.after_s,
            "keys": self.keys,
        }
        if self.tone_hz is not None:
            shown["tone_hz"] = self.tone_hz
        if self.inband:
            shown["inband"] = str(self.inband)
        return shown

    @classmethod
    def from_dict(cls, number: str, fields: dict[str, Any]) -> Phone:
        """From the API's or phones.yaml's shape; `inband: true` means *also*."""
        known = {"behaviour", "after_s", "keys", "tone_hz", "inband", "number"}
        for name in fields.keys() - known:
            raise ValueError(f"{name}: unknown field")
        inband = fields.get("inband", Inband.NO)
        if isinstance(inband, bool):
            inband = Inband.ALSO if inband else Inband.NO
        tone = fields.get("tone_hz")
        return cls(
            number=number,
            behaviour=str(fields.get("behaviour", Behaviour.ANSWER)),
            after_s=float(fields.get("after_s", 2.0)),
            keys=str(fields.get("keys") or ""),
            tone_hz=None if tone is None else int(tone),
            inband=Inband(inband),
        )


def load_phones(path: Path) -> list[Phone]:
    """The phones of a `phones.yaml`. Raises ValueError naming the number that is wrong."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    phones = []
    for number, fields in content["phones"].items():
        try:
            phones.append(Phone.from_dict(str(number), fields))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path.name}: {number}: {error}") from error
    return phones


class Simulator:
    """The simulated network of an instance. Its methods block for about a millisecond."""

    def __init__(self, instance: Instance) -> None:
        self.instance, self._log = instance, NetworkLog(instance)

    def seed(self, phones: list[Phone], overwrite: bool = False) -> None:
        """Puts phones in; those that are there already keep what they were told."""
        for phone in phones:
            if overwrite or not self._file(phone.number).exists():
                self.set_phone(phone)

    def set_phone(self, phone: Phone) -> None:
        """Creates or changes a phone; effective for the next call to it."""
        _write(self._file(phone.number), _line(phone))

    def get_phone(self, number: str) -> Phone | None:
        """What a number (E.164) does, or None when the network does not know it."""
        try:
            return _phone(number, self._file(number).read_text(encoding="ascii"))
        except FileNotFoundError:
            return None

    def phones(self) -> list[Phone]:
        """All phones, by number."""
        files = sorted(self.instance.phones.glob("[0-9]*"))
        return [_phone(f"+{path.name}", path.read_text(encoding="ascii")) for path in files]

    def calls(self) -> list[SeenCall]:
        """Every INVITE that the network ever saw from the station, oldest first."""
        return self._log.calls()

    def set_trunk(self, name: str, behaviour: str) -> None:
        """What the network does with one trunk's calls, from the next one on.

        Raises ValueError naming the field.
        """
        _check("name", name, r"[a-z][a-z0-9-]{0,15}")
        if behaviour not in frozenset(TrunkBehaviour):
            raise ValueError(f"behaviour: one of {', '.join(TrunkBehaviour)}")
        _write(self.instance.trunks / name, behaviour)

    def call_in(self, from_number: str, to: str) -> None:
        """A simulated phone calls the station and behaves as its line in the phones says.

        Numbers are E.164. Returns at once. Raises control.ControlError.
        """
        caller, called = _digits(from_number), _digits(to)
        control.command(
            self.instance.control_socket,
            f"channel originate Local/{caller}*{called}@call-in/n extension {caller}@caller",
        )

    def end_calls(self) -> None:
        """The network clears its calls, as a trunk that goes down does.

        For the start of a station after its death: a ringing phone learns of it in no other way.
        Raises control.ControlError.
        """
        control.command(self.instance.control_socket, "channel request hangup all")

    def _file(self, number: str) -> Path:
        return self.instance.phones / _digits(number)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="ascii")
    fresh.replace(path)


def _line(phone: Phone) -> str:
    tone = "" if phone.tone_hz is None else str(phone.tone_hz)
    return f"{phone.behaviour}|{phone.after_s:g}|{phone.keys}|{tone}|{phone.inband}"


def _phone(number: str, line: str) -> Phone:
    behaviour, after, keys, tone, inband = line.split("|")
    phone = Phone(number=number, behaviour=behaviour, after_s=float(after), keys=keys)
    return replace(phone, tone_hz=int(tone) if tone else None, inband=Inband(inband))


def _digits(number: str) -> str:
    _check("number", number, r"\+[1-9][0-9]{4,14}")
    return number[1:]


def _check(name: str, value: str, pattern: str) -> None:
    if not re.fullmatch(pattern, value):
        raise ValueError(f"{name}: {value!r} is not allowed")
