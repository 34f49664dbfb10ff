"""The index of the logbook's words (``callflow.core.records.words``): SQLite's FTS5, PostgreSQL's
tsvector.

It follows behind (``processes/indexer.py``): no statement and no trigger on what an alarm
writes. One row, ``logbook_index``, says up to which number it is; what is newer is looked through
itself. An entry that loses words loses them here in the same transaction (``again``), and the row's
``generation`` changes, so that no batch that was read before comes in after.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    BindParameter,
    TextClause,
    insert,
    literal,
    select,
    text,
    update,
)

from callflow.clock import monotonic
from callflow.core.records.logbook import Entry
from callflow.core.records.words import Phrase, Sought, Way, tokens_of
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import first, found
from callflow.storage.schema.logbook import RARE

_STATE, _C, _S = t.logbook_index.c, t.logbook.c, t.spoken.c
#: The kind of what tells of a voice.
_SPOKEN = "spoken"


@dataclass(frozen=True, slots=True)
class State:
    """How far the index is, and which generation of entries it was made of."""

    position: int
    generation: int


#: Before there is a row that says so: nothing that is read then comes in.
_NONE = State(0, -1)


@dataclass(frozen=True, slots=True)
class Batch:
    """The tokens of the entries after a state, up to the one numbered ``end``."""

    after: State
    end: int
    tokens: dict[int, list[str]]


def place(number: int) -> BindParameter[int]:
    """A number to compare entries' with: it may be beyond what their column holds."""
    return literal(number, BigInteger)


def state(tx: Tx) -> State | None:
    """How far the index is; None: it is to begin."""
    return first(tx, select(_STATE.position, _STATE.generation), State)


def gathered(tx: Tx, until: int, limit: int) -> Batch | None:
    """The next entries that are not in the index, up to a number; None: there are none. Reads."""
    at = state(tx) or _NONE
    query = select(t.logbook).where(_C.number > place(at.position), _C.number <= place(until))
    entries = found(tx, query.order_by(_C.number).limit(limit), Entry)
    if not entries:
        return None
    return Batch(at, entries[-1].number, _tokens(tx, entries))


def _tokens(tx: Tx, entries: Sequence[Entry]) -> dict[int, list[str]]:
    heard = heard_in(tx, entries)
    return {entry.number: tokens_of(entry, heard.get(entry.number, "")) for entry in entries}


def heard_in(tx: Tx, entries: Sequence[Entry]) -> dict[int, str]:
    """{number of an entry: what a machine made of the voice that it tells of}."""
    told = {str(e.data.get("voice")): e.number for e in entries if e.kind == _SPOKEN}
    if not told:
        return {}
    query = select(_S.name, _S.draft).where(_S.name.in_(told), _S.draft.is_not(None))
    return {told[row.name]: row.draft for row in tx.execute(query)}


def voices_changed(tx: Tx, names: Sequence[str]) -> None:
    """What was heard in these is another, or nothing any more: their entries are indexed anew."""
    if names:
        of_them = _C.data["voice"].as_string().in_(names)
        query = select(_C.number).where(RARE, _C.kind == _SPOKEN, of_them)
        again(tx, list(tx.execute(query).scalars()))


def put(tx: Tx, batch: Batch) -> bool:
    """These are in the index from now on. False: it went on, or one of them changed, meanwhile."""
    if state(tx) is None:
        tx.execute(text("DELETE FROM logbook_words"))
        tx.execute(insert(t.logbook_index).values(id=1, position=0, generation=0))
        return False
    same = (_STATE.position == batch.after.position, _STATE.generation == batch.after.generation)
    if tx.execute(update(t.logbook_index).where(*same).values(position=batch.end)).rowcount != 1:
        return False
    _insert(tx, batch.tokens)
    return True


def again(tx: Tx, numbers: Sequence[int]) -> None:
    """These entries lost words: they are indexed as they are now. In the transaction that takes the
    words away, before which no batch that has them can come in after."""
    if not numbers:
        return
    raised = update(t.logbook_index).values(generation=_STATE.generation + 1)
    position = tx.execute(raised.returning(_STATE.position)).scalar()
    known = [number for number in numbers if position is not None and 0 < number <= position]
    if not known:
        return
    tx.execute(_of(tx).delete, [{"number": number} for number in known])
    entries = found(tx, select(t.logbook).where(_C.number.in_(known)), Entry)
    _insert(tx, _tokens(tx, entries))


def _insert(tx: Tx, tokens: dict[int, list[str]]) -> None:
    rows = [
        {"number": number, "words": _of(tx).document(number, some)}
        for number, some in tokens.items()
        if some
    ]
    if rows:
        tx.execute(_of(tx).insert, rows)


# --- looking ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Numbers:
    """Entries, and the number at which it was time to stop looking; None: there are no more."""

    found: list[int]
    stopped: int | None = None


def numbers(
    tx: Tx, sought: Sought, *, above: int, below: int, limit: int, oldest_first: bool = False
) -> Numbers:
    """Entries of the index between two numbers (neither included) that have all of it."""
    return _of(tx).numbers(tx, sought, above, below, limit, oldest_first)


def _in_sqlite(
    tx: Tx, sought: Sought, above: int, below: int, limit: int, oldest_first: bool
) -> Numbers:
    """FTS5 goes through its lists in the order of the rows, and stops with the last asked for."""
    query = _OLDEST_FTS5 if oldest_first else _NEWEST_FTS5
    asked = {"sought": _fts5(sought), "above": above, "below": below, "most": limit}
    return Numbers(list(tx.execute(query, asked).scalars()))


_NEWEST_FTS5 = text(
    "SELECT rowid FROM logbook_words WHERE logbook_words MATCH :sought"
    " AND rowid > :above AND rowid < :below ORDER BY rowid DESC LIMIT :most"
)
_OLDEST_FTS5 = text(
    "SELECT rowid FROM logbook_words WHERE logbook_words MATCH :sought"
    " AND rowid > :above AND rowid < :below ORDER BY rowid LIMIT :most"
)


def _fts5(sought: Sought) -> str:
    """As FTS5 says it."""

    def way(of: Way) -> str:
        return " AND ".join('"' + " ".join(phrase) + '"' for phrase in of)

    clauses = [" OR ".join(f"({way(one)})" for one in clause) for clause in sought.clauses]
    return " AND ".join(f"({clause})" for clause in clauses)


#: A GIN index finds all rows or none in their order: so it is asked piece by piece, and each row
#: has the marks of its pieces among its words, the small (4,096 numbers) and the large (262,144).
_SMALL, _LARGE = 12, 18
#: Small pieces of one question: the first is one, each next one four times as many.
_MOST_PIECES = 64
#: Seconds after which it looks no further: for common words that never stand together.
ENOUGH = 0.15


def _in_postgresql(
    tx: Tx, sought: Sought, above: int, below: int, limit: int, oldest_first: bool
) -> Numbers:
    query = _OLDEST_TSVECTOR if oldest_first else _NEWEST_TSVECTOR
    words, begun = _tsquery(sought), monotonic()
    numbers: list[int] = []
    for marks, end in _pieces(above + 1, below, oldest_first=oldest_first):
        within = f"({words}) & ({' | '.join(map(_quoted, marks))})"
        asked = {"above": above, "below": below, "most": limit - len(numbers)}
        numbers += tx.execute(query, {"sought": within, **asked}).scalars()
        if len(numbers) >= limit:
            break
        if monotonic() - begun > ENOUGH and above + 1 < end < below:
            return Numbers(numbers, end)
    return Numbers(numbers)


# Apart, or it would look through all rows in their order where it thinks many match.
_NEWEST_TSVECTOR = text(
    "WITH found AS MATERIALIZED"
    " (SELECT number FROM logbook_words WHERE words @@ CAST(:sought AS tsquery))"
    " SELECT number FROM found WHERE number > :above AND number < :below"
    " ORDER BY number DESC LIMIT :most"
)
_OLDEST_TSVECTOR = text(
    "WITH found AS MATERIALIZED"
    " (SELECT number FROM logbook_words WHERE words @@ CAST(:sought AS tsquery))"
    " SELECT number FROM found WHERE number > :above AND number < :below"
    " ORDER BY number LIMIT :most"
)


def _pieces(first: int, end: int, *, oldest_first: bool) -> Iterator[tuple[list[str], int]]:
    """The marks of the pieces of the numbers from ``first`` until ``end`` (not included), in their
    order, each with the number at which it ends: first few small ones, then large ones whole."""
    each = 1
    while first < end:
        large = (first if oldest_first else end - 1) >> _LARGE
        low, high = max(first, large << _LARGE), min(end, (large + 1) << _LARGE)
        if each > _MOST_PIECES:
            marks = [f"l:{large}"]
        else:
            small = range(low >> _SMALL, ((high - 1) >> _SMALL) + 1)
            some = small[:each] if oldest_first else small[-each:]
            marks = [f"b:{piece}" for piece in some]
            low, high = max(low, some[0] << _SMALL), min(high, (some[-1] + 1) << _SMALL)
            each *= 4
        yield marks, high if oldest_first else low
        first, end = (high, end) if oldest_first else (first, low)


def _tsquery(sought: Sought) -> str:
    """As PostgreSQL says it."""

    def phrase(of: Phrase) -> str:
        return "(" + " <-> ".join(map(_quoted, of)) + ")"

    def way(of: Way) -> str:
        return "(" + " & ".join(map(phrase, of)) + ")"

    return " & ".join("(" + " | ".join(map(way, clause)) + ")" for clause in sought.clauses)


def _quoted(token: str) -> str:
    return f"'{token}'"


def _tsvector(number: int, tokens: Sequence[str]) -> str:
    """A document as PostgreSQL reads it: each token with its places."""
    places: dict[str, list[str]] = {}
    for place, token in enumerate(tokens, 1):
        places.setdefault(token, []).append(str(place))
    said = [f"{_quoted(token)}:{','.join(at[:256])}" for token, at in places.items()]
    said += [_quoted(f"b:{number >> _SMALL}"), _quoted(f"l:{number >> _LARGE}")]
    return " ".join(said)


@dataclass(frozen=True, slots=True)
class _Database:
    """What differs between the two."""

    insert: TextClause
    delete: TextClause
    document: Callable[[int, Sequence[str]], str]
    numbers: Callable[[Tx, Sought, int, int, int, bool], Numbers]


_SQLITE = _Database(
    insert=text("INSERT INTO logbook_words(rowid, words) VALUES (:number, :words)"),
    delete=text("DELETE FROM logbook_words WHERE rowid = :number"),
    document=lambda _, tokens: " ".join(tokens),
    numbers=_in_sqlite,
)
_POSTGRESQL = _Database(
    insert=text(
        "INSERT INTO logbook_words(number, words) VALUES (:number, CAST(:words AS tsvector))"
    ),
    delete=text("DELETE FROM logbook_words WHERE number = :number"),
    document=_tsvector,
    numbers=_in_postgresql,
)


def _of(tx: Tx) -> _Database:
    return _SQLITE if tx.dialect.name == "sqlite" else _POSTGRESQL
