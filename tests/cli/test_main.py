from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import click
import pytest

import harness
from harness import cli
from harness.cli import main
from harness.errors import HarnessBug, HostError, LabError, Missing, Problem, ScenarioFailure, SpecError


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make `harness doctor` raise an error."""

    @click.command()
    def command() -> None:
        raise error

    module = ModuleType("harness.cli.doctor")
    module.command = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "harness.cli.doctor", module)


@pytest.mark.parametrize(
    "error,status,line",
    [
        (SpecError([Problem("f", 3, "wrong", "right")]), 2, "f:3: wrong, expected right"),
        (HostError(Missing("dnsmasq", "apt-get install dnsmasq-base")), 2, "dnsmasq: apt-get install dnsmasq-base"),
        (LabError("no route", machine="node01"), 1, "node01: no route"),
        (ScenarioFailure("a leader"), 1, "expected a leader; last seen: None"),
        (HarnessBug("a promise"), 1, "a promise"),
        (click.UsageError("no such thing"), 2, "Error: no such thing"),
    ],
)
def test_errors_become_a_line_and_a_status(
    error: Exception, status: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, error)
    assert main(["doctor"]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == line


def test_a_programming_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main(["doctor"])


@pytest.mark.parametrize("status", [0, 1, 2, 3])
def test_a_command_may_set_the_status(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, click.exceptions.Exit(status))
    assert main(["doctor"]) == status


def test_an_interrupted_command_says_nothing_of_what_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    assert main(["doctor"]) == 130


def test_what_the_system_refuses_is_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, OSError(28, "No space left on device", "/var/tmp/lab"))
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == "Error: /var/tmp/lab: No space left on device\n"


def test_a_broken_pipe_of_a_commands_own_is_no_output_that_nobody_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, BrokenPipeError(32, "Broken pipe"))
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == "Error: Broken pipe\n"


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"harness, version {harness.__version__}\n"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_names_every_command(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([option]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in cli.COMMANDS)


@pytest.mark.parametrize(
    "arguments,line",
    [
        (["nothing"], "Error: No such command 'nothing'. (harness --help)"),
        (["topolgy"], "Error: No such command 'topolgy'. Did you mean 'topology'? (harness --help)"),
        (["--nothing"], "Error: No such option '--nothing'. (harness --help)"),
        (["decode"], "Error: Missing argument 'FILE...'. (harness decode --help)"),
    ],
)
def test_a_call_that_makes_no_sense_is_unusable(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.replace(": --nothing", " '--nothing'.") == f"{line}\n"  # click words it so up to 8.4


def test_a_call_of_nothing_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    # Up to click 8.1 that is right, from 8.2 on it is unusable; the page is the same.
    assert main([]) in {0, 2}
    assert "Commands:" in "".join(capsys.readouterr())


def test_the_help_loads_no_command() -> None:
    program = (
        "import sys; from harness.cli import main; main(['--help']);"
        "print(*sorted(name for name in sys.modules if name.startswith('harness')))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "harness harness.cli harness.cli.streams harness.errors harness.units"
