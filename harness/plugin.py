"""The pytest plugin: options, the ``lab`` marker, and the fixtures that give a scenario its lab.

A run that asks for no lab is left alone: nothing heavy is imported and no sandbox is made. A run that does enters the
sandbox after collection, before its first test (see `harness.sandbox.supervisor`); workers of xdist start inside
(see `harness.workers`).
"""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pytest

from harness import workers
from harness.errors import HarnessError, HostError, LabError, Problem, SpecError
from harness.sandbox import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from harness.lab import Lab
    from harness.ladder import Rung
    from harness.topology.model import Topology
    from harness.trace.display import Display
    from harness.workbench import Settings, Workbench

UNUSABLE = 2
TOPOLOGIES = "topologies"

ON_FAILURE, ALWAYS = "failure", "always"
VIRTUAL, NAMESPACE, ANY, EITHER = "vm", "namespace", "any", "either"

workbench_key: pytest.StashKey[Workbench] = pytest.StashKey()
lab_key: pytest.StashKey[Lab] = pytest.StashKey()
evidence_key = pytest.StashKey[Path]()
screen_key = pytest.StashKey[TextIO]()
failed_key = pytest.StashKey[bool]()
broken_key = pytest.StashKey[str]()
summaries_key = pytest.StashKey[dict[str, str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of labs."""
    group = parser.getgroup("lab", "labs of machines and their networks (harness)")
    group.addoption(
        "--lab-machines",
        choices=["auto", VIRTUAL, NAMESPACE],
        default="auto",
        help="what machines are; auto: virtual machines where a scenario needs them, else namespaces",
    )
    group.addoption(
        "--lab-network",
        choices=["auto", "switch", "bridge", "multicast"],
        default="auto",
        help="what carries frames (docs/networks.md); auto: the switch, which runs everywhere",
    )
    group.addoption(
        "--lab-accel", choices=["auto", "kvm", "tcg"], default="auto", help="what runs guests; auto tries KVM first"
    )
    group.addoption(
        "--lab-seed",
        type=int,
        default=None,
        metavar="NUMBER",
        help="where random choices start (default: the topology's own); each lab prints its seed",
    )
    group.addoption(
        "--lab-firmware", choices=["uefi", "bios"], default="uefi", help="what machines boot by (default: uefi)"
    )
    group.addoption(
        "--lab-libvirt-uri", default="qemu:///embed", metavar="URI", help="which libvirt (default: one of our own)"
    )
    group.addoption(
        "--lab-evidence", default="evidence", metavar="DIR", help="where captures and logs go (default: evidence)"
    )
    group.addoption(
        "--lab-hold",
        choices=["never", ON_FAILURE, ALWAYS],
        default="never",
        help="when a lab is kept running after its scenarios, to be entered by `harness shell` (default: never)",
    )
    group.addoption(
        "--lab-hold-for", default="30 min", metavar="TIME", help="how long it is kept, as in 90 s (default: 30 min)"
    )
    group.addoption(
        "--lab-dir", default=None, metavar="DIR", help="where running labs keep disks and sockets (default: /var/tmp)"
    )
    group.addoption(
        "--lab-checkpoints",
        choices=["auto", "off", "rebuild"],
        default="auto",
        help="what labs start from: a checkpoint, made where there is none (auto); none; one that is made anew",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        "lab(topology, machines='vm', start='off'): give the module's scenarios a lab of that topology, a file of its"
        " topologies folder; machines='any' where namespace machines do, too, 'either' where they do if they are asked"
        " for; start is how far machines are: off, installed, cluster (docs/checkpoints.md)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Before the first test: load every topology that is asked for, check the host, and enter the sandbox."""
    config = session.config
    wanted = _wanted(session.items)
    broken = session.testsfailed and not config.option.continue_on_collection_errors
    if not wanted.files or config.option.collectonly or broken:
        return
    from harness import workbench  # noqa: PLC0415 - imported when a lab is asked for

    if not workers.is_worker(config):
        with _refusing():
            _load_all(wanted.files)
            config.stash[workbench_key] = workbench.prepare(
                _settings(config), _reporter(config), virtual=wanted.virtual
            )
    elif (lease := inside.own_lease()) and (run := workers.run_folder(config)):
        config.stash[workbench_key] = workbench.adopt(_settings(config), lease, run, partial(_tell, config))


@pytest.hookimpl(trylast=True)  # after pytest is ready to collect; xdist's own, which starts workers, is later still
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before xdist starts its workers: find out whether they need labs, and check the host for them."""
    config = session.config
    if not workers.is_controller(config):
        return
    wanted = workers.look_ahead(session, _wanted)
    if not wanted.files:
        return
    from harness import workbench  # noqa: PLC0415 - imported when a lab is asked for

    with _refusing():
        _load_all(wanted.files)
        settings = _settings(config)
        workbench.check(settings, _reporter(config), virtual=wanted.virtual)
    summaries = config.stash.setdefault(summaries_key, {})
    config.pluginmanager.register(workers.Controller(settings.lab_dir, workbench.make_run(settings), summaries))


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Give the module's lab: built, wired and powered off. What it leaves behind stays in its evidence folder."""
    workbench = request.config.stash.get(workbench_key, None)
    path = _topology_file(request.node)
    if workbench is None or path is None:
        pytest.fail('the fixture lab needs pytestmark = pytest.mark.lab("NAME") in its module', pytrace=False)
    evidence = workbench.evidence_for(f"{request.node.path.stem}-{path.stem}")
    request.node.stash[evidence_key] = evidence
    summaries = request.config.stash.setdefault(summaries_key, {})
    machines, topology = _machines(request.node), _load(path)
    room = workbench.room_for(topology, evidence.name, _reporter(request.config), virtual=machines == VIRTUAL)
    with room, _lab(request, topology, evidence) as built:
        request.config.stash[lab_key] = built
        try:
            yield built
            _hold(request, built, workbench)
        finally:
            del request.config.stash[lab_key]
        if summary := built.summary():
            summaries[str(evidence)] = summary
            workers.report(request.config, summaries)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """End a fixture at once where the lab's network dies meanwhile."""
    del fixturedef
    with _listening(request.config):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """End a scenario at once where the lab's network dies meanwhile."""
    with _listening(pyfuncitem.config):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what can't run on the machines that were asked for, or needs a lab that broke, naming the first cause."""
    module = item.getparent(pytest.Module)
    if module is None or not _asks_for_a_lab(item):
        return
    if _wants_others(item):
        pytest.skip("needs virtual machines: run without --lab-machines=namespace")
    if broken_key in module.stash:
        pytest.skip(f"the lab broke before: {module.stash[broken_key]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say, with a failure, where the evidence is; remember a lab that could not be set up.

    What the harness says of a lab or a host says it all; the traceback of our own code would only hide it.
    """
    report = yield
    if call.excinfo is not None and report.failed and (words := _own_words(call.excinfo.value)):
        report.longrepr = words
    module = item.getparent(pytest.Module)
    if module is None or not report.failed or not _asks_for_a_lab(item):
        return report
    module.stash[failed_key] = True
    if evidence_key in module.stash:
        report.sections.append(("lab evidence", str(module.stash[evidence_key])))
    lab = item.config.stash.get(lab_key, None)
    if report.when == "setup" or (lab is not None and lab.alarm.rung):
        module.stash[broken_key] = f"{item.name}: {_first_line(call)}"
    return report


def _hold(request: pytest.FixtureRequest, lab: Lab, workbench: Workbench) -> None:
    """Keep the lab for a while after its last scenario, where the user wants that."""
    wanted = request.config.getoption("--lab-hold")
    if wanted == ALWAYS or (wanted == ON_FAILURE and failed_key in request.node.stash):
        from harness.holding import hold  # noqa: PLC0415 - imported when a lab is held

        hold(lab, workbench.lease.folder, _hold_for(request.config), _reporter(request.config))


def _hold_for(config: pytest.Config) -> timedelta:
    from harness.topology.scalars import parse_duration  # noqa: PLC0415 - imported when a lab is asked for

    try:
        return parse_duration(config.getoption("--lab-hold-for"))
    except ValueError as error:
        raise pytest.UsageError(f"--lab-hold-for: {error}") from None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what each lab says of itself: its seed, and how long each machine took for each phase."""
    for evidence, summary in config.stash.get(summaries_key, {}).items():
        terminalreporter.section("lab")
        terminalreporter.write_line(summary)
        terminalreporter.write_line(f"evidence: {evidence}")


def _first_line(call: pytest.CallInfo[None]) -> str:
    words = str(call.excinfo.value) if call.excinfo is not None else ""
    return words.partition("\n")[0]


def _own_words(error: BaseException) -> str | None:
    """Return the messages of our own errors, together; None where anything else is among them."""
    errors = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
    if all(isinstance(each, (LabError, HostError, SpecError)) for each in errors):
        return "\n\n".join(map(str, errors))
    return None


def _asks_for_a_lab(item: pytest.Item) -> bool:
    return "lab" in getattr(item, "fixturenames", ())


def _machines(node: pytest.Item | pytest.Collector) -> str:
    """Return what a scenario's machines are: what it needs, and where it takes others, what was asked for."""
    marker = node.get_closest_marker("lab")
    needed = marker.kwargs.get("machines", VIRTUAL) if marker else VIRTUAL
    if needed not in (VIRTUAL, ANY, EITHER):
        expected = f"{VIRTUAL!r}, {ANY!r} or {EITHER!r}"
        pytest.fail(f"the marker lab has machines={needed!r}, expected {expected}", pytrace=False)
    asked = node.config.getoption("--lab-machines")
    if needed == EITHER:
        return NAMESPACE if asked == NAMESPACE else VIRTUAL
    return VIRTUAL if VIRTUAL in (needed, asked) else NAMESPACE


def _wants_others(item: pytest.Item) -> bool:
    """Say whether a scenario needs other machines than those that were asked for."""
    return _machines(item) == VIRTUAL and item.config.getoption("--lab-machines") == NAMESPACE


def _lab(request: pytest.FixtureRequest, topology: Topology, evidence: Path) -> Lab:
    workbench = request.config.stash[workbench_key]
    if _machines(request.node) == NAMESPACE:
        from harness.namespace_lab import NamespaceLab  # noqa: PLC0415 - imported when a lab is asked for

        return NamespaceLab(topology, workbench, evidence, start=_rung(request.node))
    from harness.virtual_lab import VirtualLab  # noqa: PLC0415 - imported when a lab is asked for

    return VirtualLab(topology, workbench, evidence, _display(request.config), start=_rung(request.node))


def _rung(node: pytest.Item | pytest.Collector) -> Rung:
    """Return how far a scenario wants its machines to be."""
    from harness.ladder import Rung  # noqa: PLC0415 - imported when a lab is asked for

    marker = node.get_closest_marker("lab")
    wanted = marker.kwargs.get("start", Rung.OFF) if marker else Rung.OFF
    if wanted not in list(Rung):
        pytest.fail(f"the marker lab has start={wanted!r}, expected one of {', '.join(Rung)}", pytrace=False)
    return Rung(wanted)


def _listening(config: pytest.Config) -> AbstractContextManager[None]:
    """Let the error by which a lab's network ends be raised in this block, as soon as it is there."""
    lab = config.stash.get(lab_key, None)
    return nullcontext() if lab is None else lab.alarm.listening()


def _wanted(items: Sequence[pytest.Item]) -> workers.Wanted:
    asking = [item for item in items if _asks_for_a_lab(item) and not _wants_others(item)]
    files = (_topology_file(item) for item in asking)
    unique = dict.fromkeys(str(path) for path in files if path is not None)
    return workers.Wanted(tuple(unique), any(_machines(item) == VIRTUAL for item in asking))


@contextmanager
def _refusing() -> Iterator[None]:
    """End the run with what the harness says, where it can't give labs."""
    try:
        yield
    except HarnessError as error:
        pytest.exit(f"no lab can start:\n{error}", UNUSABLE)


def _topology_file(node: pytest.Item | pytest.Collector) -> Path | None:
    marker = node.get_closest_marker("lab")
    if marker is None or not marker.args:
        return None
    return Path(node.path).parent / TOPOLOGIES / f"{marker.args[0]}.yaml"


def _load_all(files: Sequence[str]) -> None:
    problems: list[Problem] = []
    for path in files:
        try:
            _load(Path(path))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)


def _load(path: Path) -> Topology:
    from harness.topology.loader import load  # noqa: PLC0415 - imported when a lab is asked for

    return load(path)


def _settings(config: pytest.Config) -> Settings:
    from harness.topology.firmware import Firmware  # noqa: PLC0415 - imported when a lab is asked for
    from harness.workbench import Settings  # noqa: PLC0415 - imported when a lab is asked for

    _hold_for(config)  # what can't be read is told now, not after an hour
    lab_dir = config.getoption("--lab-dir")
    return Settings(
        accel=config.getoption("--lab-accel"),
        network=config.getoption("--lab-network"),
        seed=config.getoption("--lab-seed"),
        firmware=Firmware(config.getoption("--lab-firmware")),
        libvirt_uri=config.getoption("--lab-libvirt-uri"),
        evidence=config.rootpath / config.getoption("--lab-evidence"),
        lab_dir=Path(lab_dir).absolute() if lab_dir else None,
        checkpoints=config.getoption("--lab-checkpoints"),
    )


def _reporter(config: pytest.Config) -> Callable[[str], None]:
    stream = _screen(config)

    def report(line: str) -> None:
        stream.write(f"{line}\n")
        stream.flush()

    return report


def _tell(config: pytest.Config, line: str) -> None:
    """Say a line on a screen that is opened when the first is said."""
    _reporter(config)(line)


def _display(config: pytest.Config) -> Display:
    from harness.trace.display import choose  # noqa: PLC0415 - imported when a lab is asked for

    return choose(_screen(config))


def _screen(config: pytest.Config) -> TextIO:
    """Return a stream to where pytest writes, which its capture of a test's output does not reach.

    It is opened before the first test, while nothing is captured.
    """
    if screen_key not in config.stash:
        screen, worker = os.dup(1), workers.name(config)
        stream = workers.prefixed(screen, f"[{worker}] ") if worker else os.fdopen(screen, "w")
        config.add_cleanup(stream.close)
        config.stash[screen_key] = stream
    return config.stash[screen_key]
