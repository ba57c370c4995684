"""What a ``cluster-config.json`` has to say to be one, and which of several contradict each other. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from harness.incident.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TEXTS = ("node_id", "raft_addr", "leader_url")
PEERS = ("initial_peers", "flaredb_peers")


@dataclass(frozen=True)
class Config:
    """A machine's ``cluster-config.json``, as it stands there."""

    file: str
    values: dict[str, Any]


def is_config(values: object) -> bool:
    """Whether a JSON value is a cluster's configuration, a good one or a bad one."""
    return isinstance(values, dict) and bool({"node_id", "raft_addr"} & values.keys())


def problem(values: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a configuration, None where nothing is that matters here."""
    for key in TEXTS:
        if key in values and not isinstance(values[key], str):
            return f"{key} is {_shown(values[key])}, expected a text"
    for key in PEERS:
        value = values.get(key, [])
        if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            return f"{key} is {_shown(value)}, expected a list of texts such as node01:2380"
    return None


def without_clashes(configs: Iterable[Config]) -> tuple[list[Config], list[Unread]]:
    """Return the configurations of which no two give one name to two addresses, and those that were left out.

    Of several it is the one whose folder has the name that counts, else the first.
    """
    named: dict[object, list[Config]] = defaultdict(list)
    for config in configs:
        named[config.values.get("node_id", config.file)].append(config)
    good: list[Config] = []
    bad: list[Unread] = []
    for name, several in named.items():
        right = next((one for one in several if PurePath(one.file).parent.name == name), several[0])
        for one in several:
            if one.values.get("raft_addr") == right.values.get("raft_addr"):
                good.append(one)
            else:
                why = f"it names {name} {_shown(one.values.get('raft_addr'))}, which {right.file} says otherwise"
                bad.append(Unread(one.file, why))
    return sorted(good, key=lambda one: one.file), bad


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - as much as a line has room for
