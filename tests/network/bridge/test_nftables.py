from __future__ import annotations

import pytest

from harness.network.bridge.nftables import Nftables, Refused
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel


def tables(nftables: Nftables) -> list[str]:
    return [one["table"]["name"] for one in nftables.read("list tables") if "table" in one]


def test_commands_are_for_one_namespace() -> None:
    with NetworkNamespace.create() as one, NetworkNamespace.create() as other:
        Nftables(one).run("add table bridge lab")
        assert tables(Nftables(one)) == ["lab"]
        assert tables(Nftables(other)) == []


@pytest.mark.parametrize("wrong", ["nonsense", "delete table bridge nowhere", "add chain bridge nowhere one"])
def test_all_or_none_is_done_and_the_refusal_is_in_words(wrong: str) -> None:
    with NetworkNamespace.create() as place:
        nftables = Nftables(place)
        with pytest.raises(Refused, match="Error"):
            nftables.run(f"add table bridge lab\n{wrong}\n")
        assert tables(nftables) == []
