"""What is shipped for Prometheus and Grafana: read by promtool, and held against /metrics."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

import callflow
from callflow import clock
from callflow.core.watch.latency import LIMITS, Durations, Measure
from callflow.core.watch.process import Process
from callflow.handling.watch.health import Counts, Health
from web.api.watch.metrics import text

FOLDER = Path(callflow.__file__).parent / "monitoring"
RULES, DASHBOARD = FOLDER / "callflow.rules.yaml", FOLDER / "grafana-dashboard.json"


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["promtool", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def alerts() -> dict[str, Any]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def queries() -> list[str]:
    """What the dashboard asks for, with its variables filled in."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    return [query.replace("$__rate_interval", "5m").replace("$instance", ".*") for query in asked]


@pytest.fixture(scope="module")
def said() -> dict[str, set[str]]:
    """{each name of a sample in /metrics: its labels}, where every process says something."""
    now = clock.now()
    states: dict[str, dict[str, Any]] = {
        "receiver": {"latencies": [Durations(Measure.ACKNOWLEDGEMENT).told(0.0)]},
        "engine": {"latencies": [Durations(Measure.STEP_LATENESS).told(0.0)]},
        "telephony": {
            "latencies": [{**Durations(Measure.ALARM_TO_RING).told(0.0), "category": "vital"}]
        },
        "web": {},
    }
    processes = [
        Process(role, role, "node0", "alpha", 1, 0, 0, {**state, "version": "1"}, now, now, now)
        for role, state in states.items()
    ]
    health = Health.unknown(now).told()
    health |= {"trunks": [{"name": "alpha", "node": "node0", "registered": True}]}
    health |= {where: [{"node": "node0"}] for where in ("sip", "door")}
    counts = Counts(processes=processes, alive=processes, unfiled={("open", "true"): 1})
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text(health, counts).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_promtool_takes_the_rules_and_every_query_of_the_dashboard(tmp_path: Path) -> None:
    assert f"{len(alerts())} rules found" in promtool("check", "rules", RULES)
    asked = [{"record": f"q:{place}", "expr": query} for place, query in enumerate(queries())]
    file = tmp_path / "dashboard.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))
    promtool("check", "rules", file)


def _metrics_of(query: str) -> Iterator[tuple[str, set[str]]]:
    """(a metric, the labels that are asked of it) of a query."""
    for name, labels in re.findall(r"\b(callflow_[a-z_]+)(?:\{([^}]*)\})?", query):
        yield name, set(re.findall(r"([a-z_]+)\s*(?:=~|!=|=)", labels)) - {"instance"}


@pytest.mark.parametrize("query", [*(rule["expr"] for rule in alerts().values()), *queries()])
def test_whatever_is_asked_for_is_said(query: str, said: dict[str, set[str]]) -> None:
    asked = list(_metrics_of(query))
    assert asked
    for name, labels in asked:
        assert name in said, query
        assert labels <= said[name], query


def test_whether_a_trunk_is_registered_is_told_of_those_that_must_be() -> None:
    health = Health.unknown(clock.now()).told()
    states = {"alpha": True, "beta": False, "gamma": None}
    health["trunks"] = [{"name": n, "node": "node0", "registered": r} for n, r in states.items()]
    samples = [
        (sample.labels["trunk"], sample.value)
        for family in text_string_to_metric_families(text(health, Counts()).decode())
        for sample in family.samples
        if sample.name == "callflow_trunk_registered"
    ]
    assert samples == [("alpha", 1.0), ("beta", 0.0)]


def test_metrics_are_as_prometheus_wants_them() -> None:
    lines = text(Health.unknown(clock.now()).told(), Counts())
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=lines, capture_output=True, check=False
    )
    assert done.returncode in (0, 3), done.stderr  # 3: something of style
    assert b"error" not in done.stderr.lower()


@pytest.mark.parametrize(
    ("alert", "measure"),
    [
        ("CallflowAcknowledgesSlowly", Measure.ACKNOWLEDGEMENT),
        ("CallflowRingsLate", Measure.ALARM_TO_RING),
        ("CallflowStepsLate", Measure.STEP_LATENESS),
    ],
)
def test_a_rule_and_the_station_have_one_limit(alert: str, measure: Measure) -> None:
    limit = alerts()[alert]["expr"].rpartition(">")[2]
    assert float(limit) == LIMITS[measure]


#: Series of a minute each, and the alerts that must ring after ten, of promtool's own Prometheus.
STORIES = {
    "nothing is heard": ({}, {"CallflowSilent"}),
    "all is well": ({"callflow_station_state{state='ok'}": 1}, set()),
    "alarms are in danger, for the only trunk is down": (
        {
            "callflow_station_state{state='failed'}": 1,
            "callflow_organ_state{organ='trunk:a',part='trunk',name='a',state='failed'}": 1,
            "callflow_organ_counts{organ='trunk:a',part='trunk',name='a'}": 1,
        },
        {"CallflowAlarmsInDanger", "CallflowOrganFailed", "CallflowTrunkDown"},
    ),
    "a trunk of several is unregistered": (
        {
            "callflow_station_state{state='ok'}": 1,
            "callflow_trunk_registered{trunk='a',node='node0'}": 0,
            "callflow_trunk_registered{trunk='b',node='node0'}": 1,
        },
        {"CallflowTrunkUnregistered"},
    ),
    "an organ that nobody asks about": (
        {
            "callflow_station_state{state='ok'}": 1,
            "callflow_organ_state{organ='clock',part='clock',state='unknown'}": 1,
            "callflow_organ_counts{organ='clock',part='clock'}": 0,
        },
        set(),
    ),
    "the database is away": (
        {"callflow_station_state{state='ok'}": 1, "callflow_database_writable": 0},
        {"CallflowDatabaseAway"},
    ),
    "somebody waits": (
        {"callflow_station_state{state='ok'}": 1, "callflow_callers_longest_wait": 80},
        {"CallflowCallersWait"},
    ),
}


def _rings(alert: str, *, rings: bool) -> dict[str, Any]:
    """What promtool is to find of one alert after a quarter of an hour."""
    firing = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
    found = [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if rings else []
    expr = f"count by (alertname) ({firing})"
    return {"expr": expr, "eval_time": "15m", "exp_samples": found}


def test_the_alerts_ring_when_they_must_and_no_others(tmp_path: Path) -> None:
    tests = [
        {
            "name": name,
            "interval": "1m",
            "input_series": [
                {"series": series.replace("'", '"'), "values": f"{value}x30"}
                for series, value in story.items()
            ],
            "promql_expr_test": [
                _rings(alert, rings=alert in ringing) for alert in sorted(alerts())
            ],
        }
        for name, (story, ringing) in STORIES.items()
    ]
    told = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}
    file = tmp_path / "stories.yaml"
    file.write_text(yaml.safe_dump(told))
    promtool("test", "rules", file)
