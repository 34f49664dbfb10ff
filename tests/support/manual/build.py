"""``./run docs``: the manual's pages, in ``var/docs``; searched offline, for the web to show.

Sphinx reads what is laid out here: the documents of the repository and the generated reference.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.manual import reference, sources

ROOT = Path(__file__).resolve().parents[3]
BUILT = ROOT / "var" / "docs"


class NotBuilt(Exception):
    """Sphinx found something wrong. The message is what it said."""


def documents() -> dict[str, str]:
    """{path from the root: text} of every document that is in the manual."""
    names = [
        *sources.ELSEWHERE,
        *(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/**/*.md")),
    ]
    # docs/README.md is the first page; the repository's own is for who finds the repository.
    return {name: (ROOT / name).read_text("utf-8") for name in names if name != "README.md"}


def lay_out(folder: Path) -> None:
    """The sources as Sphinx reads them."""
    made = {sources.place(name) or name: sources.staged(name, t) for name, t in documents().items()}
    pages = made | _generated()
    for name, text in sources.with_contents(pages).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / ".pictures", folder / "pictures", dirs_exist_ok=True)


def _generated() -> dict[str, str]:
    """The reference; of a station that was just made, for what only a station can say."""
    with tempfile.TemporaryDirectory() as folder:
        return reference.pages(*reference.of_a_station(Path(folder)))


def build(target: Path) -> None:
    """Makes the pages, whole, in place of what is there. Raises NotBuilt."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".docs-") as folder:
        source, made = Path(folder, "source"), Path(folder, "made")
        source.mkdir()
        lay_out(source)
        _sphinx(source, made)
        shutil.rmtree(made / ".doctrees", ignore_errors=True)
        (made / ".buildinfo").unlink(missing_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def _sphinx(source: Path, made: Path) -> None:
    conf = Path(__file__).parent
    command = ["-b", "html", "-q", "-W", "--keep-going", "-c", str(conf), str(source), str(made)]
    ran = subprocess.run(
        [sys.executable, "-m", "sphinx", *command], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise NotBuilt(ran.stderr.replace(f"{source}/", ""))


def main() -> int:
    """Exit status 1 where a page is wrong."""
    try:
        build(BUILT)
    except NotBuilt as error:
        print(error, file=sys.stderr)
        return 1
    print(f"the manual: {BUILT / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
