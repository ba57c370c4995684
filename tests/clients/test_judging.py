from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks.operation import FAIL, UNKNOWN
from harness.checks.verdict import Verdict
from harness.clients.judging import require, verdicts
from harness.clients.load import Load, Plan
from harness.errors import Inconclusive, ScenarioFailure
from harness.units import seconds
from tests.checks.make import cas, r, w
from tests.clients.store import Forgetful, Store


def test_what_holds_passes() -> None:
    found = verdicts([w(1, 2, "a"), r(3, 4, "a")], {"x": "a"})
    assert {one.name for one in found} == {"linearizable", "nothing lost", "no stale reads"}
    require(found)


def test_a_violation_fails_with_its_witness() -> None:
    with pytest.raises(ScenarioFailure, match=r"linearizable, nothing lost, no stale reads") as failed:
        require(verdicts([w(1, 2, "a"), w(3, 4, "b"), r(5, 6, "a")], {"x": "a"}))
    assert 'process 0: write x "b", 0.0 to 0.0 ms, ok' in str(failed.value)


def test_a_violation_outweighs_what_is_unknown() -> None:
    with pytest.raises(ScenarioFailure, match="one"):
        require([Verdict(None, "who knows", name="other"), Verdict(False, "it is not", name="one")])


def test_what_nobody_knows_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="nothing was acknowledged at all"):
        require(verdicts([w(1, 2, "a", FAIL)], {"x": None}))
    with pytest.raises(Inconclusive, match="nobody read it at the end"):
        require(verdicts([w(1, 2, "a")], {}))


def test_a_long_witness_is_cut() -> None:
    with pytest.raises(ScenarioFailure, match="… and 8 more"):
        require([Verdict(False, "no", tuple(range(20)), "long")])


def test_operations_of_a_witness_are_told_in_words() -> None:
    witness = (w(1_000_000, 2_500_000, "a"), cas(3_000_000, None, "a", "b", UNKNOWN), "frame 3")
    with pytest.raises(ScenarioFailure) as failed:
        require([Verdict(False, "no", witness, "told")])
    assert [line.strip() for line in str(failed.value).splitlines()[1:]] == [
        'process 0: write x "a", 0.0 to 1.5 ms, ok',
        'process 2: cas x "a" to "b", 2.0 to … ms, unknown',
        "frame 3",
    ]


def test_a_store_that_forgets_what_it_acknowledged_is_found(tmp_path: Path) -> None:
    names = ["node01", "node02", "node03"]
    for store, right in ((Store(), True), (Forgetful(), False)):
        with Load(store, names, folder=tmp_path, plan=Plan(rate=100, keys=1)) as clients:
            clients.wait_for(30, within=20 * seconds)
        found = {one.name: one for one in verdicts(clients.history, dict.fromkeys(["load/0/0"], store.get("load/0/0")))}
        assert found["linearizable"].valid is right
        assert bool(found["linearizable"].witness) is not right
