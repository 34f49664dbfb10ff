from __future__ import annotations

from pathlib import Path

from ivr.asterisk.apt_sources import Mirror, debian_mirrors

DEB822 = """\
# The main archive
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: trixie trixie-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian.pgp

Types: deb
URIs: http://mirror.example/debian-security
Suites: trixie-security
Components: main
Signed-By: /usr/share/keyrings/debian.pgp

Enabled: no
Types: deb
URIs: http://old.example/debian
Suites: trixie
Components: main
"""


def _etc(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    for name, text in files.items():
        (tmp_path / "sources.list.d" / name.replace("_", ".")).write_text(text)
    return tmp_path


def test_a_deb822_file_gives_its_enabled_main_archive(tmp_path: Path) -> None:
    mirrors = debian_mirrors(_etc(tmp_path, debian_sources=DEB822))
    assert mirrors == [
        Mirror(
            uri="http://mirror.example/debian",
            options=(("Signed-By", "/usr/share/keyrings/debian.pgp"),),
        )
    ]


def test_a_one_line_list_gives_its_options_under_their_deb822_names(tmp_path: Path) -> None:
    etc = _etc(tmp_path)
    (etc / "sources.list").write_text(
        "# deb http://comment.example/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib\n"
        "deb-src http://mirror.example/debian bookworm main\n"
        "deb cdrom:[Debian]/ bookworm main\n"
    )
    (mirror,) = debian_mirrors(etc)
    assert mirror.stanza("forky") == (
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: forky\nComponents: main\n"
        "Architectures: amd64\nSigned-By: /k.gpg\n"
    )


def test_a_key_that_stands_in_the_file_itself_is_carried_over(tmp_path: Path) -> None:
    text = (
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: sid\nComponents: main\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
    )
    (mirror,) = debian_mirrors(_etc(tmp_path, debian_sources=text))
    assert "Signed-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n" in mirror.stanza("sid")


def test_a_host_of_another_distribution_has_no_debian_mirror(tmp_path: Path) -> None:
    other = "deb http://mirror.example/ubuntu noble main universe\n"
    assert debian_mirrors(_etc(tmp_path, other_list=other)) == []
