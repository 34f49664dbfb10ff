"""The telephony process of one node: one AMI link, one FastAGI server, the rows between them."""

import asyncio
import contextlib
import shutil
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path

import structlog

from callflow import clock
from callflow.core.calls.dialogue import Phrase
from callflow.dispatch.beside import Beside
from callflow.dispatch.doomed import delete_doomed
from callflow.dispatch.identity import Identity, only, taken
from callflow.dispatch.wake import open_store, open_wake
from callflow.handling.base import telling
from callflow.handling.calls import trunking
from callflow.probes.machine import Probe
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.vault import Vault
from ivr import transcribing
from ivr.agi import AgiServer, Dialogues, Session, fixed_sentences
from ivr.agi.runner import sentence
from ivr.agi.voices import Voices
from ivr.ami import Account, AmiError, AmiLink, Event, Timing
from ivr.asterisk.configuration import AMI_USER
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.tree import cache_folder
from ivr.contact_id import Panels, write_tones
from ivr.speech import SpeechFailed
from ivr.speech.places import speech_of
from ivr.telephony.canaries import Canaries
from ivr.telephony.carrier_clocks import CarrierClocks
from ivr.telephony.carriers import Carriers
from ivr.telephony.dialogue_rows import DialogueRows
from ivr.telephony.door import Refused, keep_open
from ivr.telephony.drafts import Drafts
from ivr.telephony.faxes import Faxes
from ivr.telephony.panel_rows import PanelRows
from ivr.telephony.phones import Phones
from ivr.telephony.placing import Placing
from ivr.telephony.presence import Presence
from ivr.telephony.recordings import Recordings
from ivr.telephony.refusals import Refusals
from ivr.telephony.rings import Rings
from ivr.telephony.site_names import SiteNames
from ivr.telephony.trunk_reach import TrunkReach
from ivr.telephony.understudies import Understudies
from ivr.transcribing import Transcriber

log = structlog.get_logger(__name__)

ROLE = "telephony"
_LOOK_EVERY = 0.1  # seconds: a lost wake-up costs no more
_BEAT_EVERY = 2.0
_BEAT_PATIENCE = 0.2  # seconds that it may wait for others to share its commit with
_SWEEP_EVERY = 20.0
_DRAFTS_EVERY = 3.0
_FAXES_EVERY = 1.0
_DOOMED_EVERY = 5.0
_STAND_INS_EVERY = 0.25
_SITE_NAMES_EVERY = 2.0
_TRUNKS_EVERY = 3.0
_CARRIERS_EVERY = 20.0
_CLOCKS_EVERY = 60.0
_RINGS_EVERY = 5.0
_PHONES_EVERY = 2.0
_PHONES_PAUSE = 0.3
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
        self._settings, self._store, self._probe = settings, store, Probe(settings)
        self._me = me or only(settings, ROLE)
        self._presence, self._beside = Presence(store.url, settings.node), Beside()
        self._wake = open_wake(settings, ROLE)
        self._phones_asked, self._phones_changed = asyncio.Event(), asyncio.Event()
        self._carriers = Carriers(settings, station_of(settings), clock.now)
        self._phones = Phones(
            store,
            vault,
            station_of(settings),
            node=settings.node,
            now=clock.now,
            trunks=lambda: self._carriers.far_ends,
        )
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
            where=self._phones.dialled,
        )
        self._refusals, self._rings = refusals_of(settings), Rings(store, clock.monotonic)
        self._at_door, self._door_anew = Refused(), asyncio.Event()
        self._reach = TrunkReach(settings.all_trunks, station_of(settings), clock.now)
        self._clocks = CarrierClocks(settings.all_trunks, settings.name_servers, clock.now)
        self._link = AmiLink(
            account(settings),
            on_up=self._up,
            on_events=self._events,
            on_alarm=self._alarm,
            on_device=self._device,
            on_contact=self._phones.connected,
            on_proof=self._phones.proved,
            on_key=self._key,
            timing=Timing(boot=_BOOT[settings.asterisk]),
            ours=settings.asterisk == "embedded",
        )
        self._placing.attach(self._link)
        self._rows = DialogueRows(
            store,
            vault,
            node=settings.node,
            now=clock.now,
            on_arrived=self._placing.arrived,
            peer_code=settings.peer_code,
        )
        self._speech = speech_of(settings)
        self._site_names = SiteNames(store, vault, self._speech)
        self._dialogues = Dialogues(
            self._rows,
            self._speech,
            self._mute,
            Voices(settings.recordings_dir, settings.data_dir / "prompts" / "turns"),
        )
        self._drafts = Drafts(
            store,
            settings.recordings_dir,
            Transcriber(cache_folder() / "whisper-base"),
            node=settings.node,
            now=clock.now,
        )
        self._faxes = Faxes(store, settings, now=clock.now, ready=lambda: self._link.ready)
        self._stand_ins = Understudies(store, settings, now=clock.now)
        self._panels = Panels(
            PanelRows(store, node=settings.node, now=clock.now, on_arrived=self._placing.arrived),
            settings.data_dir / "tones",
        )
        self._canaries = Canaries(
            store,
            vault,
            settings.recordings_dir,
            now=clock.now,
            monotonic=clock.monotonic,
            kept=self._recordings.leave,
        )
        self._agi = AgiServer(
            {
                "outgoing": self._dialogues.outgoing,
                "incoming": self._incoming,
                "canary": self._canaries.placed,
                "panel": self._panels.panel,
                "fax": self._faxes.answered,
            },
            Instance(kind=Kind.STATION, data_dir=settings.data_dir).agi_secret(),
        )

    @property
    def link_is_up(self) -> bool:
        """True where calls can be placed now."""
        return self._link.ready

    async def run(self) -> None:
        """Until cancelled; a part that fails ends the process, and the supervisor begins again."""
        async with contextlib.AsyncExitStack() as closing:  # each, whatever fails or is cut short
            closing.callback(self._presence.close)
            closing.callback(self._wake.close)
            for each in (self._speech, self._canaries, self._faxes, self._placing, self._agi):
                closing.push_async_callback(each.close)
            await self._presence.begin()
            write_tones(self._settings.data_dir / "tones")
            await self._agi.start(
                self._settings.ports.agi,
                self._settings.agi_bind,
                only="" if self._settings.agi_bind == "127.0.0.1" else self._settings.ami_host,
            )
            await self._speech.start()
            async with asyncio.TaskGroup() as parts:
                for part in (
                    self._link.run(),
                    self._look(),
                    self._speech.prewarm(fixed_sentences()),
                    self._beside.every(_SITE_NAMES_EVERY, self._site_names.look),
                    self._recordings.run(),
                    self._beside.every(_BEAT_EVERY, self._beat),
                    self._beside.every(_TRUNKS_EVERY, self._watch_trunks),
                    self._keep_phones(),
                    self._follow_phones(),
                    self._beside.every(_SWEEP_EVERY, self._recordings.sweep),
                    self._beside.every(_FAXES_EVERY, self._faxes.look),
                    self._beside.every(_RINGS_EVERY, self._rings.look),
                    self._beside.every(_SWEEP_EVERY, self._faxes.sweep),
                    self._beside.every(_DOOMED_EVERY, self._delete_recordings),
                    self._beside.every(_CARRIERS_EVERY, self._carriers.look),
                    self._beside.every(_CLOCKS_EVERY, self._clocks.look),
                    self._beside.every(_STAND_INS_EVERY, self._stand_ins.look),
                    *self._drafting(),
                    *self._door(),
                ):
                    parts.create_task(part)

    def _drafting(self) -> list[Coroutine[None, None, None]]:
        """Where the parts for it are installed, what was dictated is drafted beside the calls."""
        return (
            [self._beside.every(_DRAFTS_EVERY, self._drafts.look)]
            if transcribing.installed()
            else []
        )

    def _door(self) -> list[Coroutine[None, None, None]]:
        """Where the Asterisk is our own, browsers' telephones come to it by our door."""
        station = station_of(self._settings)
        if station is None:
            return []
        # SIGHUP: the certificate's files hold another one.
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._door_anew.set)
        return [keep_open(self._settings, station, self._at_door, self._door_anew)]

    async def _delete_recordings(self) -> None:
        settings = self._settings
        folder = settings.recordings_dir
        await delete_doomed(self._store, "recordings", folder, settings.node, clock.now())

    async def _look(self) -> None:
        """Do what the rows ask for."""
        while True:
            told = await self._wake.wait(_LOOK_EVERY)
            with _while_there():
                await self._placing.look(told=told)
                await self._placing.ask_for_doubtful()
            if told:
                self._phones_asked.set()

    async def _events(self, events: list[Event]) -> None:
        await self._placing.events(events)
        self._rings.heard(events)

    def _device(self, device: str, state: str) -> None:
        self._reach.heard(device, state)
        self._phones.heard(device, state)
        if self._phones.changed:
            self._phones_changed.set()

    def _key(self, channel_id: str, key: str) -> None:
        self._dialogues.key(channel_id, key)
        self._canaries.key(channel_id, key)

    async def _keep_phones(self) -> None:
        """Asterisk knows the rows' phones, whatever a reload takes: the calls don't wait for it,
        nor ask for it 25 times a second."""
        while True:
            await self._after(self._phones_asked, self._phones.look)
            await asyncio.sleep(_PHONES_PAUSE)

    async def _follow_phones(self) -> None:
        """What a phone does is in its row at once: who is free is decided by it."""
        while True:
            await self._after(self._phones_changed, self._phones.tell)

    async def _after(self, event: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
        """When it is told, or after a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PHONES_EVERY):
                await event.wait()
        event.clear()
        with _while_there():
            await work()

    async def _up(self) -> None:
        await self._placing.resync()
        self._reach.forget()
        self._phones.forget()
        self._phones_asked.set()
        await self._link.devices()
        self._phones_changed.set()

    async def _incoming(self, session: Session) -> None:
        """Somebody calls, unless it is the station itself."""
        if not await self._canaries.gate(session):
            await self._dialogues.incoming(session)

    async def _watch_trunks(self) -> None:
        """Judged only while Asterisk is there: without it no trunk can be blamed."""
        if not self._link.ready:
            return
        await self._reach.ask()
        now, node, seen = clock.now(), self._settings.node, self._reach.seen()
        if await self._store.read(lambda tx: trunking.trunks_changed(tx, node, seen, now)):
            await self._store.write(lambda tx: trunking.watch_trunks(tx, node, seen, now))

    async def _beat(self) -> None:
        up, node = self._link.ready, self._settings.node
        now = clock.now()
        await asyncio.to_thread(self._refusals.look)
        seen = self._reach.seen() if up else None
        trunks = await self._store.read(lambda tx: trunking.trunk_health(tx, node, now, seen))
        state = {
            **self._presence.asterisk(now, up=up),
            "trunks": trunks,
            "clock_carriers": self._clocks.told(),
            "recordings_waiting": self._recordings.waiting,
            "panels": dict(self._panels.counts),
            "sip": self._refusals.state(),
            "door": dict(self._at_door.counts),
            "latencies": self._rings.told(),
            "failing": self._beside.failing,
            "machine": await asyncio.to_thread(self._probe.look),
        }
        await self._store.write(
            lambda tx: self._me.beat(tx, clock.now(), state), patience=_BEAT_PATIENCE
        )
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
            telling.station_event(tx, kind, text, at)

        await self._store.write(told)

    async def _mute(self, call_id: str, on: bool) -> None:
        there = await self._link.mute(call_id, on)
        if on and not there:
            raise AmiError("no such channel")


@contextlib.contextmanager
def _while_there() -> Iterator[None]:
    """What needs the store is left where it is away: it is tried again with the next look."""
    try:
        yield
    except StoreUnavailable as error:
        log.debug("store.away", reason=error.reason)  # the store says it, once


def station_of(settings: Settings) -> Instance | None:
    """The Asterisk that is our own; None: somebody else's."""
    if settings.asterisk == "external":
        return None
    return Instance(kind=Kind.STATION, data_dir=settings.data_dir)


def refusals_of(settings: Settings) -> Refusals:
    """Counted of our own Asterisk; of somebody else's nothing is known."""
    station = station_of(settings)
    file = station.log / "notices" if station else None
    return Refusals(file, clock.now, clock.monotonic)


def account(settings: Settings) -> Account:
    """Where AMI is and who we are there."""
    host, port = settings.ami_host, settings.ports.ami
    if settings.asterisk == "external":
        return Account(host=host, port=port, user=settings.ami_user, secret=settings.ami_secret)
    station = Instance(kind=Kind.STATION, data_dir=settings.data_dir)
    return Account(host=host, port=port, user=AMI_USER, secret=station.ami_secret())


async def one_moment(settings: Settings) -> Path | None:
    """What is heard while the dialogues' server is away, without its extension.

    None where the voice fails: a station without that sentence is better than none.
    """
    speech = speech_of(settings)
    await speech.start()
    try:
        made = await speech.sound(sentence(Phrase("one_moment"), "fr"))
    except SpeechFailed as error:
        log.critical("speech failed", key="one_moment", error=str(error))
        return None
    finally:
        await speech.close()
    # A file of its own: the dialplan knows it until the next start, whatever is recorded.
    stem = speech.folder / "one_moment"
    shutil.copyfile(made.with_name(f"{made.name}.alaw"), stem.with_suffix(".alaw"))
    return stem


async def serve(settings: Settings) -> None:
    """The role ``telephony`` of ``callflow serve``: until cancelled."""
    with taken(settings, ROLE) as me:
        vault = Vault.of_station(settings.data_dir)
        store = open_store(settings, vault)
        try:
            await Telephony(settings, store, vault, me).run()
        finally:
            store.close()
