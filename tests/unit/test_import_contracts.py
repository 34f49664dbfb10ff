"""The project's own kinds of import contract find what they are for."""

from __future__ import annotations

import grimp

from tests.support.checks.import_contracts import OnlyInContract, PureContract


def graph_of(*imports: tuple[str, str]) -> grimp.ImportGraph:
    """A graph of these imports; names without a dot are libraries."""
    graph = grimp.ImportGraph()
    names = {name for pair in imports for name in pair}
    for name in names | {name.split(".")[0] for name in names if "." in name}:
        graph.add_module(name, is_squashed="." not in name and name not in {"callflow", "ivr"})
    for importer, imported in imports:
        graph.add_import(importer=importer, imported=imported)
    return graph


def pure() -> PureContract:
    options = {
        "source_modules": ["callflow.core.alarms.incident", "callflow.later"],
        "forbidden_modules": ["socket"],
    }
    return PureContract("pure", {}, options)


def only_in() -> OnlyInContract:
    options = {"libraries": ["panoramisk"], "allowed_importers": ["ivr"]}
    return OnlyInContract("only in", {}, options)


def test_a_pure_module_may_not_come_by_a_socket_through_another() -> None:
    graph = graph_of(
        ("callflow.core.alarms.incident", "callflow.core.sites.site"),
        ("callflow.core.sites.site", "socket"),
    )

    check = pure().check(graph, verbose=False)

    assert not check.kept
    assert check.metadata["chains"] == [
        ["callflow.core.alarms.incident", "callflow.core.sites.site", "socket"]
    ]


def test_a_module_that_is_not_written_yet_breaks_nothing() -> None:
    graph = graph_of(
        ("callflow.core.alarms.incident", "callflow.core.sites.site"),
        ("callflow.processes.engine", "socket"),
    )

    assert pure().check(graph, verbose=False).kept


def test_a_library_stays_in_its_room() -> None:
    inside = graph_of(("ivr.ami", "panoramisk"))
    outside = graph_of(("ivr.ami", "panoramisk"), ("callflow.processes.engine", "panoramisk"))

    assert only_in().check(inside, verbose=False).kept
    check = only_in().check(outside, verbose=False)
    assert not check.kept
    assert check.metadata["links"] == [("callflow.processes.engine", "panoramisk")]
