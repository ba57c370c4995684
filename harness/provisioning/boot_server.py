"""The boot server: Debian's dnsmasq (DHCP, TFTP) and nginx (HTTP) on one segment, in a network namespace.

Everything that it reads and writes lies in its run folder; served files are linked there, not copied. Both programs
stay in the foreground as children of this process.
"""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessBug, HostError, LabError, Missing
from harness.provisioning import boot_files, probes
from harness.provisioning.daemons import Daemon, last_lines
from harness.provisioning.no_router import NoRouter
from harness.provisioning.requests import Request, parse_requests
from harness.provisioning.udp_sink import UdpSink
from harness.sandbox import host
from harness.sandbox.waiting import HEALTHY, NotSeen, Patience, wait_until
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    from harness.provisioning.boot_files import BootConfig
    from harness.provisioning.daemons import Place

START_LIMIT = 5 * seconds
IPXE = Path("/usr/lib/ipxe")
PROGRAMS = (boot_files.UEFI_PROGRAM, boot_files.BIOS_PROGRAM)


class BootServer:
    """Answers the machines of one segment from `start` to `stop`."""

    def __init__(
        self,
        config: BootConfig,
        *,
        place: Place,
        folder: Path,
        files: Mapping[str, Path | bytes],
        ipxe: Path = IPXE,
        patience: Patience = HEALTHY,
    ) -> None:
        """Say what to serve: `files` by the name in their URL, `ipxe` the folder of the iPXE programs.

        `folder` is the run folder, which is made where it is missing and belongs to this server alone. Nothing is
        touched before `start`. Raises `HostError` where dnsmasq or nginx is not installed.
        """
        self.config = config
        self.folder = folder.absolute()
        self._files = dict(files)
        self._ipxe = ipxe
        self._patience = patience
        self._place = place
        self._dnsmasq = self._new_dnsmasq(self._dnsmasq_command())
        self._nginx = Daemon("nginx", self._nginx_command(), place=place, log=self.folder / "nginx.log")
        self._no_router = NoRouter(place, config.interface)

    def start(self) -> None:
        """Lay out the run folder, check both configurations, start both servers, and return when both answer.

        Raises `HostError` where a program or a file is missing, and `LabError` where a server does not accept its
        configuration, dies, or does not answer in time. Nothing is left running then.
        """
        self._lay_out()
        self._dnsmasq.test([*self._dnsmasq_command(), "--test"])
        self._nginx.test([*self._nginx_command(), "-t"])
        try:
            self._dnsmasq.start()
            self._nginx.start()
            self._wait_for(self._answers)
            with contextlib.suppress(OSError):  # without IPv6 in the kernel, network boots are slower, no more
                self._no_router.start()
        except BaseException:
            self._no_router.stop()
            self._dnsmasq.kill()
            self._nginx.kill()
            raise

    def publish(self, name: str, source: Path | bytes) -> str:
        """Serve one more file over HTTP, from a file or from memory, and return its URL. Replaces it atomically.

        It is served from now on, also after a halt. Raises `HostError` where the source is missing.
        """
        if not name or Path(name).name != name:
            raise HarnessBug(f"{name!r} is not the plain name of a file to serve")
        _place_file(self.folder / "http" / name, source)
        self._files[name] = source
        return self.config.url(name)

    def check(self) -> None:
        """Raise `LabError` with the last lines of its log where a server has ended on its own."""
        self._dnsmasq.check()
        self._nginx.check()

    def halt(self) -> None:
        """End both servers for a while, as if theirs had no power; `go_on` starts them again."""
        self._no_router.stop()
        self._dnsmasq.kill()
        self._nginx.kill()

    def go_on(self) -> None:
        """Start again what `halt` has ended, as it was. Raises as `start`."""
        self.start()

    def serve(self, *, tftp: bool = True, addresses: bool = True) -> None:
        """Have dnsmasq serve less from now on: no TFTP, or no addresses. Raises `LabError` where it does not start.

        Without addresses it forgets whom it has given one; what it knew before it knows again when it has them again.
        """
        self._dnsmasq.kill()
        conf = boot_files.dnsmasq_conf(self.config, tftp=tftp, addresses=addresses)
        (self.folder / "dnsmasq.conf").write_text(conf)
        start = self.said()
        self._dnsmasq = self._new_dnsmasq(self._dnsmasq_command("leases" if addresses else "no-leases"))
        self._dnsmasq.start()

        def serves() -> bool:
            self.check()
            return "DHCP, static leases only on" in self.heard_since(start)

        self._wait_for(serves)

    def stall_http(self, *, stalled: bool = True) -> None:
        """Stop nginx: the kernel accepts connections, and nothing is answered. Or let it go on."""
        self._nginx.send_signal(signal.SIGSTOP if stalled else signal.SIGCONT)

    def waiting_for_http(self) -> int:
        """Return how many connections to nginx have brought a request that it has not read."""
        return self._place.run(lambda: probes.unread(self.config.http_port))

    def said(self) -> int:
        """Return how much dnsmasq has logged until now, for `heard_since`."""
        return self._dnsmasq.log.stat().st_size if self._dnsmasq.log.exists() else 0

    def heard_since(self, start: int) -> str:
        """Return what dnsmasq has logged since `said` returned that."""
        with self._dnsmasq.log.open("rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")

    def sink(self, *ports: int) -> UdpSink:
        """Open UDP ports of the server that it does not serve now, and count what comes there."""
        return UdpSink(self._place, ports)

    def published(self, name: str) -> Path:
        """Return where a file is that machines fetch, by HTTP or else by TFTP. Raises `LabError` for any other name."""
        for folder in ("http", "tftp"):
            if (self.folder / folder / name).is_file():
                return self.folder / folder / name
        raise LabError(f"the boot server {self.config.name} has no file {name!r} to give")

    def requests(self) -> list[Request]:
        """Return the HTTP requests that have ended so far, in the order in which they ended."""
        log = self._requests_log
        return parse_requests(log.read_text(errors="replace") if log.exists() else "")  # nginx keeps a path's bytes

    def stop(self) -> None:
        """End both servers and reap them; stopping twice is harmless.

        Raises `LabError`, after both have ended, where one had died on its own before.
        """
        self._no_router.stop()
        try:
            self._dnsmasq.stop()
        finally:
            self._nginx.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _requests_log(self) -> Path:
        return self.folder / "requests.jsonl"

    def _dnsmasq_command(self, leases: str = "leases") -> list[str]:
        """Paths are words of the command line: they need no quoting there, and dnsmasq leaves its folder for `/`."""
        return [
            host.need_program("dnsmasq", "dnsmasq-base"),
            f"--conf-file={self.folder / 'dnsmasq.conf'}",
            f"--tftp-root={self.folder / 'tftp'}",
            f"--dhcp-leasefile={self.folder / leases}",
            f"--pid-file={self.folder / 'dnsmasq.pid'}",
            f"--log-facility={self.folder / 'dnsmasq.log'}",
        ]

    def _new_dnsmasq(self, command: Sequence[str]) -> Daemon:
        return Daemon("dnsmasq", command, place=self._place, log=self.folder / "dnsmasq.log")

    def _nginx_command(self) -> list[str]:
        return [host.need_program("nginx", "nginx-light"), "-e", "stderr", "-p", f"{self.folder}/", "-c", "nginx.conf"]

    def _lay_out(self) -> None:
        for name in ("tftp", "http", "temporary"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "dnsmasq.conf").write_text(boot_files.dnsmasq_conf(self.config))
        (self.folder / "nginx.conf").write_text(boot_files.nginx_conf(self.config))
        for name in PROGRAMS:
            _place_file(self.folder / "tftp" / name, self._ipxe / name)
        self.publish(boot_files.SCRIPT, boot_files.boot_script(self.config).encode())
        for name, source in tuple(self._files.items()):
            self.publish(name, source)

    def _wait_for(self, answers: Callable[[], bool]) -> None:
        try:
            wait_until(
                "dnsmasq and nginx to answer",
                answers,
                within=START_LIMIT,
                patience=self._patience,
                show=lambda: last_lines(self._dnsmasq.log, 3) + last_lines(self._nginx.log, 3),
            )
        except NotSeen as late:
            raise LabError(str(late), machine=self.config.name, phase="boot server", evidence=self.folder) from late

    def _answers(self) -> bool:
        self.check()
        if not any("TFTP root is" in line for line in self._dnsmasq.said()):
            return False  # it says so once its sockets are open, the DHCP one among them; now see whether it serves
        address, port = self.config.address, self.config.http_port
        return self._place.run(lambda: probes.tftp_answers(address, boot_files.UEFI_PROGRAM)) and self._place.run(
            lambda: probes.http_answers(address, port, boot_files.SCRIPT)
        )


def _place_file(path: Path, source: Path | bytes) -> None:
    """Write or link a served file under its name, in one step for whoever is fetching it."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    if isinstance(source, bytes):
        fresh.write_bytes(source)
    elif source.is_file():
        fresh.symlink_to(source.absolute())
    else:
        raise HostError(Missing(f"the file {source} that machines boot", "build or install what brings it"))
    fresh.replace(path)
