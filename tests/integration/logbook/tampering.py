"""What somebody does to the logbook who knows the schema, the program and all that was ever in the
database, and has none of the station's keys. Each kind is given the state and older ones."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from callflow.core.records import logbook
from callflow.core.records.logbook import GENESIS
from tests.integration.logbook.book import Row, State, hashed

#: (the state, older ones, dice) → the state is changed.
Kind = Callable[[State, Sequence[State], random.Random], None]


def guessed(dice: random.Random) -> str:
    return dice.randbytes(32).hex()


def an_entry(state: State, dice: random.Random) -> Row:
    return dice.choice(sorted(state.logbook, key=lambda row: row["id"]))


def a_chain(state: State, dice: random.Random) -> str:
    chains: set[str] = {row["chain"] for row in state.logbook}
    return dice.choice(sorted(chains))


def chained_anew(rows: Sequence[Row], previous: str = GENESIS) -> str:
    """As the program would chain them; the last one's hash."""
    for row in rows:
        row["previous"] = previous
        row["hash"] = previous = hashed(row)
    return previous


def head_anew(state: State, chain: str, dice: random.Random) -> None:
    """The head says what the rows are; its MAC is an old one, or guessed."""
    rows, head = state.chain(chain), state.head(chain)
    head |= {"seq": rows[-1]["seq"] if rows else 0, "hash": rows[-1]["hash"] if rows else GENESIS}
    if dice.random() < 0.5:
        head["mac"] = guessed(dice)
    if dice.random() < 0.5:
        head["sealed"] = not head["sealed"]


def another(row: Row, column: str, dice: random.Random) -> Any:
    """Something else that might stand there."""
    value = row[column]
    match column:
        case "seq" | "number":
            return value + dice.choice((1, 2, 1000))
        case "at":
            return value + timedelta(seconds=dice.choice((-60, 1, 3600)))
        case "data":
            return dice.choice(({}, {**value, "n": -1}, {"calls": ["x"]}))
        case "mac" | "hash" | "previous":
            return dice.choice((guessed(dice), "", GENESIS, None if column == "mac" else "x"))
        case "kind":
            return dice.choice(("erased", "purged", "covered", "vouched", "closed", "recording"))
        case "incident" | "site":
            return dice.choice(("a", "z", None))
        case "chain":
            return dice.choice(("incident:b", "incident:z", "day:2026-11-25", "day:2027-01-01"))
        case "salt":
            return dice.choice(("", secrets.token_hex(8)))
    return dice.choice(("", "never happened", "odile", f"{value}."))


COLUMNS = (
    *("number", "id", "chain", "seq", "at", "site", "incident", "who", "kind", "text", "data"),
    *("previous", "hash", "salt", "mac"),
)


def change(state: State, _: Sequence[State], dice: random.Random) -> None:
    """One thing of an entry; perhaps its hash fits, and what follows it too, with the head."""
    row, column = an_entry(state, dice), dice.choice(COLUMNS)
    before = row[column]
    while row[column] == before:
        row[column] = another(row, column, dice)
    how = dice.randrange(3)
    if how and column not in ("hash", "chain", "seq"):
        row["hash"] = hashed(row)
        if how == 2:
            later = [r for r in state.chain(row["chain"]) if r["seq"] > row["seq"]]
            chained_anew(later, row["hash"])
            head_anew(state, row["chain"], dice)


def delete_one(state: State, _: Sequence[State], dice: random.Random) -> None:
    """Perhaps the others close up."""
    row = an_entry(state, dice)
    state.logbook.remove(row)
    if dice.random() < 0.5:
        rows = state.chain(row["chain"])
        for place, other in enumerate(rows, 1):
            other["seq"] = place
        chained_anew(rows)
        head_anew(state, row["chain"], dice)


def cut_tail(state: State, older: Sequence[State], dice: random.Random) -> None:
    """With a head that was true once, or a forged one, or none; perhaps no seal tells of it."""
    chain = a_chain(state, dice)
    rows = state.chain(chain)
    left = dice.randrange(len(rows))
    for row in rows[left:]:
        state.logbook.remove(row)
    once = [h for s in older for h in s.chain_head if h["chain"] == chain and h["seq"] == left]
    state.chain_head.remove(state.head(chain))
    how = dice.randrange(3)
    if once and how:
        state.chain_head.append(dict(dice.choice(once)))
    elif left and how:
        last = state.chain(chain)[-1]
        forged = {"chain": chain, "seq": left, "hash": last["hash"], "mac": guessed(dice)}
        state.chain_head.append({**forged, "sealed": True})
    if dice.random() < 0.5:
        drop_from_seals(state, chain, left)
    elif dice.random() < 0.5:
        first = min(s["number"] for s in state.seal if seals_beyond(s, chain, left))
        state.seal = [s for s in state.seal if s["number"] < first]


def seals_beyond(seal: Row, chain: str, left: int) -> bool:
    return any(name == chain and seq > left for name, seq, _ in seal["heads"])


def drop_from_seals(state: State, chain: str, left: int = 0) -> None:
    for seal in state.seal:
        seal["heads"] = [h for h in seal["heads"] if h[0] != chain or h[1] <= left]


def drop_chain(state: State, _: Sequence[State], dice: random.Random) -> None:
    chain = a_chain(state, dice)
    state.logbook = [row for row in state.logbook if row["chain"] != chain]
    state.chain_head = [row for row in state.chain_head if row["chain"] != chain]
    how = dice.randrange(3)
    if how == 1:
        drop_from_seals(state, chain)
    elif how == 2:
        state.seal = state.seal[: dice.randrange(len(state.seal))]


def rewrite(state: State, _: Sequence[State], dice: random.Random) -> None:
    """A chain tells another story from some entry on, to its head and in the seals."""
    chain = a_chain(state, dice)
    rows = state.chain(chain)
    begin = dice.randrange(len(rows))
    rows[begin]["text"] = "never happened"
    previous = rows[begin - 1]["hash"] if begin else GENESIS
    chained_anew(rows[begin:], previous)
    head_anew(state, chain, dice)
    hashes = {row["seq"]: row["hash"] for row in rows}
    if dice.random() < 0.5:
        for seal in state.seal:
            seal["heads"] = [
                [c, seq, hashes.get(seq, hash) if c == chain else hash]
                for c, seq, hash in seal["heads"]
            ]
            if dice.random() < 0.5:
                seal["mac"] = guessed(dice)


def forged_entry(state: State, dice: random.Random, chain: str, kind: str, data: Row) -> Row:
    like = an_entry(state, dice)
    rows = state.chain(chain)
    row = {
        **like,
        "number": max(row["number"] for row in state.logbook) + 1,
        "id": dice.randbytes(16).hex(),
        "chain": chain,
        "incident": chain.partition(":")[2] if chain.startswith("incident:") else None,
        "seq": rows[-1]["seq"] + 1 if rows else 1,
        "kind": kind,
        "data": data,
        "text": "forged",
        "previous": rows[-1]["hash"] if rows else GENESIS,
        "mac": dice.choice((None, "", guessed(dice))),
    }
    row["hash"] = hashed(row)
    state.logbook.append(row)
    return row


def give_head(state: State, chain: str, dice: random.Random) -> None:
    if not any(head["chain"] == chain for head in state.chain_head):
        state.chain_head.append(
            {"chain": chain, "seq": 0, "hash": "", "mac": guessed(dice), "sealed": False}
        )
    head_anew(state, chain, dice)


def a_place(state: State, dice: random.Random) -> str:
    return dice.choice((a_chain(state, dice), "incident:forged", "day:2026-11-27"))


def insert(state: State, _: Sequence[State], dice: random.Random) -> None:
    chain = a_place(state, dice)
    forged_entry(state, dice, chain, dice.choice(("note", "closed")), {})
    if dice.random() < 0.7:
        give_head(state, chain, dice)


def insert_between(state: State, _: Sequence[State], dice: random.Random) -> None:
    chain = a_chain(state, dice)
    row, rows = forged_entry(state, dice, chain, "note", {}), state.chain(chain)
    place = dice.randrange(len(rows))
    rows.remove(row)
    rows.insert(place, row)
    for seq, each in enumerate(rows, 1):
        each["seq"] = seq
    if dice.random() < 0.7:
        chained_anew(rows)
    head_anew(state, chain, dice)


def excuse(state: State, _: Sequence[State], dice: random.Random) -> None:
    """Something was changed, and an entry says that it was erased."""
    row = an_entry(state, dice)
    row["text"], row["salt"] = "never happened", dice.choice(("", row["salt"]))
    chain = a_place(state, dice)
    told = {"entries": {row["id"]: [row["hash"], hashed(row)]}, "count": 1, "person": "p"}
    forged_entry(state, dice, chain, "erased", told)
    give_head(state, chain, dice)


def excuse_in_one_that_is_there(state: State, _: Sequence[State], dice: random.Random) -> None:
    """The same, by an entry of ours, changed."""
    row = an_entry(state, dice)
    mine = dice.choice([r for r in state.logbook if r["kind"] == "erased"])
    row["text"] = "never happened"
    told = {row["id"]: [row["hash"], hashed(row)]}
    mine["data"] = {**mine["data"], "entries": {**mine["data"]["entries"], **told}}
    if dice.random() < 0.7:
        mine["hash"] = hashed(mine)
        chained_anew(
            [r for r in state.chain(mine["chain"]) if r["seq"] > mine["seq"]], mine["hash"]
        )
        head_anew(state, mine["chain"], dice)


def purge(state: State, _: Sequence[State], dice: random.Random) -> None:
    chain = a_place(state, dice)
    forged_entry(state, dice, chain, "purged", {"calls": ["b1"], "count": 1})
    if dice.random() < 0.7:
        give_head(state, chain, dice)


def vouch(state: State, _: Sequence[State], dice: random.Random) -> None:
    """All of a chain is from before there were MACs, and somebody vouches for it."""
    chain = a_chain(state, dice)
    for row in state.chain(chain):
        row["mac"] = None
    chained_anew(state.chain(chain))
    head_anew(state, chain, dice)
    sums = {"entries": [len(state.chain(chain)), guessed(dice)], "seals": [0, "0" * 64]}
    chain = a_place(state, dice)
    forged_entry(state, dice, chain, "vouched", sums)
    give_head(state, chain, dice)


def bring_back_words(state: State, older: Sequence[State], dice: random.Random) -> None:
    """What was taken out of entries, or half of it, is there again."""
    now = {row["id"]: row for row in state.logbook}
    before = [
        row for one in older for row in one.logbook if row["id"] in now and row != now[row["id"]]
    ]
    row = dice.choice(before)
    now[row["id"]].update(row)


def swap(state: State, _: Sequence[State], dice: random.Random) -> None:
    """One thing of two entries, or all but their place."""
    one, other = dice.sample(sorted(state.logbook, key=lambda row: row["id"]), 2)
    columns = dice.choice(
        (*((column,) for column in COLUMNS), ("text", "data"), ("chain", "seq"), ("number", "id"))
    )
    if all(one[column] == other[column] for column in columns):
        columns = ("number",)
    for column in columns:
        one[column], other[column] = other[column], one[column]


def renumber(state: State, _: Sequence[State], dice: random.Random) -> None:
    """All of them, or a chain's places."""
    if dice.random() < 0.5:
        by = dice.choice((1, 7, 1000))
        for row in state.logbook:
            row["number"] += by
    else:
        for row in state.chain(a_chain(state, dice)):
            row["seq"] += 1


def rename_chain(state: State, _: Sequence[State], dice: random.Random) -> None:
    chain, name = a_chain(state, dice), dice.choice(("incident:z", "day:2020-01-01"))
    if dice.random() < 0.3:
        name = next(c for c in sorted({r["chain"] for r in state.logbook}) if c != chain)
        give_name(state, name, "?", dice)
        give_name(state, chain, name, dice)
        give_name(state, "?", chain, dice)
    else:
        give_name(state, chain, name, dice)


def give_name(state: State, chain: str, name: str, dice: random.Random) -> None:
    rows = state.chain(chain)
    for row in rows:
        row["chain"] = name
        row["incident"] = name.partition(":")[2] if name.startswith("incident:") else None
    if dice.random() < 0.5:
        chained_anew(rows)
    head = state.head(chain)
    head |= {"chain": name, "hash": rows[-1]["hash"]}
    for seal in state.seal:
        seal["heads"] = [[name if h[0] == chain else h[0], *h[1:]] for h in seal["heads"]]


def replay(state: State, older: Sequence[State], dice: random.Random) -> None:
    """An old state, whole: or of some tables, or of one chain."""
    old = dice.choice(older).copy()
    how = dice.randrange(3)
    if how == 0:
        state.logbook, state.chain_head, state.seal = old.logbook, old.chain_head, old.seal
    elif how == 1:
        table = dice.choice(("logbook", "chain_head", "seal"))
        setattr(state, table, getattr(old, table))
        if dice.random() < 0.5:
            table = dice.choice(("logbook", "chain_head", "seal"))
            setattr(state, table, getattr(old, table))
    else:
        # One that tells the same has lost its seal's mark at most, which the next seal puts back.
        told = {chain: state.chain(chain) for chain in sorted({r["chain"] for r in old.logbook})}
        chain = dice.choice([chain for chain, rows in told.items() if rows != old.chain(chain)])
        for table in ("logbook", "chain_head"):
            kept = [row for row in getattr(state, table) if row["chain"] != chain]
            setattr(state, table, [*kept, *(r for r in getattr(old, table) if r["chain"] == chain)])


def seals(state: State, _: Sequence[State], dice: random.Random) -> None:
    """Changed, swapped, cut, renumbered or made up."""
    one, other = dice.sample(state.seal, 2)
    match dice.randrange(8):
        case 0:
            one["at"] += timedelta(seconds=1)
        case 1:
            one["heads"] = one["heads"][1:]
        case 2:
            one["mac"] = dice.choice((guessed(dice), other["mac"], ""))
        case 3:
            state.seal.remove(one)
        case 4:
            del state.seal[dice.randrange(len(state.seal)) :]
        case 5:
            one["number"], other["number"] = other["number"], one["number"]
        case 6:
            for seal in state.seal:
                seal["number"] += 1
        case 7:
            last = state.seal[-1]
            number = dice.choice((last["number"] + 1, last["number"] + 9, logbook.MOST - 1))
            state.seal.append({**last, "number": number, "mac": guessed(dice)})


def heads(state: State, older: Sequence[State], dice: random.Random) -> None:
    """Changed, swapped, brought back or gone."""
    one, other = dice.sample(state.chain_head, 2)
    match dice.randrange(7):
        case 0:
            one["mac"] = dice.choice((guessed(dice), other["mac"], ""))
        case 1:
            one["seq"] = dice.choice((0, 1, one["seq"] + 1, logbook.MOST))
        case 2:
            one["hash"] = dice.choice((guessed(dice), GENESIS))
        case 3:
            state.chain_head.remove(one)
        case 4:
            state.chain_head = []
        case 5:
            for column in ("seq", "hash", "mac"):
                one[column], other[column] = other[column], one[column]
        case 6:
            began = {"seq": 0, "hash": GENESIS, "mac": "", "sealed": True}
            one |= began


def nothing_is_left(state: State, _: Sequence[State], dice: random.Random) -> None:
    state.logbook, state.chain_head = [], []
    if dice.random() < 0.7:
        state.seal = []


KINDS: tuple[Kind, ...] = (
    change,
    change,
    delete_one,
    cut_tail,
    drop_chain,
    rewrite,
    insert,
    insert_between,
    excuse,
    excuse_in_one_that_is_there,
    purge,
    vouch,
    bring_back_words,
    swap,
    swap,
    renumber,
    rename_chain,
    replay,
    seals,
    heads,
    nothing_is_left,
)
