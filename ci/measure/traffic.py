"""The senders and receivers of the measurements: the same program on every path, ``python traffic.py``.

``… sink PROTOCOL ADDRESS SECONDS`` says ``ready``, and later what it received and in how many seconds, as JSON.
``… source PROTOCOL ADDRESS SECONDS`` sends for so long, by UDP until it is killed. ``… paced ADDRESS RATE`` sends
datagrams until it is killed.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import time

PORT = 5201
BLOCK = 1 << 17
"""Bytes that are handed to TCP at a time, as iperf3 does."""

SMALLEST_FRAME = 18
"""Bytes of payload with which a UDP datagram makes the shortest Ethernet frame: 64 bytes with its check sequence."""

RECEIVE_BUFFER_FORCED = 33
BUFFER = 4 << 20
SETTLE = 3.0
"""Seconds that a sink waits longer than the source sends."""

BATCH = 64
"""Datagrams between two looks at the clock."""


def tcp_sink(address: str, seconds: float) -> dict[str, float]:
    """Take one connection; returns bytes, and seconds from its first byte to its last."""
    with socket.create_server((address, PORT)) as server:
        print("ready", flush=True)  # noqa: T201 - said to whoever starts the source
        server.settimeout(seconds + SETTLE)
        connection, _ = server.accept()
    with connection:
        connection.settimeout(seconds + SETTLE)
        room = bytearray(BLOCK)
        total = connection.recv_into(room)
        started = time.perf_counter()
        first = total
        while count := connection.recv_into(room):
            total += count
        return {"bytes": total - first, "seconds": time.perf_counter() - started}


def tcp_source(address: str, seconds: float) -> None:
    """Send on one connection."""
    block = bytes(BLOCK)
    with socket.create_connection((address, PORT), timeout=seconds + SETTLE) as connection:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            connection.sendall(block)


def udp_sink(address: str, seconds: float) -> dict[str, float]:
    """Take datagrams; returns how many came, and the seconds from the first to the last."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hears:
        hears.setsockopt(socket.SOL_SOCKET, RECEIVE_BUFFER_FORCED, BUFFER)
        hears.bind((address, PORT))
        print("ready", flush=True)  # noqa: T201 - said to whoever starts the source
        hears.settimeout(seconds + SETTLE)
        hears.recv(SMALLEST_FRAME)
        started = time.perf_counter()
        until = started + seconds
        count, now = 0, started
        while now < until:
            for _ in range(BATCH):
                hears.recv(SMALLEST_FRAME)
            count += BATCH
            now = time.perf_counter()
        return {"frames": count, "seconds": now - started}


def udp_source(address: str, seconds: float) -> None:
    """Send datagrams as fast as they are taken, until killed: a sink that is late counts as long as one that is not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speaks:
        speaks.connect((address, PORT))
        datagram = bytes(SMALLEST_FRAME)
        until = time.perf_counter() + seconds + SETTLE
        while time.perf_counter() < until:
            for _ in range(BATCH):
                speaks.send(datagram)


def paced_source(address: str, rate: float) -> None:
    """Send datagrams at a rate (1/s), evenly by the millisecond, until killed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speaks:
        speaks.connect((address, PORT))
        datagram = bytes(SMALLEST_FRAME)
        started, sent = time.perf_counter(), 0
        while True:
            for _ in range(int((time.perf_counter() - started) * rate) - sent):
                with contextlib.suppress(ConnectionRefusedError):  # nobody needs to listen there
                    speaks.send(datagram)
                sent += 1
            time.sleep(0.001)


def main(arguments: list[str]) -> None:
    """Do what the arguments say."""
    match arguments:
        case ["sink", protocol, address, seconds]:
            sink = {"tcp": tcp_sink, "udp": udp_sink}[protocol]
            print(json.dumps(sink(address, float(seconds))), flush=True)  # noqa: T201 - the result
        case ["source", protocol, address, seconds]:
            {"tcp": tcp_source, "udp": udp_source}[protocol](address, float(seconds))
        case ["paced", address, rate]:
            paced_source(address, float(rate))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
