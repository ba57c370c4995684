"""`harness console`: a machine's serial console, both ways from a terminal, or followed by a program."""

from __future__ import annotations

import os
import select
import socket
import sys
import termios
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from harness.cli import choosing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ESCAPE = b"\x1d"
"""Ctrl-], as in telnet(1) and virsh(1)."""
AT_ONCE = 1 << 16


@click.command
@choosing.options
@click.argument("machine")
def command(lab_dir: Path | None, lab: str | None, machine: str) -> None:
    """Sit down at the console of MACHINE; Ctrl-] leaves it.

    Where the standard input is no terminal, print the console from its first line on, and follow it until interrupted.
    """
    found, door = choosing.find(machine, lab, lab_dir)
    if door.console is None or door.terminal is None:
        raise click.UsageError(f"{found} has no console: it is a namespace")
    if not sys.stdin.isatty():
        os.execvp("tail", ["tail", "-n", "+1", "-f", door.console])  # noqa: S606 - a list of words
    click.echo(f"The console of {found}. Ctrl-] leaves it.", err=True)
    with socket.socket(socket.AF_UNIX) as terminal:
        try:
            terminal.connect(door.terminal)
        except OSError as error:
            raise click.UsageError(f"the console of {found} does not answer: {error.strerror}") from None
        with _raw(sys.stdin.fileno()):
            why = converse(terminal, sys.stdin.fileno(), sys.stdout.fileno())
    click.echo(f"\n{why}", err=True)


def converse(terminal: socket.socket, keyboard: int, screen: int) -> str:
    """Carry what is said and typed until one of the two ends it, and return who did."""
    while True:
        ready, _, _ = select.select([terminal.fileno(), keyboard], [], [])
        if terminal.fileno() in ready:
            said = terminal.recv(AT_ONCE)
            if not said:
                return "The lab has ended, or this did not keep up."
            _write(screen, said)
        if keyboard in ready:
            typed, escape, _ = os.read(keyboard, AT_ONCE).partition(ESCAPE)
            if typed:
                terminal.sendall(typed)
            if escape or not typed:
                return "Left."


@contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """Have every key come at once and as it is, Ctrl-C too."""
    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
