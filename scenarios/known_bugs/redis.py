"""Debian's Redis with Sentinel on three machines, as its packages bring it, and what each machine says of itself."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.checks import history
from harness.machines.services import Service, Services
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from known_bugs.record import program
from known_bugs.redis_client import NAME, REDIS, SENTINEL
from known_bugs.resp import RefusedError, Reply, connected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from harness.checks.operation import Operation
    from harness.namespace_lab import NamespaceLab

FORMED_WITHIN = 30 * seconds
ENDED_WITHIN = 10.0
ANSWER_WITHIN = 2.0
AT_ONCE = 500
"""Keys that are read with one command."""

DOWN_AFTER = 2 * seconds
SENTINEL_CONFIGURATION = """\
port {port}
bind *
protected-mode no
dir {folder}
sentinel monitor {name} {master} {redis} 2
sentinel down-after-milliseconds {name} {down_after}
sentinel failover-timeout {name} 10000
"""


class Redis:
    """The machines' Redis and Sentinel, asked from the scenario."""

    def __init__(self, lab: NamespaceLab) -> None:
        self._lab = lab
        self.addresses = {one.name: str(one.nics[0].address) for one in lab.topology.machines}

    def masters(self) -> set[str]:
        """Return the machines that take themselves for the master."""
        return {name for name in self.addresses if self._role(name)[:1] == ["master"]}

    def is_whole(self) -> bool:
        """Say whether one master has all others as replicas that are up to date, and every Sentinel knows that."""
        roles = {name: self._role(name) for name in self.addresses}
        masters = [name for name, role in roles.items() if role[:1] == ["master"]]
        if len(masters) != 1:
            return False
        (master,) = masters
        follow = [self.addresses[master], REDIS, "connected"]
        return all(
            self._known_master(name) == self.addresses[master] and (name == master or role[1:4] == follow)
            for name, role in roles.items()
        )

    def sentinels_know_each_other(self) -> bool:
        """Say whether each Sentinel knows of the two others and of both replicas."""
        return all(self._count(name, what) == 2 for name in self.addresses for what in ("SENTINELS", "REPLICAS"))

    def final(self, keys: Collection[str]) -> dict[str, str | None]:
        """Return what each key holds at the one master that is left."""
        (master,) = self.masters()
        wanted, found = sorted(keys), dict[str, str | None]()
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            values = self._ask(master, REDIS, "MGET", *some)
            assert isinstance(values, list)
            found |= {key: None if value is None else str(value) for key, value in zip(some, values, strict=True)}
        return found

    def _role(self, name: str) -> list[Reply]:
        role = self._try(name, REDIS, "ROLE")
        return role if isinstance(role, list) else []

    def _known_master(self, name: str) -> Reply:
        found = self._try(name, SENTINEL, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
        return found[0] if isinstance(found, list) else None

    def _count(self, name: str, what: str) -> int:
        found = self._try(name, SENTINEL, "SENTINEL", what, NAME)
        return len(found) if isinstance(found, list) else 0

    def _try(self, name: str, port: int, *words: str) -> Reply:
        try:
            return self._ask(name, port, *words)
        except (OSError, RefusedError):
            return None

    def _ask(self, name: str, port: int, *words: str) -> Reply:
        with connected(self.addresses[name], port, ANSWER_WITHIN) as connection:
            return connection.ask(*words)


@contextmanager
def running(lab: NamespaceLab, what: str, flags: Sequence[str] = ()) -> Iterator[Redis]:
    """Run them while a block lasts: the first machine is the master at first. `flags` are for each Redis."""
    server = program("redis-server", "redis-server")
    sentinel = program("redis-sentinel", "redis-sentinel")
    redis = Redis(lab)
    first, *_ = redis.addresses
    for name in redis.addresses:
        folder = lab.evidence / what / name
        folder.mkdir(parents=True)
        configuration = SENTINEL_CONFIGURATION.format(
            port=SENTINEL,
            folder=folder,
            name=NAME,
            master=redis.addresses[first],
            redis=REDIS,
            down_after=int(DOWN_AFTER.total_seconds() * 1000),
        )
        (folder / "sentinel.conf").write_text(configuration)
        follow = () if name == first else ("--replicaof", redis.addresses[first], str(REDIS))
        own = ("--bind", "*", "--protected-mode", "no", "--save", "", "--dir", str(folder))
        services = [
            Service("redis", (server, "--port", str(REDIS), *own, *follow, *flags)),
            Service("sentinel", (sentinel, str(folder / "sentinel.conf"))),
        ]
        lab.machines[name].install(Services(services, folder))
    lab.switch_on()
    try:
        whole = lambda: redis.is_whole() and redis.sentinels_know_each_other()  # noqa: E731 - it is looked at again
        wait_until("a master with two replicas, known to all", whole, within=FORMED_WITHIN)
        yield redis
    finally:
        lab.switch_off()


class Clients:
    """A client on each of some machines, until they are closed; `history` is what they saw, when they are."""

    def __init__(self, lab: NamespaceLab, redis: Redis, names: Sequence[str], folder: Path, *, rate: int) -> None:
        package = Path(__file__).parent
        self.history: list[Operation] = []
        self._files = [folder / f"{name}.jsonl" for name in names]
        self._running = []
        for number, name in enumerate(names):
            words = (str(number), redis.addresses[name], str(rate))
            with self._files[number].open("wb") as file:
                client = lab.machines[name].start(
                    [sys.executable, "-m", f"{package.name}.redis_client", *words],
                    stdin=subprocess.PIPE,
                    stdout=file,
                    env={"PYTHONPATH": str(package.parent)},
                )
            self._running.append(client)

    def close(self) -> None:
        """End them, and take what they saw. Raises `harness.errors.SpecError` for what is no history."""
        for client in self._running:
            client.communicate(timeout=ENDED_WITHIN)
        self.history = [one for file in self._files for one in history.parse(file.read_bytes(), str(file))]
