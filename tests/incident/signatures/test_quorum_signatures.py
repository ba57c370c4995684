from __future__ import annotations

from harness.incident.signatures.quorum_signatures import SplitBrain, TwoMasters, TwoQuorateRings
from tests.incident.stages import Line, stage


def ring(when: float, host: str, number: str, *members: int) -> list[Line]:
    listed = " ".join(map(str, members))
    return [
        (when, host, f"  [TOTEM ] A new membership ({number}) was formed. Members left: 2"),
        (when + 0.01, host, f"  [QUORUM] Members[{len(members)}]: {listed}"),
    ]


def both() -> list[Line]:
    quorate = "  [QUORUM] This node is within the primary component and will provide service."
    return [
        *ring(1, "node01", "1.a", 1, 2),
        *ring(1, "node02", "1.a", 1, 2),
        (2, "node01", quorate),
        (2, "node02", quorate),
    ]


def test_two_sides_with_quorum_are_told() -> None:
    lines = [*both(), *ring(10, "node01", "1.d", 1), *ring(10.2, "node02", "2.d", 2)]
    seen = TwoQuorateRings().look(stage(*lines, (30, "node01", "later"), since=5))
    assert (seen.appeared, seen.because) == (True, "rings 1.d and 2.d had quorum at the same time")


def test_rings_that_are_joined_again_were_two_all_the_same() -> None:
    parted = [*ring(10, "node01", "1.d", 1), *ring(10.2, "node02", "2.d", 2)]
    again = [*ring(20, "node01", "1.11", 1, 2), *ring(20, "node02", "1.11", 1, 2)]
    assert TwoQuorateRings().look(stage(*both(), *parted, *again, since=5)).appeared is True


def test_a_side_without_quorum_is_none_of_two() -> None:
    lost = (
        10.3,
        "node02",
        "  [QUORUM] This node is within the non-primary component and will NOT provide any service.",
    )
    lines = [*both(), *ring(10, "node01", "1.d", 1), *ring(10.2, "node02", "2.d", 2), lost, (30, "node01", "later")]
    assert TwoQuorateRings().look(stage(*lines, since=5)).appeared is False
    assert TwoQuorateRings().look(stage((1, "node01", "x"))).appeared is None


def failed(when: float, who: str, whom: str, what: str = "Failed") -> Line:
    return (when, who, f"    2026/11/21 17:36:14 [INFO] serf: EventMember{what}: {whom} 192.168.100.12")


def test_two_that_hold_each_other_for_dead_are_a_split_brain() -> None:
    seen = SplitBrain().look(stage(failed(10, "node01", "node02"), failed(11, "node02", "node01")))
    assert (seen.appeared, seen.because) == (True, "node02 and node01 hold each other for dead")


def test_one_that_is_dead_holds_nobody_for_dead_and_one_that_came_back_is_not() -> None:
    assert SplitBrain().look(stage(failed(10, "node01", "node02"), failed(11, "node03", "node02"))).appeared is False
    back = [failed(10, "node01", "node02"), failed(11, "node01", "node02", "Join"), failed(12, "node02", "node01")]
    assert SplitBrain().look(stage(*back)).appeared is False


SWITCH = (10.0, "node02", "+switch-master mymaster 192.168.100.11 6379 192.168.100.12 6379")
CONVERT = (
    22.0,
    "node02",
    "+convert-to-slave slave 192.168.100.11:6379 192.168.100.11 6379 @ mymaster 192.168.100.12 6379",
)


def test_a_master_that_goes_on_after_it_was_replaced_is_told() -> None:
    seen = TwoMasters().look(stage(SWITCH, (15, "node01", "1 clients connected"), CONVERT))
    assert (seen.appeared, seen.because) == (True, "192.168.100.11:6379 was a master after it had been replaced")


def test_a_master_that_was_dead_was_none() -> None:
    assert TwoMasters().look(stage(SWITCH, CONVERT)).appeared is False
