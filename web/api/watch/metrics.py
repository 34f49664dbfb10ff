"""``/metrics``: what Prometheus reads. Every organ is one that the other places show, too.

Where the database can't be read it is what was known last, and the database's organ says so.
"""

import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from callflow.core.time.instants import from_iso
from callflow.core.watch.latency import Measure, bars
from callflow.core.watch.organs import State
from callflow.core.watch.process import Process
from callflow.handling.watch import health
from callflow.handling.watch.health import Counts, counts
from callflow.storage import StoreUnavailable, Tx
from web.station import Station
from web.store_watch import AT_ONCE, soon


async def read_metrics(station: Station) -> bytes:
    """Prometheus' text as things are now; where rows aren't read within a second, as they were."""
    watch = station.watch

    def read(tx: Tx) -> tuple[dict[str, Any], Counts]:
        watch.counts = counts(tx, watch.beats_at(station.clock()))
        return station.health(tx), watch.counts

    try:
        found, counted = await soon(
            station.store.read(read), AT_ONCE if watch.last is not None else None
        )
    except StoreUnavailable as error:
        found, counted = watch.unread(error).told(), watch.counts
    return text(found, counted)


def text(found: Mapping[str, Any], counted: Counts) -> bytes:
    """``found`` is what ``GET health`` tells."""
    registry = CollectorRegistry()
    _organs(registry, found)
    _work(registry, found, counted)
    _refused(registry, found)
    _processes(registry, counted)
    registry.register(_Durations(counted.alive))
    return generate_latest(registry)


def _organs(registry: CollectorRegistry, found: Mapping[str, Any]) -> None:
    """One sample a state, of which one is 1: states have no order that a number could tell."""
    station = Gauge("callflow_station_state", "How the station is", ["state"], registry=registry)
    for state in (State.OK, State.DEGRADED, State.FAILED):
        station.labels(state.value).set(found["status"] == state.value)
    which = ["organ", "part", "name", "node"]
    states = Gauge(
        "callflow_organ_state", "How each organ is", [*which, "state"], registry=registry
    )
    counts = Gauge(
        "callflow_organ_counts", "Whether the verdict counts it", which, registry=registry
    )
    figures = Gauge(
        "callflow_organ_figure", "What was measured", [*which, "unit"], registry=registry
    )
    limits = Gauge(
        "callflow_organ_limit", "What it is judged by", [*which, "unit"], registry=registry
    )
    since = Gauge(
        "callflow_organ_since_seconds", "Since when (Unix time)", which, registry=registry
    )
    for organ in found["organs"]:
        labels = [organ[name] for name in which]
        for state in State:
            states.labels(*labels, state.value).set(organ["state"] == state.value)
        counts.labels(*labels).set(organ["counts"])
        for gauge, name in ((figures, "figure"), (limits, "limit")):
            if organ[name] is not None:
                gauge.labels(*labels, organ["unit"]).set(organ[name])
        if organ["since"]:
            since.labels(*labels).set(from_iso(organ["since"]).timestamp())


#: What is told of who waits on the line.
_CALLERS = {
    "waiting": "People who wait on the line for a human",
    "longest_wait": "The longest of their waits, seconds",
    "call_backs": "Callers to be called back, and instructions left on the phone to see to",
}


def _work(registry: CollectorRegistry, found: Mapping[str, Any], counted: Counts) -> None:
    backlog = Gauge("callflow_backlog", "Signals stored, not yet correlated", registry=registry)
    backlog.set(found["backlog"])
    live = Gauge("callflow_live_calls", "Calls that live", registry=registry)
    live.set(found["live_calls"])
    unfiled = Gauge(
        "callflow_incidents", "Unfiled incidents", ["state", "with_human"], registry=registry
    )
    for labels, count in counted.unfiled.items():
        unfiled.labels(*labels).set(count)
    for name, value in found["callers"].items():
        Gauge(f"callflow_callers_{name}", _CALLERS[name], registry=registry).set(value)
    trunk = ["trunk", "node"]
    calls = Gauge("callflow_trunk_calls", "Calls up on a trunk", trunk, registry=registry)
    channels = Gauge("callflow_trunk_channels", "Its channels", trunk, registry=registry)
    about = "Whether its carrier has it registered; none of a trunk that needs none"
    registered = Gauge("callflow_trunk_registered", about, trunk, registry=registry)
    for one in found["trunks"]:
        calls.labels(one["name"], one["node"]).set(one.get("calls", 0))
        channels.labels(one["name"], one["node"]).set(one.get("channels", 0))
        if one.get("registered") is not None:
            registered.labels(one["name"], one["node"]).set(one["registered"])
    writable = Gauge("callflow_database_writable", "Whether it can be written", registry=registry)
    writable.set(found["database"]["writable"])


#: What strangers were refused, as `health` has it.
_REFUSED = (
    ("sip", "SIP messages refused", health.SIP_REFUSED),
    ("door", "Connections for browsers' telephones refused", health.DOOR_REFUSED),
)


def _refused(registry: CollectorRegistry, found: Mapping[str, Any]) -> None:
    for where, about, reasons in _REFUSED:
        refused = Gauge(f"callflow_{where}_refused", about, ["node", "reason"], registry=registry)
        for node in found[where]:
            for reason in reasons:
                refused.labels(node["node"], reason).set(node.get(reason, 0))


def _processes(registry: CollectorRegistry, counted: Counts) -> None:
    which = ["role", "name", "node"]
    up = Gauge("callflow_process_up", "Whether a process lives", which, registry=registry)
    restarts = Gauge("callflow_process_restarts", "Its restarts", which, registry=registry)
    version = Gauge("callflow_build_info", "What it runs", [*which, "version"], registry=registry)
    alive = {process.name for process in counted.alive}
    for process in counted.processes:
        labels = [getattr(process, label) for label in which]
        up.labels(*labels).set(process.name in alive)
        restarts.labels(*labels).set(process.restarts)
        if process.name in alive:
            version.labels(*labels, str(process.state.get("version", ""))).set(1)
    web = Gauge("callflow_web_info", "This process", ["pid", "python"], registry=registry)
    web.labels(str(os.getpid()), platform.python_version()).set(1)


#: What each measure is, for people who read the text.
_MEASURES: Mapping[Measure, str] = {
    Measure.ACKNOWLEDGEMENT: "From a panel's message until it is durable and answered",
    Measure.ALARM_TO_RING: "From an alarm's receipt until the first phone outside rings for it",
    Measure.STEP_LATENESS: "From the time at which a step was due until it is decided",
}


class _Durations(Collector):
    """The histograms that processes keep. Each restart begins theirs anew, as counters do."""

    def __init__(self, alive: Iterable[Process]) -> None:
        self._alive = list(alive)

    def collect(self) -> Iterator[Metric]:
        for measure, about in _MEASURES.items():
            family = HistogramMetricFamily(
                f"callflow_{measure}_seconds", about, labels=["process", "node", "category"]
            )
            for process in self._alive:
                for told in process.state.get("latencies", ()):
                    if told.get("measure") == measure:
                        _add(family, measure, process, told)
            yield family


def _add(
    family: HistogramMetricFamily, measure: Measure, process: Process, told: Mapping[str, Any]
) -> None:
    try:
        found = bars(measure, told)
    except (KeyError, TypeError, ValueError):  # another version's
        return
    buckets = [("+Inf" if end == float("inf") else f"{end:g}", count) for end, count in found]
    labels = [process.name, process.node, str(told.get("category", ""))]
    family.add_metric(labels, buckets, sum_value=float(told["sum"]))
