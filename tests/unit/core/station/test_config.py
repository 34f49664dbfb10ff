"""Settings that can't be used are said by name, with what to do."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from callflow.settings.config import BadSettings, read_settings


def _line(**fields: object) -> str:
    return json.dumps([{"name": "mlr2", "protocol": "surgard", **fields}])


def _trunks(*more: dict[str, object], **fields: object) -> str:
    return json.dumps([{"name": "alpha", **fields}, *more])


SECRET = "hush-hush"
LOGIN = {"address": "carrier", "username": "me", "password": SECRET, "register": True}


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT_BASE", "33000", "less than or equal to 28000"),
        ("NODE", "Node 12", "at most one digit at its end"),
        ("WEB_PORT", "99999", "less than or equal to 65535"),
        ("ASTERISK", "foo", "'embedded' or 'external'"),
        ("LOG_LEVEL", "loud", "'DEBUG', 'INFO'"),
        ("DESK_PHONES", "+33123456789", "must be JSON, such as"),
        ("DESK_PHONES", '["112"]', "E.164, such as"),
        ("DUTY_NUMBERS", '["06 39 98 99 10"]', "E.164, such as"),
        ("UPS", "salle", "NAME@HOST"),
        ("UPS", "salle@host:70000", "NAME@HOST"),
        ("UPS", "salle@host, salle@host:3493", "twice"),
        ("UPS", "a b@host", "NAME@HOST"),
        ("GENERATOR_RUNS", "ats@host input.source", "write it as in"),
        ("GENERATOR_FUEL", "tank@host:0 level<25", "NAME@HOST"),
        ("UPS_USER", "watch", "set both, or none"),
        ("LINES", _line(listen=8100, connect="host:8100"), "either listens"),
        ("LINES", _line(connect="host"), "host:port"),
        ("LINES", _line(connect="host:70000"), "from 1 to 65535"),
        ("LINES", _line(name="dc09-tcp", listen=8100), "a name of its own"),
        ("LINES", json.dumps([{"name": "ip", "protocol": "dc09"}]), "either listens"),
        ("LINES", _line(allow=["here"]), "networks such as"),
        ("SURGARD_ALLOW", '["10.0.0.0/33"]', "networks such as"),
        ("WEB_ALLOW", "10.1.0.0/16,10.1.0.7/16", "networks such as"),
        ("WEB_ALLOW", ",".join(f"10.0.0.{n}" for n in range(201)), "at most 200"),
        ("BIND", "eth0", "no address to listen at"),
        ("WEB_BIND", "fe80::1%eth0", "without a zone"),
        ("SIP_BIND", "::1", "over IPv4"),
        ("SIP_BIND", "10.0.0.1,10.0.0.2", "write 10.0.0.1 or 10.0.0.2"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "the proxies alone"),
        ("TRUSTED_PROXIES", '["::/0"]', "the proxies alone"),
        ("PUBLIC_URLS", "http://alarms.example", "https"),
        ("PROXY_HEADER", "x-real-ip", "'x-forwarded-for' or 'forwarded'"),
        ("TELEPHONE_URL", "ws://alarms.example/ws", "wss"),
        ("TELEPHONE_URL", "https://alarms.example", "such as wss://"),
        ("LINES", _line(name="Récepteur", listen=8100), "lower-case"),
        ("LINES", _line(listen=8100, transport="udp"), "only DC-09"),
        ("TRUNKS", _trunks(name="Alpha"), "a trunk's name is"),
        ("TRUNKS", _trunks(name="op-alpha"), "something else of this name"),
        ("TRUNKS", _trunks(address="carrier:sip"), "far end is host or host:port"),
        ("TRUNKS", _trunks(address="sip:carrier"), "far end is host or host:port"),
        ("TRUNKS", _trunks(address="carrier:70000"), "a port is from 1 to 65535"),
        ("TRUNKS", _trunks(**LOGIN, outbound_proxy="a b"), "proxy is host or host:port"),
        ("TRUNKS", _trunks(outbound_proxy="carrier"), "on the way to address"),
        ("TRUNKS", _trunks(**LOGIN | {"username": "a;b"}), "as the carrier wrote it"),
        ("TRUNKS", _trunks(username="me"), "go together"),
        ("TRUNKS", _trunks(password=SECRET), "go together"),
        ("TRUNKS", _trunks(**LOGIN, password_file="/nowhere"), "not both"),
        ("TRUNKS", _trunks(username="me", password_file="/nowhere"), "can't be read"),
        ("TRUNKS", _trunks(username="me", password_file="/etc/passwd"), "chmod 0600 it"),
        ("TRUNKS", _trunks(username="me", password=""), "1 to 128 characters"),
        ("TRUNKS", _trunks(username="me", password=f"{SECRET}\nx=y"), "is one line"),
        ("TRUNKS", _trunks(username="me", password=f" {SECRET}"), "ends with a space"),
        ("TRUNKS", _trunks(address="carrier", register=True), "register needs username"),
        ("TRUNKS", _trunks(username="me", password=SECRET, register=True), "set an address"),
        ("TRUNKS", _trunks(identity="pai"), "identity pai needs a username"),
        ("TRUNKS", _trunks(transport="tcp"), "speaks no TCP: set an address"),
        ("TRUNKS", _trunks(external_address="here", local_networks=["10.0.0.0/8"]), "IPv4 address"),
        ("TRUNKS", _trunks(external_address="203.0.113.5"), "needs local_networks"),
        ("TRUNKS", _trunks(local_networks=["10.0.0.0/8"]), "who is not told external_address"),
        ("TRUNKS", _trunks(networks=["10.0.0.0/33"]), "networks such as"),
        ("TRUNKS", _trunks(codecs=[]), "names at least one"),
        ("TRUNKS", _trunks(codecs=["alaw", "alaw"]), "and each once"),
        ("TRUNKS", _trunks(codecs=["g729"]), "'alaw', 'ulaw'"),
        ("TRUNKS", _trunks(codecs=["g722"], dtmf="inband"), "keys as tones"),
        ("TRUNKS", _trunks(LOGIN | {"name": "beta"}, **LOGIN), "register as the same"),
        (
            "TRUNKS",
            _trunks(
                {
                    "name": "beta",
                    "external_address": "203.0.113.6",
                    "local_networks": ["10.0.0.0/8"],
                },
                external_address="203.0.113.5",
                local_networks=["10.0.0.0/8"],
            ),
            "are known outside by two addresses over udp",
        ),
        ("AMI_HOST", "pbx.example", "is no IPv4 address"),
        ("AGI_BIND", "0.0.0.0", "one machine's address"),
        ("NAME_SERVERS", '["dns.example"]', "a name server is an IPv4 address"),
        ("TRUNKS", _trunks(channels=0), "greater than or equal to 1"),
        ("TRUNKS", _trunks(channels=5), "more channels reserved than there are"),
        ("TRUNKS", _trunks(machine_number="0139980001"), "E.164, such as"),
        ("TRUNKS", _trunks(enabled=False), "at least one trunk must be enabled"),
        ("TRUNKS", _trunks({"name": "alpha"}), "a name of its own"),
        (
            "TRUNKS",
            _trunks(machine_number="+33939980001", authorised=["+33939980002"]),
            "+33939980001 is not among its authorised numbers",
        ),
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
    assert SECRET not in str(refused.value)


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


def test_without_trunks_there_is_the_one_that_always_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLFLOW_TRUNK_CHANNELS", "7")
    monkeypatch.setenv("CALLFLOW_STATION_NUMBER", "+33939980001")
    (only,) = read_settings().all_trunks
    assert (only.name, only.channels, only.reserved) == ("trunk", 7, 7)
    assert (only.machine_number, only.human_number) == ("+33939980001", "+33939980001")
    monkeypatch.setenv("CALLFLOW_HUMAN_NUMBER", "+33139980001")
    assert read_settings().all_trunks[0].human_number == "+33139980001"


def test_each_trunk_shows_its_own_numbers_or_else_the_stations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CALLFLOW_STATION_NUMBER", "+33939980001")
    monkeypatch.setenv("CALLFLOW_TRUNKS", _trunks({"name": "beta"}, machine_number="+33939980002"))
    alpha, beta = read_settings().all_trunks
    assert (alpha.machine_number, alpha.human_number) == ("+33939980002", "+33939980002")
    assert (beta.machine_number, beta.human_number) == ("+33939980001", "+33939980001")


def test_two_nodes_on_one_machine_share_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    def ports(node: str) -> dict[str, int]:
        monkeypatch.setenv("CALLFLOW_NODE", node)
        return asdict(read_settings().ports)

    first, second, last = ports("node0"), ports("node1"), ports("node9")
    assert ports("lyon") == first
    single = [name for name in first if not name.startswith(("rtp", "simulator_rtp"))]
    assert {second[name] - first[name] for name in single} == {100}
    taken = [ports(f"node{n}")[name] for n in range(10) for name in single]
    assert len(set(taken)) == len(taken)
    # What a node begins later it ends earlier: the next instance's ports are free.
    for node in (first, second, last):
        assert node["rtp_start"] + node["rtp_count"] == first["rtp_start"] + 1000


def test_nodes_on_machines_of_their_own_may_have_the_same_ports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = read_settings().ports
    monkeypatch.setenv("CALLFLOW_NODE", "node3")
    monkeypatch.setenv("CALLFLOW_SAME_PORTS", "true")
    assert read_settings().ports == first


# --- addresses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("10.1.0.4", ("10.1.0.4",)),
        ("10.1.0.4, fd00::4", ("10.1.0.4", "fd00::4")),
        ('["0.0.0.0", "::"]', ("0.0.0.0", "::")),
        ("[::1]", ("::1",)),
        ("::ffff:10.1.0.4,10.1.0.4", ("10.1.0.4",)),
        ("localhost", ("127.0.0.1",)),
        ("", ("127.0.0.1",)),
    ],
)
def test_a_listener_has_one_address_or_several(
    written: str, read: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLFLOW_WEB_BIND", written)
    settings = read_settings()
    assert settings.binds("web") == read
    assert settings.binds("dc09") == ("127.0.0.1",)


def test_addresses_stand_in_a_file_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLFLOW_CONFIG", str(tmp_path / "callflow.toml"))
    (tmp_path / "callflow.toml").write_text(
        'bind = "10.1.0.4"\nweb_bind = ["10.1.0.4", "::1"]\n'
        'web_allow = "10.1.0.0/16, ::ffff:10.2.0.0/112"\ntrusted_proxies = ["10.1.0.9"]\n'
    )
    settings = read_settings()
    assert (settings.bind, settings.binds("web")) == (("10.1.0.4",), ("10.1.0.4", "::1"))
    assert settings.web_allow == ("10.1.0.0/16", "10.2.0.0/16")
    assert settings.trusted_proxies == ("10.1.0.9/32",)


@pytest.mark.parametrize(
    ("bind", "reached", "sip"),
    [
        ("0.0.0.0", "127.0.0.1", "0.0.0.0"),
        ("::", "::1", "127.0.0.1"),
        ("10.1.0.4,::1", "::1", "10.1.0.4"),
        ("10.1.0.4", "10.1.0.4", "10.1.0.4"),
    ],
)
def test_this_machine_reaches_its_own_pages(
    bind: str, reached: str, sip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLFLOW_BIND", bind)
    settings = read_settings()
    assert settings.reached_at("web") == reached
    assert settings.sip_host == sip
    assert settings.own_url == f"http://{f'[{reached}]' if ':' in reached else reached}:8000"


# --- lines --------------------------------------------------------------------------------


def test_a_hardware_receivers_line_has_its_port_and_its_networks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receivers = [
        {"name": "surgard", "protocol": "surgard"},
        {"name": "old", "protocol": "dc07", "listen": 8100, "allow": ["10.0.0.7"]},
    ]
    monkeypatch.setenv("CALLFLOW_LINES", json.dumps(receivers))
    monkeypatch.setenv("CALLFLOW_SURGARD_ALLOW", '["10.1.0.0/16"]')
    monkeypatch.setenv("CALLFLOW_DC07_BIND", "0.0.0.0")
    settings = read_settings()
    surgard, old = settings.lines
    assert settings.listens_at(surgard) == [("127.0.0.1", 8010)]
    assert settings.listens_at(old) == [("0.0.0.0", 8100)]
    assert (settings.allowed(surgard), settings.allowed(old)) == (
        ("10.1.0.0/16",),
        ("10.0.0.7/32",),
    )
    assert {"surgard", "old"} <= set(settings.line_names)
    monkeypatch.setenv("CALLFLOW_LINES", settings.lines_as_json())
    assert read_settings().lines == settings.lines


def test_a_station_without_receivers_has_no_line_for_them() -> None:
    assert read_settings().line_names == ("dc09-tcp", "dc09-udp", "phone", "webhook")


@pytest.mark.parametrize("bound", ["BIND", "SURGARD_BIND"])
def test_beyond_this_machine_a_receivers_line_names_who_may_connect(
    bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CALLFLOW_{bound}", "0.0.0.0")
    monkeypatch.setenv("CALLFLOW_LINES", _line())
    with pytest.raises(BadSettings, match=r"CALLFLOW_SURGARD_ALLOW: .* name the networks"):
        read_settings()
    monkeypatch.setenv("CALLFLOW_LINES", _line(connect="10.0.0.7:1025"))
    read_settings()
    monkeypatch.setenv("CALLFLOW_LINES", _line())
    for everybody in ("0.0.0.0/0", "10.1.0.0/16,::/0"):
        monkeypatch.setenv("CALLFLOW_SURGARD_ALLOW", everybody)
        with pytest.raises(BadSettings, match=r"CALLFLOW_SURGARD_ALLOW: .* name the networks"):
            read_settings()
    monkeypatch.setenv("CALLFLOW_SURGARD_ALLOW", "10.1.0.0/16")
    read_settings()


def test_a_storm_holds_no_plan_shorter_than_it_gathers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLFLOW_STORM_LENGTH", "900")
    monkeypatch.setenv("CALLFLOW_STORM_DELAY", "600")
    with pytest.raises(BadSettings, match="CALLFLOW_STORM_DELAY"):
        read_settings()


# --- a PBX on another machine ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"AGI_BIND": ""}, "a PBX on another machine needs both"),
        ({"AMI_HOST": ""}, "a PBX on another machine needs both"),
        ({"ASTERISK": "embedded"}, "only a PBX of yours is elsewhere"),
        ({"PBX_IN_CLEAR": "false"}, "Put both into a tunnel"),
    ],
)
def test_a_pbx_on_another_machine_is_spoken_with_in_clear_by_an_explicit_word_alone(
    other: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {
        "ASTERISK": "external",
        "AMI_HOST": "192.0.2.7",
        "AGI_BIND": "192.0.2.8",
        "PBX_IN_CLEAR": "true",
    }
    for name, value in (whole | other).items():
        if value:
            monkeypatch.setenv(f"CALLFLOW_{name}", value)
    with pytest.raises(BadSettings, match=said):
        read_settings()
    for name, value in whole.items():
        monkeypatch.setenv(f"CALLFLOW_{name}", value)
    assert read_settings().ami_host == "192.0.2.7"
