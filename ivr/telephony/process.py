"""The telephony process of one node: one AMI link, one FastAGI server, the rows between them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from callflow import clock, handling
from callflow.config import Settings
from callflow.dispatch.identity import Identity, only, taken
from callflow.dispatch.wake import open_store, open_wake
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.vault import Vault
from ivr import prompts
from ivr.agi import AgiServer, Dialogues, fixed_sentences
from ivr.ami import Account, AmiError, AmiLink, Timing
from ivr.asterisk.configuration import AMI_USER
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.tree import cache_folder
from ivr.contact_id import Panels, write_tones
from ivr.speech import Speech, SpeechFailed
from ivr.telephony.dialogue_rows import DialogueRows
from ivr.telephony.panel_rows import PanelRows
from ivr.telephony.placing import Placing
from ivr.telephony.presence import Presence
from ivr.telephony.recordings import Recordings
from ivr.telephony.site_names import SiteNames
from ivr.telephony.trunk_reach import TrunkReach

log = structlog.get_logger(__name__)

ROLE = "telephony"
_LOOK_EVERY = 0.1  # seconds: a lost wake-up costs no more
_BEAT_EVERY = 2.0
_SWEEP_EVERY = 20.0
_TRUNKS_EVERY = 3.0
#: An Asterisk of our own says when it has booted; others may never say it.
_BOOT = {"embedded": 20.0, "external": 0.5}


#: What the station's logbook says of the link, in its language.
_ALARMS = {
    "ami_down": "la liaison avec Asterisk est perdue, aucun appel ne part",
    "ami_up": "la liaison avec Asterisk est rétablie",
    "ami_login_refused": "Asterisk refuse notre connexion : vérifier CALLFLOW_AMI_USER et _SECRET",
}


class Telephony:
    """Everything of the process, wired. ``run`` until cancelled."""

    def __init__(
        self, settings: Settings, store: Store, vault: Vault, me: Identity | None = None
    ) -> None:
        self._settings, self._store = settings, store
        self._me = me or only(settings, ROLE)
        self._presence = Presence(store.url, settings.node)
        self._wake = open_wake(settings, ROLE)
        self._recordings = Recordings(
            store, settings.recordings_dir, node=settings.node, now=clock.now
        )
        self._placing = Placing(
            store,
            node=settings.node,
            now=clock.now,
            monotonic=clock.monotonic,
            on_over=self._recordings.over,
            on_room=self._wake.nudge,
        )
        self._reach = TrunkReach([trunk.name for trunk in settings.all_trunks], clock.now)
        self._link = AmiLink(
            account(settings),
            on_up=self._up,
            on_events=self._placing.events,
            on_alarm=self._alarm,
            on_device=self._reach.heard,
            timing=Timing(boot=_BOOT[settings.asterisk]),
        )
        self._placing.attach(self._link)
        self._rows = DialogueRows(
            store, vault, node=settings.node, now=clock.now, on_arrived=self._placing.arrived
        )
        self._speech = speech_of(settings)
        self._site_names = SiteNames(store, vault, self._speech)
        self._dialogues = Dialogues(self._rows, self._speech, self._mute)
        self._panels = Panels(
            PanelRows(store, node=settings.node, now=clock.now, on_arrived=self._placing.arrived),
            settings.data_dir / "tones",
        )
        self._agi = AgiServer(
            {
                "outgoing": self._dialogues.outgoing,
                "incoming": self._dialogues.incoming,
                "panel": self._panels.panel,
            }
        )

    @property
    def link_is_up(self) -> bool:
        """Whether calls can be placed now."""
        return self._link.ready

    async def run(self) -> None:
        """Until cancelled; a part that fails ends the process, and the supervisor begins again."""
        await self._presence.begin()
        write_tones(self._settings.data_dir / "tones")
        await self._agi.start(self._settings.ports.agi)
        await self._speech.start()
        try:
            async with asyncio.TaskGroup() as parts:
                for part in (
                    self._link.run(),
                    self._look(),
                    self._speech.prewarm(fixed_sentences()),
                    self._site_names.run(),
                    self._recordings.run(),
                    self._every(_BEAT_EVERY, self._beat),
                    self._every(_TRUNKS_EVERY, self._watch_trunks),
                    self._every(_SWEEP_EVERY, self._recordings.sweep),
                ):
                    parts.create_task(part)
        finally:
            await self._agi.close()
            await self._placing.close()
            await self._speech.close()
            self._wake.close()
            self._presence.close()

    async def _look(self) -> None:
        """Do what the rows ask for."""
        while True:
            told = await self._wake.wait(_LOOK_EVERY)
            try:
                await self._placing.look(told=told)
                await self._placing.ask_for_doubtful()
            except StoreUnavailable as error:
                log.debug("store.away", reason=error.reason)  # the store says it, once

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except StoreUnavailable as error:
                log.debug("store.away", reason=error.reason)  # the store says it, once
            await asyncio.sleep(seconds)

    async def _up(self) -> None:
        await self._placing.resync()
        self._reach.forget()
        await self._link.devices()

    async def _watch_trunks(self) -> None:
        """Judged only while Asterisk is there: without it no trunk can be blamed."""
        if self._link.ready:
            now, node, reach = clock.now(), self._settings.node, dict(self._reach.known)
            if await self._store.read(lambda tx: handling.trunks_changed(tx, node, reach, now)):
                await self._store.write(lambda tx: handling.watch_trunks(tx, node, reach, now))

    async def _beat(self) -> None:
        up, node = self._link.ready, self._settings.node
        now = clock.now()
        trunks = await self._store.read(lambda tx: handling.trunk_health(tx, node, now, link_up=up))
        state = {
            **self._presence.asterisk(now, up=up),
            "trunks": trunks,
            "recordings_waiting": self._recordings.waiting,
            "panels": dict(self._panels.counts),
        }
        await self._store.write(lambda tx: self._me.beat(tx, clock.now(), state))
        if await self._presence.was_missed() and self._link.connected:
            log.warning("node.was_missed", node=node)
            try:
                await self._placing.resync()
            except AmiError as error:  # the link is lost: its return brings another resync
                log.warning("node.not_resynchronised", node=node, reason=str(error))

    async def _alarm(self, kind: str, reason: str) -> None:
        at = clock.now()
        text = f"{_ALARMS[kind]} ({reason})" if reason else _ALARMS[kind]

        def told(tx: Tx) -> None:
            handling.station_event(tx, kind, text, at)

        await self._store.write(told)

    async def _mute(self, call_id: str, on: bool) -> None:
        there = await self._link.mute(call_id, on)
        if on and not there:
            raise AmiError("no such channel")


def account(settings: Settings) -> Account:
    """Where AMI is and who we are there."""
    host, port = "127.0.0.1", settings.ports.ami
    if settings.asterisk == "external":
        return Account(host=host, port=port, user=settings.ami_user, secret=settings.ami_secret)
    station = Instance(kind=Kind.STATION, data_dir=settings.data_dir)
    return Account(host=host, port=port, user=AMI_USER, secret=station.ami_secret())


def speech_of(settings: Settings) -> Speech:
    """The instance's prompts, and the cache that instances share."""
    return Speech(settings.data_dir / "prompts", cache_folder() / "prompts")


async def one_moment(settings: Settings) -> Path | None:
    """What is heard while the dialogues' server is away, without its extension.

    None where the voice fails: a station without that sentence is better than none.
    """
    speech = speech_of(settings)
    await speech.start()
    try:
        return await speech.say(prompts.spoken("one_moment", {}, "fr"), "fr")
    except SpeechFailed as error:
        log.critical("speech failed", key="one_moment", error=str(error))
        return None
    finally:
        await speech.close()


async def serve(settings: Settings) -> None:
    """The role ``telephony`` of ``callflow serve``: until cancelled."""
    with taken(settings, ROLE) as me:
        vault = Vault(settings.data_dir / "keys")
        store = open_store(settings, vault)
        try:
            await Telephony(settings, store, vault, me).run()
        finally:
            store.close()
