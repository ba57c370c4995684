"""The shape of the library: which room may import which, what each module is for, and that each has its tests."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "harness"

# From the top down. A room imports only rooms above it: at the top of a module, inside a function, or for types.
ORDER = (
    "units",
    "errors",
    "topology",
    "checks",
    "capture",
    "sandbox",
    "images",
    "network",
    "machines",
    "provisioning",
    "stacks",
    "clients",
    "faults",
    "trace",
    "wire",
    "incident",
    "workbench",
    "assembly",
    "lab",
    "checkpoints",
    "ladder",
    "proofs",
    "rack",
    "deploying",
    "climbing",
    "virtual_lab",
    "namespace_lab",
    "reception",
    "holding",
    "scheduling",
    "workers",
    "plugin",
    "cli",
)
# The same within the rooms that have rooms of their own.
CHECKS = (
    "verdict",
    "operation",
    "overlaps",
    "history",
    "registers",
    "linearizability",
    "losses",
    "watches",
    "leases",
    "minorities",
    "recovery",
    "invariants",
)
CAPTURE = (
    "protocols",
    "frames",
    "events",
    "notes",
    "views",
    "files",
    "reassembly",
    "conversations",
    "dissection",
    "dissector",
    "decoding",
    "follow",
    "describe",
    "naming",
    "gaps",
    "leaders",
    "queries",
    "network_queries",
    "patterns",
    "nearest",
    "timeline",
    "invariants",
    "boot_steps",
    "boot_chain",
    "layers",
)
NETWORK = (
    "channel",
    "checksum",
    "tags",
    "ports",
    "tap",
    "wiring",
    "group",
    "station",
    "transit",
    "hearing",
    "impairment",
    "protocol",
    "notes",
    "helper_process",
    "switch",
    "switch_process",
    "switch_link",
    "switched",
    "multicast",
    "bridge",
    "bridged",
    "conformance",
    "plan",
    "routing",
    "policy",
    "router",
    "kinds",
    "selection",
    "state",
)
INCIDENT = (
    "bursts",
    "evidence",
    "entry",
    "packet",
    "stated_time",
    "unread",
    "observation",
    "finding",
    "record",
    "citing",
    "clocks",
    "files",
    "inventory",
    "reading",
    "network",
    "machines",
    "boot",
    "signatures",
    "replay",
    "diagnosis",
    "inquiry",
    "scenario",
    "reproduction",
    "scrub",
)
WITHIN = {"checks": CHECKS, "capture": CAPTURE, "network": NETWORK, "incident": INCIDENT}

HEAVY = {"cryptography", "jinja2", "libvirt", "paramiko", "pydantic", "pyroute2", "ruamel", "scapy"}

# What sleeps: on this machine, and on a machine that was installed (where the harness itself is not).
SLEEPERS = {"harness/sandbox/waiting.py", "harness/stacks/reference/node/waiting.py"}

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

# Twins that are called otherwise than their module: what only makes sense together is tested together, and a suite is
# tested by running it.
TWINS = {
    "harness/capture/layers/__init__.py": "tests/capture/layers/test_load.py",
    "harness/cli/__init__.py": "tests/cli/test_main.py",
    "harness/network/bridge/cut.py": "tests/network/test_bridged.py",
    "harness/network/switch_link.py": "tests/network/test_switched.py",
    **{
        f"harness/network/conformance/{name}.py": "tests/network/test_conformance.py"
        for name in ("cables", "captured", "control", "floor", "truth", "vlans")
    },
    "harness/wire/evidence.py": "tests/wire/test_wire.py",
    "harness/machines/disk_control.py": "tests/machines/test_guest.py",
    "harness/machines/monitor.py": "tests/machines/test_checkpoint.py",
}


def modules(package: Path) -> list[Path]:
    return sorted(package.rglob("*.py"))


def imported(path: Path, package: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of all that a module imports from the package."""
    own = path.relative_to(package.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
            yield from ((node.lineno, name) for name in names(node, own) if name.split(".")[0] == package.name)


def names(node: ast.Import | ast.ImportFrom | ast.Call, own: Sequence[str]) -> list[str]:
    """Return what an import, or a call of ``import_module``, names; `own` are the parts of the importing module."""
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom():
            base = [*(own[: -node.level] if node.level else ()), *(node.module.split(".") if node.module else ())]
            return [".".join([*base, alias.name]) for alias in node.names]
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module")):
            return [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return []


def violations(package: Path, order: Sequence[str] = ORDER, within: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield each import that points the wrong way, as ``file:line: what``, among all rooms or those `within` one."""
    rank = {room: i for i, room in enumerate(order)}
    depth = 1 + len(within)
    for path in modules(package.joinpath(*within)):
        where = path.relative_to(package.parent)
        room = where.with_suffix("").parts[depth]
        if room == "__init__":
            room = order[0]
        if room not in rank:
            yield f"{where}:1: {room} has no place in the order of the rooms"
            continue
        for line, name in imported(path, package):
            parts = name.split(".")
            other = [*parts[depth:], room][0] if tuple(parts[1:depth]) == within else room
            if rank.get(other, -1) > rank[room]:
                yield f"{where}:{line}: {room} imports {other}, which stands below it"


def test_imports_point_up() -> None:
    assert list(violations(PACKAGE)) == []


@pytest.mark.parametrize(
    "room,order", [("checks", CHECKS), ("capture", CAPTURE), ("network", NETWORK), ("incident", INCIDENT)]
)
def test_imports_point_up_within_the_largest_rooms(room: str, order: Sequence[str]) -> None:
    assert list(violations(PACKAGE, order, (room,))) == []


@pytest.mark.parametrize(
    "text,line",
    [
        ("import harness.lab\n", 1),
        ("import os, harness.lab as lab\n", 1),
        ("\nfrom harness.machines.virtual import VirtualMachine\n", 2),
        ("from harness import machines\n", 1),
        ("from harness import __version__, machines\n", 1),
        ("from .. import machines\n", 1),
        ("from ..machines import virtual\n", 1),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from harness.cli import main\n", 3),
        ("def late():\n    import harness.stacks\n", 2),
        ("import importlib\nimportlib.import_module('harness.plugin')\n", 2),
    ],
)
def test_each_way_to_import_from_below_is_seen(text: str, line: int, tmp_path: Path) -> None:
    room = tmp_path / "harness/network"
    room.mkdir(parents=True)
    (room / "bad.py").write_text(text)
    (found,) = violations(tmp_path / "harness")
    assert found.startswith(f"harness/network/bad.py:{line}: network imports ")


def test_imports_from_above_from_the_same_room_and_from_elsewhere_are_fine(tmp_path: Path) -> None:
    room = tmp_path / "harness/network"
    room.mkdir(parents=True)
    (room / "good.py").write_text(
        "import harness, os, machines\nfrom harness import __version__, units\nfrom . import tap\n"
        "from .tap import Tap\nfrom ..topology import model\nimport harness.sandbox.waiting\n"
    )
    assert list(violations(tmp_path / "harness")) == []


def test_an_import_from_below_is_seen_within_a_room(tmp_path: Path) -> None:
    room = tmp_path / "harness/incident/clocks"
    room.mkdir(parents=True)
    (room / "bad.py").write_text("from harness.incident import citing\nfrom harness.incident.network import cuts\n")
    (found,) = violations(tmp_path / "harness", INCIDENT, ("incident",))
    assert found == "harness/incident/clocks/bad.py:2: clocks imports network, which stands below it"


def test_a_room_that_nobody_ordered_is_seen(tmp_path: Path) -> None:
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness/attic.py").touch()
    (found,) = violations(tmp_path / "harness")
    assert found == "harness/attic.py:1: attic has no place in the order of the rooms"


def says_something(path: Path) -> bool:
    """Return whether a module holds more than a docstring; a package's `__init__` often doesn't."""
    return path.name != "__init__.py" or len(ast.parse(path.read_text(encoding="utf-8")).body) > 1


def test_every_module_is_explained_once_in_whats_here() -> None:
    lines = (ROOT / "docs/whats-here.md").read_text(encoding="utf-8").splitlines()
    named = Counter(match[1] for line in lines if (match := re.match(r"- `(harness/\S+\.py)`: \S", line)))
    there = {str(path.relative_to(ROOT)) for path in modules(PACKAGE) if says_something(path)}
    assert {"missing": sorted(there - set(named)), "gone": sorted(set(named) - there)} == {"missing": [], "gone": []}
    assert [name for name, times in named.items() if times > 1] == []


def test_whats_here_has_the_rooms_in_their_order() -> None:
    text = (ROOT / "docs/whats-here.md").read_text(encoding="utf-8")
    found = {room: re.search(rf"- `harness/{room}[/.]", text) for room in ORDER}
    first = {room: match.start() for room, match in found.items() if match}
    assert [(one, other) for one, other in pairwise(first) if first[one] > first[other]] == []


def test_a_twin_with_a_name_of_its_own_has_a_module() -> None:
    assert [name for name in TWINS if not (ROOT / name).exists()] == []


def twin(path: Path) -> Path:
    """Return where the tests of a module are."""
    where = path.relative_to(ROOT)
    other = TWINS.get(str(where))
    return ROOT / (other or Path("tests", *where.parts[1:-1], f"test_{where.name}"))


def behaves(path: Path) -> bool:
    """Return whether a module holds a function that does something; pure declarations need no tests."""
    functions = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, FUNCTIONS))
    return any(not idle(line) for function in functions for line in function.body)


def idle(line: ast.stmt) -> bool:
    """Return whether a statement is a docstring, ``...`` or ``pass``."""
    return isinstance(line, ast.Pass) or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))


def test_every_module_that_does_something_has_its_tests() -> None:
    without = [path for path in modules(PACKAGE) if behaves(path) and not twin(path).exists()]
    assert [str(path.relative_to(ROOT)) for path in without] == []


@pytest.mark.parametrize(
    "text,does",
    [
        ("PORT = 1\n", False),
        (
            "class P(Protocol):\n    def on(self) -> None:\n        'Switch on.'\n    def off(self) -> None: ...\n",
            False,
        ),
        ("def f():\n    return 1\n", True),
        ("class C:\n    async def f(self):\n        'Wait.'\n        await g()\n", True),
    ],
)
def test_declarations_need_no_tests(text: str, *, does: bool, tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(text)
    assert behaves(path) is does


def sleeps(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="time" | "asyncio"), attr="sleep"):
                yield node.lineno
            case ast.ImportFrom(module="time" | "asyncio") if any(alias.name == "sleep" for alias in node.names):
                yield node.lineno


def test_only_the_waiting_modules_sleep() -> None:
    trees = ((path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))) for path in modules(PACKAGE))
    found = [f"{where}:{line}" for where, tree in trees if str(where) not in SLEEPERS for line in sleeps(tree)]
    assert found == []


def test_the_plugin_imports_nothing_heavy() -> None:
    program = "import sys, harness.plugin; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(run.stdout.split()) & HEAVY == set()
