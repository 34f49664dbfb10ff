"""Statistics by hand: one statement of SQL each, over the rows as alarms left them.

Written apart from the product: it knows the station's offsets of 2026 by heart, and goes to no
table that was derived.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from callflow.storage import Tx

#: The station's clock in 2026: from, until (UTC), hours ahead.
_SUMMER = ("2026-03-29 01:00:00", "2026-10-25 01:00:00")

_FALSE = "('false_alarm', 'cancelled', 'operating_error', 'nothing_found', 'known_cause')"
_LETS_GO = "('released', 'parked', 'resumed', 'came_back', 'closed', 'incident_reopened')"


class _Sqlite:
    @staticmethod
    def ms(at: str) -> str:
        whole = f"substr({at}, 1, 19)"  # SQLite's own functions round up
        seconds = f"CAST(strftime('%s', {whole}) AS INTEGER)"
        return f"({seconds} * 1000 + CAST(substr({at}, 21, 3) AS INTEGER))"

    @staticmethod
    def local(at: str) -> str:
        summer = f"{at} >= '{_SUMMER[0]}.000000' AND {at} < '{_SUMMER[1]}.000000'"
        return (
            f"datetime(substr({at}, 1, 19), CASE WHEN {summer} THEN '+2 hours' ELSE '+1 hour' END)"
        )

    @staticmethod
    def day(at: str) -> str:
        return f"CAST(strftime('%Y%m%d', {at}) AS INTEGER)"

    @staticmethod
    def hour(at: str) -> str:
        return f"CAST(strftime('%H', {at}) AS INTEGER)"

    @staticmethod
    def data(name: str) -> str:
        return f"json_extract(data, '$.{name}')"


class _Postgresql:
    @staticmethod
    def ms(at: str) -> str:
        return f"CAST(floor(extract(epoch FROM {at}) * 1000) AS bigint)"

    @staticmethod
    def local(at: str) -> str:
        summer = f"{at} >= '{_SUMMER[0]}+00' AND {at} < '{_SUMMER[1]}+00'"
        hours = f"CASE WHEN {summer} THEN interval '2 hours' ELSE interval '1 hour' END"
        return f"(({at} AT TIME ZONE 'UTC') + {hours})"

    @staticmethod
    def day(at: str) -> str:
        return f"CAST(to_char({at}, 'YYYYMMDD') AS integer)"

    @staticmethod
    def hour(at: str) -> str:
        return f"CAST(extract(hour FROM {at}) AS integer)"

    @staticmethod
    def data(name: str) -> str:
        return f"(data ->> '{name}')"


def _of(tx: Tx) -> Any:
    return _Sqlite if tx.dialect.name == "sqlite" else _Postgresql


def _courses(tx: Tx) -> str:
    """The statement's first tables: ``course``, one row an incident; ``held``, one a hold."""
    d = _of(tx)
    ms = d.ms
    return f"""
    WITH begun AS (
        SELECT i.*, coalesce(s.received_at, i.opened_at) AS received, coalesce(s.zone, '') AS zone
        FROM incident i LEFT JOIN signal s ON s.number =
            (SELECT min(x.number) FROM signal x WHERE x.incident_id = i.id)
        WHERE NOT i.exercise
    ), happened AS (
        SELECT b.*,
            (SELECT at FROM logbook WHERE chain = 'incident:' || b.id AND kind = 'human'
                ORDER BY number LIMIT 1) AS shown,
            (SELECT at FROM logbook WHERE chain = 'incident:' || b.id AND kind = 'claimed'
                ORDER BY number LIMIT 1) AS claimed,
            (SELECT CASE WHEN who = 'callflow' THEN '' ELSE who END FROM logbook
                WHERE chain = 'incident:' || b.id AND kind = 'claimed'
                ORDER BY number LIMIT 1) AS operator,
            (SELECT min(placed_at) FROM call WHERE incident_id = b.id AND direction = 'outgoing'
                AND step NOT IN ('queue', 'bridge', 'service_desk', 'own_phone')) AS called,
            (SELECT min(at) FROM verification WHERE incident_id = b.id) AS verified
        FROM begun b
    ), turn AS (
        SELECT incident, number, at, lead(at) OVER (PARTITION BY incident ORDER BY number) AS until,
            CASE WHEN kind = 'claimed' THEN CASE WHEN who = 'callflow' THEN '' ELSE who END
                 WHEN kind = 'transferred' THEN {d.data("to")}
                 WHEN kind = 'reopened' THEN CASE WHEN who = 'callflow' THEN '' ELSE who END
                 WHEN kind = 'undone' AND {d.data("undone")} <> 'claim'
                     THEN CASE WHEN who = 'callflow' THEN '' ELSE who END
                 ELSE '' END AS holder
        FROM logbook
        WHERE kind IN ('claimed', 'transferred', 'undone', 'reopened') OR kind IN {_LETS_GO}
    ), held AS (
        SELECT t.incident, t.holder, CASE
            WHEN t.until IS NULL AND h.closed_at IS NULL THEN 0
            WHEN t.until IS NULL OR h.closed_at < t.until
                THEN CASE WHEN {ms("h.closed_at")} > {ms("t.at")}
                     THEN {ms("h.closed_at")} - {ms("t.at")} ELSE 0 END
            ELSE {ms("t.until")} - {ms("t.at")} END AS took
        FROM turn t JOIN happened h ON h.id = t.incident WHERE t.holder <> ''
    ), course AS (
        SELECT h.id, coalesce(h.site_id, '') AS site, h.account, h.zone, h.category, h.kind,
            coalesce(h.operator, '') AS operator,
            {d.day(d.local("h.received"))} AS day, {d.hour(d.local("h.received"))} AS hour,
            (h.duress OR h.kind IN ('fire', 'hold_up', 'panic', 'duress')) AS urgent,
            CASE WHEN h.closed_at IS NULL THEN NULL ELSE h.resolution_code END AS resolution,
            {ms("h.shown")} - {ms("h.received")} AS shown,
            {ms("h.claimed")} - {ms("h.received")} AS claimed,
            {ms("h.called")} - {ms("h.received")} AS called,
            CASE WHEN h.claimed IS NULL OR h.called < h.claimed THEN {ms("h.called")}
                ELSE {ms("h.claimed")} END - {ms("h.received")} AS acted,
            {ms("h.verified")} - {ms("h.received")} AS verified,
            {ms("h.closed_at")} - {ms("h.received")} AS closed,
            CASE WHEN h.closed_at IS NULL THEN NULL
                ELSE coalesce(p.took, 0) END AS human
        FROM happened h LEFT JOIN
            (SELECT incident, sum(took) AS took FROM held GROUP BY incident) p ON p.incident = h.id
    )"""


def _in(asked: str) -> str:
    return f"day BETWEEN :first AND :last {asked}"


def groups(tx: Tx, by: str, first: int, last: int, asked: str = "") -> dict[str, tuple[int, ...]]:
    """{key: (incidents, false, then count, sum and most of each step, the urgent and the other
    ones acted on at all and within both targets, machine, human)}; the longest is never less than
    nothing; the targets are 30 and 60 s, 90 and 180 s."""
    steps = "".join(
        f", count({s}), coalesce(sum({s}), 0), CASE WHEN max({s}) > 0 THEN max({s}) ELSE 0 END"
        for s in ("shown", "claimed", "called", "acted", "verified", "closed")
    )
    within = "".join(
        f", coalesce(sum(CASE WHEN {which} THEN 1 ELSE 0 END), 0)"
        f", coalesce(sum(CASE WHEN {which} AND acted <= {one} THEN 1 ELSE 0 END), 0)"
        f", coalesce(sum(CASE WHEN {which} AND acted <= {two} THEN 1 ELSE 0 END), 0)"
        for which, one, two in (("urgent", 30000, 60000), ("NOT urgent", 90000, 180000))
    )
    statement = f"""{_courses(tx)} SELECT {by}, count(*),
        coalesce(sum(CASE WHEN closed IS NOT NULL AND resolution IN {_FALSE} THEN 1 ELSE 0 END), 0)
        {steps} {within},
        coalesce(sum(CASE WHEN closed IS NULL THEN 0
            WHEN shown < closed AND (claimed IS NULL OR shown <= claimed) THEN shown
            WHEN claimed < closed THEN claimed ELSE closed END), 0),
        coalesce(sum(human), 0)
        FROM course WHERE {_in(asked)} GROUP BY {by}"""
    rows = tx.execute(text(statement), {"first": first, "last": last})
    return {str(row[0]): tuple(int(each) for each in row[1:]) for row in rows}


def bars(tx: Tx, step: str, by: str, first: int, last: int) -> dict[tuple[str, int], int]:
    """{(key, upper end of the bar in seconds; 0: longer, -1: never): how many}."""
    edges = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600)
    cases = " ".join(f"WHEN {step} <= {edge * 1000} THEN {edge}" for edge in edges)
    statement = f"""{_courses(tx)} SELECT {by},
        CASE WHEN {step} IS NULL THEN -1 {cases} ELSE 0 END AS bar, count(*)
        FROM course WHERE {_in("")} GROUP BY 1, 2"""
    rows = tx.execute(text(statement), {"first": first, "last": last})
    return {(str(row[0]), int(row[1])): int(row[2]) for row in rows}


def false_alarms(tx: Tx, by: str, first: int, last: int) -> dict[tuple[str, ...], tuple[int, int]]:
    """{key: (closed, false)}."""
    join = "LEFT JOIN account a ON a.account = c.account" if "maker" in by else ""
    statement = f"""{_courses(tx)} SELECT count(*),
        sum(CASE WHEN c.resolution IN {_FALSE} THEN 1 ELSE 0 END), {by}
        FROM course c {join} WHERE c.closed IS NOT NULL AND {_in("")} GROUP BY {by}"""
    rows = tx.execute(text(statement), {"first": first, "last": last})
    return {tuple(map(str, row[2:])): (int(row[0]), int(row[1])) for row in rows}


def operators(tx: Tx, first: int, last: int) -> dict[str, tuple[int, int, int, int]]:
    """{operator: (incidents, milliseconds held, taken, closed)}."""
    d = _of(tx)
    statement = f"""{_courses(tx)}, act AS (
        SELECT holder AS who, incident, took, 0 AS taken, 0 AS closed FROM held
        UNION ALL SELECT who, incident, 0, 1, 0 FROM logbook
            WHERE kind = 'claimed' AND who <> 'callflow'
        UNION ALL SELECT {d.data("to")}, incident, 0, 1, 0 FROM logbook
            WHERE kind = 'transferred'
        UNION ALL SELECT who, incident, 0, 0, 1 FROM logbook
            WHERE kind = 'closed' AND who <> 'callflow'
    ) SELECT a.who, count(DISTINCT a.incident), sum(a.took), sum(a.taken), sum(a.closed)
    FROM act a JOIN course c ON c.id = a.incident WHERE {_in("")} GROUP BY a.who"""
    rows = tx.execute(text(statement), {"first": first, "last": last})
    return {row[0]: (int(row[1]), int(row[2]), int(row[3]), int(row[4])) for row in rows}


def trunks(tx: Tx, when: str, first: int, last: int) -> dict[tuple[str, int, str], tuple[int, ...]]:
    """{(trunk, ``day`` or ``hour``, outcome): (calls, answered, milliseconds until they were)}."""
    d = _of(tx)
    waited = f"coalesce({d.ms('answered_at')} - {d.ms('placed_at')}, 0)"
    statement = f"""WITH over AS (
        SELECT trunk, {d.day(d.local("ended_at"))} AS day, {d.hour(d.local("ended_at"))} AS hour,
            coalesce(outcome, '') AS outcome, answered_at, {waited} AS waited
        FROM call WHERE ended_at IS NOT NULL AND placed_at IS NOT NULL AND trunk <> ''
            AND direction = 'outgoing'
    ) SELECT trunk, {when}, outcome, count(*), count(answered_at), sum(waited)
    FROM over WHERE {_in("")} GROUP BY 1, 2, 3"""
    rows = tx.execute(text(statement), {"first": first, "last": last})
    return {(row[0], int(row[1]), row[2]): tuple(int(n) for n in row[3:]) for row in rows}
