from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from harness.faults import words
from harness.faults.schedule import Step
from harness.incident.scenario.standing_in import standing_in
from harness.incident.scenario.writing import schedule_text
from tests.incident.findings import found
from tests.incident.told import told


def step(text: str) -> Step:
    return Step(timedelta(0), words.fault_of(text.split()), None)


def test_a_service_of_the_field_is_one_of_the_stack() -> None:
    assert standing_in(step("stop a serf")) == (
        step("stop a chainfire-gossip"),
        "chainfire-gossip stands in for serf",
    )
    assert standing_in(step("restart a,b etcd"))[0] == step("restart a,b chainfire")


def test_a_program_is_the_same_as_in_the_field() -> None:
    for text in ("kill a etcd", "pause-process a serf", "stop a chainfire", "stop a postgresql", "power-cut a"):
        assert standing_in(step(text)) == (step(text), "")


def test_the_schedule_says_what_stands_in_where_there_is_a_stack() -> None:
    one = told(found("stop node02 serf", 10, 20))
    assert schedule_text(one).splitlines()[-2:] == [
        "# chainfire-gossip stands in for serf",
        "at 3s stop node02 chainfire-gossip for 10s",
    ]
    bare = replace(one, record=replace(one.record, topology=one.record.topology.model_copy(update={"stack": None})))
    assert schedule_text(bare).splitlines()[-1] == "at 3s stop node02 serf for 10s"
