from __future__ import annotations

from pathlib import Path

from harness.capture import events as ev
from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames
from harness.capture.naming import Names
from harness.errors import ScenarioFailure
from harness.wire.failure import SHOWN, Finding, WireFailure, cut_out, tell
from tests.capture.build import CLIENT_MAC, datagram
from tests.capture.make import SECOND, Wire

names = Names({CLIENT_MAC: "node01"})


def finding(number: int) -> Finding:
    wire = Wire()
    for _ in range(number):
        wire.dhcp(ev.DhcpDiscover)
    events = wire.events
    return Finding("never this", "it came", [(event, "") for event in events], events, 0, number * SECOND)


def test_a_few_of_many_are_shown(tmp_path: Path) -> None:
    lines = tell(finding(8), names, [tmp_path / "a.pcapng"], None).splitlines()
    assert len(lines) == 1 + SHOWN + 3
    assert lines[SHOWN + 1 :] == [
        "  and 3 more, the last in frame 8",
        "  seen meanwhile: 8 dhcp-discover (frames 1 to 8)",
        f"  capture: {tmp_path}/a.pcapng",
    ]


def test_nothing_that_came_is_said_so() -> None:
    assert tell(finding(0), names, [], None) == "expected never this; it came\n  seen meanwhile: nothing"


def test_it_is_a_scenario_s_failure_with_what_programs_need(tmp_path: Path) -> None:
    failure = WireFailure(finding(2), names, [tmp_path / "a"], tmp_path / "b")
    assert isinstance(failure, ScenarioFailure)
    assert isinstance(failure, AssertionError)
    assert [event.frame for event in failure.events] == [1, 2]
    assert (failure.captures, failure.cut_out) == ((tmp_path / "a",), tmp_path / "b")


def test_frames_around_are_cut_out_under_a_new_name_each_time(tmp_path: Path) -> None:
    capture = tmp_path / "whole.pcapng"
    with Writer.create(capture, ["segment"]) as writer:
        for second in range(60):
            writer.write(datagram(b""), second * SECOND)
    wire = Wire().dhcp(ev.DhcpDiscover)
    what = Finding("this", "it did not come", [(wire.events[0], "the nearest")], wire.events, 0, 40 * SECOND)
    first, second_time = (cut_out(what, [capture], tmp_path, "dhcp") for _ in range(2))
    assert first == tmp_path / "cut-outs/1-dhcp.pcapng"
    assert second_time == tmp_path / "cut-outs/2-dhcp.pcapng"
    kept = [frame.time // SECOND for frame in frames(first)]
    assert kept == [0, 1, 2, *range(29, 42)]


def test_without_frames_there_is_no_cut_out(tmp_path: Path) -> None:
    capture = tmp_path / "whole.pcapng"
    Writer.create(capture).close()
    assert cut_out(finding(0), [capture], tmp_path, "nothing") is None
    assert list((tmp_path / "cut-outs").iterdir()) == []
