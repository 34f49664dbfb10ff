"""``./run docs``: the manual's pages, in ``var/docs``, for the web to show."""

import sys

from callflow.package.manual.build import ROOT, NotBuilt, build


def main() -> int:
    """Exit status 1 where a page is wrong."""
    built = ROOT / "var" / "docs"
    try:
        build(built)
    except NotBuilt as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"the manual: {built / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
