"""``edits``: how soon what an administrator changed counts, in a station of 5,000 sites.

Each edit is made over HTTP; at once after its answer a panel reports by DC-09, and the running
engine must act by what was changed: *effect* is from the answer to the commit that shows it. An act
by what stood there before breaks the bench, however soon. *answer* is how long the edit itself
took. The floor, in the same run: the same signal and the same act without an edit before it.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
from sqlalchemy import select

from callflow import clock
from callflow.core.signals.signal import Treatment
from callflow.handling.plans import plans as plan_acts
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.alarms import surroundings
from callflow.storage.plans import plans
from callflow.storage.sites import sites
from tests.bench.kit.figures import Report, Row, percentile, say
from tests.bench.kit.living import Busy, Line, browser, living
from tests.bench.kit.stores import chosen
from tests.bench.kit.town import FOLLOWED, PEOPLE, PLANS, SITES, town
from tests.support.stations.web_station import NAME as WHO
from tests.support.stations.web_station import WebStation
from web.access.users import Role
from web.kit import conflicts

NAME = "edits"
#: What is asked: milliseconds from the edit's answer to its effect.
LIMIT_MS = 1000.0
#: Edits of each sort in a round, and how long one is waited for, in seconds.
_TIMES, _PATIENCE = 5, 10.0
#: What a code of its own is made to mean, again and again another.
_CODE, _KINDS = "YX", ("flood", "gas", "power", "battery")
_KEY = bytes(range(16))

#: What the engine did, as soon as it did something; None: nothing yet.
Seen = Callable[[Tx], Any]


class _Edits:
    """Somebody who edits, and the panels of sites where nothing happened yet."""

    def __init__(self, station: WebStation, person: httpx.Client, program: httpx.Client) -> None:
        self._station, self._person, self._program = station, person, program
        self._line = Line(station)
        self._fresh = _quiet_accounts()
        self._turn = itertools.count()

    def close(self) -> None:
        self._line.close()

    def sorts(self) -> dict[str, Callable[[], tuple[float, float]]]:
        """{what is edited: edits it once; seconds to the answer, and from there to the effect}."""
        return {
            "nothing": self.nothing,
            "a contact's number": self.number,
            "a provisional instruction": self.instruction,
            "a plan, published": self.plan,
            "a site, put on test": self.test,
            "the event table": self.table,
            "an account's key": self.key,
        }

    def nothing(self) -> tuple[float, float]:
        account = next(self._fresh)
        return 0.0, self._acted(account, "BA", _called(account), _number(account))

    def number(self) -> tuple[float, float]:
        account, new = next(self._fresh), f"+3363997{next(self._turn):04d}"
        body = self._site(account)
        body["contacts"][0]["phone"] = new
        took = self._answered(self._program.put, f"/api/v1/sites/{account}", json=body)
        return took, self._acted(account, "BA", _called(account), new)

    def instruction(self) -> tuple[float, float]:
        """Another number for the premises lowers protection: it counts once it is countersigned."""
        account, new = next(self._fresh), f"+3363998{next(self._turn):04d}"
        ends = (clock.now() + timedelta(hours=2)).isoformat()
        asked = {"kind": "number", "contact": f"{account}-0", "phone": new, "ends_at": ends}
        made = self._program.post(f"/api/v1/sites/{account}/instructions", json=asked).json()
        where = f"/sites/{account}/instructions/{made['id']}/countersign"
        took = self._answered(self._person.post, where)
        return took, self._acted(account, "BA", _called(account), new)

    def plan(self) -> tuple[float, float]:
        account = next(self._fresh)
        revision, version = self._station.do(partial(_draft, turn=next(self._turn)))
        form = {"as_of": revision, "why": "essai", "accept": "essai"}
        where = f"/plans/{FOLLOWED}/edit/publish"
        took = self._answered(self._person.post, where, data=form)
        return took, self._acted(account, "BA", _followed(account), version)

    def test(self) -> tuple[float, float]:
        account = next(self._fresh)
        asked = {"minutes": 60, "reason": "essai"}
        where = f"/api/v1/sites/{account}/on-test"
        took = self._answered(self._program.post, where, json=asked)
        return took, self._acted(account, "BA", _treated(account), Treatment.TESTED.value)

    def table(self) -> tuple[float, float]:
        account, kind = next(self._fresh), _KINDS[next(self._turn) % len(_KINDS)]
        rule = self._station.store.read_now(surroundings.event_rules).get(_CODE)
        form = {"code": _CODE, "kind": kind, "category": "", "priority": "", "opens": "yes"}
        form["as_of"] = conflicts.stamp(rule)
        took = self._answered(self._person.post, "/settings/events", data=form)
        return took, self._acted(account, _CODE, _is(account), kind)

    def key(self) -> tuple[float, float]:
        """The receiver's own: what is sent with the new key is understood."""
        account = next(self._fresh)
        body = self._site(account)
        body["accounts"][0]["dc09_key"] = _KEY.hex()
        took = self._answered(self._program.put, f"/api/v1/sites/{account}", json=body)
        begun = time.perf_counter()
        while self._line.send(account, "RP", "1", _KEY) != "ACK":
            assert time.perf_counter() - begun < _PATIENCE, "the key never counted"
            time.sleep(0.02)
        return took, time.perf_counter() - begun

    def _site(self, account: str) -> dict[str, Any]:
        found: dict[str, Any] = self._program.get(f"/api/v1/sites/{account}").json()
        return found

    def _answered(self, ask: Callable[..., httpx.Response], where: str, **sent: Any) -> float:
        begun = time.perf_counter()
        answer = ask(where, **sent)
        took = time.perf_counter() - begun
        assert answer.status_code in (200, 201, 303), f"{where}: {answer.status_code} {answer.text}"
        return took

    def _acted(self, account: str, code: str, seen: Seen, expected: object) -> float:
        begun = time.perf_counter()
        assert self._line.send(account, code, "3") == "ACK"
        while (found := self._station.store.read_now(seen)) is None:
            assert time.perf_counter() - begun < _PATIENCE, f"{account}: nothing came of {code}"
            time.sleep(0.005)
        took = time.perf_counter() - begun
        assert found == expected, f"{account}: acted by {found}, not by {expected}"
        return took


def _quiet_accounts() -> Iterator[str]:
    """Of active sites that follow the station's own plan, with nothing agreed nor open."""
    for number in range(SITES - 1, 0, -1):
        if number % 20 and number % 25 and number % 3 != 1 and (number - 2) % 97:
            yield f"{number:05d}"


def _number(account: str) -> str:
    return f"+336399{int(account) * PEOPLE:05d}"


def _called(account: str) -> Seen:
    """The first number that is called."""
    of = select(t.incident.c.id).where(t.incident.c.account == account, _OPEN)
    query = select(t.call.c.to).where(t.call.c.incident_id.in_(of))
    return lambda tx: tx.execute(query.order_by(t.call.c.requested_at)).scalars().first()


def _followed(account: str) -> Seen:
    """The version of the plan that the incident got."""
    query = select(t.incident.c.plan).where(t.incident.c.account == account, _OPEN)

    def version(tx: Tx) -> int | None:
        plan = tx.execute(query).scalars().first()
        return None if plan is None else int(plan["version"])

    return version


def _is(account: str) -> Seen:
    """The incident's kind."""
    query = select(t.incident.c.kind).where(t.incident.c.account == account, _OPEN)
    return lambda tx: tx.execute(query).scalars().first()


def _treated(account: str) -> Seen:
    """What became of the account's newest alarm, once it was correlated."""
    c = t.signal.c
    query = select(c.treatment).where(c.account == account, c.code == "BA")
    query = query.where(c.correlated_at.is_not(None), c.received_at >= clock.now())
    return lambda tx: tx.execute(query).scalars().first()


_OPEN = t.incident.c.state == "open"


def _draft(tx: Tx, turn: int) -> tuple[str, int]:
    """Another draft of the plan that most sites follow; its revision, and the version it makes."""
    body, old = sites.plan_body(tx, FOLLOWED), plans.draft(tx, FOLLOWED)
    assert body is not None
    new = {**body, "name": f"Intrusion {turn}"}
    revision = plan_acts.save_draft(
        tx,
        new,
        WHO,
        clock.now(),
        revision=old.revision if old else None,
        based_on=body["version"],
    )
    return revision, body["version"] + 1


def _round(store: str, edits: _Edits) -> Iterator[Row]:
    for sort, edit in edits.sorts().items():
        busy, took = Busy(), []
        for _ in range(_TIMES):
            busy.look()
            took.append(edit())
        effects = [effect * 1000 for _, effect in took]
        yield {
            "edit": sort,
            "store": store,
            "answer_ms": round(percentile([answer * 1000 for answer, _ in took], 0.5), 1),
            "effect_p50_ms": round(percentile(effects, 0.5), 1),
            "effect_max_ms": round(max(effects), 1),
            "busy": round(busy.factor, 2),
        }


def _store(store: str, rounds: int) -> Iterator[Row]:
    with (
        town(postgresql=store == "PostgreSQL") as (station, where),
        living(station, where) as web,
        contextlib.closing(browser(web.url)) as person,
        httpx.Client(base_url=web.url, timeout=60, trust_env=False) as program,
    ):
        program.headers["Authorization"] = f"Bearer {station.token(Role.ADMINISTRATOR)}"
        edits = _Edits(station, person, program)
        for place in range(rounds):
            say(f"{store}, round {place + 1} of {rounds}: edits")
            yield from _round(store, edits)
        edits.close()


def run(rounds: int = 3, only: str = "") -> Report:
    """Every sort of edit on each database, ``rounds`` times."""
    report = Report(NAME, ("edit", "store"))
    for store in chosen(only):
        report.rounds += _store(store, rounds)
    report.hold("effect_max_ms", LIMIT_MS)
    report.notes.append(
        f"{SITES:,} sites, {PLANS} plans. Asked: every effect within {LIMIT_MS:.0f} ms of the"
        " edit's answer, times busy; nothing acts by what stood there before."
    )
    return report
