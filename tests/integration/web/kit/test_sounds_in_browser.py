"""What an operator hears: a sound for each priority, louder while nobody claims, in one tab."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.alarms.incident import Incident
from callflow.handling.alarms import operating
from callflow.handling.desks import queueing
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from tests.integration.web.kit.test_browser import log_in
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, WebProcess]
Row = dict[str, Any]

#: Each tone that the page begins: its pitch, how loud it is, when (ms since the page was opened).
LISTEN = """
window.tones = [];
const [connect, start] = [AudioNode.prototype.connect, OscillatorNode.prototype.start];
AudioNode.prototype.connect = function (to, ...more) {
  this.into = to;
  return connect.call(this, to, ...more);
};
OscillatorNode.prototype.start = function (...at) {
  const loud = this.into instanceof GainNode ? this.into.gain.value : 1;
  window.tones.push({ hertz: Math.round(this.frequency.value), loud, at: performance.now() });
  return start.apply(this, at);
};
"""
#: The first tones of each priority: no other sound begins so.
SOUND = {1: [988, 784, 988, 784, 988], 2: [784, 659, 784], 3: [587, 523], 4: [440]}


@pytest.fixture
def web(tmp_path: Path, page: Page) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    for account in ("1001", "1002", "1003", "1004"):
        station.site(account, name=f"Magasin {account}")
    page.add_init_script(LISTEN)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def waits_for_a_person(station: WebStation, account: str, priority: int) -> Incident:
    """An alarm of this priority that the machine gave to the operators."""
    row = station.alarm(account)

    def give(tx: Tx) -> Incident:
        operating.claim(tx, row.id, "yves", clock.now())
        found = operating.release(tx, row.id, "yves", clock.now())
        return incidents.change(tx, found, priority=priority)

    given: Incident = station.do(give)
    return given


def tones(page: Page) -> list[Row]:
    return list(page.evaluate("window.tones"))


def begins(page: Page) -> list[int]:
    """The pitches of what was heard, the first five of them."""
    return [tone["hertz"] for tone in tones(page)][:5]


def silence(page: Page) -> None:
    """What was heard until now is forgotten."""
    page.evaluate("window.tones.length = 0")


def hears(page: Page, *hertz: int, within: float = 15) -> float:
    """These tones, one after the other; how loud the first is."""
    page.wait_for_function(
        """(hertz) => window.tones.some((_, place) =>
          hertz.every((pitch, more) => window.tones[place + more]?.hertz === pitch))""",
        arg=list(hertz),
        timeout=within * 1000,
    )
    heard = tones(page)
    pitches = [tone["hertz"] for tone in heard]
    at = next(n for n in range(len(heard)) if pitches[n : n + len(hertz)] == list(hertz))
    return float(heard[at]["loud"])


@pytest.mark.parametrize(
    "priority", [1, *(pytest.param(one, marks=pytest.mark.deep) for one in (2, 3)), 4]
)
def test_each_priority_has_its_own_sound_until_it_is_claimed(
    page: Page, web: Web, priority: int
) -> None:
    station, process = web
    log_in(page, process)
    assert tones(page) == []
    row = waits_for_a_person(station, "1001", priority)
    hears(page, *SOUND[priority])
    assert begins(page)[: len(SOUND[priority])] == SOUND[priority]
    if priority == 1:
        silence(page)
        hears(page, *SOUND[1])  # again, and again
    station.do(lambda tx: operating.claim(tx, row.id, NAME, clock.now()))
    expect(page.locator(f"#i-{row.id}.own")).to_have_count(1)
    silence(page)
    other = 4 if priority != 4 else 3
    waits_for_a_person(station, "1002", other)
    hears(page, *SOUND[other])  # the page sounds on, and not for what is claimed
    assert begins(page)[: len(SOUND[other])] == SOUND[other]


def test_unclaimed_work_comes_back_louder(page: Page, web: Web) -> None:
    station, process = web
    waits_for_a_person(station, "1001", 1)
    log_in(page, process)
    loud = [hears(page, *SOUND[1])]
    for level in (1, 2):
        late = clock.now() + timedelta(minutes=30 * level)
        station.do(lambda tx, late=late: queueing.escalate_queue(tx, late))
        expect(page.locator(f".row[data-level='{level}']")).to_have_count(1)
        silence(page)
        loud.append(hears(page, *SOUND[1]))
    assert loud == sorted(set(loud)), loud
    assert loud[-1] <= 1


def test_a_claimed_alarm_that_comes_back_sounds_again(page: Page, web: Web) -> None:
    station, process = web
    row = waits_for_a_person(station, "1001", 1)
    station.do(lambda tx: operating.claim(tx, row.id, "yves", clock.now()))
    log_in(page, process)
    expect(page.locator(f"#i-{row.id} .holder")).to_have_text("yves")
    assert tones(page) == []
    station.do(lambda tx: operating.release(tx, row.id, "yves", clock.now()))
    hears(page, *SOUND[1])


def test_mute_silences_all_but_a_vital_alarm_which_is_quiet(page: Page, web: Web) -> None:
    station, process = web
    waits_for_a_person(station, "1002", 2)
    vital = waits_for_a_person(station, "1001", 1)
    late = clock.now() + timedelta(minutes=30)
    station.do(lambda tx: queueing.escalate_queue(tx, late))
    log_in(page, process)
    loud = hears(page, *SOUND[1])
    hears(page, *SOUND[2])
    page.keyboard.press("m")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    silence(page)
    quiet = hears(page, *SOUND[1])
    assert 0 < quiet < loud
    hears(page, *SOUND[1], *SOUND[1], *SOUND[1])  # as long as the other's sound takes to come
    assert {tone["hertz"] for tone in tones(page)} == set(SOUND[1])
    station.do(lambda tx: operating.claim(tx, vital.id, NAME, clock.now()))
    page.keyboard.press("m")
    silence(page)
    hears(page, *SOUND[2])


def test_of_two_tabs_one_sounds_and_the_other_goes_on_when_it_is_closed(
    page: Page, web: Web
) -> None:
    station, process = web
    log_in(page, process)
    second = page.context.new_page()
    second.add_init_script(LISTEN)
    second.goto(process.url)
    expect(second.locator("[data-clock]")).not_to_have_text("--:--:--", timeout=15000)
    waits_for_a_person(station, "1001", 1)
    hears(page, *SOUND[1])
    expect(second.locator("#list-queue .row")).to_have_count(1)
    assert tones(second) == []
    page.close()
    hears(second, *SOUND[1])
