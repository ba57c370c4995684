"""``harness doctor``: what this host can do, found out by trying, and how to get what it can't."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from harness.errors import HarnessError
from harness.sandbox import host, lease, linux, namespaces, user_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Finding:
    """One thing that was tried: whether it holds (None: could not be tried), what was seen, what to do about it."""

    name: str
    holds: bool | None
    seen: str
    remedy: str = ""

    def __str__(self) -> str:
        mark = {True: "ok", False: "NO", None: "??"}[self.holds]
        return f"{mark}  {self.name}: {self.seen}" + (f" — {self.remedy}" if self.remedy else "")


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(*, as_json: bool) -> int:
    """Try what labs need on this host. Exit status 0: labs can run here."""
    findings = list(examine())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        click.echo("\n".join(map(str, findings)))
    return int(any(finding.holds is False for finding in findings))


def examine() -> Iterator[Finding]:
    """Yield what was found, from the simplest to what builds on it."""
    from harness.machines import firmware  # noqa: PLC0415 - loaded when its command is called

    for requirement in host.FOR_VIRTUAL_MACHINES + firmware.required() + host.FOR_BOOT_SERVER:
        yield from _required(requirement)
    yield _ids()
    yield _lab_folder()
    yield _bridges()
    yield from _guests()


def _required(requirement: host.Requirement) -> Iterator[Finding]:
    missing = requirement.look()
    for one in missing:
        yield Finding(requirement.name, False, one.what, one.remedy)
    if not missing:
        yield Finding(requirement.name, True, "there")


def _ids() -> Finding:
    """Say which ids there are in the user namespace of who is not root."""
    name = "ids of a user namespace"
    if not user_namespace.needed():
        return Finding(name, True, "not needed by root")
    plan = user_namespace.plan()
    if plan.lacking:
        seen = f"only one, for {plan.lacking.what}; labs run, images can't be built"
        return Finding(name, None, seen, plan.lacking.remedy)
    return Finding(name, True, str(plan))


def _lab_folder() -> Finding:
    root = lease.default_root()
    try:
        lease.take(root).end()
    except HarnessError as error:
        return Finding("a folder for running labs", False, str(error))
    return Finding("a folder for running labs", True, str(root))


def _bridges() -> Finding:
    """Say what the kernel has for ``--lab-network=bridge``. Nobody needs it: the switch does without."""
    from harness.network.bridge import features  # noqa: PLC0415 - loaded when its command is called

    name = "networks on the kernel's bridges"
    try:
        found = namespaces.ask(lambda: vars(features.probe()), linux.CLONE_NEWNET)
    except HarnessError as error:
        return Finding(name, None, str(error), "--lab-network=switch needs no bridges")
    lacking = [feature.replace("_", " ") for feature, there in found.items() if not there]
    if not lacking:
        return Finding(name, True, "the kernel has all that they need")
    return Finding(name, None, f"the kernel lacks {', '.join(lacking)}", "--lab-network=switch needs none of it")


def _guests() -> Iterator[Finding]:
    from harness.images import store  # noqa: PLC0415 - loaded when its command is called
    from harness.machines.accelerator import Accelerator, probe  # noqa: PLC0415 - as above

    image = store.find("installer")
    if image is None:
        yield Finding("a guest that boots", None, "there is no image to boot yet", "harness images build")
        return
    for accelerator in Accelerator:
        try:
            seen = probe(accelerator, image.file("kernel"))
        except HarnessError as error:
            yield Finding(f"a guest under {accelerator}", False, str(error))
            continue
        optional = accelerator is Accelerator.KVM and seen.seconds is None
        what = f"booted in {seen.seconds:.1f} s" if seen.seconds is not None else seen.trouble
        holds = None if optional else seen.seconds is not None
        yield Finding(f"a guest under {accelerator}", holds, what, "labs will use tcg" if optional else "")
