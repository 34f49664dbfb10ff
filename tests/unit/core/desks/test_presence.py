"""Where somebody at the station stands: from their shift, telephones, calls and choice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.desks.presence import Kept, Presence, presence_now

NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def state(
    *,
    on_shift: bool = True,
    reachable: bool = True,
    in_call: bool = False,
    kept: Presence | None = None,
    lasts: float | None = None,
    ago: float = 10,
) -> Presence:
    since = NIGHT - timedelta(seconds=ago)
    until = None if lasts is None else since + timedelta(seconds=lasts)
    return presence_now(
        shift_since=NIGHT - timedelta(hours=1) if on_shift else None,
        reachable=reachable,
        call_since=NIGHT if in_call else None,
        kept=None if kept is None else Kept(user_id="anne", state=kept, since=since, until=until),
        now=NIGHT,
    ).state


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Presence.AVAILABLE),
        ({"on_shift": False}, Presence.AWAY),
        ({"reachable": False}, Presence.AWAY),
        ({"kept": Presence.BREAK, "reachable": False}, Presence.AWAY),
        ({"in_call": True}, Presence.IN_CALL),
        ({"in_call": True, "kept": Presence.BREAK}, Presence.IN_CALL),
        ({"kept": Presence.BREAK, "lasts": 60}, Presence.BREAK),
        ({"kept": Presence.BREAK, "lasts": 10}, Presence.AVAILABLE),  # it ends by itself
        ({"kept": Presence.WRAP_UP, "lasts": 15}, Presence.WRAP_UP),
        ({"kept": Presence.WRAP_UP, "lasts": 9}, Presence.AVAILABLE),
        ({"kept": Presence.BREAK, "ago": 7200}, Presence.AVAILABLE),  # of an earlier shift
    ],
)
def test_where_somebody_stands(facts: dict[str, object], expected: Presence) -> None:
    assert state(**facts) is expected  # type: ignore[arg-type]
