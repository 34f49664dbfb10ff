"""A site that is nobody's: a plan is tried at it before a real site follows it."""

from callflow.core.sites.site import Authority, Contact, Role, Site
from callflow.texts.plans.simulation import EXAMPLE
from callflow.texts.plans.vocabulary import ROLES

_EVERYTHING = {"*": frozenset(Authority)}
#: So many of each part; of any other part there is one.
_SEVERAL = {Role.KEYHOLDER: 2, Role.GUARD: 2}


def example_site(column: int) -> Site:
    """A site with somebody of each part, reached at any hour; ``column`` 0 names them in French.

    Their numbers are of the range that the French regulator keeps for fiction; nothing calls them.
    """
    people: list[Contact] = []
    for role in Role:
        count = _SEVERAL.get(role, 1)
        for rank in range(1, count + 1):
            said = ROLES[role][column]
            name = said[:1].upper() + said[1:] + (f" {rank}" if count > 1 else "")
            person = Contact(
                id=f"{role}-{rank}",
                name=name,
                role=role,
                rank=rank,
                phone=f"+3363998{len(people):04d}",
                authorities=_EVERYTHING,
            )
            people.append(person)
    return Site(id="example", name=EXAMPLE[column], client="", contacts=tuple(people))
