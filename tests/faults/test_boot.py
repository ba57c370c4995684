"""Faults of a real boot server: what machines see, and that it is as before when they are healed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.faults.boot import BootServerDown
from harness.faults.rogue_dhcp import RogueDhcp
from tests.faults.rig import RealRig

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[2]
SCENARIO = """
import sys
sys.path.insert(0, {root!r})
import pytest
from ipaddress import IPv4Address
from harness.errors import Inconclusive, LabError
from harness.faults.boot import BootServerDown, HttpStalled, ImageCorrupted, LeasesExhausted, TftpStalled
from harness.faults.rogue_dhcp import RogueDhcp
from harness.faults.disks import DiskFull
from harness.provisioning import probes
from harness.units import seconds
from tests.provisioning import dhcp

pytestmark = pytest.mark.lab("three-sites", machines="any")
MAC, STRANGER = "52:54:00:00:00:01", "52:54:00:00:99:99"
SERVER = IPv4Address("10.0.100.10")
EVERYTHING = ("dhcp", "tftp", "http")

@pytest.fixture
def inside(lab):
    lab.switch_on("node01")
    return lab.machines["node01"].namespace.run

def ask(inside, mac=MAC, patience=20.0):
    return inside(lambda: dhcp.ask("eth0", mac, dhcp.firmware(7), patience=patience))

def serves(inside, *parts):
    # What should come is waited for long, what should not for a while.
    long = {part: part in parts for part in EVERYTHING}
    offer = ask(inside, patience=20 if long["dhcp"] else 0.7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probes, "LIMIT", (20 if long["tftp"] else 0.7) * seconds)
        file = inside(lambda: probes.tftp_answers(SERVER, "ipxe.efi"))
        patch.setattr(probes, "LIMIT", (20 if long["http"] else 0.7) * seconds)
        script = inside(lambda: probes.http_answers(SERVER, 80, "boot.ipxe"))
    given = offer is not None and str(offer.address) == "10.0.100.50"
    return dict(dhcp=given, tftp=file, http=script) == long

def test_down(lab, inside):
    assert serves(inside, *EVERYTHING)
    with lab.faults.inject(BootServerDown()):
        assert serves(inside)
    assert serves(inside, *EVERYTHING)

def test_tftp(lab, inside):
    with lab.faults.inject(TftpStalled()):
        assert serves(inside, "dhcp", "http")
    assert serves(inside, *EVERYTHING)

def test_http(lab, inside):
    with lab.faults.inject(HttpStalled()):
        assert serves(inside, "dhcp", "tftp")
    assert serves(inside, *EVERYTHING)

def test_leases(lab, inside):
    with lab.faults.inject(LeasesExhausted()):
        assert serves(inside, "tftp", "http")
    assert serves(inside, *EVERYTHING)

def test_image(lab, inside):
    path = lab.boot_server.published("boot.ipxe")
    before = path.read_bytes()
    with lab.faults.inject(ImageCorrupted("boot.ipxe")):
        assert len(path.read_bytes()) == len(before)
        assert path.read_bytes() != before
        assert inside(lambda: probes.http_answers(SERVER, 80, "boot.ipxe"))
    assert path.read_bytes() == before
    with pytest.raises(LabError, match="has no file 'other'"), lab.faults.inject(ImageCorrupted("other")):
        pass

@pytest.mark.breaks("one DHCP server per segment")
def test_rogue(lab, inside):
    for _ in range(2):
        with lab.faults.inject(RogueDhcp("10.0.100.210", pool=2)):
            assert str(ask(inside, STRANGER).address) in ("10.0.100.211", "10.0.100.212")
        assert ask(inside, STRANGER, patience=0.7) is None
    assert RogueDhcp("10.0.100.254").problems(lab) == []  # leases what goes before it
    (problem,) = RogueDhcp("10.0.101.1").problems(lab)[:1]
    assert problem == "10.0.101.1 is not in 10.0.100.0/24, from which machines boot"

def test_nobody_asked(lab):
    with pytest.raises(Inconclusive, match="0 requests were not answered"), lab.faults.inject(BootServerDown()):
        pass
"""


def test_each_fault_of_the_boot_server_bites_and_heals(pytester: pytest.Pytester) -> None:
    shutil.copy(ROOT / "scenarios/topologies/three-sites.yaml", pytester.mkdir("topologies"))
    pytester.makepyfile(SCENARIO.replace("{root!r}", repr(str(ROOT))))
    pytester.runpytest_subprocess("-ra").assert_outcomes(passed=7)


def test_where_there_is_no_boot_server_that_is_said(rig: RealRig) -> None:
    assert BootServerDown().problems(rig) == ["the lab three-sites has no boot server"]
    assert len(RogueDhcp("10.0.100.210").problems(rig)) == 1
