"""A timeline as people read it, and as programs do."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.simulation.applied import Entry
from callflow.core.simulation.run import Ring, Timeline
from callflow.core.simulation.worst import Worst
from callflow.core.sites.site import Site
from callflow.core.time.instants import to_iso
from callflow.texts import OUTCOMES, REASONS, RESOLUTIONS, STEPS, WHYS, word
from callflow.texts.plans.simulation import SIMULATION


def lines(
    timeline: Timeline,
    site: Site | None,
    worst: Worst | None = None,
    *,
    language: str = "fr",
    titles: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """One line for each thing that happens, in the site's time, then how it ends. ``titles``:
    what people call the steps; None: they are named by their ids."""
    called = titles or {}
    zone = ZoneInfo(site.timezone if site is not None else "UTC")
    say = _speaker(language)
    for entry in timeline.entries:
        after = _span(entry.at - timeline.opened_at)
        at = f"{entry.at.astimezone(zone):%H:%M:%S}"
        yield f"{at}  +{after:>8}  {_said(entry, site, say, language, called)}"
    yield _end(timeline, say, language)
    if worst is not None:
        took = duration(worst.seconds)
        yield say("worst", time=took)
        for step, seconds in worst.path:
            yield f"  {duration(seconds):>8}  {called.get(step) or word(STEPS, step, language)}"


def _speaker(language: str) -> Callable[..., str]:
    def say(key: str, **values: str) -> str:
        return word(SIMULATION, key, language).format(**values)

    return say


_TABLES = {"step": WHYS, "answer": OUTCOMES, "human": REASONS, "closed": RESOLUTIONS, "done": WHYS}


def _said(
    entry: Entry,
    site: Site | None,
    say: Callable[..., str],
    language: str,
    titles: Mapping[str, str],
) -> str:
    table = _TABLES.get(entry.what, SIMULATION)
    return say(
        entry.what,
        step=titles.get(entry.step) or word(STEPS, entry.step, language),
        who=name_of(site, entry.who),
        outcome=word(table, entry.outcome, language) if entry.outcome else "",
    ).rstrip()


def name_of(site: Site | None, contact: str) -> str:
    """The person's name; the id of somebody who is not known."""
    person = site.person(contact) if site is not None else None
    return person.name if person is not None else contact


def _end(timeline: Timeline, say: Callable[..., str], language: str) -> str:
    if timeline.human_at is not None:
        reasons = ", ".join(word(REASONS, reason, language) for reason in timeline.reasons)
        said = say("human_knows", time=_span(timeline.human_at - timeline.opened_at))
        return f"{said} ({reasons})"
    if timeline.closed:
        return say("closes", outcome=word(RESOLUTIONS, timeline.closed, language))
    return say("stuck")


def _span(span: timedelta) -> str:
    return duration(span.total_seconds())


def duration(seconds: float) -> str:
    """Hours, minutes and seconds."""
    seconds = round(seconds)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def timeline_to_json(timeline: Timeline, worst: Worst | None = None) -> dict[str, Any]:
    """The same for programs; times are ISO 8601 in UTC, durations seconds."""
    human = timeline.human_at
    body: dict[str, Any] = {
        "opened_at": to_iso(timeline.opened_at),
        "ended_at": to_iso(timeline.ended_at),
        "entries": [_entry(entry) for entry in timeline.entries],
        "calls": [_ring(ring) for ring in timeline.rings],
        "reasons": list(timeline.reasons),
        "human_after_s": None if human is None else (human - timeline.opened_at).total_seconds(),
        "closed": timeline.closed or None,
    }
    if worst is not None:
        path = [{"step": step, "seconds": seconds} for step, seconds in worst.path]
        body["worst_case"] = {"seconds": worst.seconds, "path": path}
    return body


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "at": to_iso(entry.at),
        "what": entry.what,
        "step": entry.step,
        "who": entry.who,
        "outcome": entry.outcome,
    }


def _ring(ring: Ring) -> dict[str, Any]:
    return {
        "at": to_iso(ring.at),
        "step": ring.step,
        "contact": ring.contact,
        "to": ring.to,
        "attempt": ring.attempt,
        "outcome": ring.outcome or None,
        "ended_at": _instant(ring.ended_at),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else to_iso(at)
