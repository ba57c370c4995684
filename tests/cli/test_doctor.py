from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from harness.cli import doctor, main
from harness.cli.doctor import Finding, command, examine
from harness.sandbox import host
from tests import ordinary


@pytest.fixture(autouse=True)
def no_guests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_guests", lambda: iter([Finding("a guest under tcg", True, "booted in 2.0 s")]))


def test_what_is_missing_comes_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(host, "FOR_VIRTUAL_MACHINES", (host.program("no-such-program", "pack-a"),))
    assert main(["doctor"]) == 1
    assert "NO  program no-such-program: no program no-such-program — apt-get install pack-a" in capsys.readouterr().out


def test_all_findings_are_json_on_demand() -> None:
    findings = json.loads(CliRunner().invoke(command, ["--json"]).output)
    assert {"name", "holds", "seen", "remedy"} == set(findings[0])
    assert any(finding["name"] == "program dnsmasq" for finding in findings)


def test_what_could_not_be_tried_is_neither_right_nor_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = Finding("a guest that boots", None, "there is no image to boot yet")
    monkeypatch.setattr(doctor, "examine", lambda: iter([unknown]))
    assert str(unknown).startswith("??  a guest")
    assert main(["doctor"]) == 0


@pytest.mark.kernel
def test_namespaces_are_tried_and_left_again() -> None:
    (found,) = [finding for finding in examine() if finding.name == "private namespaces"]
    assert found.holds is True


@pytest.mark.kernel
def test_an_ordinary_user_is_told_of_the_ids_it_has() -> None:
    script = "from harness.cli.doctor import _ids\nordinary.become(54321)\nprint(_ids())"
    (line,) = ordinary.run(script).splitlines()
    assert line.startswith("??  ids of a user namespace: only one, for /etc/subuid and /etc/subgid grant 54321 no ids;")
    assert "usermod --add-subuids" in line


@pytest.mark.kernel
def test_a_kernel_without_everything_for_bridges_is_no_failure_and_says_what_it_lacks() -> None:
    (finding,) = [one for one in examine() if one.name == "networks on the kernel's bridges"]
    assert finding.holds is not False
    assert finding.holds or "--lab-network=switch" in finding.remedy
