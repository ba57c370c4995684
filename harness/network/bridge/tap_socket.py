"""A socket that hears what passes a device, for a capture: frames with their tags, lengths and times (packet(7)).

Frames longer than any cable carries are cut by the kernel before they are queued: bulk TCP, at gigabytes a second.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
import time
from typing import NamedTuple

from harness.capture.files.snap import OVERSIZE_HEAD
from harness.network import tags
from harness.network.group import widen
from harness.network.tags import MAX_FRAME

SOL_PACKET, PACKET_STATISTICS, PACKET_AUXDATA, PACKET_OUTGOING = 263, 6, 8, 4
SO_ATTACH_FILTER, SO_TIMESTAMPNS = 26, 35
ETH_P_ALL = 0x0003
VLAN_VALID = 0x10
BUFFER = 256 << 20
"""Bytes of frames, with what the kernel keeps beside them, that wait for the recorder: a second of the fastest link."""

WHOLE = 0x0004_0000
BPF_LOAD_LENGTH, BPF_JUMP_GREATER, BPF_RETURN = 0x80, 0x25, 0x06
_instruction = struct.Struct("=HBBI")
_auxdata = struct.Struct("=IIIHHHH")
_time = struct.Struct("=qq")
ANCILLARY = socket.CMSG_SPACE(_auxdata.size) + socket.CMSG_SPACE(_time.size)


class Passing(NamedTuple):
    """A frame that passed: when (nanoseconds since 1970), whether the device sent it, its length, what was kept.

    `time_ns` is 0 where the kernel did not note it: some time before it was asked for.
    """

    time_ns: int
    outgoing: bool
    length: int
    frame: bytes


class TapSocket:
    """Hears all frames of a device of the calling process's namespace. Raises `OSError` where there is none."""

    def __init__(self, device: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self._socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        widen(self._socket, BUFFER)
        _attach_snap(self._socket)
        self._lost = 0
        self._times_are_noted = False
        try:
            self._socket.bind((device, ETH_P_ALL))
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def hear(self) -> Passing | None:
        """Return the next frame, None where there is none yet or the device is down or gone."""
        asked = time.time_ns()
        while True:
            try:
                frame, extra, _, sender = self._socket.recvmsg(WHOLE, ANCILLARY)
                break
            except BlockingIOError:
                return None
            except OSError as error:  # that its device went down is told before the frames that passed until then
                if error.errno != errno.ENETDOWN:
                    raise
        time_ns = length = 0
        for level, _, data in extra:
            if level == SOL_PACKET:
                status, length, _, _, _, control, tpid = _auxdata.unpack(data)
                if status & VLAN_VALID:
                    tag = struct.pack("!HH", tpid, control)
                    frame = frame[: tags.ADDRESSES] + tag + frame[tags.ADDRESSES :]
                    length += len(tag)
            else:
                seconds, rest = _time.unpack(data)
                time_ns = self._noted(seconds * 1_000_000_000 + rest, asked)
        return Passing(time_ns, sender[2] == PACKET_OUTGOING, length, frame)

    def _noted(self, time_ns: int, asked: int) -> int:
        """Return when a frame passed, 0 where nobody noted that.

        The kernel begins to note times a while after the host's first socket wants them (net_enable_timestamp, a
        workqueue): milliseconds, where the processor is busy. Frames from before have the time at which they are read.
        """
        self._times_are_noted = self._times_are_noted or time_ns < asked
        return time_ns if self._times_are_noted else 0

    def lost(self) -> int:
        """Return how many frames found no room in the buffer since the socket was opened."""
        _, lost = struct.unpack("=II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self._lost += lost
        return self._lost

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _attach_snap(opened: socket.socket) -> None:
    """Have the kernel keep the head of frames that no cable carries, and all of the others (linux/filter.h)."""
    program = b"".join(
        _instruction.pack(*one)
        for one in [
            (BPF_LOAD_LENGTH, 0, 0, 0),
            (BPF_JUMP_GREATER, 0, 1, MAX_FRAME),
            (BPF_RETURN, 0, 0, OVERSIZE_HEAD),
            (BPF_RETURN, 0, 0, WHOLE),
        ]
    )
    held = ctypes.create_string_buffer(program)
    count = len(program) // _instruction.size
    opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", count, ctypes.addressof(held)))
