"""Where the captures of running labs are, noted in their leases, so that other processes can read along."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.sandbox import lease

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

CAPTURES = "captures.json"
_NEW = ".new"


@dataclass(frozen=True)
class Running:
    """A running lab: its name, its lease's folder, its captures, and the links that are on them."""

    lab: str
    folder: Path
    captures: tuple[Path, ...]
    links: tuple[str, ...]

    def ended(self) -> bool:
        """Whether it has ended."""
        return not (self.folder / CAPTURES).exists()


def announce(folder: Path, lab: str, captures: Sequence[Path], links: Collection[str]) -> None:
    """Note a lab's captures in its lease's folder, in place of an earlier note."""
    told = {"lab": lab, "captures": [str(path.absolute()) for path in captures], "links": sorted(links)}
    new = folder / (CAPTURES + _NEW)
    new.write_text(json.dumps(told))
    new.replace(folder / CAPTURES)


def withdraw(folder: Path) -> None:
    """Withdraw what was announced."""
    (folder / CAPTURES).unlink(missing_ok=True)


def running(roots: Iterable[Path]) -> Iterator[Running]:
    """Yield every lab that runs under some roots, as far as they are open to this user.

    The files are named as they are seen from outside of the lab's sandbox.
    """
    for root in roots:
        with suppress(PermissionError):
            for seen in lease.survey(root):
                with suppress(FileNotFoundError, ValueError, KeyError):  # it has none, or is just ending
                    told = json.loads((seen.folder / CAPTURES).read_text())
                    inside = Path(f"/proc/{seen.init}/root")
                    captures = tuple(inside / path.lstrip("/") for path in told["captures"])
                    if seen.alive and seen.init is not None:
                        yield Running(told["lab"], seen.folder, captures, tuple(told["links"]))
