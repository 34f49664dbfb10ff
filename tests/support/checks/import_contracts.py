"""Contracts of import-linter that its own types don't offer: see .importlinter."""

from __future__ import annotations

import grimp
from importlinter import Contract, ContractCheck, fields, output


class PureContract(Contract):
    """No module of ``source_modules`` comes by one of ``forbidden_modules``, not even indirectly.

    Unlike import-linter's "forbidden", a module that isn't written yet is no error: the contracts
    that give every module its layer see to the names.
    """

    type_name = "pure"

    source_modules = fields.SetField(subfield=fields.ModuleExpressionField())
    forbidden_modules = fields.SetField(subfield=fields.ModuleExpressionField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Looks for the shortest way from each source to each forbidden module."""
        chains = []
        sources = _present(self.source_modules, graph)
        for forbidden in _present(self.forbidden_modules, graph):
            for source in sources:
                chains += [
                    list(chain)
                    for chain in graph.find_shortest_chains(
                        importer=source, imported=forbidden, as_packages=True
                    )
                ]
        return ContractCheck(kept=not chains, metadata={"chains": sorted(chains)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line a chain."""
        for chain in check.metadata["chains"]:
            output.print_error(" -> ".join(chain))


class OnlyInContract(Contract):
    """``libraries`` are imported directly by modules of ``allowed_importers`` and nowhere else."""

    type_name = "only_in"

    libraries = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed_importers = fields.SetField(subfield=fields.ModuleExpressionField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Looks at the direct importers of each library."""
        allowed = _names(self.allowed_importers)
        links = []
        for library in _present(self.libraries, graph):
            for part in (library, *_descendants(library, graph)):
                for importer in graph.find_modules_that_directly_import(part):
                    inside = _is_in(importer, [*allowed, library])
                    if not inside:
                        links.append((importer, part))
        return ContractCheck(kept=not links, metadata={"links": sorted(links)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line an import."""
        for importer, library in check.metadata["links"]:
            output.print_error(f"{importer} imports {library}")


def _names(expressions: object) -> list[str]:
    assert isinstance(expressions, set)  # a field is what was parsed, once the contract exists
    return sorted(map(str, expressions))


def _present(expressions: object, graph: grimp.ImportGraph) -> list[str]:
    return [name for name in _names(expressions) if name in graph.modules]


def _descendants(module: str, graph: grimp.ImportGraph) -> set[str]:
    return set() if graph.is_module_squashed(module) else graph.find_descendants(module)


def _is_in(module: str, packages: list[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
