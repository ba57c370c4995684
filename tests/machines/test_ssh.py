from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from harness.errors import LabError
from harness.machines.keys import generate_key
from harness.machines.ssh import PUT, CommandFailed, SshSession
from harness.sandbox.waiting import Patience
from harness.units import MiB, milliseconds, seconds
from tests.machines import sshd
from tests.ports import reserved_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Server]:
    with sshd.serving(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def session(server: sshd.Server) -> Iterator[SshSession]:
    with server.session() as session:
        yield session


def test_a_command_returns_its_status_outputs_and_duration(session: SshSession) -> None:
    done = session.run(["sh", "-c", "echo out; echo err >&2; exit 3"], within=5 * seconds, check=False)
    assert (done.status, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
    assert 0 < done.duration.total_seconds() < 5
    assert done.text == "out\n"


@pytest.mark.parametrize("word", ["a b", "$HOME", "'", '"', "", "*", "a\nb", "`id`", ";", "ü", "-n"])
def test_words_arrive_as_they_are(session: SshSession, word: str) -> None:
    done = session.run(["printf", "%s|%s", word, "end"], within=5 * seconds)
    assert done.text == f"{word}|end"


def test_a_failing_command_says_what_and_where(session: SshSession) -> None:
    with pytest.raises(CommandFailed, match=r"node01: `ls /nowhere at all` ended with status 2") as caught:
        session.run(["ls", "/nowhere", "at", "all"], within=5 * seconds)
    assert "cannot access '/nowhere'" in str(caught.value)
    assert caught.value.completed.status == 2


def test_a_program_that_is_not_there_is_a_failed_command(session: SshSession) -> None:
    with pytest.raises(CommandFailed, match="ended with status 127"):
        session.run(["no-such-program"], within=5 * seconds)


def test_ten_megabytes_on_both_outputs_at_once(session: SshSession) -> None:
    script = f"head -c {10 * MiB} /dev/zero; head -c {10 * MiB} /dev/zero >&2; echo end"
    done = session.run(["sh", "-c", script], within=30 * seconds)
    assert (len(done.stdout), len(done.stderr)) == (10 * MiB + 4, 10 * MiB)
    assert done.stdout.endswith(b"end\n")


def test_ten_megabytes_in_and_out(session: SshSession) -> None:
    content = os.urandom(10 * MiB)
    assert session.run(["cat"], stdin=content, within=30 * seconds).stdout == content


def test_a_command_that_does_not_read_its_input(session: SshSession) -> None:
    assert session.run(["true"], stdin=bytes(10 * MiB), within=30 * seconds).status == 0


def test_a_command_without_input_sees_its_end(session: SshSession) -> None:
    assert session.run(["cat"], within=5 * seconds).stdout == b""


def test_a_command_that_hangs_is_named_with_its_last_output(session: SshSession) -> None:
    started = time.monotonic()
    with pytest.raises(LabError, match=r"node01: `sh -c 'echo almost; sleep 60'` did not end within 2\.0 s") as caught:
        session.run(["sh", "-c", "echo almost; sleep 60"], within=2 * seconds)
    assert time.monotonic() - started < 30
    assert caught.value.console == ("almost",)
    assert session.run(["true"], within=5 * seconds).status == 0, "the session serves the next command"


def test_a_command_that_closed_its_output_is_still_bounded(session: SshSession) -> None:
    with pytest.raises(LabError, match=r"did not end within 1\.0 s"):
        session.run(["sh", "-c", "exec >&- 2>&-; sleep 60"], within=1 * seconds)


def test_patience_stretches_the_bound(server: sshd.Server) -> None:
    with server.session(patience=Patience(200.0, "test")) as session:
        assert session.run(["sleep", "0.3"], within=100 * milliseconds).status == 0


def test_a_command_ended_by_a_signal(session: SshSession) -> None:
    with pytest.raises(LabError, match="was ended by a signal"):
        session.run(["sh", "-c", "kill -9 $$"], within=5 * seconds)


def test_two_commands_at_the_same_time(session: SshSession) -> None:
    statuses: list[int] = []

    def wait_for_peer(mine: str, other: str) -> None:
        script = f'echo >"{mine}"; while [ ! -e "{other}" ]; do sleep 0.02; done'
        statuses.append(session.run(["sh", "-c", script], within=10 * seconds).status)

    folder = session.run(["mktemp", "-d"], within=5 * seconds).text.strip()
    threads = [
        threading.Thread(target=wait_for_peer, args=(f"{folder}/{mine}", f"{folder}/{other}"))
        for mine, other in (("a", "b"), ("b", "a"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.run(["rm", "-r", folder], within=5 * seconds)
    assert statuses == [0, 0]


def test_connection_killed_mid_command(server: sshd.Server) -> None:
    with server.session() as session:
        # The parent of the command's shell is the server's process for this one connection.
        script = 'echo working; kill -9 "$(ps -o ppid= -p $$ | tr -d " ")"; sleep 5'
        with pytest.raises(LabError, match=r"^node01: .* lost its connection after") as caught:
            session.run(["sh", "-c", script], within=10 * seconds)
        assert caught.value.machine == "node01"
        with pytest.raises(LabError, match=r"node01: `true` could not be started over SSH"):
            session.run(["true"], within=1 * seconds)
        assert not session.alive()


def test_a_closed_session_says_so(server: sshd.Server) -> None:
    session = server.session()
    session.close()
    session.close()
    with pytest.raises(LabError, match="could not be started over SSH"):
        session.run(["true"], within=1 * seconds)


def test_put_writes_content_and_mode(session: SshSession, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    session.put(str(tmp_path / "a secret"), content, 0o600)
    session.put(str(tmp_path / "program"), b"#!/bin/sh\n", 0o755)
    assert (tmp_path / "a secret").read_bytes() == content
    assert (tmp_path / "a secret").stat().st_mode & 0o7777 == 0o600
    assert (tmp_path / "program").stat().st_mode & 0o7777 == 0o755
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a secret", "program"]


def test_put_of_nothing_makes_an_empty_file(session: SshSession, tmp_path: Path) -> None:
    session.put(str(tmp_path / "empty"), b"")
    assert (tmp_path / "empty").read_bytes() == b""


def test_put_replaces_and_never_shows_a_secret(session: SshSession, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_bytes(b"old")
    secret.chmod(0o666)
    seen: set[tuple[int, int]] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for path in tmp_path.iterdir():
                try:
                    status = path.stat()
                except FileNotFoundError:
                    continue
                seen.add((status.st_size, status.st_mode & 0o777))

    watcher = threading.Thread(target=watch)
    watcher.start()
    session.put(str(secret), bytes(2 * MiB), 0o600)
    over.set()
    watcher.join()
    assert {mode for size, mode in seen if size != len(b"old")} <= {0o600}
    assert secret.stat().st_size == 2 * MiB


def test_put_into_no_folder_fails_and_leaves_nothing(session: SshSession, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"ended with status [12]"):
        session.put(str(tmp_path / "none" / "file"), b"x")
    assert list(tmp_path.iterdir()) == []


def test_an_upload_that_was_cut_short_is_no_file(session: SshSession, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed):
        session.run(["sh", "-c", PUT, "sh", str(tmp_path / "f"), "0644", "5"], stdin=b"1234", within=5 * seconds)
    assert list(tmp_path.iterdir()) == []


def test_another_host_key_is_refused_at_once(server: sshd.Server) -> None:
    started = time.monotonic()
    with pytest.raises(LabError, match=r"node01: .*host key mismatch: the machine shows ssh-ed25519 AAAA.*, expected"):
        server.session(host_key=generate_key().public, within=60 * seconds)
    assert time.monotonic() - started < 30


def test_another_user_key_is_refused_at_once(server: sshd.Server) -> None:
    with pytest.raises(LabError, match=rf"node01: .*authentication failed: {sshd.USER} may not log in with"):
        server.session(key=generate_key(), within=60 * seconds)


def test_nobody_listening_is_tried_until_the_bound() -> None:
    with (
        reserved_port() as port,
        pytest.raises(LabError, match=r"node07: no SSH session with root@127.0.0.1:\d+ in .*refused"),
    ):
        SshSession.connect(
            "127.0.0.1",
            port=port,
            machine="node07",
            key=generate_key(),
            host_key=generate_key().public,
            within=300 * milliseconds,
        )


def test_a_server_that_is_no_ssh_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=greet, daemon=True).start()
        with pytest.raises(LabError, match="no SSH session with"):
            SshSession.connect(
                "127.0.0.1",
                port=listener.getsockname()[1],
                key=generate_key(),
                host_key=generate_key().public,
                within=100 * milliseconds,
            )


def test_a_server_that_comes_up_later_is_found(tmp_path: Path) -> None:
    host_key, user_key = generate_key(), generate_key()
    started: list[subprocess.Popen[bytes]] = []
    with reserved_port() as port:
        timer = threading.Timer(0.4, lambda: started.append(sshd.start(tmp_path, port, host_key, user_key)))
        timer.start()
        try:
            with SshSession.connect(
                "127.0.0.1", port=port, username=sshd.USER, key=user_key, host_key=host_key.public, within=10 * seconds
            ) as session:
                assert session.run(["true"], within=5 * seconds).status == 0
        finally:
            timer.join()
            for process in started:
                process.send_signal(signal.SIGTERM)
                process.wait()


def test_a_script_does_not_fill_an_error(session: SshSession) -> None:
    script = "echo first\n" + "true\n" * 1000 + "exit 7"
    with pytest.raises(CommandFailed, match=r"^node01: `sh -c 'echo first…' sh word` ended with status 7\n") as caught:
        session.run(["sh", "-c", script, "sh", "word"], within=5 * seconds)
    assert caught.value.completed.command[2] == script
