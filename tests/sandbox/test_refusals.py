"""Why a host gives no namespaces: by what was read, and where that can be brought about, by a kernel that refuses."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from harness.sandbox.refusals import Settings, Step, explain, read_settings
from tests import ordinary

CLONE, APPARMOR = "kernel.unprivileged_userns_clone", "kernel.apparmor_restrict_unprivileged_userns"


@pytest.mark.parametrize(
    "step, number, settings, cause, remedy",
    [
        (Step.USER, errno.EPERM, Settings({CLONE: 0}), f"{CLONE} is 0", f"sysctl -w {CLONE}=1"),
        (Step.MAP, errno.EPERM, Settings({APPARMOR: 1}), f"{APPARMOR} is 1", f"sysctl -w {APPARMOR}=0"),
        (
            Step.OTHERS,
            errno.EACCES,
            Settings({APPARMOR: 1}, profile="unprivileged_userns"),
            f"{APPARMOR} is 1",
            f"sysctl -w {APPARMOR}=0",
        ),
        (
            Step.OTHERS,
            errno.EACCES,
            Settings({APPARMOR: 1}, profile="docker-default", filtered=True),
            "the AppArmor profile docker-default forbids it",
            "--security-opt apparmor=unconfined",
        ),
        (Step.USER, errno.EPERM, Settings(filtered=True), "a seccomp filter forbids it", "seccomp=unconfined"),
        (Step.PROC, errno.EPERM, Settings(filtered=True), "parts of /proc are covered", "systempaths=unconfined"),
        (Step.USER, errno.EPERM, Settings({CLONE: 1, APPARMOR: 0}), "this is a chroot", "outside of the chroot"),
        (
            Step.USER,
            errno.ENOSPC,
            Settings({"user.max_user_namespaces": 0}),
            "user.max_user_namespaces is 0",
            "sysctl -w user.max_user_namespaces=100000",
        ),
        (
            Step.OTHERS,
            errno.ENOSPC,
            Settings({"user.max_mnt_namespaces": 9, "user.max_net_namespaces": 0}),
            "user.max_net_namespaces is 0",
            "sysctl -w user.max_net_namespaces=100000",
        ),
        (
            Step.USER,
            errno.ENOSPC,
            Settings({"user.max_user_namespaces": 7}),
            "as many as allowed are there already, or 32 within each other (user.max_user_namespaces is 7)",
            "end other labs or containers",
        ),
        (Step.USER, errno.EINVAL, Settings(), "the kernel does not have them", "CONFIG_USER_NS"),
        (Step.OTHERS, errno.EPERM, Settings(), "Operation not permitted", "run as root"),
        (Step.USER, errno.ENOMEM, Settings(), "Cannot allocate memory", "run as root"),
    ],
)
def test_one_line_says_which_setting_it_is_and_what_changes_it(
    step: Step, number: int, settings: Settings, cause: str, remedy: str
) -> None:
    missing = explain(step, number, settings)
    assert missing.what.startswith("this host gives this user no ")
    assert cause in missing.what
    assert remedy in missing.remedy


def test_the_settings_of_this_host_are_read() -> None:
    settings = read_settings()
    assert settings.sysctls["user.max_user_namespaces"] == int(
        Path("/proc/sys/user/max_user_namespaces").read_text(encoding="ascii")
    )
    assert settings.profile


@pytest.mark.kernel
def test_a_limit_of_zero_is_named(tmp_path: Path) -> None:
    script = """
ordinary.grant(Path(sys.argv[1]), 200000, 65536)
ordinary.become()
user_namespace.enter()
Path("/proc/sys/user/max_user_namespaces").write_text("0")
ordinary.become(1)
print(*namespaces.try_out(), sep="\\n")
"""
    assert ordinary.run(script, str(tmp_path)) == (
        "this host gives this user no user namespace: user.max_user_namespaces is 0: as root:"
        " sysctl -w user.max_user_namespaces=100000 (and a line in /etc/sysctl.d to keep it)\n"
    )


@pytest.mark.kernel
def test_a_chroot_is_named(tmp_path: Path) -> None:
    script = """
os.chroot(sys.argv[1])
os.chdir("/")
ordinary.become()
print(*namespaces.try_out(), sep="\\n")
"""
    tmp_path.chmod(0o755)
    assert ordinary.run(script, str(tmp_path)) == (
        "this host gives this user no user namespace: this is a chroot (user_namespaces(7)):"
        " run outside of the chroot, or enter it by pivot_root(2)\n"
    )
