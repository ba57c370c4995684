"""A member added and removed on a real cluster of namespace machines, and what can't be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.faults.members import AddMember, RemoveMember
from tests.faults.rig import RealRig

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[2]
SCENARIO = """
import pytest
from harness.errors import LabError
from harness.faults.disks import DiskFull
from harness.faults.members import AddMember, RemoveMember
from harness.units import seconds

pytestmark = pytest.mark.lab("photoncloud", machines="any", start="cluster")

def test_it(lab):
    with lab.faults.run("at 0s add-member node04"):
        pass
    assert "node04" in lab.cluster.members().names
    with pytest.raises(LabError, match="node04: is a member already"), lab.faults.inject(AddMember(("node04",))):
        pass
    with lab.faults.run("at 0s remove-member node04"):
        pass
    assert "node04" not in lab.cluster.members().names
    with pytest.raises(LabError, match="node04: is no member"), lab.faults.inject(RemoveMember(("node04",))):
        pass
    node = lab.machines["node02"]
    with lab.faults.inject(DiskFull(("node02",))):
        assert node.try_write() == "No space left on device"
    assert node.try_write() == ""
    with lab.faults.run("at 0s kill node02 chainfire\\nat 0s pause-process node03 flaredb for 100ms"):
        pass
    with lab.faults.run("at 0s restart node03 iam\\nat 0s stop node02 flaredb for 100ms"):
        pass
    with lab.faults.run("at 0s pause node03 for 100ms"):
        pass
    lab.cluster.wait_until_healthy(within=30 * seconds, among=["node01", "node02", "node03"])
    assert AddMember(("node05",)).problems(lab) == ["node05 has no vote, so it is no member"]
"""


def test_members_come_and_go_and_services_break(pytester: pytest.Pytester) -> None:
    text = (ROOT / "scenarios/topologies/photoncloud.yaml").read_text()
    head, node04, tail = text.partition("  - name: node04\n")
    joins = head + node04 + tail.replace("    voter: false", "    voter: true", 1) + "  even_voters: true\n"
    (pytester.mkdir("topologies") / "photoncloud.yaml").write_text(joins)
    pytester.makepyfile(SCENARIO)
    pytester.runpytest_subprocess("-ra").assert_outcomes(passed=1)


@pytest.mark.parametrize("kind", [AddMember, RemoveMember])
def test_where_there_is_no_cluster_that_is_said(rig: RealRig, kind: type[AddMember | RemoveMember]) -> None:
    assert kind(("node04",)).problems(rig) == ["the lab three-sites has no cluster that could change"]
