"""The station's sites as a file is compared with them: all of them in memory. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from callflow.core.sites.files.rows import Row
from callflow.core.sites.site import ANY_KIND
from callflow.core.time.holidays import NO_DAYS, OwnDays


@dataclass(kw_only=True, slots=True)
class Known:
    """Rows as ``storage.site_files`` gives them, by their keys."""

    version: str = ""  # differs once anything of it has changed
    sites: dict[str, Row] = field(default_factory=dict)
    accounts: dict[str, str | None] = field(default_factory=dict)  # account → its site
    accounts_of: dict[str, list[str]] = field(default_factory=dict)
    contacts: dict[str, Row] = field(default_factory=dict)
    links: dict[str, list[Row]] = field(default_factory=dict)
    panel_users: frozenset[tuple[str, str]] = frozenset()  # (site, contact)
    plans: Mapping[str, Row] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()  # those of them that nobody may follow
    firms: tuple[Row, ...] = ()
    own: OwnDays = field(default_factory=lambda: NO_DAYS)  # what the station says of days

    def take(
        self,
        sites: Iterable[Row],
        accounts: Iterable[Row],
        contacts: Iterable[Row],
        links: Iterable[Row],
    ) -> None:
        """Rows, in the order in which they are shown."""
        self.sites = {row["id"]: row for row in sites}
        self.contacts = {row["id"]: row for row in contacts}
        for row in accounts:
            self.accounts[row["account"]] = row["site_id"]
            if row["site_id"] is not None:
                self.accounts_of.setdefault(row["site_id"], []).append(row["account"])
        for row in links:
            self.links.setdefault(row["site_id"], []).append(row)

    def shown(self, site_id: str) -> Row:
        """A site as ``rows`` has them."""
        row = self.sites[site_id]
        names = ("id", "name", "client", "address", "postcode", "timezone", "language", "state")
        return {
            **{name: row[name] for name in names},
            "plan": row["plans"].get(ANY_KIND, ""),
            "accounts": [{"account": each} for each in self.accounts_of.get(site_id, ())],
            "contacts": [self._contact(link) for link in self.links.get(site_id, ())],
        }

    def _contact(self, link: Row) -> Row:
        person = self.contacts[link["contact_id"]]
        return {
            "id": person["id"],
            "name": person["name"],
            "role": link["role"],
            "rank": link["rank"],
            "phone": person["phone"],
            "language": person["language"],
            "authorities": link["authorities"],
            "keys_held": link["keys_held"],
        }
