"""People of the station for tests: made as rows, without a password."""

from __future__ import annotations

from datetime import datetime

from callflow.core.people.users import Role, User
from callflow.storage import Tx
from callflow.storage.people import users


def add_operator(tx: Tx, name: str, now: datetime) -> None:
    """An operator whose id is their name."""
    users.insert_user(
        tx,
        User(
            id=name,
            name=name,
            role=Role.OPERATOR,
            password="",
            password_given_at=None,
            language="fr",
            languages=("fr",),
            skills=(),
            created_at=now,
        ),
    )
