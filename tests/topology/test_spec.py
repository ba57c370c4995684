from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from harness.topology.model import Topology


def test_a_copy_changes_what_the_file_calls_so(photoncloud: Topology) -> None:
    nic = photoncloud.machine("node01").nics[0]
    other = IPv4Address("10.0.100.77")
    assert nic.model_copy(update={"address": other, "vlan": "storage"}).addresses == {"storage": other}
    assert nic.model_copy(update={"untagged_address": other}).address == other
    assert nic.model_copy() == nic


def test_a_copy_takes_no_key_that_nothing_reads(photoncloud: Topology) -> None:
    with pytest.raises(TypeError, match="NicSpec has no key adress, only name, mac, vlan, address"):
        photoncloud.machine("node01").nics[0].model_copy(update={"adress": None})
