"""Programs that are told of every event: each site's in their order, whatever fails."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from callflow.core.alarms.incident import State
from callflow.core.messages.subscriptions import (
    BACKLOG,
    GIVE_UP,
    MOST_LANES,
    MUTE_AGAIN,
    TOLD_AFTER,
    WINDOW,
    Event,
    Sent,
    Subscription,
    SubscriptionState,
)
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import draft, tell
from callflow.handling.messages import subscriptions
from callflow.handling.messages.subscriptions import MOST, Wanted
from callflow.storage import Store, Tx
from callflow.storage.alarms import incidents
from callflow.storage.messages import subscriptions as rows
from callflow.storage.records import chaining, logbook
from callflow.storage.records.horizon import Settled, horizon
from callflow.storage.signals import signals
from callflow.storage.sites import moves
from callflow.vault import Vault
from tests.integration.handling.station import Station

URL = "https://programme.example.org/evenements?cle=secret"
NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
#: Whether a program takes an event.
Takes = Callable[[Event], bool]


class Program:
    """A program that is told, and what it took."""

    def __init__(self, station: Station, vault: Vault, **wanted: object) -> None:
        self.station, self.vault = station, vault
        self.taken: list[Event] = []
        self.tried: list[Event] = []
        fields = {"name": "tableau", "url": URL, **wanted}
        made = Wanted(**fields)  # type: ignore[arg-type]
        self.id, self.secret = station.write(
            lambda tx: subscriptions.subscribe(tx, vault, made, "admin", station.now)
        )

    def row(self) -> Subscription:
        found = self.station.read(lambda tx: rows.get(tx, self.id))
        assert found is not None
        return found

    def lanes(self) -> dict[str, int]:
        return {
            lane.site: lane.number for lane in self.station.read(lambda tx: rows.lanes(tx, self.id))
        }

    def round(self, takes: Takes = lambda _: True, *, lost: bool = False) -> bool:
        """One round; ``lost``: what it did is not written down. Whether it sent anything."""
        station = self.station
        made = station.read(
            lambda tx: subscriptions.next_round(tx, self.id, station.now, settled=horizon(tx).last)
        )
        if made is None or made.idle:
            return False
        sent = []
        for queue in made.queues:
            if queue.site in made.mute:
                sent.append(Sent(queue=queue, mute=True))
                continue
            done = 0
            for event in queue.events:
                self.tried.append(event)
                if not takes(event):
                    break
                self.taken.append(event)
                done += 1
            error = "" if done == len(queue.events) else "busy: HTTP 503"
            sent.append(Sent(queue=queue, delivered=done, error=error))
        if not lost:
            station.write(lambda tx: subscriptions.settle(tx, made, sent, station.now, jitter=0.5))
        return True

    def texts(self) -> list[str]:
        return [str(event.data["note"]) for event in self.taken if event.kind == "note"]


def happens(station: Station, site: str | None, *texts: str) -> None:
    for text in texts:
        station.write(partial(_note, station, site, text))


def _note(station: Station, site: str | None, text: str, tx: Tx) -> None:
    tell(tx, "note", station.now, site=site, note=text)


@pytest.fixture
def program(station: Station, vault: Vault) -> Program:
    return Program(station, vault)


def told_station(station: Station) -> list[str]:
    backlog = station.read(lambda tx: signals.backlog(tx, limit=50))
    return [signal.text for signal in backlog if signal.code == "WEBHOOK_LOST"]


def test_what_happened_before_it_was_subscribed_is_not_told(station: Station, vault: Vault) -> None:
    happens(station, "1002", "avant")
    program = Program(station, vault)
    happens(station, "1002", "après")
    program.round()
    assert program.texts() == ["après"]
    assert not program.round()


def test_only_the_kinds_and_sites_that_were_asked_for_are_told(
    station: Station, vault: Vault
) -> None:
    some = Program(station, vault, kinds=("note", "messages.*"), sites=("1002", "1003"))
    happens(station, "1002", "un")
    happens(station, "1004", "ailleurs")
    happens(station, None, "station")
    station.write(lambda tx: tell(tx, "lines", station.now, site="1002"))
    station.write(lambda tx: tell(tx, "message_sent", station.now, site="1003"))
    some.round()
    assert [(e.kind, e.site) for e in some.taken] == [("note", "1002"), ("message_sent", "1003")]


def test_who_acts_for_a_site_tells_of_it(station: Station, program: Program) -> None:
    happens(station, "1002", "à nous", "refusé")
    program.round(lambda event: event.data.get("note") != "refusé")
    station.write(lambda tx: moves.set_shadow(tx, ["1002"], station.now))
    happens(station, "1002", "aux autres")
    happens(station, "1003", "ailleurs")
    station.later(TOLD_AFTER.total_seconds())
    while program.round():
        pass
    station.write(lambda tx: moves.set_shadow(tx, ["1002"], None))
    happens(station, "1002", "à nous encore")
    while program.round():
        pass
    assert program.texts() == ["à nous", "ailleurs", "à nous encore"]


def test_a_site_waits_behind_what_was_not_taken_and_others_go_on(
    station: Station, program: Program
) -> None:
    happens(station, "1002", "a1", "a2")
    happens(station, "1003", "b1")
    program.round(lambda event: event.site != "1002")
    happens(station, "1002", "a3")
    happens(station, "1003", "b2")
    program.round()  # the site that waits is not due
    assert program.texts() == ["b1", "b2"]
    station.now += timedelta(seconds=5)
    program.round()
    assert program.texts() == ["b1", "b2", "a1", "a2", "a3"]
    assert program.lanes() == {}
    assert not program.round()


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(n, marks=pytest.mark.deep) for n in range(2, 100))]
)
def test_nothing_overtakes_and_nothing_is_lost_whatever_fails(
    station: Station, program: Program, seed: int
) -> None:
    """Sites that fail by turns, a program that is away, rounds whose end was not written down."""
    draw = random.Random(seed)
    sites = ["1002", "1003", "1004", None]
    happened: list[tuple[str, str]] = []
    for at in range(60):
        site = draw.choice(sites)
        text = f"{at}"
        happens(station, site, text)
        happened.append((site or "", text))
        ill, away = draw.choice(sites), draw.random() < 0.2
        if draw.random() < 0.7:
            program.round(
                lambda event, ill=ill, away=away: (  # type: ignore[misc]
                    not away and (event.site != ill or draw.random() < 0.3)
                ),
                lost=draw.random() < 0.15,
            )
        station.now += timedelta(seconds=draw.choice([0, 1, 5, 60]))
    for _ in range(20):
        station.now += timedelta(minutes=11)
        program.round()
    first: dict[str, list[str]] = {}
    for event in program.taken:
        if event.kind == "note":
            seen = first.setdefault(event.lane, [])
            if (text := str(event.data["note"])) not in seen:
                seen.append(text)
    assert first == {
        site: [text for at, text in happened if at == site] for site in {s for s, _ in happened}
    }


def test_a_long_backlog_comes_piece_by_piece_in_its_order(
    station: Station, program: Program
) -> None:
    happens(station, "1002", "0")
    program.round(lambda _: False)
    texts = [str(n) for n in range(1, 2 * BACKLOG + 3)]

    def many(tx: Tx) -> None:
        for text in texts:
            tell(tx, "note", station.now, site="1002", note=text)

    station.write(many)
    program.round()
    station.now += timedelta(minutes=1)
    while program.round():
        pass
    assert program.texts() == ["0", *texts]


def test_a_program_that_is_away_holds_everything_up_and_loses_nothing(
    station: Station, program: Program
) -> None:
    def many(tx: Tx) -> None:
        for at in range(3 * MOST_LANES):
            tell(tx, "note", station.now, site=f"s{at}", note=f"{at}")

    station.write(many)
    for _ in range(5):
        program.round(lambda _: False)
        happens(station, "1002", "plus tard")
        station.now += timedelta(seconds=1)
    lanes = program.lanes()
    assert len(lanes) >= MOST_LANES
    assert "1002" not in lanes
    before = len(program.tried)
    program.round(lambda _: False)
    assert len(program.tried) == before, "nothing is due yet"
    station.now += timedelta(minutes=11)
    while program.round():
        pass
    assert len(set(program.texts())) == 3 * MOST_LANES + 1


def test_the_first_that_is_taken_wakes_the_others(station: Station, program: Program) -> None:
    for site in ("1002", "1003"):
        happens(station, site, site)
    for _ in range(8):  # long waits by now
        program.round(lambda _: False)
        station.now += timedelta(minutes=3)
    happens(station, "1004", "neuf")
    program.round()
    program.round()
    assert set(program.texts()) == {"1002", "1003", "neuf"}


def test_the_station_is_told_once_of_a_program_that_takes_nothing_and_when_it_does_again(
    station: Station, program: Program
) -> None:
    begun = station.now
    while station.now < begun + 2 * TOLD_AFTER:
        happens(station, "1002", "x")
        program.round(lambda _: False)
        station.now += timedelta(minutes=3)
    assert told_station(station) == ["tableau : busy: HTTP 503"]
    kinds = [entry.kind for entry in station.read(lambda tx: logbook.last(tx, limit=500))]
    assert kinds.count("subscription_silent") == 1
    station.now += timedelta(minutes=11)
    program.round()
    kinds = [entry.kind for entry in station.read(lambda tx: logbook.last(tx, limit=500))]
    assert kinds.count("subscription_back") == 1
    assert program.row().failing_since is None


def test_a_dead_program_is_given_up_and_goes_on_where_it_stopped(
    station: Station, program: Program
) -> None:
    happens(station, "1002", "un", "deux")
    begun = station.now
    while program.row().state is SubscriptionState.ACTIVE:
        program.round(lambda _: False)
        station.now += timedelta(hours=2)
        assert station.now < begun + 2 * GIVE_UP
    assert program.row().state is SubscriptionState.DEAD
    assert len(told_station(station)) == 2
    assert not program.round()
    station.write(lambda tx: subscriptions.resume(tx, program.id, "admin", station.now))
    while program.round():
        pass
    assert program.texts() == ["un", "deux"]


def test_an_event_that_is_refused_for_a_day_is_given_up_alone(
    station: Station, program: Program
) -> None:
    happens(station, "1002", "un", "poison", "trois")
    begun = station.now
    while station.now < begun + GIVE_UP + timedelta(hours=1):
        happens(station, "1003", "autre")
        program.round(lambda event: event.data.get("note") != "poison")
        station.now += timedelta(hours=2)
    program.round(lambda event: event.data.get("note") != "poison")
    assert [text for text in program.texts() if text != "autre"] == ["un", "trois"]
    assert len(told_station(station)) == 1
    (lost,) = station.entries("event_lost")
    assert lost.site == "1002"
    assert program.row().state is SubscriptionState.ACTIVE


def test_it_is_told_again_from_a_point_on_under_the_same_ids(
    station: Station, program: Program
) -> None:
    happens(station, "1002", "un")
    station.now += timedelta(minutes=1)
    since = station.now
    happens(station, "1002", "deux", "trois")
    program.round()
    first = list(program.taken)
    station.write(lambda tx: subscriptions.replay(tx, program.id, since, "admin", station.now))
    program.round()
    again = [event for event in program.taken[len(first) :] if event.kind == "note"]
    assert [event.id for event in again] == [e.id for e in first if e.kind == "note"][1:]
    assert program.row().replayed_to >= again[-1].number
    station.write(
        lambda tx: subscriptions.replay(tx, program.id, again[-1].id, "admin", station.now)
    )
    program.round()
    assert program.texts() == ["un", "deux", "trois", "deux", "trois", "trois"]
    with pytest.raises(NotFound):
        station.write(lambda tx: subscriptions.replay(tx, program.id, "nul", "a", station.now))


def test_a_replay_under_way_of_a_round_is_not_undone_by_it(
    station: Station, program: Program
) -> None:
    happens(station, "1002", "un")
    made = station.read(
        lambda tx: subscriptions.next_round(tx, program.id, station.now, settled=horizon(tx).last)
    )
    assert made is not None
    begin: datetime = station.now - timedelta(days=1)
    station.write(lambda tx: subscriptions.replay(tx, program.id, begin, "admin", station.now))
    sent = [Sent(queue=queue, delivered=len(queue.events)) for queue in made.queues]
    assert not station.write(
        lambda tx: subscriptions.settle(tx, made, sent, station.now, jitter=0.5)
    )
    assert program.row().position < made.upto


def test_nothing_is_told_of_a_site_while_it_is_mute_but_inside_the_house(
    station: Station, vault: Vault
) -> None:
    """D7: a client's program may have a screen beside the robber."""
    outside = Program(station, vault)
    inside = Program(station, vault, name="chef de salle", inside=True)
    incident = station.alarm(code="HA")  # hold-up
    for each in (outside, inside):
        each.round()
    assert incident.id in {event.incident for event in inside.taken}
    assert "1002" not in {event.site for event in outside.taken}
    happens(station, "1003", "ailleurs")
    outside.round()
    assert outside.texts() == ["ailleurs"]
    row = station.incident(incident.id)
    station.write(lambda tx: incidents.change(tx, row, state=State.FILED))
    station.now += MUTE_AGAIN
    outside.round()
    assert incident.id in {event.incident for event in outside.taken}


def test_what_was_wrong_is_said(station: Station, vault: Vault, program: Program) -> None:
    def refused(**fields: object) -> str:
        wanted = Wanted(**{"name": "autre", "url": URL, **fields})  # type: ignore[arg-type]
        with pytest.raises(BadField) as wrong:
            station.write(
                lambda tx: subscriptions.subscribe(tx, vault, wanted, "admin", station.now)
            )
        return wrong.value.field

    assert refused(name="tableau") == "name"
    assert refused(name=" ") == "name"
    assert refused(url="ftp://example.org") == "url"
    assert refused(url="https://u:p@example.org/") == "url"
    assert refused(secret="court") == "secret"
    assert refused(kinds=("rien",)) == "kinds"
    assert refused(sites=("a b",)) == "sites"
    for n in range(MOST - 1):
        Program(station, vault, name=f"p{n}")
    with pytest.raises(Refused):
        Program(station, vault, name="de trop")
    assert WINDOW > BACKLOG
    assert MUTE_AGAIN < TOLD_AFTER


def test_the_secret_is_kept_encrypted_and_the_path_of_the_address_is_not_told(
    station: Station, vault: Vault, program: Program
) -> None:
    assert program.secret not in program.row().secret
    wanted = Wanted(name="tableau 2", url="https://autre.example.org/x?cle=1", inside=True)
    station.write(
        lambda tx: subscriptions.change(tx, vault, program.id, wanted, "admin", station.now)
    )
    told = [e.text + str(e.data) for e in station.read(lambda tx: logbook.last(tx, limit=9))]
    assert any("programme.example.org" in text for text in told)
    assert not any("cle=" in text or program.secret in text for text in told)
    assert program.row().name == "tableau 2"


@pytest.mark.both_databases
def test_an_entry_that_is_committed_later_than_a_higher_number_is_not_passed_by(
    store: Store, vault: Vault
) -> None:
    """On PostgreSQL numbers are given out before the commit."""
    if store.sqlite:
        seen = store.read_now(horizon)
        assert Settled().seen(seen) == Settled(seen.last)
        return
    other = Store(store.url, mac=vault.seal)
    told, may_end = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        logbook.append(tx, draft("note", NOW, incident="a", note="un"))
        chaining.execute(tx, select(1))  # what was told is written, with its number
        told.set()
        assert may_end.wait(20)

    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(other.write_now, slow)
        assert told.wait(20)
        later = draft("note", NOW, incident="b", note="deux")  # of another chain
        store.write_now(lambda tx: logbook.append(tx, later))
        seen = store.read_now(horizon)
        settled = Settled().seen(seen)
        assert settled.upto < seen.last
        assert settled.seen(store.read_now(horizon)).upto < seen.last
        may_end.set()
        written.result(20)
    assert settled.seen(store.read_now(horizon)).upto == seen.last
    numbers = {
        event.data["note"]: event.number
        for event in store.read_now(lambda tx: rows.events_after(tx, 0, seen.last, 10))
    }
    assert numbers["un"] < numbers["deux"] == seen.last
    other.close()
