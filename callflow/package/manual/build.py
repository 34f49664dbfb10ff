"""The manual's pages, searched offline: of the documents of a checkout and the generated reference.

Sphinx, which is no part of the product, reads what is laid out here.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from callflow.package.manual import reference, sources

ROOT = Path(__file__).resolve().parents[3]


class NotBuilt(Exception):
    """Sphinx found something wrong. The message is what it said."""


def documents(checkout: Path = ROOT) -> dict[str, str]:
    """{path from the root: text} of every document that is in the manual."""
    names = [
        *sources.ELSEWHERE,
        *(path.relative_to(checkout).as_posix() for path in checkout.glob("docs/**/*.md")),
    ]
    # docs/README.md is the first page; the repository's own is for who finds the repository.
    return {name: (checkout / name).read_text("utf-8") for name in names if name != "README.md"}


def lay_out(checkout: Path, folder: Path) -> None:
    """The sources as Sphinx reads them."""
    made = {
        sources.place(name) or name: sources.staged(name, text)
        for name, text in documents(checkout).items()
    }
    pages = made | _generated()
    for name, text in sources.with_contents(pages).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copytree(checkout / ".pictures", folder / "pictures", dirs_exist_ok=True)


def _generated() -> dict[str, str]:
    """The reference; of a station that was just made, for what only a station can say."""
    with tempfile.TemporaryDirectory() as folder:
        return reference.pages(*reference.of_a_station(Path(folder)))


def build(target: Path, checkout: Path = ROOT) -> None:
    """Makes the pages, whole, in place of what is there. Raises NotBuilt, OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".docs-") as folder:
        source, made = Path(folder, "source"), Path(folder, "made")
        source.mkdir()
        lay_out(checkout, source)
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
