"""``ci/nightly``: what each way to call it does."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.errors import HarnessError
from night import host, listing, matrix_file, options, page, quarantine, report
from night.history import History
from night.matrix import UnknownCell
from night.session import Night
from night.verdicts import HOLDS, UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from night.cell import Cell
    from night.matrix import Matrix
    from night.options import Options

ROOT = Path(__file__).parents[2]
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Do what was asked for, and return the exit status.

    0: it holds, 1: something failed, 2: an unusable call or file, 3: nobody can say.
    """
    chosen = options.parse(arguments, ROOT)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _serve(chosen)
    except (HarnessError, UnknownCell) as error:
        return _refuse(str(error))
    except sqlite3.Error as error:
        return _refuse(f"{chosen.history}: {error}")
    except OSError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        sys.stderr.write("ci/nightly: interrupted; cells that ended before are in the history\n")
        return INTERRUPTED


def say(line: str) -> None:
    """Tell the user a line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _serve(chosen: Options) -> int:
    matrix = matrix_file.read(chosen.matrix, chosen.root)
    cells = matrix.select(chosen.cells)
    if chosen.list:
        say(listing.as_json(matrix, cells) if chosen.json else _listed(matrix, cells))
        return HOLDS
    with History(chosen.history) as history:
        for other in chosen.merge:
            say(f"{other}: {report.number(history.merge(other), 'new run')}")
        status = _run(chosen, matrix, cells, history) if chosen.runs else HOLDS
        if chosen.page:
            page.write(chosen.page, history.runs(newest=page.NIGHTS), matrix)
            say(f"{chosen.page}: the page")
    return status


def _run(chosen: Options, matrix: Matrix, cells: Sequence[Cell], history: History) -> int:
    today = date.today()  # noqa: DTZ011 - a quarantine ends with the user's own day
    known = quarantine.read(chosen.quarantine, [one.name for one in matrix.combinations()], today=today)
    return Night(matrix, known, history, chosen, say).run(cells)


def _listed(matrix: Matrix, cells: Sequence[Cell]) -> str:
    """Return the matrix as text. What has to be tried out on the host is left to a night."""
    here = host.Abilities(lambda _: "")
    lacking = {cell.name: host.lacking(cell, matrix.needs, here, os.environ) for cell in cells}
    return listing.text(matrix, cells, lacking)


def _refuse(why: str) -> int:
    sys.stderr.write(f"ci/nightly: {why}\n")
    return UNUSABLE


def _interrupt(number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt(number)
