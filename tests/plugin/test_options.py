from __future__ import annotations

import pytest


@pytest.mark.parametrize("option", ["--lab-accel=fast", "--lab-firmware=coreboot", "--lab-checkpoints=some"])
def test_options_take_only_what_they_know(suite: pytest.Pytester, option: str) -> None:
    result = suite.runpytest_subprocess(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*invalid choice*"])


def test_settings_are_what_the_user_chose(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        from pathlib import Path
        from harness.plugin import options
        from harness.topology.firmware import Firmware
        from harness.units import seconds
        def test_it(request):
            settings = options.settings(request.config)
            assert (settings.seed, settings.firmware, settings.lab_dir) == (7, Firmware.BIOS, Path("l").absolute())
            assert options.hold_for(request.config) == 90 * seconds
        """
    )
    chosen = ("--lab-seed=7", "--lab-firmware=bios", "--lab-dir=l", "--lab-hold-for=90 s")
    suite.runpytest_subprocess(*chosen).assert_outcomes(passed=1)


def test_everything_that_can_t_be_meant_is_told_at_once(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        pytestmark = pytest.mark.lab("three-sites", machines="any")
        def test_it(lab): pass
        """
    )
    result = suite.runpytest_subprocess("--lab-evidence=", "--lab-runs=0", "--lab-seed=-1", "--lab-hold-for=5")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines_random(
        [
            "ERROR: --lab-evidence: nothing, expected a folder",
            "ERROR: --lab-runs: 0, expected at least 1",
            "ERROR: --lab-seed: -1, expected 0 or more",
            "ERROR: --lab-hold-for: '5' is no number with a unit*, expected a duration such as 30 min",
        ]
    )


def test_another_stack_than_the_topology_s_may_be_asked_for(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        from pathlib import Path
        from harness.plugin import options
        from harness.topology.loader import load
        def test_it(request):
            topology = load(Path("topologies/three-sites.yaml"))
            assert topology.stack.kind == "reference"
            assert options.with_stack(request.config, topology).stack.kind == "photoncloud"
            without = topology.model_copy(update={"stack": None})
            assert options.with_stack(request.config, without) is without
        """
    )
    suite.runpytest_subprocess("--lab-stack=photoncloud").assert_outcomes(passed=1)
