"""What it refuses; what it does to machines is tested with the other faults of network boots."""

from __future__ import annotations

import pytest

from harness.faults.rogue_dhcp import RogueDhcp


@pytest.mark.parametrize("address, pool", [("10.0.0.999", 1), ("10.0.0.1", 0)])
def test_a_rival_without_an_address_or_a_pool_is_refused(address: str, pool: int) -> None:
    with pytest.raises(ValueError, match=r"Octet|expected"):
        RogueDhcp(address, pool)
