from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from harness.errors import HostError
from harness.images.apt import Apt, Package, without_foreign
from harness.images.sources import Source
from tests.images.archive import make_archive

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt-get")


@pytest.fixture
def apt(tmp_path: Path) -> Apt:
    return Apt(tmp_path / "apt")


def test_packages_are_resolved_with_what_they_depend_on(apt: Apt, tmp_path: Path) -> None:
    source = make_archive(tmp_path / "debs", {"a": "1.0-1", "b": "2:3~x", "c": "1"}, {"a": "b"})
    apt.update([source])
    assert apt.resolve(["a"]) == (Package("a", "1.0-1", "all"), Package("b", "2:3~x", "all"))
    make_archive(tmp_path / "debs", {"a": "1.0-2", "b": "2:3~x"}, {"a": "b"})
    apt.update([source])
    assert apt.resolve(["a"])[0].version == "1.0-2"


def test_packages_are_downloaded(apt: Apt, tmp_path: Path) -> None:
    apt.update([make_archive(tmp_path / "debs", {"a": "1", "b": "2"})])
    apt.download(["a"])
    # apt copies nothing from an archive that is on the disk already, so that it stays in place says that it was found.
    assert not list((tmp_path / "apt/archives").glob("*.deb"))
    (tmp_path / "debs/a_1_all.deb").unlink()
    with pytest.raises(HostError, match="packages could not be fetched"):
        apt.download(["a"])


def test_a_package_that_is_not_served(apt: Apt, tmp_path: Path) -> None:
    apt.update([make_archive(tmp_path / "debs", {"a": "1"}, {"a": "missing"})])
    with pytest.raises(HostError, match=r"do not serve .*Unable to locate package nothing"):
        apt.resolve(["nothing"])
    with pytest.raises(HostError, match="do not serve the packages of the recipe"):
        apt.resolve(["a"])


def test_an_archive_that_cannot_be_reached(apt: Apt, tmp_path: Path) -> None:
    good = make_archive(tmp_path / "debs", {"a": "1"})
    bad = Source((f"file:{tmp_path}/absent",), ("bookworm",), ("main",), {"Trusted": "yes"})
    with pytest.raises(
        HostError, match=r"could not be fetched \(.*absent.*\): connect this machine, or check the proxy"
    ):
        apt.update([good, bad])


def test_the_hosts_apt_stays_as_it_is(apt: Apt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = tmp_path / "host.conf"
    touched = tmp_path / "touched"
    host.write_text(f'APT::Update::Post-Invoke {{"touch {touched}";}};\nAcquire::Languages "de";\n')
    monkeypatch.setenv("APT_CONFIG", str(host))
    apt.update([make_archive(tmp_path / "debs", {"a": "1"})])
    assert not touched.exists()


def test_other_vendors_are_told_by_their_origin() -> None:
    own = Source(("http://a.example/debian/",), ("bookworm", "bookworm-updates"), ("main",))
    vendor = Source(("http://b.example/apt",), ("bookworm",), ("main",))
    origins = {
        ("http://a.example/debian", "bookworm"): "Debian",
        ("http://a.example/debian", "bookworm-updates"): "Debian",
        ("http://b.example/apt", "bookworm"): "Some Vendor",
    }
    kept = without_foreign([own, vendor], origins, "debian")
    assert [(source.uris, source.suites) for source in kept] == [
        (own.uris, ("bookworm",)),
        (own.uris, ("bookworm-updates",)),
    ]
    assert without_foreign([own], origins, "debian") == [own]
    assert without_foreign([vendor], origins, "debian") == [vendor]
