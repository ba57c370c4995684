from __future__ import annotations

import pytest

from harness.checks.invariants.ownership import OneDhcpServer, OneOwner
from harness.checks.invariants.seen import AddressClaim, OfferSeen


@pytest.mark.parametrize(
    "offers,valid",
    [([], None), ([("v", "a"), ("v", "a"), ("w", "b")], True), ([("v", "a"), ("v", "b"), ("v", "b")], False)],
)
def test_one_server_for_a_segment(offers: list[tuple[str, str]], *, valid: bool | None) -> None:
    invariant = OneDhcpServer()
    for offer in offers:
        invariant.feed(OfferSeen(0, "frame 1", *offer))
    assert invariant.verdict().valid is valid


@pytest.mark.parametrize(
    "claims,valid",
    [
        ([], None),
        ([("v", "10.0.0.1", "a"), ("v", "10.0.0.1", "a"), ("w", "10.0.0.5", "b")], True),
        ([("v", "10.0.0.5", "a"), ("v", "10.0.0.5", "b")], True),
        ([("v", "10.0.0.5", "a"), ("v", "10.0.0.5", "b"), ("v", "10.0.0.5", "a")], False),
        ([("v", "10.0.0.5", "a"), ("w", "10.0.0.5", "b"), ("v", "10.0.0.5", "a")], True),
        ([("v", "10.0.0.1", "b")], False),
        ([("v", "10.0.0.9", "a"), ("v", "10.0.0.9", "b"), ("v", "10.0.0.9", "a"), ("v", "10.0.0.1", "a")], True),
    ],
)
def test_one_owner_for_an_address(claims: list[tuple[str, str, str]], *, valid: bool | None) -> None:
    invariant = OneOwner({"10.0.0.1": "a"}, virtual=["10.0.0.9"])
    for claim in claims:
        invariant.feed(AddressClaim(0, "frame 1", *claim))
    assert invariant.verdict().valid is valid
