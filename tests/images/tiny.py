"""A tiny recipe, and a stand-in for mmdebstrap that takes no packages and no time."""

from __future__ import annotations

from pathlib import Path

RECIPE = """\
description = "tiny"
variant = "extract"
scratch_mib = 1
files = { text = "tiny.txt" }
packages = ["a"]
[distribution.debian]
packages = []
[distribution.ubuntu]
packages = []
"""

PACKED = RECIPE.replace('["a"]', '["a"]\narchive = { name = "tiny.txt", level = 1 }')

# It finds the folder for outputs where mmdebstrap does, in the words of a hook.
MAKES_FILE = """\
for word; do
    case $word in
        *sync-out*) out=${word##* } ;;
    esac
done
echo content >"$out/tiny.txt"
"""


def make_recipe(folder: Path, text: str = RECIPE) -> Path:
    """Write the recipe `tiny` into a folder of recipes."""
    (folder / "tiny").mkdir(parents=True, exist_ok=True)
    (folder / "tiny/recipe.toml").write_text(text)
    (folder / "tiny/extract.sh").write_text("true\n")
    return folder


def make_stand_in(folder: Path, script: str) -> Path:
    """Write a program `mmdebstrap` that counts its calls in `calls` beside it and then does as the script says."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "mmdebstrap"
    program.write_text(f"#!/bin/sh\necho call >>{folder}/calls\n{script}")
    program.chmod(0o755)
    return folder


def calls(folder: Path) -> int:
    """Return how often the stand-in was called."""
    path = folder / "calls"
    return len(path.read_text().splitlines()) if path.exists() else 0
