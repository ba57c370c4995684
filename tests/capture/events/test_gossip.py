from __future__ import annotations

from harness.capture import events as ev
from harness.capture.events import Origin


def test_a_node_that_declares_itself_dead_leaves() -> None:
    origin = Origin(1, "segment", 1, "", "")
    assert ev.GossipDead(*origin, 2381, "a", 1, "a").left
    assert not ev.GossipDead(*origin, 2381, "a", 1, "b").left
