"""Where the program begins; with the commands the only place that knows every part."""

import sys

from callflow.commands import role


def main() -> None:
    """Run the command line; a single role without what only people need."""
    match sys.argv[1:]:
        case ["serve", "--only", name] if name in role.ROLES:
            role.run(name)
            role.leave()
        case ["nursery", *names] if names and set(names) <= set(role.ROLES):
            from callflow.commands import nursery  # noqa: PLC0415

            role.run(nursery.forked(names))
            role.leave()
        case _:
            from callflow.commands import line  # noqa: PLC0415

            line.main()


if __name__ == "__main__":
    main()
