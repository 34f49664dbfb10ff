"""One message of one alarm, as the worker hands it to a way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callflow.core.messages.outbox import Channel, Claimed
from callflow.settings.config import Settings
from callflow.vault import Vault

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
MESSAGE = Claimed(
    id="5f0c1c0e-0000-4000-8000-000000000001",
    incident_id="incident-1",
    channel=Channel.MAIL,
    to="anne@example.org",
    subject="Alarme intrusion – Fromagerie du Vallon",
    body="Une alarme intrusion est en cours.\nHall d'entrée.",
    data={"incident": "incident-1", "kind": "intrusion"},
    attempts=1,
    created_at=NOW,
    due_at=NOW,
)


def message(channel: Channel, to: str, **changed: Any) -> Claimed:
    """A message to one address."""
    return replace(MESSAGE, channel=channel, to=to, **changed)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings of this test's data folder."""
    return lambda **fields: Settings(data_dir=tmp_path, **fields)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys")
