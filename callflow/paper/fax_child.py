"""The process that draws one fax: PDFs in, a TIFF out.

``python -m callflow.paper.fax_child``, begun by ``callflow.paper.fax``.
"""

import json
import sys

from callflow.paper.child import bind
from callflow.paper.fax import TOO_MANY
from callflow.paper.fax_sheets import TooMany, drawn, pages


def main() -> int:
    """Draw what stdin gives, onto stdout: how many sheets, then the TIFF."""
    bind()
    head = json.loads(sys.stdin.buffer.readline())
    pdfs = [sys.stdin.buffer.read(size) for size in head["pdfs"]]
    if head["count"]:
        sys.stdout.buffer.write(b"%d\n" % pages(pdfs))
        return 0
    try:
        tiff, sheets = drawn(pdfs, head["most"])
    except TooMany as error:
        sys.stderr.write(f"{error}\n")
        return TOO_MANY
    sys.stdout.buffer.write(b"%d\n" % sheets)
    sys.stdout.buffer.write(tiff)
    return 0


if __name__ == "__main__":
    sys.exit(main())
