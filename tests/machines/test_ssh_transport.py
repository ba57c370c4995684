from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.machines.keys import generate_key
from harness.machines.ssh_transport import Refused, Target, connect
from harness.sandbox.waiting import HEALTHY
from tests.machines import sshd

if TYPE_CHECKING:
    from collections.abc import Iterator

LEFT = 60


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with sshd.serving(tmp_path_factory.mktemp("sshd")) as server:
        yield Target("127.0.0.1", server.port, sshd.USER, server.user_key, server.host_key.public)


def test_whom_we_know_and_who_knows_us_is_reached(target: Target) -> None:
    transport = connect(target, HEALTHY, left=LEFT)
    try:
        assert transport.is_authenticated()
    finally:
        transport.close()


def test_a_host_key_of_another_kind_is_refused(target: Target) -> None:
    with pytest.raises(Refused, match="no ecdsa-sha2-nistp256 host key that we could check"):
        connect(replace(target, host_key="ecdsa-sha2-nistp256 AAAA"), HEALTHY, left=LEFT)


def test_another_host_key_is_refused(target: Target) -> None:
    with pytest.raises(Refused, match="host key mismatch"):
        connect(replace(target, host_key=generate_key().public), HEALTHY, left=LEFT)


def test_whom_the_machine_does_not_know_is_refused(target: Target) -> None:
    with pytest.raises(Refused, match="authentication failed"):
        connect(replace(target, key=generate_key()), HEALTHY, left=LEFT)
