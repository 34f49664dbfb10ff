"""Trunks: a call's channel, the next trunk where one did not carry it, how each of them does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from callflow import ids
from callflow.core.alarms import incident
from callflow.core.alarms.incident import Incident, Machine
from callflow.core.calls.call import Call
from callflow.core.calls.purpose import Purpose
from callflow.core.calls.trunks import (
    CODES,
    RATE_CALLS,
    RATE_WITHIN,
    USUAL_RATE,
    Carried,
    Exchange,
    Seen,
    State,
    Trunk,
    answer_rate,
    judge,
    others,
    rests_until,
)
from callflow.core.interventions.directory import shown
from callflow.core.signals.signal import Signal
from callflow.core.time.instants import from_iso, to_iso
from callflow.core.watch.supervision import station_signal
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.calls import calls, trunks
from callflow.storage.people import users

#: The setting that holds what is known of a node's trunks: {name: {"state", "since",
#: "rests_until"}}. A trunk that one node doesn't reach may serve another well.
_STATES = "trunks of {}"
#: The usual answer rate is that of so many days, if so many calls were made in them.
_USUAL_OF = timedelta(days=7)
_USUAL_CALLS = 200


def exchange(tx: Tx, policy: Policy, node: str, now: datetime) -> Exchange:
    """A node's trunks with what is up on them; those that are down come last while they rest."""
    resting = [name for name, known in _known(tx, node).items() if known.rests(now)]
    return Exchange(trunks=policy.trunks, live=trunks.live_by_trunk(tx, node), avoid=resting)


@dataclass(frozen=True, slots=True)
class _Judged:
    """How a trunk is, since when, and until when it comes last. Times are UTC."""

    state: State
    since: datetime
    rests_until: datetime | None

    def rests(self, now: datetime) -> bool:
        """An unregistered one until it is registered: many carriers take no call from it either."""
        until = self.rests_until
        ill = self.state in (State.DOWN, State.UNREGISTERED)
        return ill and (until is None or until > now)

    def to_json(self) -> dict[str, str | None]:
        until = to_iso(self.rests_until) if self.rests_until is not None else None
        return {"state": self.state.value, "since": to_iso(self.since), "rests_until": until}


def _known(tx: Tx, node: str) -> Mapping[str, _Judged]:
    return users.as_settings(tx, _states_of(node))


@cache
def _states_of(node: str) -> Callable[[dict[str, Any]], Mapping[str, _Judged]]:
    """Reads what is known of a node's trunks from all settings."""
    name = _STATES.format(node)
    return lambda values: {trunk: _from_json(body) for trunk, body in values.get(name, {}).items()}


def _from_json(body: Mapping[str, str]) -> _Judged:
    until = body.get("rests_until")
    since = from_iso(body["since"])
    return _Judged(State(body["state"]), since, from_iso(until) if until else None)


# --- failover within one attempt ------------------------------------------------------------


def goes_on(tx: Tx, call: Call, about: Incident | None, now: datetime) -> bool:
    """The trunk of a call did not carry it: the attempt goes on over another one, if there is one
    and the call is still wanted. Nothing rang, and the call that goes on has an id of its own.
    """
    tried = [*call.tried, call.trunk]
    calls.change(tx, call.id, tried=tried)
    if not others(load_policy(tx).trunks, tried) or not _still_wanted(tx, call, about):
        return False
    successor = ids.of_call(now)
    calls.change(tx, call.id, successor=successor)
    trunks.go_on(tx, call, successor, tried)
    to = shown(call.step, call.to)
    tell(tx, "call_goes_on", now, about, to=to, trunk=call.trunk, call=successor)
    return True


def _still_wanted(tx: Tx, call: Call, about: Incident | None) -> bool:
    """Not withdrawn while the trunk was refusing it: after that nothing may ring (D7, D20)."""
    if calls.asked_to_end(tx, call.id):
        return False
    if about is None or call.purpose is not Purpose.PLAN:
        return True
    where = about.machine, about.state
    return where == (Machine.RUNNING.value, incident.State.OPEN.value)


# --- how each trunk does --------------------------------------------------------------------


def trunks_changed(tx: Tx, node: str, seen: Seen, now: datetime) -> bool:
    """True where ``watch_trunks`` has anything to write."""
    return _judge_all(tx, node, seen, now) != _known(tx, node)


def watch_trunks(tx: Tx, node: str, seen: Seen, now: datetime) -> None:
    """Judge a node's trunks; a change of its state is a signal of the station's own, stored once.

    ``seen`` is what this node's Asterisk knows.
    """
    known, judged = _known(tx, node), _judge_all(tx, node, seen, now)
    kept = {name: each.to_json() for name, each in judged.items()}
    users.write_settings(tx, {_STATES.format(node): kept})
    changed = [name for name in judged if judged[name].state is not _state(known, name)]
    if changed:
        store_signals(tx, [_signal(f"{name}@{node}", judged[name], now) for name in changed])


def _judge_all(tx: Tx, node: str, seen: Seen, now: datetime) -> dict[str, _Judged]:
    known = _known(tx, node)
    return {
        trunk.name: _judged(tx, node, trunk.name, known, seen, now)
        for trunk in load_policy(tx).trunks
    }


def _state(known: Mapping[str, _Judged], name: str) -> State:
    return known[name].state if name in known else State.WELL


def _judged(
    tx: Tx, node: str, name: str, known: Mapping[str, _Judged], seen: Seen, now: datetime
) -> _Judged:
    recent, was = trunks.over_trunk(tx, node, name, limit=RATE_CALLS), _state(known, name)
    usual = _usual(tx, node, name, recent, now)
    reach, registration = seen.reach.get(name), seen.registered.get(name)
    state = judge(was, recent, usual, reach, now, registration)
    same = name in known and state is was
    return _Judged(state, known[name].since if same else now, rests_until(state, recent))


def _usual(tx: Tx, node: str, name: str, recent: Sequence[Carried], now: datetime) -> float:
    """The answer rate of better days; asked for only where the present one may be low."""
    rate = answer_rate(recent, now)
    if rate is None or rate >= USUAL_RATE:
        return USUAL_RATE
    answered, over = trunks.answered_over(tx, node, name, now - _USUAL_OF, now - RATE_WITHIN)
    return answered / over if over >= _USUAL_CALLS else USUAL_RATE


def _signal(line: str, judged: _Judged, now: datetime) -> Signal:
    """What the station notes; ``line`` names the trunk and its node."""
    about = f"{line}|{to_iso(judged.since)}"
    signal = station_signal(CODES[judged.state], "", about, now, text=line)
    return signal._replace(line=line)


def trunk_health(tx: Tx, node: str, now: datetime, seen: Seen | None) -> list[dict[str, Any]]:
    """What ``GET health`` says of one node's trunks; ``seen`` None: its Asterisk is away.

    ``answer_rate`` of the last calls, 0 to 1; ``registered`` None: it doesn't register, or nobody
    knows yet.
    """
    live, known = trunks.live_by_trunk(tx, node), _known(tx, node)
    return [
        {
            "name": trunk.name,
            "state": "down" if seen is None else _shown(_state(known, trunk.name), trunk),
            "registered": _is_registered(seen, trunk.name),
            "since": to_iso(known[trunk.name].since) if trunk.name in known else None,
            "calls": live.get(trunk.name, 0),
            "channels": trunk.channels,
            "reserved": trunk.reserved,
            "answer_rate": answer_rate(
                trunks.over_trunk(tx, node, trunk.name, limit=RATE_CALLS), now
            ),
        }
        for trunk in load_policy(tx).trunks
    ]


def _is_registered(seen: Seen | None, name: str) -> bool | None:
    known = seen.registered.get(name) if seen is not None else None
    return known.registered if known is not None else None


def _shown(state: State, trunk: Trunk) -> str:
    if not trunk.enabled:
        return "disabled"
    return "up" if state is State.WELL else state.value
