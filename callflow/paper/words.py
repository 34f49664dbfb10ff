"""What a report's page asks for: words, names and sentences in its language, instants in its
zone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from callflow.core.records.reports.lines import (
    CallLine,
    Moment,
    Report,
    SignalLine,
    Who,
)
from callflow.core.records.reports.widths import Width
from callflow.core.signals.signal import Kind
from callflow.core.time.instants import from_iso
from callflow.texts import (
    OUTCOMES,
    RECORDING_PROBLEMS,
    RESOLUTIONS,
    TASK_OUTCOMES,
    TREATMENTS,
    entry_text,
    interventions,
    law,
    moments,
    outbox,
    reports,
    word,
)
from callflow.texts.kinds import KINDS
from callflow.texts.open_ends import OPEN
from callflow.texts.plans import vocabulary

#: What no offender is behind.
_DANGERS = frozenset(
    {Kind.FIRE, Kind.GAS, Kind.FLOOD, Kind.MEDICAL, Kind.LIFT, Kind.TECHNICAL, Kind.POWER}
)
_TABLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "kind": KINDS,
    "outcome": {**OUTCOMES, **TASK_OUTCOMES},
    "resolution": RESOLUTIONS,
    "treatment": TREATMENTS,
    "problem": RECORDING_PROBLEMS,
    "means": law.MEANS,
    "finding": law.FINDINGS,
    "danger": reports.FINDINGS,
    "weight": law.WEIGHTS,
    "service": vocabulary.SERVICES,
    "answer": law.ANSWERS,
    "asked": reports.ASKED,
    "number": reports.NUMBERS,
    "role": reports.ROLES,
    "state": reports.STATES,
    "priority": reports.PRIORITIES,
    "measure": reports.MEASURES,
    "open": OPEN,
    "milestone": reports.MILESTONES,
    "where": interventions.WHERE,
    "armed": interventions.ARMED,
    "channel": outbox.CHANNELS,
    "fault": outbox.FAULTS,
    "alarm": KINDS,
}


@dataclass(frozen=True, slots=True)
class Day:
    """The moments of one day by the site's clock, while that does not change."""

    at: datetime
    moments: list[Moment]


class Say:
    """The words of one report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.language, self.zone = report.language, report.timezone
        self._column = 0 if self.language == "fr" else 1

    def __call__(self, label: str, *values: object, **named: object) -> str:
        """One of the page's own words, its blanks filled."""
        text = reports.LABELS[label][self._column]
        return self.set(text.format(*values, **named) if values or named else text)

    def set(self, text: object) -> str:
        """``text`` as it is printed."""
        return moments.typeset(str(text or ""), self.language)

    def word(self, table: str, key: object) -> str:
        """What a table calls a key."""
        return self.set(word(_TABLES[table], str(key), self.language))

    def finding(self, found: object) -> str:
        """What a verification showed: an offence, or, in a fire, a danger."""
        return self.word("danger" if self.report.kind in _DANGERS else "finding", found)

    def clock(self, at: datetime | None) -> str:
        """The time of the day, with the date where it is another day than the alarm's."""
        if at is None:
            return ""
        same = moments.date(at, self.zone, "en") == moments.date(
            self.report.opened_at, self.zone, "en"
        )
        return moments.clock(at, self.zone) if same else moments.short(at, self.zone, self.language)

    def moment(self, at: datetime) -> str:
        """Date, time and how far that is from UTC."""
        said = moments.moment(at, self.zone, self.language)
        return f"{said} ({moments.offset(at, self.zone)})"

    def day(self, at: datetime) -> str:
        """The date in full, and how far the clock is from UTC."""
        said = moments.capital(moments.day(at, self.zone, self.language))
        return f"{said} · {moments.offset(at, self.zone)}"

    def duration(self, seconds: float | None) -> str:
        """So long."""
        return moments.duration(seconds)

    def who(self, who: Who) -> str:
        """Who did something."""
        if who.machine:
            return self("machine")
        return self("operator", who.number) if who.number else self.set(who.name)

    def by(self, moment: Moment) -> str:
        """Who did it; what a panel sent is the panel's."""
        return self("panel") if moment.signal else self.who(moment.who)

    def signal(self, signal: SignalLine) -> str:
        """What a panel sent, where."""
        kind = self.word("kind", signal.kind)
        said = self("in_zone", kind, signal.zone) if signal.zone else kind
        text = self("restored" if signal.ended else "signal", said)
        if signal.treatment and signal.treatment.value in TREATMENTS:
            text += f" ({self.word('treatment', signal.treatment)})"
        return text

    def person(self, call: CallLine) -> str:
        """Whom a call was with."""
        if call.who:
            return self.set(call.who)
        if call.service:
            return self("call_service")
        return self.phone(call) or self("somebody")

    def phone(self, call: CallLine) -> str:
        """A call's number."""
        return self.set(moments.phone(call.number)) if call.number else ""

    def call(self, call: CallLine) -> str:
        """A call with its end, in a line."""
        if call.service and not call.who:
            head = self("call_service")
        else:
            head = self("call_from" if call.incoming else "call_to", self.person(call))
        if call.role and call.who:
            head += f" ({self.word('role', call.role)})"
        if call.attempt > 1:
            head += f", {self('attempt', call.attempt)}"
        said = f"{self.set(head + ' : ') if self.language == 'fr' else head + ': '}"
        said += self.outcome(call)
        return said + (f", {self.duration(call.talked)}" if call.talked else "")

    def _calls(self, calls: Sequence[CallLine]) -> str:
        """Many calls that reached nobody, in a line."""
        names = ", ".join(dict.fromkeys(self.person(one) for one in calls))
        return self("calls_in_vain", len(calls), names, self.clock(calls[-1].at))

    def outcome(self, call: CallLine) -> str:
        """How a call ended."""
        if call.withdrawn:
            return self("withdrawn")
        return self.word("outcome", call.outcome) if call.outcome else self("under_way")

    def said(self, moment: Moment) -> str:
        """A line of the timeline."""
        if moment.signal:
            return self.signal(moment.signal)
        if moment.call and moment.others:
            return self._calls([moment.call, *moment.others])
        if moment.call:
            return self.call(moment.call)
        data = {name: self._local(value) for name, value in (moment.data or {}).items()}
        if str(data.get("to", "")).startswith("+"):
            data["to"] = moments.phone(data["to"])
        if self.report.width is Width.FULL:
            return self.set(entry_text(moment.kind, data, self.language))
        values = {
            name: word(_TABLES[_FIELDS.get(name, name)], str(value), self.language)
            if _FIELDS.get(name, name) in _TABLES
            else value
            for name, value in data.items()
        }
        sentence = reports.SENTENCES[moment.kind][self._column]
        return self.set(_tidy(sentence.format_map(_Blank(values))))

    def _local(self, value: Any) -> Any:
        """An instant as people read it where the site is; anything else as it is."""
        if not isinstance(value, str) or "T" not in value[10:11]:
            return value
        try:
            return moments.moment(from_iso(value), self.zone, self.language)
        except ValueError:
            return value

    def days(self) -> Iterator[Day]:
        """The timeline, day by day, and anew where the clock is changed."""
        moments = self.report.moments
        begun = 0
        for at, (one, other) in enumerate(pairwise(moments), 1):
            if self.day(one.at) != self.day(other.at):
                yield Day(moments[begun].at, list(moments[begun:at]))
                begun = at
        if moments:
            yield Day(moments[begun].at, list(moments[begun:]))


#: {a field of an entry: the table that has its words}, where they are not called alike.
_FIELDS = {"outcome": "outcome"}


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _tidy(text: str) -> str:
    """A sentence whose blanks stayed empty, without what stood around them."""
    text = " ".join(text.split()).strip()
    for ending in (" :", ":", ",", ", référence", ", reference", " ()"):
        text = text.removesuffix(ending)
    while ".." in text:
        text = text.replace("..", ".")
    return text.replace(". .", ".").replace(" ()", "").removesuffix(".").strip(" :,")
