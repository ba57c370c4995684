from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.incident.machines.service_words import Word, told
from tests.incident.records import Journal


@pytest.mark.parametrize(
    "message,wanted",
    [
        ("Started chainfire.service - Chainfire, the distributed configuration store (etcd).", Word.STARTED),
        ("Stopping etcd.service - etcd - highly-available key value store...", Word.STOPPING),
        ("Stopped etcd.service - etcd - highly-available key value store.", Word.STOPPED),
        ("etcd.service: Main process exited, code=killed, status=9/KILL", Word.KILLED),
        ("etcd.service: Main process exited, code=dumped, status=11/SEGV", Word.KILLED),
        ("etcd.service: Main process exited, code=exited, status=1/FAILURE", Word.FAILED),
        ("etcd.service: Scheduled restart job, restart counter is at 1.", Word.AGAIN),
        ("etcd.service: A process of this unit has been killed by the OOM killer.", Word.OUT_OF_MEMORY),
    ],
)
def test_what_systemd_says_of_a_service(message: str, wanted: Word) -> None:
    (line,) = Journal("node01").says(1, message).lines
    found = told(line)
    assert found is not None
    assert (found.word, found.by_itself) == (wanted, False)
    assert found.unit in {"etcd.service", "chainfire.service"}


def test_an_older_systemd_names_the_unit_beside_the_message() -> None:
    (line,) = Journal("node01").says(1, "Stopped Etcd - highly-available key value store.", unit="etcd.service").lines
    found = told(line)
    assert found is not None
    assert (found.unit, found.word) == ("etcd.service", Word.STOPPED)


def test_what_is_said_in_another_language_is_known_by_its_identifier() -> None:
    journal = Journal("node01").says(
        1, "Etcd wurde gestartet.", unit="etcd.service", message_id="39f53479d3a045ac8e11786248231fbf"
    )
    found = told(journal.lines[0])
    assert found is not None
    assert found.word is Word.STARTED


@pytest.mark.parametrize(
    "message,wanted",
    [
        ('{"level":"info","caller":"embed/etcd.go:305","msg":"starting an etcd server"}', Word.STARTING),
        (
            '{"level":"info","caller":"osutil/interrupt_unix.go:64","msg":"received signal; shutting down"}',
            Word.STOPPING,
        ),
        ("received terminated signal, shutting down...", Word.STOPPING),
        ("==> Starting Serf agent...", Word.STARTING),
        ("1234:signal-handler (1763747000) Received SIGTERM scheduling shutdown...", Word.STOPPING),
        ("[MAIN  ] Corosync Cluster Engine  starting up", Word.STARTING),
    ],
)
def test_what_services_say_of_themselves(message: str, wanted: Word) -> None:
    (line,) = Journal("node01").says(1, message, by="etcd", unit="etcd.service").lines
    found = told(line)
    assert found is not None
    assert (found.word, found.by_itself) == (wanted, True)


@given(
    st.text(), st.sampled_from(["systemd", "etcd", "kernel", ""]), st.sampled_from(["", "etcd.service", "init.scope"])
)
def test_no_message_breaks_the_reading(message: str, by: str, unit: str) -> None:
    (line,) = Journal("node01").says(1, message, by=by, unit=unit).lines
    found = told(line)
    assert found is None or found.unit.endswith(".service")


@pytest.mark.parametrize(
    "message", ["Started session-3.scope - Session 3 of User root.", "Reached target multi-user.target", "Reloading."]
)
def test_what_is_about_no_service_tells_of_none(message: str) -> None:
    (line,) = Journal("node01").says(1, message, unit="init.scope").lines
    assert told(line) is None
