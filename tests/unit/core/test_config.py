"""Settings that can't be used are said by name, with what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callflow.config import BadSettings, read_settings


def _line(**fields: object) -> str:
    return json.dumps([{"name": "mlr2", "protocol": "surgard", **fields}])


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT_BASE", "33000", "less than or equal to 28000"),
        ("WEB_PORT", "99999", "less than or equal to 65535"),
        ("ASTERISK", "foo", "'embedded' or 'external'"),
        ("LOG_LEVEL", "loud", "'DEBUG', 'INFO'"),
        ("DESK_PHONES", "+33123456789", "must be JSON, such as"),
        ("DESK_PHONES", '["112"]', "E.164, such as"),
        ("DUTY_NUMBERS", '["06 39 98 99 10"]', "E.164, such as"),
        ("LINES", _line(listen=8100, connect="host:8100"), "either listens"),
        ("LINES", _line(connect="host"), "host:port"),
        ("LINES", _line(connect="host:70000"), "from 1 to 65535"),
        ("LINES", _line(name="surgard", listen=8100), "a name of its own"),
        ("LINES", _line(name="Récepteur", listen=8100), "lower-case"),
        ("LINES", _line(listen=8100, transport="udp"), "only DC-09"),
    ],
)
def test_a_wrong_setting_is_named_and_what_is_right_is_said(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CALLFLOW_{variable}", value)
    with pytest.raises(BadSettings) as refused:
        read_settings()
    assert str(refused.value).startswith(f"CALLFLOW_{variable}: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_settings_file_that_is_not_there_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLFLOW_CONFIG", str(tmp_path / "callflow.toml"))
    with pytest.raises(BadSettings, match="CALLFLOW_CONFIG: there is no file"):
        read_settings()
    (tmp_path / "callflow.toml").write_text("port_base = [")
    with pytest.raises(BadSettings, match="is no TOML"):
        read_settings()
    (tmp_path / "callflow.toml").write_text("port_base = 12000\nlog_level = 'debug'\n")
    assert read_settings().port_base == 12000
    assert read_settings().log_level == "DEBUG"
