"""User namespaces of a real ordinary user, with and without ids granted to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.sandbox import user_namespace
from tests import ordinary

pytestmark = pytest.mark.kernel

LOOK = """
print(user_namespace.needed(), user_namespace.plan())
user_namespace.enter()
print(os.getuid(), os.getgid(), user_namespace.host_user(), user_namespace.needed())
print(" ".join(Path("/proc/self/uid_map").read_text().split()))
"""


def test_root_needs_none() -> None:
    assert not user_namespace.needed()
    assert user_namespace.host_user() == 0


def test_without_granted_ids_root_is_the_only_one_inside() -> None:
    script = f"ordinary.become()\n{LOOK}\nprint(Path('/proc/self/setgroups').read_text())"
    assert ordinary.run(script).splitlines()[:4] == ["True one id", "0 0 54321 False", "0 54321 1", "deny"]


def test_with_granted_ids_programs_can_switch_to_others(tmp_path: Path) -> None:
    script = f"""
ordinary.grant(Path(sys.argv[1]), 200000, 65536)
ordinary.become()
{LOOK}
os.setgroups([7])
os.setresuid(1000, 1000, 1000)
print(os.getgroups(), user_namespace.host_user())
"""
    assert ordinary.run(script, str(tmp_path)).splitlines() == [
        "True 65537 ids",
        "0 0 54321 False",
        "0 54321 1 1 200000 65536",
        "[7] 200999",
    ]


def test_where_ids_are_granted_that_can_t_be_mapped_newuidmap_s_own_words_are_told(tmp_path: Path) -> None:
    script = """
ordinary.grant(Path(sys.argv[1]), 200000, 65536)
wanted = user_namespace.plan
user_namespace.plan = lambda: user_namespace.Plan(
    subordinate_ids.Identity(ordinary.USER, ((300000, 1),)).spans(), wanted().groups
)
ordinary.become()
try: user_namespace.enter()
except HostError as error: print(error)
"""
    said = ordinary.run(f"from harness.sandbox import subordinate_ids\n{script}", str(tmp_path))
    assert said.startswith("the ids of a user namespace could not be mapped (newuidmap: ")
    assert "/etc/subuid" in said


def test_a_process_that_may_gain_no_rights_says_so(tmp_path: Path) -> None:
    script = """
import ctypes
ordinary.grant(Path(sys.argv[1]), 200000, 65536)
ordinary.become()
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
print(user_namespace.plan(), user_namespace.plan().lacking)
user_namespace.enter()
"""
    assert ordinary.run(script, str(tmp_path)).startswith("one id no program may gain rights here (NoNewPrivs)")


def test_a_user_keeps_its_name_and_home(tmp_path: Path) -> None:
    script = """
import getpass
ordinary.grant(Path(sys.argv[1]), 200000, 65536)
for name in ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME"):
    os.environ.pop(name, None)
ordinary.become()
user_namespace.enter()
print(getpass.getuser(), Path.home())
"""
    assert ordinary.run(script, str(tmp_path)) == "ordinary /\n"
