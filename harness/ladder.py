"""What labs start from: rungs, each reached from the one below, and the key under which a checkpoint of it is kept.

A key is a hash of everything that shapes what is in the machines, so that a checkpoint is either what a cold start
would give today, or not found.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from dataclasses import asdict, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.machines.checkpoint_store import Spoiled
from harness.machines.keys import KeyPair
from harness.provisioning.certificates import Certificate
from harness.provisioning.deployment import SshHost
from harness.stacks.protocol import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.assembly import Assembly
    from harness.stacks.protocol import Stack

KEYS = "keys.json"
INSTALLERS = "installers.json"
ROOMS = ("machines", "network", "provisioning", "stacks", "topology")
MODULES = (
    *("assembly.py", "checkpoints.py", "climbing.py", "deploying.py", "ladder.py"),
    *("proofs.py", "rack.py", "virtual_lab.py"),
)
"""Our own code that has a hand in what is in a machine, its memory and its disk."""


class Rung(StrEnum):
    """How far a lab is when a scenario gets it. `OFF` are blank disks; it is what the others start from."""

    OFF = "off"
    INSTALLER = "installer"
    INSTALLED = "installed"
    CLUSTER = "cluster"


def key(rung: Rung, shape: Mapping[str, object]) -> str:
    """Return the key of a rung's checkpoint: 16 hexadecimal digits."""
    words = json.dumps({"rung": rung, **shape}, sort_keys=True, default=str)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


@cache
def own_code() -> str:
    """Return a digest of our own code, the templates among it, that has a hand in what is in a machine."""
    package = Path(str(importlib.resources.files("harness")))
    return digest([*(package / name for name in MODULES), *_files(package / room for room in ROOMS)])


def digest(files: Iterable[Path]) -> str:
    """Return a digest of files, of their names and their content."""
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(f"{path.name} {path.stat().st_size}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def stack_version(stack: Stack) -> str:
    """Return what a stack's own code is: a digest of the package that it comes from."""
    package = importlib.resources.files(type(stack).__module__.rpartition(".")[0] or type(stack).__module__)
    return f"{stack.name} {digest(_files([Path(str(package))]))}"


@cache
def processor() -> str:
    """Return what the host's processor is and can do, which guests see under KVM (proc(5), cpuinfo)."""
    lines = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
    return "\n".join(line for line in lines if line.startswith(("model name", "stepping", "microcode", "flags")))


def keys_to_json(assembly: Assembly) -> str:
    """Return the keys and secrets of a lab, which are in its machines, as text: itself a secret."""
    own = assembly.secrets
    certificates = {
        name: {"cert": one.cert_pem.decode(), "key": one.key_pem.decode()} for name, one in own.certificates.items()
    }
    return json.dumps(
        {
            "lab_key": vars(assembly.lab_key),
            "host_keys": {name: vars(pair) for name, pair in assembly.host_keys.items()},
            "ca": own.ca_pem.decode(),
            "certificates": certificates,
            "passwords": dict(own.passwords),
        }
    )


def with_keys(assembly: Assembly, text: str) -> Assembly:
    """Return the assembly with keys and secrets from such a text. Raises `Spoiled` for another one."""
    try:
        given: dict[str, Any] = json.loads(text)
        certificates = {
            name: Certificate(one["cert"].encode(), one["key"].encode()) for name, one in given["certificates"].items()
        }
        return replace(
            assembly,
            lab_key=KeyPair(**given["lab_key"]),
            host_keys={name: KeyPair(**pair) for name, pair in given["host_keys"].items()},
            secrets=Secrets(given["ca"].encode(), certificates, given["passwords"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Spoiled(f"a checkpoint's keys can't be read: {error}") from error


def installers_to_json(installers: Mapping[str, SshHost]) -> str:
    """Return where the machines' installers are reached, as text; none for machines that run no installer."""
    return json.dumps({name: asdict(one) for name, one in installers.items()})


def installers_from_json(text: str) -> dict[str, SshHost]:
    """Return what such a text says. Raises `Spoiled` for another one."""
    try:
        return {name: SshHost(**one) for name, one in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise Spoiled(f"where a checkpoint's installers are can't be read: {error}") from error


def _files(folders: Iterable[Path]) -> Iterable[Path]:
    return (
        path for folder in folders for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )
