"""`harness decode`: what was said in captures, one line for each event."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from harness.capture.decoding import Decoding, merged, protocols
from harness.capture.dissector import Ports
from harness.cli.event_lines import CLOCKS, JsonLines, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from io import FileIO

STDIN = "-"
WITH_PORTS = ("gossip", "http", "raft")
LARGEST_PORT = 0xFFFF


@click.command
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; the last has the counts.")
@click.option(
    "--protocol", "-p", "chosen", multiple=True, type=click.Choice(protocols()), help="Only this one's events."
)
@click.option("--link", "-l", "links", multiple=True, metavar="NAME", help="Only what was seen on this link.")
@click.option("--time", "clock", type=click.Choice(CLOCKS), default=CLOCKS[0], show_default=True, help="For people.")
@click.option(
    "--port", "ports", multiple=True, metavar="PROTOCOL=N,…", help="Where gossip, http or raft is spoken, too."
)
def command(
    files: tuple[str, ...],
    *,
    as_json: bool,
    chosen: tuple[str, ...],
    links: tuple[str, ...],
    clock: str,
    ports: tuple[str, ...],
) -> int:
    """Print what was said in captures: pcap or pcapng, compressed by gzip or not; "-" is standard input.

    Several files are merged by time. The last line has the counts, also of what is interrupted. Frames that can't be
    read are events, too. Exit status 1: a file is damaged or cut off, or has frames of a link type that is not known;
    the rest was told.
    """
    spoken = _ports(ports)
    if files.count(STDIN) > 1:
        raise click.UsageError("standard input can be read only once")
    with ExitStack() as opened:
        captures = [
            Decoding(file, _called(name), ports=spoken, protocols=chosen, links=links)
            for name, file in zip(files, _open_all(files, opened), strict=True)
        ]
        lines = JsonLines(captures) if as_json else Table(captures, clock)
        try:
            _write(lines, promptly=STDIN in files)
            _check_links(links, captures)
            notes = [note for capture in captures for note in capture.notes]
            for note in notes:
                click.echo(note, err=True)
            sys.stdout.write(lines.summary())
            sys.stdout.flush()
        except KeyboardInterrupt:
            sys.stdout.write(lines.summary())
            return 0
        except BrokenPipeError:  # whoever reads has seen enough; what is still buffered goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
    return int(bool(notes))


def _write(lines: JsonLines | Table, *, promptly: bool) -> None:
    """Write a line for each event as it is read."""
    for capture, event in merged(lines.captures):
        sys.stdout.write(lines.line(capture, event))
        if promptly:
            sys.stdout.flush()


def _open_all(names: Sequence[str], opened: ExitStack) -> list[FileIO]:
    """Open all files. Raises `UsageError` with those that can't be."""
    files, trouble = [], []
    for name in names:
        try:
            files.append(opened.enter_context(_open(name)))
        except OSError as error:
            trouble.append(f"{name}: can't be read: {error.strerror}")
    if trouble:
        raise click.UsageError("\n".join(trouble))
    return files


def _open(name: str) -> FileIO:
    return open(sys.stdin.fileno() if name == STDIN else name, "rb", buffering=0, closefd=name != STDIN)


def _called(name: str) -> str:
    return "standard input" if name == STDIN else name


def _check_links(links: Collection[str], captures: Sequence[Decoding]) -> None:
    there = {link for capture in captures for link in capture.links}
    missing = [link for link in links if link not in there]
    if missing:
        where = ", ".join(capture.name for capture in captures)
        raise click.UsageError(
            f"{where}: no link {', '.join(missing)}; there are: {', '.join(sorted(there)) or 'none'}"
        )


def _ports(told: Sequence[str]) -> Ports:
    """Return the ports of the protocols that have some to choose, beside the usual ones."""
    usual = Ports()
    more: dict[str, set[int]] = {name: set() for name in WITH_PORTS}
    for one in told:
        name, _, numbers = one.partition("=")
        found = [_port(number) for number in numbers.split(",")]
        if name not in more or not all(found):
            expected = f"one of {', '.join(WITH_PORTS)}, then =, then ports from 1 to {LARGEST_PORT}"
            raise click.UsageError(f"--port {one}: expected {expected}")
        more[name].update(found)
    return replace(usual, **{name: getattr(usual, name) | ports for name, ports in more.items()})


def _port(text: str) -> int:
    """Return the port that a text says, 0 where it says none."""
    number = int(text) if text.isascii() and text.isdecimal() else 0
    return number if number <= LARGEST_PORT else 0
