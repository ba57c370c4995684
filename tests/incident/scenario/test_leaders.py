from __future__ import annotations

from harness.incident.scenario.leaders import leaders
from tests.incident.records import SECOND
from tests.incident.stages import stage

ONE, TWO = "8e9e05c52164694d", "91bc3c398fb3c146"


def test_who_led_last_before_a_moment_led_then() -> None:
    lines = [
        (1, "node01", f"{ONE} became leader at term 2"),
        (5, "node02", f"{TWO} became leader at term 3"),
        (20, "node01", f"{ONE} became leader at term 4"),
    ]
    record = stage(*lines).record
    assert leaders(record, 10 * SECOND) == {"chainfire": "node02"}
    assert leaders(record, 0) == {}


def test_what_is_no_service_of_a_stack_is_left_alone() -> None:
    record = stage((1, "node01", f"{ONE} became leader at term 2"), unit="vault.service").record
    assert leaders(record, 10 * SECOND) == {}
