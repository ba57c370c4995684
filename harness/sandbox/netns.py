"""Network namespaces that live by a file descriptor: no name, no mount, nothing to clean up after a crash."""

from __future__ import annotations

import os
import subprocess
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self, TypeVar

from harness.sandbox import linux

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

T = TypeVar("T")

THREAD_NAMESPACE = "/proc/thread-self/ns/net"


class NetworkNamespace:
    """A network namespace. It lasts as long as this object is open or a process runs in it.

    Threads that enter it are short-lived and end inside, so the caller's own thread never changes its namespace.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def create(cls) -> NetworkNamespace:
        """Make a new namespace, with its loopback interface up. Raises `OSError` where that is not allowed."""

        def make() -> int:
            linux.unshare(linux.CLONE_NEWNET)
            raise_loopback()
            return os.open(THREAD_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)

        return cls(_in_thread(make))

    @classmethod
    def current(cls) -> NetworkNamespace:
        """Return the namespace of the calling thread."""
        return cls(os.open(THREAD_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC))

    def fileno(self) -> int:
        """Return the descriptor that holds the namespace."""
        return self._descriptor

    def run(self, function: Callable[[], T]) -> T:
        """Call a function inside the namespace, in a thread of its own, and return its result or raise what it raises.

        Sockets and device descriptors that the function opens stay in the namespace wherever they are used later.
        """

        def inside() -> T:
            linux.setns(self._descriptor, linux.CLONE_NEWNET)
            return function()

        return _in_thread(inside)

    def popen(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's own
        """Start a program inside the namespace. Takes the options of `subprocess.Popen`, and raises what it raises."""
        return self.run(lambda: subprocess.Popen(command, **options))

    def close(self) -> None:
        """Let the namespace go; closing twice is harmless."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def raise_loopback() -> None:
    """Bring up the loopback interface of the calling thread's namespace, and send multicast there.

    QEMU's multicast sockets need a route for 224.0.0.0/4; here it can lead nowhere but to loopback.
    """
    from pyroute2 import IPRoute  # noqa: PLC0415 - netlink is loaded when a namespace is made, not with the plugin

    with IPRoute() as netlink:
        loopback = netlink.link_lookup(ifname="lo")[0]
        netlink.link("set", index=loopback, state="up")
        netlink.route("replace", dst="224.0.0.0/4", oif=loopback, scope="link", prefsrc="127.0.0.1")


def _in_thread(function: Callable[[], T]) -> T:
    future: Future[T] = Future()

    def target() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - carried to the caller, whatever it is
            future.set_exception(error)

    thread = threading.Thread(target=target, name="harness-netns", daemon=True)
    thread.start()
    thread.join()
    return future.result()
