"""One stream for every console: what changed is read once, rendered once, sent to all.

Commits wake it: a datagram; where that was lost, the database's own count of commits, asked every
250 ms. Changes within 35 ms go out together. A new or returning console first gets everything, so
a lost message costs nothing.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from callflow.clock import monotonic, to_iso
from callflow.core.alarms.incident import Incident
from callflow.core.records.audit import QUIET
from callflow.core.records.logbook import Entry
from callflow.dispatch.beside import Beside
from callflow.dispatch.wake import Wake, open_wake
from callflow.storage import StoreUnavailable, Tx
from callflow.storage.alarms import incidents
from callflow.storage.engine.connections import version
from callflow.storage.people import access, users
from callflow.storage.records import logbook
from web.kit.rendering import render
from web.pages.alarms import views
from web.pages.records import entries as feeds
from web.pages.records.entries import EntryShown
from web.screens import Screens
from web.station import Station

_log = structlog.get_logger()

#: Seconds: how long changes are gathered; how often it is asked whether anybody committed without a
#: wake-up; how often all is looked at, since time alone changes some of it, the station's health
#: above all; and how often a silent stream says that it lives.
GATHER, LOOK, HEALTH, BEAT = 0.035, 0.25, 1.0, 4.0
#: Seconds that wake-ups which follow one count as one: an alarm with its call is a dozen commits.
APART = 0.02
#: What the consoles are told where signals can be stored.
WRITABLE = "writable"
#: The look at the rows, as what fails is called.
_ROWS = "rows"
#: A console that is so many messages behind starts over.
_BEHIND = 100
#: Seconds of which it is known which events were sent then, and digits of an event's number.
_MARKS, _DIGITS = 300, 15


@dataclass(eq=False)
class Console:
    """One open stream."""

    language: str
    user: str = ""
    session: str = ""  # the stream lasts no longer than it
    screen: str = ""  # what its page is called (web/screens.py)
    deaf: bool = False  # it hears that something is told, and nothing of what
    messages: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(_BEHIND))
    lost: bool = False

    def send(self, message: str) -> None:
        """Queue ``message``; a console that does not keep up is let go, and comes back."""
        try:
            self.messages.put_nowait(message)
        except asyncio.QueueFull:
            self.lost = True


@dataclass(frozen=True, kw_only=True)
class _State:
    """What the consoles were told last."""

    lines: dict[str, views.Line] = field(default_factory=dict)
    rows: Mapping[str, Incident] = field(default_factory=dict)  # what they were made of
    strip: views.Strip | None = None
    entry: int = -1  # the logbook's newest number; -1: not looked yet
    called: Mapping[str, str] = field(default_factory=dict)  # {log-in: shown name}


#: What one user is told: the same in every language, or made for a language.
Text = str | Callable[[str], str]


class Hub:
    """The consoles of this process and what they know."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._consoles: set[Console] = set()
        self._state = _State()
        self._number = 0
        self._run = f"{station.started_at:%Y%m%d%H%M%S}"
        self._marks: deque[tuple[int, float]] = deque(maxlen=_MARKS)
        self.screens, self.beside = Screens(), Beside()
        self._health_at = 0.0
        self._versions: dict[object, object] = {}  # of the rows, as each who counts said last
        self._looked_at = 0.0
        self._lock = asyncio.Lock()
        self._of_users: dict[str, dict[str, Text]] = {}
        self._waiting: list[asyncio.Event] = []
        self._listened = asyncio.Event()  # somebody's console is open

    @property
    def open_streams(self) -> int:
        """How many consoles listen."""
        return sum(not console.deaf for console in self._consoles)

    @property
    def users(self) -> set[str]:
        """Whose consoles listen."""
        return {console.user for console in self._consoles if console.user}

    async def run(self) -> None:
        """Watch and tell, until cancelled."""
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._wait_for_rows())
            parts.create_task(self._look_for_commits())
            parts.create_task(self._watch_rows())
            parts.create_task(self._watch_store())
            parts.create_task(self._watch_sessions())

    async def _watch_sessions(self) -> None:
        """An ended session ends its streams; an open stream is somebody who is there."""
        while True:
            await asyncio.sleep(HEALTH)
            with contextlib.suppress(StoreUnavailable):
                await self.look_at_sessions()

    async def look_at_sessions(self) -> None:
        """What ``_watch_sessions`` does each second."""
        station, now = self._station, self._station.clock()
        open_ones = {console.session for console in self._consoles if console.session}
        if not open_ones:
            return
        since = station.seen_since(now)
        live = await station.store.read(lambda tx: access.live_sessions(tx, open_ones, now, since))
        for session, seen_at in live.items():
            station.saw(session, seen_at, now)
        for console in list(self._consoles):
            if console.session and console.session in open_ones - live.keys():
                console.lost = True
                console.send(self._message("over", ""))

    async def _watch_store(self) -> None:
        """Tell at once that the database is away or back: rows can't, and may not be read."""
        told = WRITABLE
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._station.watch.changed.wait(), HEALTH)
            now = self._store()
            if now != told or now != WRITABLE:  # again and again: it proves the stream, too
                self._tell_all("store", now)
            if now != told:
                self._tell_strip()
            told = now

    def _tell_strip(self) -> None:
        """The lamps as far as they are known while rows may not be read."""
        watch, strip = self._station.watch, self._state.strip
        if watch.outage is not None and strip is not None:
            away = watch.unread(StoreUnavailable(watch.outage.reason))
            self._state = replace(self._state, strip=replace(views.strip(away), more=strip.more))
            self._tell_all("strip", "kit/_strip.html", {"strip": self._state.strip})

    def _store(self) -> str:
        """Since when nothing is stored, or WRITABLE."""
        watch = self._station.watch
        if watch.outage is not None:
            return to_iso(watch.outage.since)
        return (watch.last.not_stored_since if watch.last else None) or WRITABLE

    async def _watch_rows(self) -> None:
        changed, told = self.changes(), monotonic()
        while True:
            await changed.wait()
            changed.clear()
            if not self._consoles:
                continue
            await asyncio.sleep(GATHER)
            try:
                if await self.beside.once(_ROWS, self._look):
                    told = monotonic()
            except StoreUnavailable:
                self._versions.clear()  # what changed is not told yet
            # Without a beat the consoles say that they are cut.
            if monotonic() - told > BEAT and _ROWS not in self.beside.failing:
                told = monotonic()
                self._tell_all("beat", to_iso(self._station.clock()))

    async def _wait_for_rows(self) -> None:
        wake = _listen(self._station)
        try:
            while True:
                await self._listened.wait()  # else each commit of each process would wake this one
                if await _woken(wake):
                    self._rows_changed()
                await asyncio.sleep(APART)
        finally:
            if wake is not None:
                wake.close()

    async def _look_for_commits(self) -> None:
        while True:
            await self._listened.wait()
            await asyncio.sleep(LOOK)
            if await self._may_differ() or monotonic() - self._looked_at > HEALTH:
                self._rows_changed()

    async def _may_differ(self) -> bool:
        try:
            whose, count = await self._station.store.read(version)
        except StoreUnavailable:
            self._versions.clear()
            return True
        before, self._versions[whose] = self._versions.get(whose), count
        return count != before

    def _rows_changed(self) -> None:
        self._looked_at = monotonic()
        for waiting in self._waiting:
            waiting.set()

    def changes(self) -> asyncio.Event:
        """An event of the caller's own, set whenever rows may have changed while a console is open,
        and when the last one was closed."""
        event = asyncio.Event()
        self._waiting.append(event)
        return event

    def tell_user(self, name: str, event: str, text: Text) -> None:
        """Tell every console of one user, and those that they open later; "" is nothing any more.

        Only the last ``text`` of an ``event`` is kept: a state, such as who rings there now.
        """
        kept = self._of_users.setdefault(name, {})
        if text:
            kept[event] = text
        else:
            kept.pop(event, None)
        self._count()
        for console in self._consoles:
            if console.user == name:
                console.send(self._message(event, _in(text, console.language)))

    def drew(self, screen: str, user_id: str, session: str, seen: str, *, hidden: bool) -> None:
        """A page drew the event that is numbered ``seen``, or, hidden, heard it."""
        self.screens.draws(screen, user_id, session, at=self._sent_at(seen), hidden=hidden)

    def _sent_at(self, seen: str) -> float | None:
        """When an event was sent, within a second; None: another process sent it."""
        run, _, number = seen.partition("-")
        if run != self._run or not number.isascii() or not number.isdigit():
            return None
        earlier = (at for sent, at in reversed(self._marks) if sent <= int(number[:_DIGITS]))
        return next(earlier, self._marks[0][1] if self._marks else None)

    def _count(self) -> None:
        """One more event; noted when, once a second."""
        self._number += 1
        now = monotonic()
        if not self._marks or now - self._marks[-1][1] >= 1.0:
            self._marks.append((self._number, now))

    async def stream(
        self,
        language: str,
        closing: asyncio.Event,
        user: str = "",
        session: str = "",
        user_id: str = "",
        *,
        deaf: bool = False,
    ) -> AsyncIterator[str]:
        """Messages for one console, until it leaves or the process ends. ``deaf``: only that there
        are any, for who may know nothing of them, and is no screen."""
        screen = "" if deaf else self.screens.opens(user_id, session)
        console = Console(language, user, session, screen=screen, deaf=deaf)
        ending = asyncio.create_task(closing.wait())
        getting: asyncio.Task[str] | None = None
        try:
            async with self._lock:
                await self._look_now()
                if not deaf:
                    entries = await self._station.store.read(feeds.last)
                    console.send(self._everything(console, entries[::-1]))
                self._consoles.add(console)
                self._listened.set()
            while not console.lost and not closing.is_set():
                getting = asyncio.create_task(console.messages.get())
                await asyncio.wait({getting, ending}, return_when=asyncio.FIRST_COMPLETED)
                if not getting.done():
                    return
                told = [getting.result()]
                while not console.messages.empty():  # what was told together leaves together
                    told.append(console.messages.get_nowait())
                yield "".join(told)
        finally:
            if not deaf:
                self.screens.closes(console.screen)
            self._consoles.discard(console)
            if not self._consoles:
                self._listened.clear()
                self._rows_changed()
            ending.cancel()
            if getting is not None:
                getting.cancel()

    # --- looking ------------------------------------------------------------------------------

    async def _look(self) -> bool:
        async with self._lock:
            return await self._look_now()

    async def _look_now(self) -> bool:
        """Read what is, tell what differs; whether anything did."""
        before = self._state
        with_health = before.strip is None or monotonic() - self._health_at > HEALTH

        def read(tx: Tx) -> tuple[_State, list[Entry], list[EntryShown]]:
            strip, called, known = before.strip, before.called, before.rows
            if with_health:
                known = {}  # all of it anew: a database that was brought back counts anew, too
                strip = replace(views.strip(self._station.look(tx)), more=views.more(tx))
                called = users.shown_names(tx)
            entries = self._new_entries(tx, before.entry)
            rows = incidents.queue(tx, known=known)
            after = _State(
                lines={x.id: x for x in views.lines_of(tx, rows, self._station.clock())},
                rows={row.id: row for row in rows},
                strip=strip,
                entry=max((e.number for e in entries), default=max(0, before.entry)),
                called=called,
            )
            return after, entries, feeds.feed(tx, entries)

        self._state, entries, told = await self._station.store.read(read)
        if with_health:
            self._health_at = monotonic()
        return self._tell(before, _loud(entries), told)

    def _new_entries(self, tx: Tx, after: int) -> list[Entry]:
        """Since the last look; at the first one only where the logbook stands."""
        return logbook.page(tx, after=after, limit=500) if after >= 0 else logbook.last(tx, limit=1)

    # --- telling ------------------------------------------------------------------------------

    def _tell(self, before: _State, entries: list[Entry], told: list[EntryShown]) -> bool:
        after = self._state
        renamed = after.called != before.called
        changed = [x for i, x in after.lines.items() if renamed or before.lines.get(i) != x]
        gone = [i for i in before.lines if i not in after.lines]
        places = {place for entry in entries if (place := entry.site)}
        theirs = (x.id for x in after.lines.values() if x.site in places)
        touched = sorted({*(x.id for x in changed), *gone, *_incidents(entries), *theirs})
        if changed or gone:
            self._tell_all(
                "rows", "alarms/_rows.html", {"lines": changed, "gone": gone, "all": False}
            )
        if told:
            self._tell_all("feed", "kit/_feed.html", {"entries": told, "all": False})
        if after.strip != before.strip:
            self._tell_all("strip", "kit/_strip.html", {"strip": after.strip})
        if touched:
            self._tell_all("touched", json.dumps(touched))
        if places:
            self._tell_all("places", json.dumps(sorted(places)))
        return bool(touched or entries or after.strip != before.strip)

    def _tell_all(self, event: str, data: str, values: dict[str, Any] | None = None) -> None:
        """Render once a language; the same bytes to everybody who reads it."""
        self._count()
        beat = self._message("beat", to_iso(self._station.clock()))
        for console in self._consoles:
            if console.deaf:
                console.send(beat)
        for language in {console.language for console in self._consoles if not console.deaf}:
            text = data if values is None else self._render(language, data, values)
            message = self._message(event, text)
            for console in self._consoles:
                if console.language == language and not console.deaf:
                    console.send(message)

    def _render(self, language: str, template: str, values: Mapping[str, Any]) -> str:
        return render(language, template, values, self._state.called)

    def _message(self, event: str, text: str) -> str:
        # Not splitlines(): text from outside may hold separators that only Python splits at.
        lines = "".join(f"data: {line}\n" for line in text.replace("\r", "").split("\n"))
        return f"id: {self._run}-{self._number}\nevent: {event}\n{lines}\n"

    def _everything(self, console: Console, entries: list[EntryShown]) -> str:
        """What a console that knows nothing is told: it drops the rows that are not named."""
        state, language = self._state, console.language
        rows = {"lines": list(state.lines.values()), "gone": [], "all": True}
        feed = {"entries": entries, "all": True}
        told = [
            self._message("screen", console.screen),
            self._message("beat", to_iso(self._station.clock())),
            self._message("store", self._store()),
            self._message("rows", self._render(language, "alarms/_rows.html", rows)),
            self._message(
                "strip", self._render(language, "kit/_strip.html", {"strip": state.strip})
            ),
            self._message("feed", self._render(language, "kit/_feed.html", feed)),
            *(
                self._message(event, _in(text, language))
                for event, text in self._of_users.get(console.user, {}).items()
            ),
        ]
        return "".join(told)


def _in(text: Text, language: str) -> str:
    return text if isinstance(text, str) else text(language)


def _loud(entries: list[Entry]) -> list[Entry]:
    """Those that change what consoles show: who saw which site does not."""
    return [entry for entry in entries if entry.kind not in QUIET]


def _incidents(entries: list[Entry]) -> set[str]:
    return {e.incident for e in entries if e.incident}


def _listen(station: Station) -> Wake | None:
    try:
        return open_wake(station.settings, "web")
    except OSError as error:  # a path too long for a socket: looking is enough
        _log.warning("web.no_wake_socket", error=str(error))
        return None


async def _woken(wake: Wake | None) -> bool:
    if wake is not None:
        return await wake.wait(LOOK)
    await asyncio.sleep(LOOK)
    return False
