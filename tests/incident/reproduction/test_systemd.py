from __future__ import annotations

import pytest

from harness.incident.reproduction.systemd import Supervisor


def messages(*lines: str) -> list[str]:
    supervisor = Supervisor()
    return [said.message for line in lines for said in supervisor.says(line)]


def test_a_service_that_was_killed_is_told_with_the_signal_and_counted_when_it_comes_again() -> None:
    assert messages("started iam", "ended iam 137", "started iam", "ended iam 137", "started iam") == [
        "Started iam.service.",
        "iam.service: Main process exited, code=killed, status=9/KILL",
        "iam.service: Failed with result 'signal'.",
        "iam.service: Scheduled restart job, restart counter is at 1.",
        "Started iam.service.",
        "iam.service: Main process exited, code=killed, status=9/KILL",
        "iam.service: Failed with result 'signal'.",
        "iam.service: Scheduled restart job, restart counter is at 2.",
        "Started iam.service.",
    ]


@pytest.mark.parametrize(
    "line,said",
    [
        ("ended iam 0", "iam.service: Deactivated successfully."),
        ("ended iam 2", "iam.service: Main process exited, code=exited, status=2/FAILURE"),
        ("ended iam 255", "iam.service: Main process exited, code=killed, status=127/n/a"),
        ("stopping iam", "Stopping iam.service..."),
        ("stopped iam", "iam.service: Deactivated successfully."),
    ],
)
def test_each_end_has_its_words(line: str, said: str) -> None:
    assert messages(line)[0] == said


@pytest.mark.parametrize("line", ["", "ended iam", "ended iam soon", "gone iam 3"])
def test_what_means_nothing_says_nothing(line: str) -> None:
    assert messages(line) == []
