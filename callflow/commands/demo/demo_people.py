"""The demo's people and programs: a known password, let in by a demo only."""

from callflow import clock
from callflow.core.people.sessions import ApiToken
from callflow.core.people.users import Role, User
from callflow.handling.station import tokens
from callflow.handling.station import users as acts
from callflow.storage import Store, Tx
from callflow.storage.people import users as people_users
from web.access import users as access_users

NAME, PASSWORD = "demo", "callflow-demo"
#: What ``demo --once`` gives itself.
TOKEN = "demo once"  # noqa: S105 -- its name
#: Settings of a folder: its demo's user, and whether it was started as a demo the last time.
_WHO, _IS_DEMO = "demo_user", "demo"


def let_in(store: Store) -> None:
    """This folder is a demo's: its user may log in, with the known password if it is new."""
    user = store.read_now(lambda tx: people_users.user_by_name(tx, NAME))
    kept = access_users.hash_password(PASSWORD) if user is None else ""
    now = clock.now()

    def write(tx: Tx) -> None:
        if people_users.user_by_name(tx, NAME) is None:
            access_users.create_user(tx, NAME, Role.ADMINISTRATOR, kept, now)
        user = people_users.user_by_name(tx, NAME)
        assert user is not None
        acts.enable_user(tx, user.id, "cli", now)
        people_users.write_settings(tx, {_WHO: user.id, _IS_DEMO: True})

    store.write_now(write)


def shut_out(store: Store) -> list[str]:
    """This folder is a real station's: the demo's user and tokens let nobody in; their names."""
    users, programs = store.read_now(_living)
    was_demos: bool = store.read_now(is_demos)
    if not (users or programs or was_demos):
        return []
    now = clock.now()

    def write(tx: Tx) -> None:
        for user in users:
            acts.shut_out(tx, user.id, "cli", now)
        for program in programs:
            tokens.revoke_token(tx, program.id, "cli", now)
        people_users.write_settings(tx, {_IS_DEMO: False})

    store.write_now(write)
    return [*(user.name for user in users), *(program.name for program in programs)]


def is_demos(tx: Tx) -> bool:
    """True where a demo was the last to be started in this folder."""
    return bool(people_users.settings(tx).get(_IS_DEMO))


def still_in(tx: Tx) -> list[str]:
    """Names of those of the demo that a real station would let in."""
    users, programs = _living(tx)
    return [*(user.name for user in users), *(program.name for program in programs)]


def _living(tx: Tx) -> tuple[list[User], list[ApiToken]]:
    marked = people_users.settings(tx).get(_WHO)
    users = [user for user in people_users.users(tx) if user.disabled_at is None]
    demos = [
        user
        for user in users
        if user.id == marked
        # A folder of before: somebody of this name, with the password that everybody knows.
        or (user.name == NAME and access_users.check_password(user.password, PASSWORD))
    ]
    programs = [r for r in people_users.tokens(tx) if r.name == TOKEN and r.revoked_at is None]
    return demos, programs
