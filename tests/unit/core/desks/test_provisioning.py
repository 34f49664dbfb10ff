"""What a maker's telephone reads is what it was given, whatever its owner is called."""

from __future__ import annotations

import pytest
from defusedxml.ElementTree import fromstring

from callflow.core.desks.provisioning import Handset, Make, file_name, file_of

NAME, SECRET = "op-0123456789ab", "a-secret-of_the-desk-phone"


def _handset(owner: str = "claire", *, secure: bool = False) -> Handset:
    return Handset(
        name=NAME, secret=SECRET, owner=owner, host="sip.station.test", port=5060, secure=secure
    )


def _yealink(handset: Handset) -> dict[str, str]:
    first, *lines = file_of(Make.YEALINK, handset).splitlines()
    assert first == "#!version:1.0.0.1", "else the telephone reads no further"
    return dict(line.split(" = ", 1) for line in lines)


def _snom(handset: Handset) -> dict[str, str]:
    root = fromstring(file_of(Make.SNOM, handset))
    return {setting.tag: setting.text or "" for setting in root.iter() if len(setting) == 0}


def test_a_yealink_registers_with_it_and_keeps_its_way_through_a_nat_open() -> None:
    read = _yealink(_handset())
    assert (read["account.1.user_name"], read["account.1.password"]) == (NAME, SECRET)
    assert read["account.1.sip_server.1.address"] == "sip.station.test"
    assert read["account.1.sip_server.1.transport_type"] == "0"
    assert 20 <= int(read["account.1.sip_server.1.expires"]) <= 120, "what pjsip.conf takes"
    assert (read["account.1.nat.rport"], read["account.1.nat.udp_update_time"]) == ("1", "20")
    secure = _yealink(_handset(secure=True))
    assert secure["account.1.sip_server.1.transport_type"] == "2"
    assert secure["account.1.srtp_encryption"] == "2"


def test_a_snom_registers_with_it() -> None:
    read = _snom(_handset())
    assert (read["user_name"], read["user_pass"]) == (NAME, SECRET)
    assert read["user_outbound"] == "sip:sip.station.test:5060;transport=udp"
    assert (read["user_srtp"], read["user_savp"]) == ("off", "off")
    secure = _snom(_handset(secure=True))
    assert secure["user_outbound"].endswith(";transport=tls")
    assert (secure["user_srtp"], secure["user_savp"]) == ("on", "mandatory")


HOSTILE = ["<user_pass>x</user_pass>", "a & b", ']]>"', "account.1.password = x", "é", "=", "#"]


@pytest.mark.parametrize("owner", HOSTILE)
def test_an_owner_s_name_sets_nothing_but_itself(owner: str) -> None:
    assert _yealink(_handset(owner))["account.1.label"] == owner
    assert _yealink(_handset(owner))["account.1.password"] == SECRET
    assert _snom(_handset(owner))["user_realname"] == owner
    assert _snom(_handset(owner))["user_pass"] == SECRET


@pytest.mark.parametrize("make", list(Make))
def test_a_name_of_two_lines_is_refused(make: Make) -> None:
    with pytest.raises(ValueError, match="are lines"):
        file_of(make, _handset("a\naccount.1.password = x"))


def test_its_file_has_the_telephone_s_name() -> None:
    assert [file_name(make, _handset()) for make in Make] == [f"{NAME}.cfg", f"{NAME}.xml"]
