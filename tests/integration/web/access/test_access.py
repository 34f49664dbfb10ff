"""People, their sessions and what proves who they are: the pages, without a browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import httpx
import pyotp
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.people.sessions import Passkey
from callflow.core.people.users import User
from callflow.handling.alarms import operating
from callflow.settings.config import Settings
from callflow.storage import schema
from callflow.storage.people import access, users
from callflow.storage.records import logbook as logbook_rows
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import PASSWORD, WebStation
from web.access import users as access_users
from web.access.users import Role, digest
from web.app import create_app

NEW = "une nuit sans lune"
Make = Callable[..., FastAPI]


class Hands:
    """A clock that is moved."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return clock.now() + self.ahead

    def pass_(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def make(station: WebStation, hands: Hands) -> Make:
    """The application, with other settings."""

    def made(**settings: object) -> FastAPI:
        base = station.settings.model_dump() | settings
        return create_app(Settings(**base), station.store, station.vault, now=hands)

    return made


@pytest.fixture
def app(make: Make) -> FastAPI:
    return make()


async def person(
    station: WebStation, app: FastAPI, name: str, role: Role = Role.OPERATOR, **more: str
) -> Person:
    """Somebody who exists and is logged in."""
    if station.store.read_now(lambda tx: users.user_by_name(tx, name)) is None:
        station.user(name, role)
    somebody = Person(app, name, **more)
    assert (await somebody.log_in()).status_code == 303
    return somebody


def user(station: WebStation, name: str) -> User:
    row = station.store.read_now(lambda tx: users.user_by_name(tx, name))
    assert row is not None
    return row


def user_id(station: WebStation, name: str) -> str:
    return str(user(station, name).id)


def told(station: WebStation) -> list[str]:
    """The logbook's entries, oldest first."""
    rows = station.store.read_now(lambda tx: logbook_rows.page(tx, after=0, limit=500))
    return [f"{row.kind}: {row.who}: {row.text}" for row in rows]


def key_on(page: httpx.Response) -> str:
    found = re.search(r'class="key">([A-Z2-7 ]+)<', page.text)
    assert found
    return found[1].replace(" ", "")


def softphone(station: WebStation, name: str, session: str) -> None:
    row = {
        "name": "op-1",
        "user_id": user_id(station, name),
        "kind": "softphone",
        "node": "node0",
        "secret": "",
        "session": session,
        "created_at": clock.now(),
    }
    station.do(lambda tx: tx.execute(schema.phone.insert().values(**row)))


def softphone_of(station: WebStation, session: str) -> dict[str, object]:
    query = schema.phone.select().where(schema.phone.c.session == session)
    return dict(station.store.read_now(lambda tx: tx.execute(query).one()._mapping))


# --- sessions ------------------------------------------------------------------------------


async def test_a_session_says_where_it_is_from(station: WebStation, app: FastAPI) -> None:
    claire = await person(station, app, "claire", place="198.51.100.20")
    page = (await claire.see("/account")).text
    assert "198.51.100.20" in page
    assert "Chromium 156, Linux" in page
    assert any(
        "logged_in: claire: Connexion depuis 198.51.100.20" in line for line in told(station)
    )


async def test_a_session_is_over_after_a_shift(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    for _ in range(12):
        assert await claire.is_in()
        hands.pass_(minutes=59)
        station.do(lambda tx: access.sessions_seen(tx, {digest(claire.token): hands()}))
    hands.pass_(minutes=13)
    assert not await claire.is_in()


async def test_an_unused_session_is_over_after_half_an_hour(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    hands.pass_(minutes=29)
    assert await claire.is_in()
    seen = app.state.station.seen  # written with the next beat
    station.do(lambda tx: access.sessions_seen(tx, seen))
    hands.pass_(minutes=29)
    assert await claire.is_in()
    hands.pass_(minutes=31)
    assert not await claire.is_in()


async def test_a_supervisor_ends_anybodys_session_and_its_softphone(
    station: WebStation, app: FastAPI
) -> None:
    claire = await person(station, app, "claire")
    chief = await person(station, app, "yves", Role.SUPERVISOR)
    session = digest(claire.token)
    softphone(station, "claire", session)
    assert "claire" in (await chief.see("/people/sessions")).text
    answer = await chief.send(f"/people/sessions/{session}/end")
    assert answer.status_code == 303
    assert softphone_of(station, session)["ended_at"] is not None
    assert not await claire.is_in()
    assert await chief.is_in()
    assert any("session_ended: yves: Session de claire" in line for line in told(station))
    again = await chief.send(f"/people/sessions/{session}/end")
    assert again.status_code == 404


async def test_everybody_ends_their_own_and_nobody_elses(station: WebStation, app: FastAPI) -> None:
    here = await person(station, app, "claire")
    there = await person(station, app, "claire")
    other = await person(station, app, "yves")
    answer = await here.send(f"/account/sessions/{digest(other.token)}/end")
    assert answer.status_code == 404
    assert await other.is_in()
    assert (await here.send(f"/account/sessions/{digest(there.token)}/end")).status_code == 303
    assert not await there.is_in()
    assert await here.is_in()
    stranger = await here.send(f"/people/sessions/{digest(other.token)}/end")
    assert stranger.status_code == 403
    assert await other.is_in()


async def test_an_ended_session_ends_its_stream(station: WebStation, app: FastAPI) -> None:
    claire = await person(station, app, "claire")
    hub, closing = app.state.hub, asyncio.Event()
    stream = hub.stream("fr", closing, user="claire", session=digest(claire.token))
    await anext(stream)
    await hub.look_at_sessions()
    assert hub.open_streams == 1
    await claire.client.post("/logout")
    await hub.look_at_sessions()
    async for _ in stream:  # that it ends is what is asked
        pass
    assert hub.open_streams == 0


async def test_an_open_stream_keeps_its_session(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    stream = app.state.hub.stream(
        "fr", asyncio.Event(), user="claire", session=digest(claire.token)
    )
    await anext(stream)
    for _ in range(4):
        hands.pass_(minutes=20)
        await app.state.hub.look_at_sessions()
        seen = app.state.station.seen
        station.do(lambda tx, seen=seen: access.sessions_seen(tx, seen))
    assert await claire.is_in()
    await stream.aclose()


# --- passwords -----------------------------------------------------------------------------


async def test_a_changed_password_ends_the_other_sessions(
    station: WebStation, app: FastAPI
) -> None:
    here, there = [await person(station, app, "claire") for _ in range(2)]
    answer = await here.send("/account/password", current=PASSWORD, password=NEW, again=NEW)
    assert answer.status_code == 303
    assert await here.is_in()
    assert not await there.is_in()
    assert (await there.log_in()).status_code == 401
    assert (await there.log_in(NEW)).status_code == 303
    assert not [line for line in told(station) if NEW in line or PASSWORD in line]


@pytest.mark.parametrize(
    ("current", "password", "again", "status", "why"),
    [
        ("wrong", NEW, NEW, 403, "pas votre mot de passe"),
        (PASSWORD, NEW, NEW + "x", 422, "diffèrent"),
        (PASSWORD, "court", "court", 422, "au moins 12 caractères"),
        (PASSWORD, "azertyuiop12", "azertyuiop12", 422, "essaie d"),
        (PASSWORD, "AZERTYUIOP12", "AZERTYUIOP12", 422, "essaie d"),
        (PASSWORD, "ababababababab", "ababababababab", 422, "5 caractères différents"),
        (PASSWORD, "claire123456", "claire123456", 422, "essaie d"),
    ],
)
async def test_a_bad_password_is_refused_with_the_reason(
    station: WebStation,
    app: FastAPI,
    current: str,
    password: str,
    again: str,
    status: int,
    why: str,
) -> None:
    claire = await person(station, app, "claire")
    answer = await claire.send("/account/password", current=current, password=password, again=again)
    assert answer.status_code == status
    assert why in answer.text
    assert (await claire.log_in()).status_code == 303


async def test_guessing_ones_own_password_waits(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    guess = {"current": "wrong", "password": NEW, "again": NEW}
    statuses = [(await claire.send("/account/password", **guess)).status_code for _ in range(6)]
    assert statuses == [403] * 5 + [429]
    right = await claire.send("/account/password", **{**guess, "current": PASSWORD})
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 60
    assert re.search(r"attendez.*\(\d+ s\)", right.text)
    hands.pass_(minutes=5)
    right = await claire.send("/account/password", **{**guess, "current": PASSWORD})
    assert right.status_code == 303


async def test_many_guesses_at_once_are_many(station: WebStation, app: FastAPI) -> None:
    station.user("claire")
    somebody = Person(app, "claire")
    answers = await asyncio.gather(*(somebody.log_in(f"guess {n}") for n in range(12)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [401] * 5 + [429] * 7
    assert [line for line in told(station) if line.startswith("login_blocked")]


async def test_a_refusal_takes_as_much_work_whoever_it_is(
    station: WebStation, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash is verified, of the same cost, for nobody, somebody, and who may not log in."""
    for name in ("claire", "gone", "directory"):
        station.user(name)
    kept = schema.user.update().values(password=access_users.hash_password(PASSWORD))
    station.do(lambda tx: tx.execute(kept))
    station.do(lambda tx: users.update_user(tx, user_id(station, "gone"), disabled_at=clock.now()))
    station.do(lambda tx: users.update_user(tx, user_id(station, "directory"), password=""))
    costs = []
    verify = access_users._hasher.verify

    def watched(kept: str, password: str) -> bool:
        costs.append(kept.rsplit("$", 2)[0])
        return verify(kept, password)

    counting = SimpleNamespace(verify=watched, hash=access_users._hasher.hash)
    monkeypatch.setattr(access_users, "_hasher", counting)
    pages = set()
    for name in ("nobody", "claire", "gone", "directory"):
        answer = await Person(app, name).log_in("guess")
        assert answer.status_code == 401
        pages.add(answer.text.replace(name, ""))
    assert len(pages) == 1
    assert len(costs) == 4
    assert len(set(costs)) == 1


async def test_what_was_typed_as_a_name_is_not_logged(station: WebStation, app: FastAPI) -> None:
    somebody = Person(app, "my secret pass")
    for _ in range(7):
        await somebody.log_in()
    blocked = [line for line in told(station) if line.startswith("login_blocked")]
    assert len(blocked) == 1
    assert "secret" not in blocked[0]


# --- codes ---------------------------------------------------------------------------------


async def enrol(claire: Person, hands: Hands) -> tuple[pyotp.TOTP, list[str]]:
    """Adds an authenticator: it, and the recovery codes."""
    page = await claire.send("/account/totp", password=PASSWORD)
    assert page.status_code == 200, page.text
    totp = pyotp.TOTP(key_on(page))
    done = await claire.send("/account/totp/confirm", code=totp.at(hands()))
    codes = re.findall(r"<li><code>([a-z0-9-]{11})</code>", done.text)
    assert len(codes) == 10
    hands.pass_(seconds=90)
    return totp, codes


async def half(app: FastAPI, name: str = "claire") -> Person:
    """Somebody after the password."""
    somebody = Person(app, name)
    answer = await somebody.log_in()
    assert answer.headers["location"] == "/login/factor"
    assert not await somebody.is_in()
    return somebody


async def test_a_code_is_asked_for_and_taken_once(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    totp, _ = await enrol(claire, hands)
    secret = str(user(station, "claire").totp)
    assert totp.secret not in secret  # encrypted
    one, two = await half(app), await half(app)
    code = totp.at(hands())
    wrong = await one.client.post("/login/factor", data={"code": "000000"})
    assert wrong.status_code == 401
    assert not await one.is_in()
    right = await one.client.post("/login/factor", data={"code": f"{code[:3]} {code[3:]}"})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    assert await one.is_in()
    assert (await two.client.post("/login/factor", data={"code": code})).status_code == 401
    later = totp.at(hands() + timedelta(seconds=30))
    assert (await two.client.post("/login/factor", data={"code": later})).status_code == 303


@pytest.mark.parametrize(("off", "taken"), [(-60, False), (-30, True), (30, True), (60, False)])
async def test_a_clock_may_be_one_step_off(
    station: WebStation, app: FastAPI, hands: Hands, off: int, taken: bool
) -> None:
    claire = await person(station, app, "claire")
    totp, _ = await enrol(claire, hands)
    # In the middle of a step: the second that passes must not be another one's.
    hands.pass_(seconds=45 - int(hands().timestamp()) % 30)
    somebody = await half(app)
    code = totp.at(hands() + timedelta(seconds=off))
    answer = await somebody.client.post("/login/factor", data={"code": code})
    assert (answer.status_code == 303) == taken


async def test_the_first_code_must_be_right(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    page = await claire.send("/account/totp", password=PASSWORD)
    secret = key_on(page)
    assert '<svg viewBox="0 0' in page.text
    wrong = await claire.send("/account/totp/confirm", code="12345x")
    assert key_on(wrong) == secret
    assert user(station, "claire").totp is None
    assert (await Person(app, "claire").log_in()).headers["location"] == "/"
    other = await person(station, app, "yves")
    theirs = await other.send("/account/totp/confirm", code=pyotp.TOTP(secret).at(hands()))
    assert theirs.status_code == 409  # another's enrolment is not theirs to end


async def test_a_recovery_code_lets_in_once(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    _, codes = await enrol(claire, hands)
    one, two = await half(app), await half(app)
    typed = codes[3].upper().replace("-", " ")
    assert (await one.client.post("/login/factor", data={"code": typed})).status_code == 303
    assert (await two.client.post("/login/factor", data={"code": codes[3]})).status_code == 401
    assert any("recovery_code_used: claire" in line and "9" in line for line in told(station))
    other = await person(station, app, "yves")
    _, theirs = await enrol(other, hands)
    assert (await two.client.post("/login/factor", data={"code": theirs[0]})).status_code == 401


async def test_a_recovery_code_lets_in_whose_secret_was_altered(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    totp, codes = await enrol(claire, hands)
    station.do(lambda tx: users.update_user(tx, user_id(station, "claire"), totp="YWx0ZXJlZA=="))
    somebody = await half(app)
    for code, status in ((totp.at(hands()), 401), (codes[0], 303)):
        answer = await somebody.client.post("/login/factor", data={"code": code})
        assert answer.status_code == status


async def test_guessing_codes_waits(station: WebStation, app: FastAPI, hands: Hands) -> None:
    claire = await person(station, app, "claire")
    totp, _ = await enrol(claire, hands)
    somebody = await half(app)
    guesses = [
        (await somebody.client.post("/login/factor", data={"code": f"00000{n}"})).status_code
        for n in range(6)
    ]
    assert guesses == [401] * 5 + [429]
    elsewhere = await half(app)  # another browser is no way around it
    answer = await elsewhere.client.post("/login/factor", data={"code": totp.at(hands())})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


async def test_a_factor_is_removed_by_signing_only(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    await enrol(claire, hands)
    assert (await claire.send("/account/totp/remove", password="wrong")).status_code == 403
    assert user(station, "claire").totp is not None
    assert (await claire.send("/account/totp/remove", password=PASSWORD)).status_code == 303
    assert user(station, "claire").totp is None
    left = station.store.read_now(
        lambda tx: access.recovery_codes_left(tx, user_id(station, "claire"))
    )
    assert left == 0
    assert (await Person(app, "claire").log_in()).headers["location"] == "/"


async def test_a_role_may_need_a_factor(station: WebStation, make: Make, hands: Hands) -> None:
    app = make(second_factor_roles=("supervisor",))
    chief = await person(station, app, "yves", Role.SUPERVISOR)
    for where in ("/", "/people", "/lines"):
        assert (await chief.see(where)).headers["location"] == "/account"
    assert "demande un second facteur" in (await chief.see("/account")).text
    await enrol(chief, hands)
    assert (await chief.see("/people")).status_code == 200
    claire = await person(station, app, "claire")
    assert (await claire.see("/")).status_code == 200


async def test_a_supervisor_resets_a_lost_factor_but_no_administrators(
    station: WebStation, app: FastAPI, hands: Hands
) -> None:
    claire = await person(station, app, "claire")
    await enrol(claire, hands)
    boss = await person(station, app, "ana", Role.ADMINISTRATOR)
    await enrol(boss, hands)
    chief = await person(station, app, "yves", Role.SUPERVISOR)
    where = "/people/{}/reset-factors"
    refused = await chief.send(where.format(user_id(station, "ana")))
    assert refused.status_code == 409
    assert "par un administrateur" in refused.text
    assert user(station, "ana").totp is not None
    assert (await chief.send(where.format(user_id(station, "claire")))).status_code == 303
    assert not await claire.is_in()
    assert (await Person(app, "claire").log_in()).headers["location"] == "/"
    assert any("factors_reset: yves" in line for line in told(station))


# --- people --------------------------------------------------------------------------------


async def test_an_administrator_adds_and_changes_people(station: WebStation, app: FastAPI) -> None:
    boss = await person(station, app, "ana", Role.ADMINISTRATOR)
    page = await boss.send(
        "/people", name="zoé", role="operator", languages="de fr", skill="ascenseurs, vidéo"
    )
    made = re.search(r'class="key">([0-9a-f-]+)<', page.text)
    assert made
    zoe = Person(app, "zoé")
    assert (await zoe.log_in(made[1])).status_code == 303
    row = user(station, "zoé")
    assert (row.languages, row.skills) == (("de", "fr"), ("ascenseurs", "vidéo"))
    where = f"/people/{row.id}"
    kept = await boss.fill("/people", where, role="operator", languages="fr", skill="")
    assert kept.status_code == 303
    assert await zoe.is_in()  # neither role nor password: the session goes on
    await boss.fill("/people", where, role="supervisor", languages="fr", skill="")
    assert not await zoe.is_in()
    assert any(
        "user_role: ana: Rôle de zoé changé : opérateur → chef de salle" in x for x in told(station)
    )
    assert (await zoe.log_in(made[1])).status_code == 303
    await boss.send(f"{where}/disable")
    assert not await zoe.is_in()
    refused = await zoe.log_in(made[1])
    assert refused.status_code == 401
    await boss.send(f"{where}/enable")
    assert (await zoe.log_in(made[1])).status_code == 303
    reset = await boss.fill("/people", f"{where}/password", password=NEW)
    assert reset.status_code == 303
    assert not await zoe.is_in()
    assert (await zoe.log_in(NEW)).status_code == 303


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    [
        ({"name": "ana"}, 422, "déjà un utilisateur"),
        ({"name": ""}, 422, "de 1 à 64"),
        ({"role": "panel"}, 422, "choisissez un rôle"),
        ({"languages": "français"}, 422, "deux lettres"),
        ({"password": "azertyuiop12"}, 422, "essaie d"),
        ({"skill": "x" * 33}, 422, "32 caractères"),
    ],
)
async def test_what_is_wrong_with_a_new_person_is_said(
    station: WebStation, app: FastAPI, fields: dict[str, str], status: int, why: str
) -> None:
    boss = await person(station, app, "ana", Role.ADMINISTRATOR)
    form = {"name": "zoé", "role": "operator", "languages": "fr", "skill": "", **fields}
    answer = await boss.send("/people", **form)
    assert answer.status_code == status
    assert why in answer.text
    assert station.store.read_now(lambda tx: len(users.users(tx))) == 1


async def test_the_last_administrator_stays(station: WebStation, app: FastAPI) -> None:
    boss = await person(station, app, "ana", Role.ADMINISTRATOR)
    second = await person(station, app, "zoé", Role.ADMINISTRATOR)
    ana, zoe = user_id(station, "ana"), user_id(station, "zoé")
    form = {"languages": "fr", "skill": ""}
    first, other = f"/people/{zoe}", f"/people/{ana}"
    seen = [await boss.hidden("/people", first), await second.hidden("/people", other)]
    await asyncio.gather(
        boss.send(first, role="operator", **form, as_of=seen[0]["as_of"]),
        second.send(other, role="operator", **form, as_of=seen[1]["as_of"]),
    )
    left = station.store.read_now(
        lambda tx: [row.name for row in users.users(tx) if row.role == "administrator"]
    )
    assert len(left) == 1
    last = boss if left == ["ana"] else second
    own = user_id(station, left[0])
    for where, fields, why in (
        (f"/people/{own}", {"role": "reader", **form}, "c&#39;est le dernier administrateur"),
        (f"/people/{own}/disable", {}, "personne ne s&#39;exclut soi-même"),
    ):
        answer = await last.fill("/people", where, **fields)
        assert answer.status_code == 409
        assert why in answer.text
    assert await last.is_in()


async def test_a_supervisor_sees_people_and_changes_nothing(
    station: WebStation, app: FastAPI
) -> None:
    chief = await person(station, app, "yves", Role.SUPERVISOR)
    page = (await chief.see("/people")).text
    assert "yves" in page
    assert 'name="role"' not in page
    assert (await chief.send("/people", name="x", role="administrator")).status_code == 403


async def test_no_passkey_of_another_is_removed(station: WebStation, app: FastAPI) -> None:
    claire = await person(station, app, "claire")
    await person(station, app, "yves")
    key = Passkey("abc", user_id(station, "yves"), "clé", "", 0, clock.now())
    station.do(lambda tx: access.insert_passkey(tx, key))
    answer = await claire.send("/account/passkeys/abc/remove", password=PASSWORD)
    assert answer.status_code == 404
    assert station.store.read_now(lambda tx: access.passkey(tx, "abc")) is not None


async def test_an_alarm_held_by_another_is_not_theirs_to_act_on(
    station: WebStation, app: FastAPI
) -> None:
    station.site()
    row = station.alarm()
    station.do(lambda tx: operating.claim(tx, row.id, "yves", clock.now()))
    claire = await person(station, app, "claire")
    for act, fields in (
        ("claim", {}),
        ("release", {}),
        ("park", {"minutes": "5"}),
        ("resume-plan", {}),
        ("close", {"code": "false_alarm", "text": "x"}),
    ):
        answer = await claire.send(f"/incidents/{row.id}/{act}", **fields)
        assert answer.status_code == 409, act
        assert "yves" in answer.text, act


async def test_a_technician_sees_their_account_and_no_site(
    station: WebStation, app: FastAPI
) -> None:
    station.site()
    row = station.alarm()
    technician = await person(station, app, "tom", Role.TECHNICIAN)
    for where in ("/", f"/incidents/{row.id}", "/lines", "/people"):
        assert (await technician.see(where)).status_code == 403
    page = await technician.see("/account")
    assert page.status_code == 200
    assert "Bijouterie" not in page.text
