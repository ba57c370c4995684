from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import HostError
from harness.images import host
from harness.images.sources import Distribution

if TYPE_CHECKING:
    from pathlib import Path

DEBIAN = Distribution("debian", "bookworm")


def release(folder: Path, text: str) -> Path:
    path = folder / "os-release"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text,expected",
    [
        ('ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian 12"\n', ("debian", "bookworm")),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n", ("ubuntu", "noble")),
        (
            'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
            ("ubuntu", "noble"),
        ),
        ("ID=raspbian\nID_LIKE='debian'\nVERSION_CODENAME=bookworm\n", ("debian", "bookworm")),
    ],
)
def test_the_release_is_read(tmp_path: Path, text: str, expected: tuple[str, str]) -> None:
    assert host.distribution(release(tmp_path, text)) == Distribution(*expected)


@pytest.mark.parametrize("text", ["", "ID=fedora\nVERSION_CODENAME=x\n", "ID=debian\n", "nonsense"])
def test_another_system_is_told_what_to_do(tmp_path: Path, text: str) -> None:
    with pytest.raises(HostError, match=r"neither a Debian nor an Ubuntu release: .*--mirror URL --suite NAME"):
        host.distribution(release(tmp_path, text))


def test_a_system_without_the_file(tmp_path: Path) -> None:
    with pytest.raises(HostError):
        host.distribution(tmp_path / "absent")


def test_every_source_list_is_read(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    (parts / "b.list").write_text("deb http://b.example/debian bookworm-updates main\n")
    (parts / "c.sources").write_text("Types: deb\nURIs: http://c.example/debian\nSuites: bookworm\nComponents: main\n")
    (parts / "d.list.disabled").write_text("deb http://d.example/debian bookworm main\n")
    found = [source.uris[0] for source in host.sources(DEBIAN, tmp_path)]
    assert found == ["http://a.example/debian", "http://b.example/debian", "http://c.example/debian"]


def test_a_host_without_a_fitting_archive(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb http://a.example/debian trixie main\n")
    with pytest.raises(HostError, match="no archive of debian bookworm among the source lists in"):
        host.sources(DEBIAN, tmp_path)


def test_a_mirror_by_option() -> None:
    distribution, sources = host.mirror("http://a.example/debian", "trixie")
    assert distribution.codename == "trixie"
    assert [(source.uris, source.suites) for source in sources] == [(("http://a.example/debian",), ("trixie",))]
