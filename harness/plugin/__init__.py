"""The pytest plugin: options, the ``lab`` marker, and the fixtures that give a scenario its lab.

A run that asks for no lab is left alone: nothing heavy is imported and no sandbox is made. A run that does enters the
sandbox after collection, before its first test (see `harness.sandbox.supervisor`); workers of xdist start inside
(see `harness.workers`).

pytest finds hooks and fixtures by their names in this module.
"""

from harness.plugin.alarms import pytest_fixture_setup, pytest_pyfunc_call
from harness.plugin.fixtures import cluster, faults, lab, reproduction, wire
from harness.plugin.invariants import pytest_runtest_call
from harness.plugin.marker import pytest_configure
from harness.plugin.options import pytest_addoption
from harness.plugin.outcomes import pytest_runtest_makereport, pytest_runtest_setup, pytest_terminal_summary
from harness.plugin.session import pytest_runtestloop, pytest_sessionstart

__all__ = [
    "cluster",
    "faults",
    "lab",
    "pytest_addoption",
    "pytest_configure",
    "pytest_fixture_setup",
    "pytest_pyfunc_call",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "pytest_runtestloop",
    "pytest_sessionstart",
    "pytest_terminal_summary",
    "reproduction",
    "wire",
]
