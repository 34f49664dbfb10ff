"""The station's verdict as each place that shows it does: doctor, health, metrics, the lamps."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from callflow.texts.station.organs import REASONS

_LAMP = re.compile(r'<li class="lamp (fine|bad)[^"]*">(.*?)</li>', re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``status`` of the station; of each organ that isn't well its state."""

    status: str
    ill: Mapping[str, str]


def of_json(told: Mapping[str, Any]) -> Verdict:
    """``GET health``, ``callflow doctor --json``; of ``GET station`` its items are the organs."""
    organs = told.get("items") or told["organs"]
    ill = {one["organ"]: one["state"] for one in organs if one["counts"] and one["state"] != "ok"}
    return Verdict(status=told["status"], ill=ill)


def of_metrics(text: str) -> Verdict:
    """``/metrics``."""
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]

    def ones(name: str) -> list[dict[str, str]]:
        return [each.labels for each in samples if each.name == name and each.value == 1]

    counted = {each["organ"] for each in ones("callflow_organ_counts")}
    states = {each["organ"]: each["state"] for each in ones("callflow_organ_state")}
    (station,) = ones("callflow_station_state")
    ill = {name: state for name, state in states.items() if state != "ok" and name in counted}
    return Verdict(status=station["state"], ill=ill)


def lamps(page: str) -> list[str]:
    """The words of each lamp of a page that is on, as a person reads them."""
    found = (text for kind, text in _LAMP.findall(page) if kind == "bad")
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split()) for text in found]


def lamp_of(lit: list[str], label: str, reason: str) -> bool:
    """True where a lamp of this label is on, and says why."""
    said = REASONS[reason][0]
    return any(lamp.startswith(label) and lamp.endswith(said) for lamp in lit)
