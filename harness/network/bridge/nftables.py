"""The packet filter of one namespace, told in nftables' own language, a transaction at a time (nft(8)).

It goes through libnftables, the library that the ``nft`` program is made of, so nothing is spawned.
"""

from __future__ import annotations

import ctypes
import functools
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

from harness.errors import HostError, Missing

if TYPE_CHECKING:
    from harness.sandbox.netns import NetworkNamespace

LIBRARY = "libnftables.so.1"
NFT_CTX_OUTPUT_JSON = 1 << 4
NETLINK_NETFILTER = 12
_one_at_a_time = threading.Lock()


class Refused(Exception):  # noqa: N818 - a word that says who
    """The kernel or the library refused a command. Carries what it said."""


class Nftables:
    """The filter of a namespace."""

    def __init__(self, place: NetworkNamespace) -> None:
        self._place = place
        self._library = _library()

    def run(self, commands: str) -> None:
        """Carry out commands, all or none of them. Raises `Refused`."""
        self._run(commands, 0)

    def read(self, command: str) -> list[dict[str, Any]]:
        """Return what a listing command lists, as objects of libnftables-json(5). Raises `Refused`."""
        listed: list[dict[str, Any]] = json.loads(self._run(command, NFT_CTX_OUTPUT_JSON))["nftables"]
        return listed

    def _run(self, commands: str, flags: int) -> str:
        """Run commands in a context that is made in the namespace: a context's socket stays where it was made."""
        library = self._library

        def inside() -> str:
            _check_kernel()
            context = library.nft_ctx_new(0)
            try:
                library.nft_ctx_buffer_output(context)
                library.nft_ctx_buffer_error(context)
                library.nft_ctx_output_set_flags(context, flags)
                failed = library.nft_run_cmd_from_buffer(context, commands.encode())
                if failed:
                    raise Refused(library.nft_ctx_get_error_buffer(context).decode(errors="replace").strip())
                output: bytes = library.nft_ctx_get_output_buffer(context)
                return output.decode()
            finally:
                library.nft_ctx_free(context)

        with _one_at_a_time:
            return self._place.run(inside)


def _check_kernel() -> None:
    """Raise `Refused` where the kernel has no packet filter: the library ends the process, then."""
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER).close()
    except OSError as error:
        raise Refused(f"no packet filter in the kernel: {error.strerror}") from error


@functools.cache
def _library() -> Any:  # noqa: ANN401 - a foreign library
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise HostError(Missing(f"no {LIBRARY}", "apt-get install libnftables1")) from error
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_ctx_new.argtypes = [ctypes.c_uint32]
    library.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
    library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    for name in ("nft_ctx_free", "nft_ctx_buffer_output", "nft_ctx_buffer_error"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
        getattr(library, name).restype = ctypes.c_char_p
    return library
