from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from callflow.core.calls.phones import PhoneKind
from callflow.handling.calls.phones import Endpoint
from callflow.settings.config import Settings
from ivr.asterisk import embedded
from ivr.asterisk.configuration import UnsafeSetting
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.phones import render_phones
from ivr.asterisk.tree import AsteriskTree

TREE = AsteriskTree(
    command=("/opt/asterisk",),
    modules=Path("/opt/modules"),
    data=Path("/opt/data"),
    sounds={},
    version="22.10.1",
)


def _settings(folder: Path, **other: object) -> Settings:
    return Settings(data_dir=folder, port_base=12000, **other)  # type: ignore[arg-type]


def _station(folder: Path, **other: object) -> Instance:
    return embedded.station(_settings(folder, **other), TREE).instance


def test_the_station_listens_on_the_ports_of_its_base_and_on_loopback(tmp_path: Path) -> None:
    etc = _station(tmp_path).etc
    assert "bind = 127.0.0.1:12060" in (etc / "pjsip.conf").read_text()
    assert "contact = sip:127.0.0.1:12080" in (etc / "pjsip.conf").read_text()
    manager = (etc / "manager.conf").read_text()
    assert "port = 12038" in manager
    assert "bindaddr = 127.0.0.1" in manager
    assert "rtpend = 14949" in (etc / "rtp.conf").read_text()
    assert "udptlstart = 14950\nudptlend = 14999\n" in (etc / "udptl.conf").read_text()
    assert "agi://127.0.0.1:12573/${CALLFLOW_ROUTE}" in (etc / "extensions.conf").read_text()


def test_the_dialplan_of_the_station_dials_nothing_and_runs_nothing(tmp_path: Path) -> None:
    etc = _station(tmp_path).etc
    dialplan = "\n".join(
        line
        for line in (etc / "extensions.conf").read_text().splitlines()
        if not line.startswith(";")
    )
    for application in ("Dial(", "System(", "TrySystem(", "Originate(", "SHELL("):
        assert application not in dialplan
    modules = (etc / "modules.conf").read_text()
    for module in ("app_dial", "app_system", "app_originate", "func_shell", "pbx_spool"):
        assert module not in modules


def test_the_secret_is_random_kept_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    one, other = _station(tmp_path / "a"), _station(tmp_path / "b")
    assert one.ami_secret() != other.ami_secret()
    assert len(one.ami_secret()) >= 24
    assert _station(tmp_path / "a").ami_secret() == one.ami_secret()
    files = (("ami.secret", "agi.secret"), ("manager.conf", "extensions.conf"))
    for path in (*(one.folder / name for name in files[0]), *(one.etc / n for n in files[1])):
        assert path.stat().st_mode & 0o777 == 0o600


def _agis(dialplan: str) -> list[str]:
    return re.findall(r"AGI\((agi://.*)\)$", dialplan, flags=re.MULTILINE)


def test_each_agi_says_the_secret_of_its_station(tmp_path: Path) -> None:
    one, other = _station(tmp_path / "a"), _station(tmp_path / "b")
    assert one.agi_secret() not in (one.ami_secret(), other.agi_secret())
    asked = _agis((one.etc / "extensions.conf").read_text())
    assert len(asked) == 6
    assert {call.partition(",")[2] for call in asked} == {one.agi_secret()}


def test_no_endpoint_that_has_no_password_is_known_by_a_name(tmp_path: Path) -> None:
    """Of a telephone; a trunk is known by its address, which is an `identify` section's."""
    instance = _station(tmp_path)
    phone = Endpoint(name="op-ana", kind=PhoneKind.DESK, secret="a-secret-of-the-desk-phone")
    render_phones(instance, [phone])
    pjsip = (instance.etc / "pjsip.conf").read_text()
    assert "[op-ana@out](desk-phone,called-phone)\naors" in instance.operators.read_text()
    assert "[called-phone](!)\nidentify_by = ip\n" in pjsip
    assert re.findall(r"^endpoint = (.*)$", pjsip, flags=re.MULTILINE) == ["trunk"]
    by = re.findall(r"^identify_by = (.*)$", pjsip, flags=re.MULTILINE)
    assert by == ["username", "ip", "ip"]  # who has a password, who is called, a trunk


@pytest.mark.parametrize(
    "hostile",
    ["node\nlive_dangerously=yes", "a;b", "${SHELL(id)}", "a,b", "a|b", "[x]", 'a"b', ""],
)
def test_a_setting_that_would_mean_something_is_refused(tmp_path: Path, hostile: str) -> None:
    with pytest.raises((UnsafeSetting, ValidationError)):  # before anything is written
        _station(tmp_path, node=hostile)


def test_a_data_folder_whose_path_would_mean_something_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeSetting):
        _station(tmp_path / "a,b")


def test_the_control_socket_s_path_stays_short(tmp_path: Path) -> None:
    deep = Instance(kind=Kind.STATION, data_dir=tmp_path / ("x" * 120))
    assert len(str(deep.control_socket)) <= 100
    again = Instance(kind=Kind.STATION, data_dir=tmp_path / ("x" * 120))
    other = Instance(kind=Kind.STATION, data_dir=tmp_path / ("y" * 120))
    assert deep.run == again.run != other.run


def test_the_network_carries_the_calls_of_the_trunk(tmp_path: Path) -> None:
    etc = embedded.simulator(_settings(tmp_path, trunk_channels=7), TREE).instance.etc
    assert "GROUP_COUNT(trunk)} > 7" in (etc / "extensions.conf").read_text()


def test_another_pbx_is_given_our_dialplan_our_user_and_our_bridge_and_keeps_its_general_sections(
    tmp_path: Path,
) -> None:
    settings = _settings(tmp_path, asterisk="external", ami_user="centrale", ami_secret="s3cret")
    written = embedded.render_external(settings, tmp_path / "include")

    found = {path.name: path.read_text() for path in written}
    assert sorted(found) == [
        "callflow_confbridge.conf",
        "callflow_extensions.conf",
        "callflow_manager.conf",
    ]
    assert not any("[general]" in text for text in found.values())
    assert "[centrale]\nsecret = s3cret\n" in found["callflow_manager.conf"]
    assert "port =" not in found["callflow_manager.conf"]
    secret = Instance(kind=Kind.STATION, data_dir=tmp_path).agi_secret()
    asked = f"AGI(agi://127.0.0.1:12573/${{CALLFLOW_ROUTE}},{secret})"
    assert asked in found["callflow_extensions.conf"]
    assert (tmp_path / "include" / "callflow_extensions.conf").stat().st_mode & 0o777 == 0o600
    assert "[callflow-user]" in found["callflow_confbridge.conf"]


def test_a_pbx_on_another_machine_asks_here_and_lets_only_us_in(tmp_path: Path) -> None:
    elsewhere = {"ami_host": "192.0.2.7", "agi_bind": "192.0.2.8", "pbx_in_clear": True}
    settings = _settings(tmp_path, asterisk="external", ami_secret="s3cret", **elsewhere)
    written = embedded.render_external(settings, tmp_path / "include")
    found = {path.name: path.read_text() for path in written}
    assert "AGI(agi://192.0.2.8:12573/" in found["callflow_extensions.conf"]
    assert "127.0.0.1" not in found["callflow_extensions.conf"]
    manager = found["callflow_manager.conf"]
    assert "deny = 0.0.0.0/0.0.0.0\npermit = 192.0.2.8/255.255.255.255\n" in manager


def test_another_pbx_is_given_no_secret_that_the_station_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CALLFLOW_AMI_SECRET"):
        embedded.render_external(_settings(tmp_path, asterisk="external"), tmp_path / "include")


def test_the_panels_numbers_lead_to_their_route_in_every_form_a_network_dials(
    tmp_path: Path,
) -> None:
    settings = {"panel_numbers": ("+33639989998", "+3225550001")}
    dialplan = (_station(tmp_path, **settings).etc / "extensions.conf").read_text()
    for number in (
        "33639989998",
        "+33639989998",
        "0033639989998",
        "0639989998",
        "3225550001",
        "+3225550001",
        "003225550001",
    ):
        assert f"exten => {number},1,Goto(callflow-panel,s,1)\n" in dialplan
    assert "agi://127.0.0.1:12573/panel" in dialplan
    panel = dialplan.split("[callflow-panel]")[1].split("\n[")[0]
    assert "Playback" not in panel, "a panel gets no prompts"


TWO_TRUNKS = (
    {"name": "alpha", "channels": 30},
    {"name": "beta", "address": "127.0.0.1:5062", "domain": "beta.example", "channels": 12},
)


def test_each_trunk_is_an_endpoint_that_names_no_caller_and_is_looked_after(
    tmp_path: Path,
) -> None:
    pjsip = (_station(tmp_path, trunks=TWO_TRUNKS).etc / "pjsip.conf").read_text()
    assert "[alpha](trunk-endpoint)\naors = alpha\nfrom_domain = alpha.invalid\n" in pjsip
    assert "[alpha](trunk-aor)\ncontact = sip:127.0.0.1:12080\n" in pjsip
    assert "[beta](trunk-endpoint)\naors = beta\nfrom_domain = beta.example\n" in pjsip
    assert "[beta](trunk-aor)\ncontact = sip:127.0.0.1:5062\n" in pjsip
    assert "match = 127.0.0.1:5062/32" in pjsip
    assert "from_user" not in pjsip, "each call shows its own number"


SECRET = {
    "name": "gamma",
    "address": "sip.example:5061",
    "transport": "tls",
    "media_encryption": "sdes",
}


def _certificate(folder: Path) -> dict[str, Path]:
    for name in ("cert.pem", "key.pem"):
        (folder / name).write_text("")
    return {"tls_certificate": folder / "cert.pem", "tls_key": folder / "key.pem"}


def test_a_trunk_over_tls_is_called_and_answered_by_it_alone(tmp_path: Path) -> None:
    both = (*TWO_TRUNKS, SECRET)
    etc = _station(tmp_path, trunks=both, **_certificate(tmp_path)).etc
    pjsip = (etc / "pjsip.conf").read_text()
    gamma = pjsip.split("[gamma](trunk-endpoint)")[1].split("[gamma@out]")[0]
    for line in ("transport = tls", "media_encryption = sdes", "context = callflow-incoming-tls"):
        assert line in gamma
    assert "contact = sip:sip.example:5061\\;transport=tls\n" in pjsip
    assert "bind = 127.0.0.1:12061" in pjsip
    assert "bind = 127.0.0.1:12060" in pjsip, "the other trunks speak in clear"
    assert '".*:12061$"' in (etc / "extensions.conf").read_text()


def test_nothing_listens_in_clear_where_nobody_speaks_so(tmp_path: Path) -> None:
    settings = {"trunks": (SECRET,), "secure_phones": True, **_certificate(tmp_path)}
    pjsip = (_station(tmp_path, **settings).etc / "pjsip.conf").read_text()
    assert "12060" not in pjsip
    phone = pjsip.split("[desk-phone]")[1].split("\n[")[0]
    assert "transport = tls\nmedia_encryption = sdes" in phone


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"trunks": (SECRET,)}, "CERTIFICATE"),
        ({"secure_phones": True}, "CERTIFICATE"),
        ({"trunks": ({**SECRET, "transport": "udp"},)}, "keys would go in clear"),
        ({"trunks": ({"name": "gamma", "transport": "tls"},)}, "set an address"),
        ({"sip_authorities": Path("/nowhere.pem")}, "no file"),
    ],
)
def test_what_would_be_secret_in_name_only_is_refused(
    tmp_path: Path, other: dict[str, object], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        _settings(tmp_path, **other)


def test_a_silent_trunk_is_given_up_sooner_where_there_is_another(tmp_path: Path) -> None:
    alone = (_station(tmp_path / "a").etc / "pjsip.conf").read_text()
    several = (_station(tmp_path / "b", trunks=TWO_TRUNKS).etc / "pjsip.conf").read_text()
    assert "timer_b = 32000" in alone
    assert "from_domain" not in alone
    assert "timer_b = 8000" in several


def test_the_network_tells_the_trunks_apart_and_counts_the_calls_of_each(tmp_path: Path) -> None:
    etc = embedded.simulator(_settings(tmp_path, trunks=TWO_TRUNKS), TREE).instance.etc
    pjsip, dialplan = (etc / "pjsip.conf").read_text(), (etc / "extensions.conf").read_text()
    assert "endpoint = station-beta\nmatch_header = From: /@beta.example/" in pjsip
    assert "GROUP_COUNT(alpha)} > 30" in dialplan
    assert "GROUP_COUNT(beta)} > 12" in dialplan


def test_the_browsers_telephone_speaks_dtls_srtp_alone(tmp_path: Path) -> None:
    """`webrtc = yes` is DTLS-SRTP, its certificate made at each start, checked by fingerprint;
    nothing takes it back, and media comes from where it began only."""
    etc = _station(tmp_path).etc
    text = (etc / "pjsip.conf").read_text()
    softphone = text.partition("[softphone]")[2].partition("\n[")[0]
    assert "webrtc = yes" in softphone
    for weaker in ("media_encryption", "optimistic", "dtls_verify", "dtls_rekey", "dtls_cert_file"):
        assert weaker not in softphone
    assert "strictrtp = yes" in (etc / "rtp.conf").read_text()


CARRIER = {
    "name": "carrier",
    "address": "sip.carrier.test",
    "username": "33972000001",
    "password": "a;b,c|d[e]f=>#i $g",
    "register": True,
}


def test_a_carrier_that_registers_us_is_asked_for_ever_and_answered_with_our_password(
    tmp_path: Path,
) -> None:
    etc = _station(tmp_path, trunks=(CARRIER,)).etc
    pjsip = (etc / "pjsip.conf").read_text()
    assert (etc / "pjsip.conf").stat().st_mode & 0o777 == 0o600
    assert "username = 33972000001\npassword = a\\;b,c|d[e]f=>#i $g\n" in pjsip
    registration = pjsip.split("[carrier](trunk-registration)")[1]
    assert "server_uri = sip:sip.carrier.test\\;transport=udp\n" in registration
    assert "client_uri = sip:33972000001@sip.carrier.test\n" in registration
    assert "contact_user = 33972000001\n" in registration
    endpoint = pjsip.split("[carrier](trunk-endpoint)")[1].split("[carrier@out]")[0]
    assert "outbound_auth = carrier\n" in endpoint
    assert "from_domain = sip.carrier.test\n" in endpoint
    assert "type = identify" not in pjsip, "whom its name leads to, telephony finds out"
    assert "res_resolver_unbound.so" in (etc / "modules.conf").read_text()


def test_a_station_that_is_held_tells_no_carrier_where_it_is(tmp_path: Path) -> None:
    held = embedded.station(_settings(tmp_path, trunks=(CARRIER,)), TREE, registers=False)
    pjsip = (held.instance.etc / "pjsip.conf").read_text()
    assert "[carrier](trunk-registration)" not in pjsip
    assert "[carrier](trunk-endpoint)" in pjsip


def test_a_name_that_is_no_number_is_called_by_ours(tmp_path: Path) -> None:
    trunk = {**CARRIER, "username": "s12345@ims.test", "machine_number": "+33972000009"}
    pjsip = (_station(tmp_path, trunks=(trunk,)).etc / "pjsip.conf").read_text()
    assert "client_uri = sip:s12345@ims.test\n" in pjsip
    assert "contact_user = 33972000009\n" in pjsip
    assert "from_domain = ims.test\n" in pjsip


def test_a_proxy_is_on_the_way_of_every_request_and_calls_come_from_it(tmp_path: Path) -> None:
    trunk = {**CARRIER, "outbound_proxy": "192.0.2.9:5070", "networks": ["198.51.100.0/24"]}
    pjsip = (_station(tmp_path, trunks=(trunk,)).etc / "pjsip.conf").read_text()
    assert pjsip.count("outbound_proxy = sip:192.0.2.9:5070\\;lr\n") == 3  # call, ask, register
    assert "match = 192.0.2.9:5070/32\nmatch = 198.51.100.0/24\n" in pjsip


def test_who_is_beyond_the_address_translation_is_told_the_outer_address(tmp_path: Path) -> None:
    outer = {"external_address": "203.0.113.5", "local_networks": ["10.0.0.0/8"]}
    trunks = ({"name": "alpha", "address": "192.0.2.9", **outer}, {**CARRIER, "transport": "tcp"})
    pjsip = (_station(tmp_path, trunks=trunks).etc / "pjsip.conf").read_text()
    udp, tcp = (pjsip.split(f"[{way}]")[1].split("\n[")[0] for way in ("udp", "tcp"))
    for name in ("external_signaling_address", "external_media_address"):
        assert f"{name} = 203.0.113.5\n" in udp
    assert "local_net = 10.0.0.0/8\n" in udp
    assert "external" not in tcp, "that trunk has no outer address"
    assert "bind = 127.0.0.1:12060" in tcp
    assert "match = 192.0.2.9:5060/32\n" in pjsip


def test_what_a_trunk_speaks_is_its_own(tmp_path: Path) -> None:
    trunk = {"name": "alpha", "codecs": ["g722", "alaw"], "dtmf": "info", "identity": "from"}
    etc = _station(tmp_path, trunks=(trunk,)).etc
    endpoint = (etc / "pjsip.conf").read_text().split("[alpha](trunk-endpoint)")[1]
    assert "disallow = all\nallow = g722\nallow = alaw\ndtmf_mode = info\n" in endpoint
    assert "codec_g722.so" in (etc / "modules.conf").read_text()


def test_a_password_shows_itself_nowhere(tmp_path: Path) -> None:
    settings = _settings(tmp_path, trunks=(CARRIER,))
    assert str(CARRIER["password"]) not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert str(CARRIER["password"]) not in f"{embedded._far_end(settings, settings.trunks[0])!r}"
