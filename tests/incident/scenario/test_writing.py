from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from harness.faults import words
from harness.incident.scenario.writing import machines_for, scenario, schedule_text, seen_from
from harness.topology.loader import load
from tests.incident.findings import found
from tests.incident.told import told

TWO = (found("isolate node02", 10, 16), found("kill node01 etcd", 20))


def test_a_scenario_is_a_topology_a_schedule_a_test_and_what_is_known(tmp_path: Path) -> None:
    written = scenario(told(*TWO), "lost-node", "scenarios/field/lost-node")
    written.write(tmp_path)
    assert sorted(written.files) == ["README.md", "schedule.txt", "test_lost_node.py", "topologies/lost-node.yaml"]
    assert load(tmp_path / "topologies/lost-node.yaml").name == "lost-node"
    assert (
        words.write(words.read(tmp_path / "schedule.txt")) == "at 3s isolate node02 for 6s\nat 13s kill node01 etcd\n"
    )


def test_a_topology_that_was_given_keeps_its_name_so_that_checkpoints_of_it_serve(tmp_path: Path) -> None:
    given = replace(told(found("isolate node02", 10, 16)), given=True)
    scenario(given, "lost-node", "scenarios/field/lost-node").write(tmp_path)
    assert load(tmp_path / "topologies/lost-node.yaml") == given.record.topology


def test_the_test_is_short_and_says_what_has_to_appear() -> None:
    text = scenario(told(*TWO), "lost-node", "x").files["test_lost_node.py"]
    ast.parse(text)
    assert len(text.splitlines()) < 35
    assert 'pytest.mark.lab("lost-node", machines="any", start="cluster")' in text
    assert 'SIGNATURE = "term runs away"' in text
    assert "also showed: member silent" in text
    assert 'SEEN_FROM = ("node02",)' in text
    assert "breaks" not in text


@pytest.mark.parametrize(
    "name, label", [("Lost_DB.2026", "lost-db-2026"), ("node02", "node02"), ("***", "incident"), ("-a-", "a")]
)
def test_a_folder_of_any_name_has_a_topology_whose_name_is_one(name: str, label: str) -> None:
    written = scenario(told(found("isolate node02", 10, 17)), name, "anywhere")
    assert f"topologies/{label}.yaml" in written.files
    assert f'lab("{label}"' in next(text for path, text in written.files.items() if path.startswith("test_"))


def test_many_faults_are_told_in_one_line() -> None:
    many = [found(f"isolate node0{1 + number % 3}", 10 + 30 * number, 16 + 30 * number) for number in range(8)]
    first = scenario(told(*many), "many", "x").files["test_many.py"]
    assert isinstance(first, str)
    assert first.splitlines()[0] == '"""What was seen on 1970-01-01T00:00:10Z, again: 8 faults.'


def test_a_signature_that_breaks_an_invariant_says_so() -> None:
    text = scenario(told(*TWO, signature="two leaders"), "lost-node", "x").files["test_lost_node.py"]
    assert 'pytest.mark.breaks("one leader per term")' in text


def test_each_step_has_its_evidence_as_a_comment() -> None:
    lines = schedule_text(told(*TWO)).splitlines()
    at = lines.index("at 3s isolate node02 for 6s")
    assert lines[at - 2 : at] == [
        "# from 1970-01-01T00:00:10.000Z for 6.00 s, confidence 0.90",
        "#   a.pcap frame 100: isolate node02",
    ]


def test_the_readme_has_what_a_reader_should_know() -> None:
    text = scenario(told(*TWO, found("isolate node03", 40, 42, 0.3)), "lost-node", "f/lost-node").files["README.md"]
    for said in ("| `isolate node02` | 1970-01-01T00:00:10.000Z |", "**term runs away**: it grew", "too uncertain"):
        assert said in text
    assert "- x.evtx: no journal" in text
    assert "pytest f/lost-node --lab-runs=10" in text
    assert "\n\n\n" not in text


def test_without_a_schedule_there_is_nothing_to_run() -> None:
    written = scenario(told(), "quiet", "x")
    assert sorted(written.files) == ["README.md", "schedule.txt", "topologies/quiet.yaml"]
    assert "Nothing that the evidence decides." in written.files["README.md"]
    assert "pytest" not in written.files["README.md"]


@pytest.mark.parametrize(
    "line,machines",
    [
        ("isolate node02", "any"),
        ("power-cut node02", "any"),
        ("kill node02 etcd", "any"),
        ("disk-full node02", "any"),
        ("disk-stall node02", "vm"),
        ("clock-jump node02 60min", "vm"),
        ("reset node02", "vm"),
    ],
)
def test_virtual_machines_are_taken_where_namespaces_are_not_enough(line: str, machines: str) -> None:
    assert machines_for(told(found(line, 10, 16))) == machines


def test_frames_are_looked_at_where_they_were_captured() -> None:
    assert seen_from(told(*TWO)) == ("node02",)


def test_what_is_uncertain_waits_in_the_schedule_for_who_believes_it() -> None:
    doubtful = told(found("isolate node02", 10, 16, 0.3))
    text = schedule_text(doubtful)
    assert len(words.parse(text)) == 0
    believed = text.replace("#at", "at")
    assert words.write(words.parse(believed)) == "at 3s isolate node02 for 6s\n"
    files = scenario(doubtful, "unsure", "x").files
    assert 'SIGNATURE = "term runs away"' in str(files["test_unsure.py"])
    assert "schedule.txt` has no step yet" in str(files["README.md"])
