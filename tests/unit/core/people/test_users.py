"""Passwords that will do, languages and skills as they are typed, roles of a directory's groups."""

from __future__ import annotations

import pytest

from callflow.core.people.users import PEOPLE, Role, password_fault, skills, spoken
from callflow.settings.config import BadSettings, Settings


@pytest.mark.parametrize(
    "password",
    [
        "sous les pavés",
        "correct horse battery staple",
        "3f9c-81aa-0b7e-d2c4",
        "ÉÈÀÙÇ 日本語 mot",
        "alarme et tilleul",
    ],
)
def test_a_password_of_twelve_that_nobody_tries_first_will_do(password: str) -> None:
    assert password_fault(password, "claire") is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("onze lettre", "at least 12"),
        ("x" * 257, "at most 256"),
        ("aaaaaaaaaaaaaaaa", "different"),
        ("1qaz2wsx3edc", "tried first"),
        ("1QAZ2wsx3EDC", "tried first"),
        ("motdepasse123", "tried first"),
        ("Claire2026123", "tried first"),
        ("Callflow-2026!", "this trade"),
        ("Télésurveillance 35", "this trade"),
        ("superviseur & admin", "this trade"),
    ],
)
def test_a_password_is_refused_with_the_reason(password: str, why: str) -> None:
    assert why in str(password_fault(password, "claire"))


def test_languages_are_codes() -> None:
    assert spoken("FR, en  fr") == ["fr", "en"]
    for wrong in ("", "français", "f", "fr;en", "1a"):
        with pytest.raises(ValueError, match="two-letter"):
            spoken(wrong)


def test_skills_are_words_between_commas() -> None:
    assert skills(" Vidéo ,ascenseurs,, vidéo") == ["vidéo", "ascenseurs"]
    assert skills("") == []
    for wrong in ("x" * 33, "a\nb", ",".join(map(str, range(21)))):
        with pytest.raises(ValueError, match="at most 20"):
            skills(wrong)


def provider(**more: object) -> Settings:
    fields = {
        "oidc_issuer": "https://login.example.com/",
        "oidc_client_id": "callflow",
        "oidc_roles": {"ops": "operator", "chiefs": "supervisor"},
        **more,
    }
    return Settings(**fields)  # type: ignore[arg-type]


def test_who_has_several_roles_in_the_directory_has_the_most() -> None:
    settings = provider()
    assert settings.oidc_role(["ops", "chiefs", "other"]) is Role.SUPERVISOR
    assert settings.oidc_role(["ops"]) is Role.OPERATOR
    assert settings.oidc_role(["other"]) is None
    assert settings.oidc_role([]) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": "http://login.example.com"},
        {"oidc_issuer": "ftp://login.example.com"},
        {"oidc_issuer": "login.example.com"},
        {"oidc_client_id": ""},
        {"oidc_roles": {}},
        {"oidc_roles": {"programs": "panel"}},
        {"oidc_roles": {"ops": "king"}},
        {"public_url": "http://alarms.example.com"},
        {"session_idle": 5},
        {"second_factor_roles": ["king"]},
    ],
)
def test_settings_that_would_let_the_wrong_ones_in_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((BadSettings, ValueError)):
        provider(**wrong)


def test_programs_are_no_people() -> None:
    assert set(PEOPLE) == set(Role) - {Role.PANEL, Role.GATEWAY, Role.SCREEN}
