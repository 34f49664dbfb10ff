"""The forms of what is owed after an alarm, and of second thoughts."""

from datetime import datetime, timedelta

from callflow.core.alarms.promise import PromiseKind
from callflow.handling.alarms.ends import reopening, signing
from callflow.storage import Tx
from web.kit import forms
from web.kit.forms import Form


def promise(tx: Tx, incident_id: str, who: str, form: Form, now: datetime) -> object:
    """Something is promised, or was left there."""
    return signing.promise(
        tx,
        incident_id,
        who,
        forms.one_of(PromiseKind, form, "kind"),
        forms.line(form, "text"),
        now,
        owes=forms.line(form, "owes"),
        within=timedelta(minutes=forms.minutes(form)),
    )


def keep(tx: Tx, incident_id: str, who: str, form: Form, now: datetime) -> object:
    """It is done, or fetched."""
    return signing.keep(tx, incident_id, form.get("promise", ""), who, forms.text(form), now)


def reopen(tx: Tx, incident_id: str, who: str, form: Form, now: datetime) -> object:
    """A filed alarm is open again."""
    return reopening.reopen(tx, incident_id, who, forms.text(form), now)
