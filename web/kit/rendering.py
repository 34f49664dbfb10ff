"""Templates: one Jinja environment a language; text from outside stands in ``<bdi>``."""

import functools
import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from callflow.core.records.logbook import Entry
from callflow.core.time.instants import from_iso, to_iso
from callflow.texts import entry_text
from callflow.texts.readable import readable
from web.kit import i18n, keys, people, words
from web.pages.alarms import image_views

_HERE = Path(__file__).parents[1]


def outside(text: object) -> Markup:
    """Text from outside: as it was sent, isolated from the direction of what stands around it."""
    return Markup("<bdi>{}</bdi>").format(escape(readable(str(text or ""))))


def entry(told: Entry, person: str = "", zone: str = i18n.STATION_ZONE, *, language: str) -> str:
    """A logbook entry's words: the person rather than a bare number, instants as in ``zone``.

    A hash is shortened, it stands whole beside the player.
    """
    data = people.told(told)
    instants = [name for name in ("since", "until") if name in data]
    data = {**data, **{name: _moment(str(data[name]), zone, language) for name in instants}}
    if str(data.get("to")).startswith("+"):
        number = i18n.phone(data["to"])
        data = {**data, "to": f"{person} ({number})" if person else number}
    if told.kind in ("recording", "spoken") and data.get("sha256"):
        data = {**data, "sha256": data["sha256"][:12] + "…"}
    return entry_text(told.kind, data, language) or told.text


def _moment(text: str, zone: str, language: str) -> str:
    """An instant as people read it where the site is; what is none, as it is."""
    try:
        return i18n.moment(from_iso(text), zone, language)
    except ValueError:
        return text


@functools.cache
def static_version() -> str:
    """Changes with any byte of the static files. It stands in their addresses' path, so that what a
    module imports beside it carries it too.
    """
    found = hashlib.sha256()
    folder = _HERE / "static"
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return f"v-{found.hexdigest()[:12]}"


def static_url(name: str) -> str:
    """A static file's address, which changes with its bytes: it may be cached for ever."""
    return f"/static/{static_version()}/{name}"


@functools.cache
def modules() -> tuple[str, ...]:
    """The console's script, module by module: asked for at once rather than one after another."""
    folder = _HERE / "static" / "console"
    return tuple(static_url(f"console/{path.name}") for path in sorted(folder.glob("*.js")))


@functools.cache
def dialogs(rights: frozenset[str], *, language: str) -> Markup:
    """The palette and the help, the same on every page of whoever has these rights: to make them
    takes longer than the rest of most pages."""
    made = render(language, "kit/_dialogs.html", {"rights": rights})
    return Markup(made)  # noqa: S704 -- our template's


@functools.cache
def environment(language: str) -> Environment:
    """The templates in one language."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(  # type: ignore[attr-defined]
        i18n.catalogue(language), newstyle=True
    )
    translate = i18n.catalogue(language).gettext
    made.filters |= {
        "outside": outside,
        "iso": to_iso,
        "clock": i18n.clock_time,
        "typed_moment": i18n.typed_moment,
        "moment": functools.partial(i18n.moment, language=language),
        "day": functools.partial(i18n.day, language=language),
        "date": lambda on: i18n.date_as(on, "EEEE d MMMM", language),
        "month": lambda on: i18n.date_as(date.fromisoformat(f"{on}-01"), "LLLL y", language),
        "ago": functools.partial(i18n.ago, language=language),
        "phone": i18n.phone,
        "number": functools.partial(i18n.number, language=language),
        "duration": i18n.duration,
        "size": functools.partial(i18n.size, language=language),
        "money": functools.partial(i18n.money, language=language),
        "count": functools.partial(i18n.count, language=language),
        "kind": functools.partial(words.kind, language=language),
        "short_kind": functools.partial(words.short_kind, language=language),
        "outcome": functools.partial(words.outcome, language=language),
        "reason": functools.partial(words.reason, language=language),
        "law": functools.partial(words.of_law, language=language),
        "resolution": functools.partial(words.resolution, language=language),
        "channel": functools.partial(words.channel, language=language),
        "fault": functools.partial(words.fault, language=language),
        "signal_kind": lambda name: (
            translate(words.SIGNAL_KINDS[name])
            if name in words.SIGNAL_KINDS
            else words.kind(name, language)
        ),
        "dial_refusal": functools.partial(words.dial_refusal, language=language),
        "recording_problem": functools.partial(words.recording_problem, language=language),
        "evidence": functools.partial(words.evidence, language=language),
        "by_camera": image_views.by_camera,
        "since": image_views.since,
        "key": functools.partial(keys.printed, language=language),
        "word": lambda name, table: translate(table.get(name, str(name))),
        "who": functools.partial(people.name, language=language),
        "person": functools.partial(people.person, language=language),
        # Not _(): it would look for placeholders in a sentence that may hold a name.
        "said": lambda text: translate(str(text)) if text else "",
        "entry": functools.partial(entry, language=language),
    }
    made.globals |= {
        "words": words,
        "static": static_url,
        "modules": modules,
        "dialogs": functools.partial(dialogs, language=language),
        "actions": keys.ACTIONS,
        "all_pages": keys.PAGES,
        "language": language,
        "languages": words.LANGUAGES,
        "station_zone": i18n.STATION_ZONE,
    }
    return made


def render(
    language: str,
    template: str,
    values: Mapping[str, Any],
    called: Mapping[str, str] | None = None,
) -> str:
    """A template's text. ``called``: what people are called, {log-in: shown name}; None: as its
    visitor's page knows it."""
    visitor = values.get("visitor")
    names = called if called is not None else visitor.called if visitor else {}
    with people.called(names):
        return environment(language).get_template(template).render(values)


def page(
    language: str,
    template: str,
    values: Mapping[str, Any],
    status: int = 200,
    called: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A template as an answer; ``called`` as for ``render``."""
    text = render(language, template, values, called)
    return HTMLResponse(text, status, headers={"Content-Language": language})
