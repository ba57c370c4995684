"""The options of ``ci/nightly``, and what they mean."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from night.matrix_file import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

USAGE = """ci/nightly [CELL…] [options] [-- PYTEST ARGUMENT…]
       ci/nightly --list [--json] [CELL…]
       ci/nightly --merge FILE… | --page FILE"""

CELLS = "names of cells, or globs of them as in 'tcg-*'; all where none is named (see --list)"
HISTORY = "history.sqlite"


@dataclass(frozen=True)
class Options:
    """What the user chose. `words` go to pytest as they are."""

    cells: tuple[str, ...]
    words: tuple[str, ...]
    list: bool
    json: bool
    budget: timedelta | None
    limit: timedelta
    results: Path
    keep_going: bool
    retry: int
    history: Path
    page: Path | None
    merge: tuple[Path, ...]
    matrix: Path
    quarantine: Path
    root: Path
    setup: bool

    @property
    def runs(self) -> bool:
        """Whether cells are to be run: they are named, or nothing else is asked for."""
        return bool(self.cells) or not (self.merge or self.page or self.list)


def parse(arguments: Sequence[str], root: Path) -> Options:
    """Return what the user chose. Ends the process with status 2, and the usage, where that can't be understood."""
    own, words = _split(arguments)
    parser = _parser(root)
    chosen = vars(parser.parse_args(own))
    results = chosen["results"].absolute()
    return Options(
        **chosen
        | {
            "cells": tuple(chosen["cells"]),
            "merge": tuple(chosen["merge"]),
            "words": words,
            "results": results,
            "history": chosen["history"] or results / HISTORY,
            "root": chosen["root"].absolute(),
        }
    )


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """Return our arguments, and pytest's, which stand after ``--``."""
    words = list(arguments)
    at = words.index("--") if "--" in words else len(words)
    return words[:at], tuple(words[at + 1 :])


def _parser(root: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "ci/nightly", USAGE, "Runs the nightly matrix (docs/nightly.md).", allow_abbrev=False
    )
    add = parser.add_argument
    add("cells", nargs="*", metavar="CELL", help=CELLS)
    add("--list", action="store_true", help="show cells, exclusions with their reasons, and bounds; run nothing")
    add("--json", action="store_true", help="with --list: the cells as one line of JSON, as workflows take a matrix")
    add(
        "--budget",
        type=_duration,
        metavar="TIME",
        help="how long the night may take, as in '6 h'; who waited longest is first",
    )
    add("--limit", type=_duration, metavar="TIME", default="4 h", help="how long one cell may take (default: 4 h)")
    add(
        "--results",
        type=Path,
        metavar="DIR",
        default=root / "evidence/nightly",
        help="where JUnit XML, logs and evidence go",
    )
    keeping = parser.add_mutually_exclusive_group()
    keeping.add_argument(
        "--keep-going", action="store_true", default=True, help="run the cells after a red one, too (default)"
    )
    keeping.add_argument("--stop", dest="keep_going", action="store_false", help="stop after the first red cell")
    add(
        "--retry", type=_count, metavar="N", default=0, help="run what failed again; what passes then is flaky, and red"
    )
    add(
        "--history",
        type=Path,
        metavar="FILE",
        help=f"what is remembered of all nights (default: {HISTORY} in the results)",
    )
    add("--page", type=Path, metavar="FILE", help="write the history as a page of HTML; alone, it runs nothing")
    add(
        "--merge",
        type=Path,
        metavar="FILE",
        nargs="+",
        default=[],
        help="take over other histories; alone, it runs nothing",
    )
    add("--matrix", type=Path, metavar="FILE", default=root / "ci/nightly.toml", help="another matrix")
    add("--quarantine", type=Path, metavar="FILE", default=root / "ci/quarantine.toml", help="another quarantine")
    add("--root", type=Path, metavar="DIR", default=root, help="another folder that scenarios are in")
    add("--no-setup", dest="setup", action="store_false", help="install nothing: use the Python that runs this")
    return parser


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, expected a number and ms, s, min or h, as in '90 min'") from None


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > 10:  # noqa: PLR2004 - what fails ten times won't be proved flaky
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 10")
    return int(text)
