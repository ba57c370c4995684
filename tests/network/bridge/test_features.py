from __future__ import annotations

from dataclasses import fields, replace

import pytest

from harness.errors import HostError
from harness.network.bridge.features import MISSING, Features, probe

NONE = Features(**{field.name: False for field in fields(Features)})


def test_what_is_missing_is_said_with_what_would_do_without_it() -> None:
    with pytest.raises(HostError, match=r"VLAN filtering.*--lab-network=switch") as error:
        NONE.require("bridge", "vlan_filtering")
    assert len(error.value.missing) == 2


def test_what_is_there_is_not_missed() -> None:
    replace(NONE, bridge=True).require("bridge")


def test_every_feature_has_its_words() -> None:
    assert set(MISSING) == {field.name for field in fields(Features)}


@pytest.mark.kernel
def test_the_kernel_is_asked_once() -> None:
    assert probe() is probe()
    assert probe().bridge
    assert probe().filter
