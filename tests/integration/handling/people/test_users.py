"""Who logs in: what holds on each database, two who act at once included."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from callflow import clock
from callflow.core.people.sessions import Challenge
from callflow.core.people.users import Role
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.station import tokens, users
from callflow.storage import Store, Tx
from callflow.storage.people import access
from callflow.storage.people import users as rows
from callflow.vault import Vault

NOW = clock.now()


def add(store: Store, name: str, role: Role) -> str:
    return store.write_now(lambda tx: users.add_user(tx, name, role, "hash", NOW, by="test"))


def session_of(store: Store, user_id: str, token: str) -> None:
    store.write_now(
        lambda tx: users.open_session(
            tx,
            user_id,
            NOW,
            token_hash=token,
            csrf="c",
            expires_at=NOW + timedelta(hours=12),
            address="192.0.2.1",
            browser="\0 odd",
            factor="password",
        )
    )


def take_step(store: Store, user_id: str, step: int) -> bool:
    return store.write_now(lambda tx: access.take_step(tx, user_id, step))


def live(store: Store) -> list[str]:
    since = NOW - timedelta(minutes=30)
    return [row.token_hash for row in store.read_now(lambda tx: access.sessions(tx, NOW, since))]


def test_two_administrators_who_demote_each_other_leave_one(
    store: Store, tables: str, vault: Vault
) -> None:
    other = Store(tables, mac=vault.seal)
    try:
        with ThreadPoolExecutor(2) as pool:
            for turn in range(10):
                ana, zoe = (add(store, f"{n}{turn}", Role.ADMINISTRATOR) for n in ("ana", "zoe"))

                def demote(which: Store, whom: str) -> bool:
                    def act(tx: Tx) -> None:
                        users.change_user(tx, whom, NOW, by="test", role=Role.OPERATOR)

                    try:
                        which.write_now(act)
                    except Refused:
                        return False
                    return True

                done = list(pool.map(demote, (store, other), (zoe, ana)))
                assert sorted(done) == [False, True]
                left = [
                    row.id for row in store.read_now(rows.users) if row.role == Role.ADMINISTRATOR
                ]
                assert len(left) == 1
                last = left[0]
                store.write_now(partial(rows.update_user, user_id=last, role="operator"))
    finally:
        other.close()


def test_a_code_is_taken_once_by_two_at_once(store: Store, tables: str, vault: Vault) -> None:
    other = Store(tables, mac=vault.seal)
    user_id = add(store, "claire", Role.OPERATOR)
    try:
        with ThreadPoolExecutor(2) as pool:
            for step in range(1, 21):
                take = partial(take_step, user_id=user_id, step=step)
                taken = list(pool.map(take, (store, other)))
                assert sorted(taken) == [False, True]
        assert not take_step(store, user_id, 5)  # an older one
    finally:
        other.close()


def test_another_role_ends_sessions_and_another_skill_does_not(store: Store) -> None:
    ana, zoe = (add(store, name, Role.OPERATOR) for name in ("ana", "zoe"))
    for user_id, token in ((ana, "a1"), (ana, "a2"), (zoe, "z1")):
        session_of(store, user_id, token)
    store.write_now(lambda tx: users.change_user(tx, ana, NOW, by="x", skills=["video"]))
    assert sorted(live(store)) == ["a1", "a2", "z1"]
    store.write_now(lambda tx: users.set_password(tx, ana, "other", "ana", NOW, session="a2"))
    assert sorted(live(store)) == ["a2", "z1"]
    store.write_now(lambda tx: users.change_user(tx, ana, NOW, by="x", role=Role.READER))
    assert live(store) == ["z1"]


def test_a_disabled_person_is_let_in_nowhere(store: Store) -> None:
    ana = add(store, "ana", Role.OPERATOR)
    session_of(store, ana, "a1")
    store.write_now(lambda tx: users.disable_user(tx, ana, "boss", NOW))
    assert live(store) == []
    with pytest.raises(Refused, match="disabled"):
        session_of(store, ana, "a2")
    assert live(store) == []


def test_a_challenge_is_taken_once_and_not_late(store: Store) -> None:
    def put(tx: Tx) -> None:
        until = NOW + timedelta(minutes=1)
        access.put_challenge(tx, Challenge("t", "oidc", None, {}, until), NOW)

    def take(kind: str = "oidc", after: int = 0) -> bool:
        at = NOW + timedelta(seconds=after)
        return store.write_now(lambda tx: access.take_challenge(tx, "t", kind, at)) is not None

    store.write_now(put)
    assert not take("factor")
    assert take()
    assert not take()
    store.write_now(put)
    assert not take(after=61)


def test_there_is_nothing_to_end_where_there_is_no_session(store: Store) -> None:
    with pytest.raises(NotFound):
        store.write_now(lambda tx: users.end_session(tx, "none", "boss", NOW))


@pytest.mark.parametrize(
    "name", ["callflow", "Callflow", " CALL flow ", "call-flow", "ｃａｌｌｆｌｏｗ"]
)
def test_nobody_is_called_as_the_machine(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="machine's own name"):
        add(store, name, Role.OPERATOR)
    with pytest.raises(Refused, match="machine's own name"):
        store.write_now(lambda tx: users.from_directory(tx, f"u-{name}", name, Role.OPERATOR, NOW))
    with pytest.raises(Refused, match="machine's own name"):
        store.write_now(
            lambda tx: tokens.add_token(tx, "0" * 64, Role.READER, name, NOW, by="test")
        )
