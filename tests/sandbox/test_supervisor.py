"""The sandbox, tried with real processes: who sees what inside, and that killing anybody ends everything."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest

from harness.sandbox import confined
from harness.sandbox.waiting import gone
from harness.units import seconds
from tests import ordinary
from tests.processes import alive, descendants

pytestmark = pytest.mark.kernel

KILLED_WITHIN = 2 * seconds
"""The promise: two seconds after anybody is killed, nothing is left."""


@contextmanager
def enter_and(root: Path, body: str, *before: str, stdin: int = PIPE) -> Iterator[subprocess.Popen[str]]:
    script = "\n".join(
        [
            "import os, subprocess, sys, time",
            "from pathlib import Path",
            "from harness.sandbox import supervisor",
            f"lease = supervisor.enter(Path({str(root)!r}))",
            textwrap.dedent(body),
        ]
    )
    command = [*before, sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=stdin, stdout=PIPE, stderr=PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def result_of(root: Path, body: str) -> tuple[int, str, str]:
    with enter_and(root, body) as process:
        out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def leases(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()]


def test_the_test_process_stands_in_namespaces_of_its_own(tmp_path: Path) -> None:
    spaces = {str(Path(f"/proc/self/ns/{kind}").readlink()) for kind in ("net", "mnt", "pid")}
    status, out, err = result_of(
        tmp_path, "for kind in ('net', 'mnt', 'pid'): print(os.readlink(f'/proc/self/ns/{kind}'))"
    )
    assert status == 0, err
    assert len(out.split()) == 3
    assert not set(out.split()) & spaces


def test_proc_shows_only_what_is_inside(tmp_path: Path) -> None:
    _, out, err = result_of(tmp_path, "print(*sorted(int(p) for p in os.listdir('/proc') if p.isdecimal()))")
    assert out.split() == ["1", "2"], err


@pytest.mark.parametrize("status", [0, 1, 7])
def test_the_exit_status_is_the_test_process_s(tmp_path: Path, status: int) -> None:
    assert result_of(tmp_path, f"sys.exit({status})")[0] == status


def test_a_test_process_that_dies_of_a_signal_is_reported_as_a_shell_does(tmp_path: Path) -> None:
    assert result_of(tmp_path, "os.kill(os.getpid(), 11)")[0] == 128 + signal.SIGSEGV


def test_orphans_are_reaped(tmp_path: Path) -> None:
    body = """
        subprocess.run(["sh", "-c", "sleep 0.05 & exec true"])
        from harness.sandbox.waiting import wait_until
        from harness.units import seconds
        def processes(): return sorted(int(p) for p in os.listdir('/proc') if p.isdecimal())
        wait_until("the orphan to be reaped", lambda: processes() == [1, 2], within=5 * seconds, show=processes)
        """
    status, _, err = result_of(tmp_path, body)
    assert status == 0, err


def test_the_lease_s_folder_is_removed_at_the_end(tmp_path: Path) -> None:
    _, out, err = result_of(tmp_path, "(lease.folder / 'disk').write_text('x'); print(lease.folder)")
    assert Path(out.strip()).parent == tmp_path, err
    assert not leases(tmp_path)


@pytest.mark.parametrize(
    "generation, number",
    [
        ("caller", signal.SIGKILL),
        ("supervisor", signal.SIGKILL),
        ("init", signal.SIGKILL),  # an init takes no other signal from outside (pid_namespaces(7))
        ("test", signal.SIGKILL),
        ("caller", signal.SIGTERM),
        ("supervisor", signal.SIGTERM),
        ("test", signal.SIGTERM),
    ],
)
def test_killing_anybody_ends_everything(tmp_path: Path, generation: str, number: signal.Signals) -> None:
    body = "subprocess.Popen(['sleep', '600']); print('ready', flush=True); time.sleep(600)"
    with enter_and(tmp_path, body) as process:
        wait_for_ready(process)
        everyone = [process.pid, *descendants(process.pid)]
        assert len(everyone) == 5
        os.kill(everyone[["caller", "supervisor", "init", "test"].index(generation)], number)
        process.wait(timeout=10)
        gone("every process", lambda: [pid for pid in everyone if alive(pid)], within=KILLED_WITHIN)
        gone("the lease's folder", lambda: leases(tmp_path), within=KILLED_WITHIN)


def test_a_caller_that_dies_while_namespaces_are_made_leaves_nothing(tmp_path: Path) -> None:
    script = f"""
import os, signal, time
from pathlib import Path
from harness.sandbox import namespaces, supervisor
caller = os.getpid()
def make(flags):
    os.kill(caller, signal.SIGKILL)
    time.sleep(600)
namespaces.make = make
supervisor.enter(Path({str(tmp_path)!r}))
"""
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        process.wait(timeout=10)
    gone("the lease's folder", lambda: leases(tmp_path), within=KILLED_WITHIN)


def test_a_sandbox_that_nobody_can_be_told_of_is_not_entered(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from harness.errors import HostError
from harness.sandbox import linux, supervisor
root = Path(sys.argv[1])
linux.mount("none", root, "tmpfs", data="nr_inodes=5")  # itself, the registry, a lease's folder, lock and owner
try:
    supervisor.enter(root)
    print("entered")
except HostError as error:
    print(error)
print(os.listdir(root))
"""
    words = confined.command([sys.executable, "-c", script, str(tmp_path)])
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    refusal, left = done.stdout.splitlines()
    assert re.fullmatch("no sandbox could be made .*No space left on device.*: see harness doctor", refusal)
    assert left == "['lock']"


def test_a_user_who_may_have_no_more_processes_is_told_so(open_folder: Path) -> None:
    script = """
import resource
ordinary.become()
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
root = Path(sys.argv[1]) / "leases"
try:
    supervisor.enter(root)
except HostError as error:
    print(error)
print(os.listdir(root), lease.survey(root))
"""
    said = ordinary.run(script, str(open_folder))
    assert (
        said
        == "no sandbox could be made ([Errno 11] Resource temporarily unavailable): see harness doctor\n['lock'] []\n"
    )


def test_what_a_killed_caller_and_supervisor_left_is_removed_by_the_next(tmp_path: Path) -> None:
    with enter_and(tmp_path, "print('ready', flush=True); time.sleep(600)") as process:
        wait_for_ready(process)
        everyone = [process.pid, *descendants(process.pid)]
        os.kill(process.pid, signal.SIGSTOP)
        os.kill(everyone[1], signal.SIGKILL)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
        gone("every process", lambda: [pid for pid in everyone if alive(pid)], within=KILLED_WITHIN)
    assert len(leases(tmp_path)) == 1
    status, _, err = result_of(tmp_path, "pass")
    assert status == 0, err
    assert not leases(tmp_path)


def test_ctrl_c_at_a_terminal_reaches_the_test_process_only(tmp_path: Path) -> None:
    body = """
        try: print('ready', flush=True); time.sleep(600)
        except KeyboardInterrupt: print('torn down', flush=True); sys.exit(2)
        """
    screen, terminal = os.openpty()
    in_front = ["setsid", "--ctty", "--wait"]
    with enter_and(tmp_path, body, *in_front, stdin=terminal) as process:
        os.close(terminal)
        wait_for_ready(process)
        os.write(screen, b"\x03")
        out, _ = process.communicate(timeout=10)
    os.close(screen)
    assert (process.returncode, out) == (2, "torn down\n")


@pytest.mark.parametrize("group", [False, True], ids=["alone", "with its group, as timeout(1) does"])
def test_an_interrupt_of_the_caller_reaches_the_test_process_once(tmp_path: Path, *, group: bool) -> None:
    body = """
        import signal
        try: print('ready', flush=True); time.sleep(600)
        except KeyboardInterrupt: print('torn', flush=True)
        signal.sigtimedwait({signal.SIGALRM}, 0.5)
        print('down', flush=True); sys.exit(2)
        """
    with enter_and(tmp_path, body) as process:
        wait_for_ready(process)
        everyone = [process.pid, *descendants(process.pid)]
        for pid in everyone if group else everyone[:1]:
            os.kill(pid, signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (2, "torn\ndown\n"), err


def test_what_nohup_starts_survives_its_terminal(tmp_path: Path) -> None:
    with enter_and(tmp_path, "print('ready', flush=True); sys.stdin.read(); sys.exit(3)", "nohup") as process:
        wait_for_ready(process)
        for pid in [process.pid, *descendants(process.pid)]:
            os.kill(pid, signal.SIGHUP)
        process.communicate(timeout=10)
    assert process.returncode == 3


def test_the_host_is_the_same_before_during_and_after(tmp_path: Path) -> None:
    """The host is namespaces of the test's own here, which nobody else changes meanwhile."""
    script = """
import subprocess, sys
from pathlib import Path
from tests.sandbox import test_supervisor
subprocess.run(["mount", "--make-rshared", "/"], check=False)  # what would leak does, where it can
test_supervisor.compare(Path(sys.argv[1]))
"""
    words = confined.command([sys.executable, "-c", script, str(tmp_path)], net=True)
    here = Path(__file__).parents[2]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, cwd=here)
    assert done.returncode == 0, done.stderr


def compare(root: Path) -> None:
    body = """
        from ipaddress import IPv4Interface
        from harness.network.ports import Access
        from harness.network.wiring import Card, make_cards
        from harness.sandbox.netns import NetworkNamespace
        card = Card("lab0", "02:00:00:00:00:01", Access(1), {1: [IPv4Interface("192.168.100.254/24")]})
        plugs = make_cards(NetworkNamespace.current(), {"lab0": card})
        print('ready', flush=True)
        sys.stdin.read()
        """
    before = host_state()
    with enter_and(root, body) as process:
        wait_for_ready(process)
        during = host_state()
    gone("the lease's folder", lambda: leases(root), within=KILLED_WITHIN)
    assert difference(before, during) == {}
    assert difference(before, host_state()) == {}


def difference(one: dict[str, object], other: dict[str, object]) -> dict[str, object]:
    return {what: (one[what], other[what]) for what in one if one[what] != other[what]}


def wait_for_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def host_state() -> dict[str, object]:
    """Everything of the host that a sandbox might touch: interfaces, addresses, routes, mounts, network sysctls."""
    files = ["/proc/net/dev", "/proc/net/route", "/proc/net/ipv6_route", "/proc/net/fib_trie", "/proc/self/mounts"]
    state: dict[str, object] = {path: Path(path).read_text() for path in files}
    state["/proc/net/dev"] = [line.split(":")[0] for line in Path("/proc/net/dev").read_text().splitlines()]
    state["/proc/net/ipv6_route"] = len(Path("/proc/net/ipv6_route").read_text().splitlines())
    state["sysctls"] = {str(path): read(path) for path in sorted(Path("/proc/sys/net").rglob("*")) if path.is_file()}
    return state


def read(path: Path) -> str:
    counting = {"nf_conntrack_count", "dirty_bytes"}  # they count what the host does meanwhile
    try:
        return "" if path.name in counting else path.read_text(errors="replace")
    except OSError as error:
        return str(error)
