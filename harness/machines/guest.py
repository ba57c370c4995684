"""What is done inside of a machine that has a system of its own, by commands that are run on it.

The commands are those of coreutils, util-linux, busybox and, where there is one, systemd; they need no Python there.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.machines.protocol import Reading
from harness.units import KiB, milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harness.machines.commands import Completed

DATA = "/var/lib"
"""Where the documents' disk layout mounts the data volume."""

WITHIN = 20 * seconds
FILLED_WITHIN = 60 * seconds
TICK = 10_000
"""Microseconds that the clock gains with each of its 100 ticks a second at its own pace (adjtimex(2))."""
TICKS = 100
HALF_A_SECOND = 500 * milliseconds
"""How exactly a clock is known that is read in whole seconds."""

STEEPEST = 100_000
"""The kernel takes ticks from 9,000 to 11,000 microseconds: a tenth faster or slower."""

FIND = """\
group=$(systemctl show --property=ControlGroup --value "$1.service" 2>/dev/null || true)
if [ -n "$group" ]; then
    cat "/sys/fs/cgroup$group/cgroup.procs"
    exit
fi
wanted=$(printf %.15s "$1")
for process in /proc/[0-9]*; do
    name=
    read -r name 2>/dev/null <"$process/comm" || true
    [ "$name" != "$wanted" ] || echo "${process#/proc/}"
done
"""
STATES = """\
for process; do
    line=
    read -r line 2>/dev/null <"/proc/$process/stat" || continue
    line=${line##*) }
    echo "$process ${line%% *}"
done
"""
FILL = """\
file=$1/.harness-full
: >"$file"
block=$(stat -f -c %S "$1") step=$(stat -f -c %f "$1") size=0
while [ "$step" -gt 0 ]; do
    if fallocate -o $((size * block)) -l $((step * block)) "$file" 2>/dev/null; then
        size=$((size + step))
    else
        step=$((step / 2))
    fi
done
dd if=/dev/zero bs=4096 2>/dev/null >>"$file" || true
sync
"""
"""What is free is no measure of what is left to do: ext4 keeps 4096 blocks from everybody, and what it could give of a
step that failed it has given.
"""
TRY = """\
file=$1/.harness-probe
said=$(LC_ALL=C dd if=/dev/zero of="$file" bs=64k count=1 conv=fsync 2>&1) || echo "$said" | head -n 1
rm -f "$file" 2>/dev/null || true
"""
ABORT = 'mount -o remount,abort "$1" 2>/dev/null || true'
"""Kernels may say that it can't be mounted for writing then; whether it can be written is for others to try."""

SHIFT = """\
systemctl stop systemd-timesyncd.service 2>/dev/null || true
now=$(date +%s%N)
case $now in *%N) now=${now%??}000000000 ;; esac
now=$((now + $1))
date -s "@$((now / 1000000000)).$(printf %09d $((now % 1000000000)))" >/dev/null 2>&1 ||
    date -s "@$((now / 1000000000))" >/dev/null
"""
"""Where ``date`` is busybox's, it knows whole seconds only."""

PACE = """\
systemctl stop systemd-timesyncd.service 2>/dev/null || true
busybox adjtimex -q -t "$1"
"""
TRUST = (
    "systemctl is-enabled --quiet systemd-timesyncd.service 2>/dev/null && systemctl start systemd-timesyncd.service"
)
TAKE = """\
mkdir -p /run/harness-memory
mount -t tmpfs -o size="$1" harness-memory /run/harness-memory
fallocate -l "$1" /run/harness-memory/held
"""
RETURN = "umount /run/harness-memory 2>/dev/null || true"


class Guest(ABC):
    """A machine with processes, a disk, a clock and a memory of its own, and commands that can be run on it."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The machine's name in the topology."""

    @abstractmethod
    def run(self, command: Sequence[str], *, within: timedelta) -> Completed:
        """Run a command on the machine. Raises `LabError` where that can't be done or it fails."""

    @abstractmethod
    def reset(self) -> None:
        """Press the reset button."""

    def find_processes(self, name: str) -> list[int]:
        """Return the processes of the unit of that name, or else of every program of that name."""
        return [int(word) for word in self._script(FIND, name).split()]

    def send_signal(self, processes: Collection[int], number: int) -> None:
        """Send a signal to processes; those that have ended are left out."""
        self._script('kill -"$@" 2>/dev/null || true', number, *processes)

    def process_states(self, processes: Collection[int]) -> dict[int, str]:
        """Return the state of each process that is there, as proc(5) writes it."""
        lines = self._script(STATES, *processes).splitlines()
        return {int(process): state for process, state in (line.split() for line in lines)}

    def stop_service(self, name: str) -> None:
        """Stop a unit. Raises `LabError` where there is none of that name."""
        self.run(["systemctl", "stop", f"{name}.service"], within=WITHIN)

    def start_service(self, name: str) -> None:
        """Start a unit, and wait until systemd takes it for started. Raises as `stop_service`."""
        self.run(["systemctl", "start", f"{name}.service"], within=WITHIN)

    def fill_disk(self) -> None:
        """Leave no room on the data volume, not even root's reserve."""
        self._script(FILL, DATA, within=FILLED_WITHIN)

    def free_disk(self) -> None:
        """Give back the room that `fill_disk` took."""
        self.run(["rm", "-f", f"{DATA}/.harness-full"], within=WITHIN)

    def try_write(self) -> str:
        """Write 64 KiB to the data volume and sync; return what the system has against that."""
        return self._script(TRY, DATA).strip()

    def set_read_only(self, *, on: bool) -> None:
        """Have the data volume end as after an error (ext4(5), ``abort``): nothing is written or synced any more.

        The kernel never lets such a file system be written again, so the reset button is what makes it writable. A
        plain remount is refused while files are open for writing, and after an emergency remount ext4 drops what is
        written to those without an error.
        """
        if on:
            self._script(ABORT, DATA)
        else:
            self.reset()

    def read_clock(self) -> Reading:
        """Return how far the clock is ahead of the host's, known as exactly as the command was quick."""
        done = self.run(["date", "+%s.%N"], within=WITHIN)
        now, half = timedelta(seconds=time.time()), done.duration / 2
        whole, _, fraction = done.text.strip().partition(".")
        there = timedelta(seconds=int(whole))
        if fraction.isdecimal():
            return Reading(there + timedelta(seconds=float(f"0.{fraction}")) - now + half, half)
        return Reading(there + HALF_A_SECOND - now + half, half + HALF_A_SECOND)

    def shift_clock(self, by: timedelta) -> None:
        """Move the clock; what sets it right by itself is stopped until `trust_clock`."""
        self._script(SHIFT, by // timedelta(microseconds=1) * 1000)

    def pace_clock(self, ppm: int) -> None:
        """Have the clock gain so many microseconds each second, in steps of 100, at most a tenth. Raises `LabError`."""
        if abs(ppm) > STEEPEST:
            raise LabError(f"its clock can't gain {ppm} µs a second, at most {STEEPEST}", machine=self.name)
        self._script(PACE, TICK + ppm // TICKS)

    def trust_clock(self) -> None:
        """Let systemd-timesyncd set the clock again, where it would by itself."""
        self._script(f"{TRUST} || true")

    def available_memory(self) -> int:
        """Return how many bytes programs could still have without swapping (proc(5), ``MemAvailable``)."""
        lines = self.run(["cat", "/proc/meminfo"], within=WITHIN).text.splitlines()
        return next(int(line.split()[1]) * KiB for line in lines if line.startswith("MemAvailable:"))

    def take_memory(self, size: int) -> None:
        """Hold so many bytes in a tmpfs: there is no process that the kernel could kill to have them back."""
        self._script(TAKE, size)

    def return_memory(self) -> None:
        """Give back what `take_memory` took."""
        self._script(RETURN)

    def _script(self, text: str, *arguments: object, within: timedelta = WITHIN) -> str:
        """Run a shell script that ends at its first failure; return what it printed."""
        return self.run(["sh", "-euc", text, "sh", *map(str, arguments)], within=within).text
