from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main

T036 = str(Path(__file__).parents[2] / "scenarios/topologies/t036.yaml")


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    path = tmp_path / "wrong.yaml"
    path.write_text("name: Lab\nvlan: []\n")
    return str(path)


def test_a_right_topology_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", "check", T036]) == 0
    out, err = capsys.readouterr()
    assert out == f"{T036}: ok, 3 machines, 1 VLAN\n"
    assert err == ""


def test_every_problem_of_every_file_is_printed(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", "check", wrong, T036, "/nowhere.yaml"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        f"{wrong}:1: key 'machines' is missing",
        f"{wrong}:1: name: 'Lab' is no name",
        f"{wrong}:2: unknown key 'vlan' (did you mean 'vlans'?)",
        f"{T036}: ok",
        "/nowhere.yaml:1: no such file",
    ]


@pytest.mark.parametrize("command", ["show", "cluster-config", "draw"])
def test_a_wrong_topology_is_not_shown(command: str, wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", command, wrong]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 3


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", "show", T036]) == 0
    assert capsys.readouterr().out.startswith("t036: 3 machines, 1 VLAN, seed 36\n")


def test_the_configuration_of_one_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", "cluster-config", T036, "--machine", "node03"]) == 0
    config = json.loads(capsys.readouterr().out)
    assert config["node_id"] == "node03"
    assert config["raft_addr"] == "192.168.100.13:2380"


def test_the_configuration_of_all_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", "cluster-config", T036]) == 0
    configs = json.loads(capsys.readouterr().out)
    assert [(name, config["node_id"]) for name, config in configs.items()] == [
        (name, name) for name in ("node01", "node02", "node03")
    ]


def test_the_configuration_of_a_machine_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", "cluster-config", T036, "--machine", "pxe"]) == 2
    assert f"{T036}: no machine is called 'pxe'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["check"], ["show"], ["show", T036, T036], ["nothing"], ["check", "--fast", T036]]
)
def test_a_call_that_makes_no_sense_is_unusable(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("kind,start", [("mermaid", "%% t036\nflowchart"), ("svg", "<svg xmlns=")])
def test_draw(kind: str, start: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", "draw", T036, "--format", kind]) == 0
    out = capsys.readouterr().out
    assert out.startswith(start)
    assert main(["topology", "draw", T036, "--format", kind, "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").read_text(encoding="utf-8") == out
    assert capsys.readouterr().out == ""


def test_a_drawing_that_can_not_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "none" / "out.svg"
    assert main(["topology", "draw", T036, "-o", str(output)]) == 2
    assert f"{output}: can't be written: No such file or directory" in capsys.readouterr().err
