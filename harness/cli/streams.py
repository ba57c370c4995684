"""The standard streams of a command: closed by whoever called it, full, or read by nobody any more."""

from __future__ import annotations

import io
import os
import select
import sys

NAMES = ("stdin", "stdout", "stderr")


def open_closed() -> None:
    """Put something in place of each standard stream that is closed, and have those for output take any character.

    Otherwise the next file that is opened gets a closed stream's number, and is written into. What takes the place of
    standard input can't be read, so that nobody takes it for an empty one.
    """
    for number, name in enumerate(NAMES):
        if getattr(sys, name) is None:
            while os.open(os.devnull, os.O_WRONLY) < number:
                pass
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def output_is_lost() -> bool:
    """Return whether standard output takes nothing more; what is still buffered goes nowhere then."""
    try:
        output = sys.stdout.fileno()
    except OSError:  # it is no file, as where main() is called by a program
        return False
    try:
        sys.stdout.flush()
    except OSError:
        lost = True
    else:
        lost = _has_no_reader(output)
    if lost:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return lost


def _has_no_reader(output: int) -> bool:
    """Return whether a stream is a pipe or socket whose other end is closed."""
    poll = select.poll()
    poll.register(output, 0)  # errors are always told
    return any(event & select.POLLERR for _, event in poll.poll(0))
