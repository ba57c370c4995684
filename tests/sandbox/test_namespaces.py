"""What a sandbox is made of, as an ordinary user comes by it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import HostError, Missing
from harness.sandbox import linux, namespaces
from tests import ordinary

ENTER = """
ordinary.become()
lease = supervisor.enter(Path(sys.argv[1]) / "leases")
"""


def test_what_is_missing_is_told_through_a_pipe() -> None:
    reader, writer = os.pipe()
    missing = (Missing("this", "do that"), Missing("those", "do these"))
    namespaces.tell(writer, missing)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert namespaces.told(pipe.read()) == missing
    assert namespaces.told(b"") == ()


@pytest.mark.kernel
def test_a_question_that_fails_is_asked_once_and_not_taken_for_an_answer() -> None:
    script = """
from harness.errors import HarnessBug
from harness.sandbox import linux, namespaces
try:
    namespaces.ask(lambda: 1 // 0, linux.CLONE_NEWNET)
except HarnessBug as bug:
    print(bug)
finally:
    print("torn down")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20)
    assert re.fullmatch("a question was not answered.*\ntorn down\n", done.stdout)
    assert done.stderr.endswith("ZeroDivisionError: integer division or modulo by zero\n")


@pytest.mark.kernel
def test_here_nothing_is_missing() -> None:
    assert namespaces.try_out() == ()


@pytest.mark.kernel
def test_a_question_is_answered_inside_and_its_error_is_raised_outside() -> None:
    here = str(Path("/proc/self/ns/net").readlink())
    assert namespaces.ask(lambda: str(Path("/proc/self/ns/net").readlink()), linux.CLONE_NEWNET) != here
    with pytest.raises(HostError, match="not there: get it"):
        namespaces.ask(_lacking, linux.CLONE_NEWNET)
    assert str(Path("/proc/self/ns/net").readlink()) == here


def _lacking() -> None:
    raise HostError(Missing("not there", "get it"))


@pytest.mark.kernel
def test_an_ordinary_user_lives_in_a_sandbox_of_its_own(open_folder: Path) -> None:
    script = f"""{ENTER}
print(sorted(int(p) for p in os.listdir("/proc") if p.isdecimal()), os.getuid(), lease.folder.stat().st_uid)
Path("/run/libvirt/hostdevmgr").mkdir(parents=True)
from harness.sandbox.netns import NetworkNamespace
NetworkNamespace.create().close()
print(lease.folder.parent, Path("/run/libvirt").stat().st_uid)
"""
    root = open_folder / "leases"
    assert ordinary.run(script, str(open_folder)).splitlines() == ["[1, 2] 0 0", f"{root} 0"]
    assert [path.name for path in root.iterdir()] == ["lock"]
    assert root.stat().st_uid == ordinary.USER


@pytest.mark.kernel
def test_its_places_are_its_own_by_its_number_on_the_host(open_folder: Path) -> None:
    script = f"""
from harness.sandbox import ledger, promises
default_root = lease.default_root
{ENTER}
print(default_root())
with ledger.reserve(promises.Need(1, 0), "it", lease.folder, print, folder=Path(sys.argv[1]) / "ledger"):
    print([entry.user for entry in ledger.entries(Path(sys.argv[1]) / "ledger")])
"""
    assert ordinary.run(script, str(open_folder)).splitlines() == ["/var/tmp/harness-54321", "[54321]"]


@pytest.mark.kernel
def test_a_folder_for_labs_that_is_closed_is_one_line(tmp_path: Path) -> None:
    script = """
ordinary.become()
try: supervisor.enter(Path(sys.argv[1]) / "leases")
except HostError as error: print(error)
"""
    tmp_path.chmod(0o700)
    assert ordinary.run(script, str(tmp_path)) == (
        f"no folder for labs at {tmp_path}/leases (Permission denied): make it writable, or choose another --lab-dir\n"
    )
