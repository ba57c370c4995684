from __future__ import annotations

from pathlib import Path

import pytest

from harness import ladder
from harness.assembly import Assembly
from harness.ladder import (
    Rung,
    digest,
    installers_from_json,
    installers_to_json,
    key,
    keys_to_json,
    own_code,
    stack_version,
    with_keys,
)
from harness.machines.checkpoint_store import Spoiled
from harness.provisioning.deployment import SshHost
from harness.topology.firmware import Firmware
from harness.topology.loader import load

T036 = Path(__file__).parent.parent / "scenarios" / "topologies" / "t036.yaml"
SHAPE: dict[str, object] = {
    "topology": {"name": "t036", "machines": [1, 2, 3]},
    "images": {"node": "a", "installer": "b"},
    "hypervisor": "QEMU 7002022, libvirt 9000000",
}


def assembly() -> Assembly:
    topology = load(T036)
    assert topology.boot_server is not None
    assert topology.stack is not None
    return Assembly.of(topology, topology.boot_server, topology.stack, Firmware.UEFI)


def test_a_key_is_the_same_for_the_same() -> None:
    reordered = dict(reversed(SHAPE.items()))
    assert key(Rung.CLUSTER, SHAPE) == key(Rung.CLUSTER, reordered)
    assert len(key(Rung.CLUSTER, SHAPE)) == 16


@pytest.mark.parametrize(
    "other",
    [
        {"hypervisor": "QEMU 8002000, libvirt 9000000"},
        {"images": {"node": "c", "installer": "b"}},
        {"topology": {"name": "t036", "machines": [1, 2]}},
    ],
)
def test_whatever_shapes_a_machine_makes_another_key(other: dict[str, object]) -> None:
    assert key(Rung.CLUSTER, SHAPE | other) != key(Rung.CLUSTER, SHAPE)


def test_each_rung_has_a_key_of_its_own() -> None:
    assert len({key(rung, SHAPE) for rung in Rung}) == len(Rung)


def test_our_own_code_and_the_stack_s_are_in_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_code() == own_code()
    before = stack_version(assembly().stack)
    assert before.startswith("reference ")
    own_code.cache_clear()
    monkeypatch.setattr(ladder, "ROOMS", ("machines",))
    assert own_code() != before
    own_code.cache_clear()
    (tmp_path / "one.py").write_text("1")
    first = digest([tmp_path / "one.py"])
    (tmp_path / "one.py").write_text("2")
    assert digest([tmp_path / "one.py"]) != first


def test_a_lab_has_its_keys_again() -> None:
    saved, fresh = assembly(), assembly()
    assert saved.lab_key != fresh.lab_key
    again = with_keys(fresh, keys_to_json(saved))
    assert again.lab_key == saved.lab_key
    assert again.host_keys == saved.host_keys
    assert again.secrets == saved.secrets
    machine = saved.topology.machines[0]
    assert again.entries(machine) == saved.entries(machine)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"lab_key": {}, "certificates": {}}'])
def test_keys_that_are_not_ours_are_spoiled(text: str) -> None:
    with pytest.raises(Spoiled, match="keys can't be read"):
        with_keys(assembly(), text)


def test_where_installers_are_is_known_again() -> None:
    installers = {"node01": SshHost("10.0.0.1", "ssh-ed25519 AAAA")}
    assert installers_from_json(installers_to_json(installers)) == installers
    assert installers_from_json(installers_to_json({})) == {}


@pytest.mark.parametrize("text", ["", "[]", '{"node01": {"address": "10.0.0.1"}}', '{"node01": 1}'])
def test_installers_that_are_not_ours_are_spoiled(text: str) -> None:
    with pytest.raises(Spoiled, match="installers are can't be read"):
        installers_from_json(text)
