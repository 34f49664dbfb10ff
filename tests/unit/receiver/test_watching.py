"""Who beat once and is silent now is lost; who never beat is not missed."""

from __future__ import annotations

from datetime import UTC, datetime

from callflow.receiver.watching import AWAY, MOST, Change, Watches, signal_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVERY = 30.0


def server(known: dict[str, bool] | None = None) -> Watches:
    return Watches("surgard", EVERY, 0.0, client=False, known=known or {})


def client(known: dict[str, bool] | None = None, every: float = EVERY) -> Watches:
    return Watches("arc", every, 0.0, client=True, known=known or {})


def looked(watches: Watches, until: float, since: float = 0.0) -> list[Change]:
    """What a look each second finds, told at once."""
    found: list[Change] = []
    at = since
    while at <= until:
        for change in watches.look(at):
            watches.told(change)
            found.append(change)
        at += 1.0
    return found


def test_a_server_that_nobody_ever_called_misses_nobody() -> None:
    watches = server()
    assert looked(watches, 1000) == []
    assert watches.state() == "none"


def test_three_missing_heartbeats_are_a_loss_and_one_is_the_end_of_it() -> None:
    watches = server()
    watches.beat("01", 0.0)
    assert looked(watches, 90) == []
    assert looked(watches, 500, 91) == [Change("surgard/01", lost=True)]
    assert watches.state() == "lost"
    watches.beat("01", 501.0)
    assert looked(watches, 550, 501) == [Change("surgard/01", lost=False)]
    assert watches.state() == "ok"


def test_a_signal_of_a_receiver_that_once_beat_is_a_sign_of_life_too() -> None:
    watches = server()
    watches.beat("01", 0.0)
    watches.alive("01", 60.0)
    assert looked(watches, 150) == []
    assert looked(watches, 200, 151) == [Change("surgard/01", lost=True)]
    watches.alive("01", 200.0)
    assert looked(watches, 201, 200) == [Change("surgard/01", lost=False)]


def test_one_of_two_receivers_of_a_line_is_lost() -> None:
    watches = server()
    watches.beat("01", 0.0)
    for at in range(0, 200, 30):
        looked(watches, at, max(0, at - 29))
        watches.beat("02", at)
    assert watches.known == {"surgard/01": True, "surgard/02": False}


def test_what_is_not_told_is_found_again() -> None:
    watches = server()
    watches.beat("01", 0.0)
    looked(watches, 90)
    assert watches.look(92.0) == watches.look(93.0) == [Change("surgard/01", lost=True)]


def test_a_receiver_that_does_not_beat_is_not_watched() -> None:
    watches = server()
    watches.beat(None, 0.0)
    watches.alive("07", 0.0)
    assert looked(watches, 1000) == []
    assert client(every=0.0).look(1000.0) == []


def test_a_receiver_that_we_call_is_missed_from_the_start() -> None:
    watches = client()
    assert looked(watches, 100) == [Change("arc", lost=True)]
    watches.beat(None, 101.0)
    assert looked(watches, 110, 101) == [Change("arc", lost=False)]


class TestARestart:
    def test_gives_time_to_beat(self) -> None:
        watches = server({"surgard/01": False, "other/02": False})
        assert looked(watches, 90) == []
        assert looked(watches, 100, 91) == [Change("surgard/01", lost=True)]

    def test_remembers_who_is_lost(self) -> None:
        watches = server({"surgard/01": True})
        assert watches.state() == "lost"
        assert looked(watches, 1000) == []
        watches.beat("01", 1000.0)
        assert looked(watches, 1001, 1000) == [Change("surgard/01", lost=False)]

    def test_forgets_nobody(self) -> None:
        known = {"surgard/01": True, "surgard/02": False}
        assert server(known).known == known


def test_while_we_were_away_nobody_is_missed() -> None:
    watches = server()
    watches.beat("01", 0.0)
    looked(watches, 10)
    assert looked(watches, 620, 600) == []
    assert AWAY < 590


def test_numbers_without_end_are_not_all_watched() -> None:
    watches = server()
    for number in range(1000):
        watches.beat(str(number), 0.0)
    assert len(watches.known) == MOST


def test_the_signal_says_who() -> None:
    lost, back = (signal_of(Change("surgard/01", lost=lost), NOW) for lost in (True, False))
    assert (lost.code, lost.text, lost.line) == ("RECEIVER_LOST", "surgard/01", "surgard/01")
    assert (lost.format, lost.account, lost.zone) == ("station", "", "")
    assert back.code == "RECEIVER_BACK"
    assert lost.deduplication != back.deduplication
