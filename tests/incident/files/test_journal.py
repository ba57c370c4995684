from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.incident.entry import Entry
from harness.incident.files.journal import entries
from harness.incident.unread import Unread

FIELDS = {
    "__CURSOR": "s=9d;i=1",
    "__REALTIME_TIMESTAMP": "1700000000000000",
    "__MONOTONIC_TIMESTAMP": "5000000",
    "_BOOT_ID": "b0" * 16,
    "_HOSTNAME": "node01",
    "_SYSTEMD_UNIT": "etcd.service",
    "SYSLOG_IDENTIFIER": "etcd",
    "PRIORITY": "6",
    "MESSAGE": "raft: 1 became leader at term 2",
}
ENTRY = Entry(
    file="node01.json",
    line=1,
    host="node01",
    time=1700000000 * 10**9,
    monotonic=5 * 10**9,
    boot="b0" * 16,
    unit="etcd.service",
    identifier="etcd",
    message="raft: 1 became leader at term 2",
    priority=6,
)


def read(*lines: bytes, host: str = "") -> list[Entry | Unread]:
    return list(entries([line + b"\n" for line in lines], "node01.json", host))


def one(**fields: object) -> Entry:
    (entry,) = read(json.dumps(FIELDS | fields).encode())
    assert isinstance(entry, Entry)
    return entry


def test_an_entry_is_read() -> None:
    assert one() == ENTRY


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(FIELDS, indent="\t").encode(),
        b"\x1e" + json.dumps(FIELDS).encode(),
        b"data: " + json.dumps(FIELDS).encode() + b"\n",
    ],
    ids=["json-pretty", "json-seq", "json-sse"],
)
def test_other_forms_of_json_are_read(text: bytes) -> None:
    assert read(*text.split(b"\n")) == [ENTRY]


@pytest.mark.parametrize(
    "value, message",
    [
        (list("tür".encode()), "tür"),
        ([0x1B, 0x5B, 0xFF], "\x1b[\ufffd"),
        (["first", "second"], "first"),
        ([list(b"first"), "second"], "first"),
        ("", ""),
        ([], ""),
        (7, "7"),
        ({"a": 1}, ""),
    ],
)
def test_a_message_is_text_whatever_it_was(value: object, message: str) -> None:
    assert one(MESSAGE=value).message == message


def test_a_message_that_is_left_out_is_told() -> None:
    assert "--all" in one(MESSAGE=None).message


def test_what_is_not_said_is_empty() -> None:
    (entry,) = read(b'{"__REALTIME_TIMESTAMP": "1"}', host="node07")
    assert entry == Entry("node01.json", 1, "node07", 1000, None, "", "", "", "", None)


def test_the_time_is_when_it_was_said_not_when_it_was_received() -> None:
    entry = one(_SOURCE_REALTIME_TIMESTAMP="1699999999990000")
    assert entry.time == ENTRY.time - 10**7
    assert entry.monotonic == 5 * 10**9 - 10**7
    assert entry.delay == 10**7


SLOW = '{"level":"warn","ts":"%s","caller":"wal/wal.go:808","msg":"slow fdatasync","took":"3.414320777s"}'


@pytest.mark.parametrize(
    "stamped,sooner",
    [
        ("2023-11-14T22:13:14.019Z", 5.981),
        ("2023-11-15T07:13:14.019+0900", 5.981),
        ("2023-11-14T22:12:14.019Z", 0),
        ("2023-11-14T22:13:21.000Z", 0),
        ("2023-11-14T22:13:14.019", 0),
        ("1700000000.00000000000", 0),
    ],
    ids=["as etcd says it", "elsewhere", "of a clock that was set since", "not yet", "of no zone", "of no form"],
)
def test_what_waited_for_a_journald_that_waited_for_its_disk_has_its_own_time(stamped: str, sooner: float) -> None:
    entry = one(MESSAGE=SLOW % stamped, __MONOTONIC_TIMESTAMP="60000000")
    assert (ENTRY.time - entry.time) / 10**9 == pytest.approx(sooner)
    assert entry.monotonic == 60 * 10**9 - (ENTRY.time - entry.time)


def test_the_kernels_own_clock_counts_for_what_it_said_before_the_journal_ran() -> None:
    entry = one(_SOURCE_MONOTONIC_TIMESTAMP="1000000", _TRANSPORT="kernel")
    assert entry.monotonic == 10**9
    assert entry.time == ENTRY.time - 4 * 10**9


def test_what_journalctl_of_systemd_252_wrote_is_read() -> None:
    path = Path(__file__).parents[1] / "data" / "journal.json"
    with path.open("rb") as file:
        found = list(entries(file, "journal.json"))
    kernel, etcd, octets, long, several = [one for one in found if isinstance(one, Entry)]
    assert (kernel.identifier, kernel.monotonic) == ("kernel", 36718237002 * 1000)
    assert (etcd.identifier, etcd.message) == ("etcd", "raft: 8e9e05c52164694d became leader at term 2")
    assert octets.message == "col\x1b[31mour\ufffd"
    assert "--all" in long.message
    assert (several.message, several.priority) == ("two\nlines!!", 3)
    assert {one.host for one in (kernel, etcd, octets, long, several)} == {"node01"}


@pytest.mark.parametrize("said", ["1699990000000000", "1700000000000001", "x", "-5"])
def test_a_source_time_that_can_not_be_is_passed_over(said: str) -> None:
    assert one(_SOURCE_REALTIME_TIMESTAMP=said) == ENTRY


@pytest.mark.parametrize("priority", ["8", "high", None, "-1", "99999999999999999999999"])
def test_a_priority_that_is_none_is_none(priority: object) -> None:
    assert one(PRIORITY=priority).priority is None


@pytest.mark.parametrize(
    "line, why",
    [
        (b'{"__REALTIME_TIMESTAMP": "17000000', "no JSON"),
        (b"Nov 21 10:00:00 node01 etcd[1]: hello", "no JSON"),
        (b'["a", "list"]', "no JSON object"),
        (b'{"MESSAGE": "hello"}', "__REALTIME_TIMESTAMP"),
        (b'{"__REALTIME_TIMESTAMP": "soon"}', "__REALTIME_TIMESTAMP"),
        (b"[" * 100_000, "no JSON"),
        (b"\xff\xfe{}", "no JSON"),
    ],
)
def test_a_line_that_can_not_be_read_is_listed_and_the_rest_goes_on(line: bytes, why: str) -> None:
    sound = json.dumps(FIELDS).encode()
    before, bad, after = read(sound, line, sound)
    assert isinstance(before, Entry)
    assert isinstance(after, Entry)
    assert isinstance(bad, Unread)
    assert (bad.line, why in bad.why, len(str(bad)) < 120) == (2, True, True)
    assert after.line == 3


FIELD = st.one_of(
    st.none(),
    st.text(),
    st.integers(),
    st.floats(),
    st.lists(st.one_of(st.text(), st.integers(0, 300), st.lists(st.integers(0, 255)))),
    st.dictionaries(st.text(), st.text(), max_size=2),
)


@given(st.dictionaries(st.one_of(st.sampled_from([*FIELDS, "_SOURCE_REALTIME_TIMESTAMP"]), st.text()), FIELD))
def test_whatever_fields_have_is_an_entry_or_is_told(fields: dict[str, object]) -> None:
    line = json.dumps(fields).encode()
    before, found, after = read(json.dumps(FIELDS).encode(), line, json.dumps(FIELDS).encode())
    assert isinstance(before, Entry)
    assert isinstance(after, Entry)
    assert isinstance(found, Entry | Unread)
    if isinstance(found, Entry):
        assert isinstance(found.message, str)


@given(st.lists(st.binary(max_size=60)))
def test_whatever_a_file_has_is_read_to_its_end(lines: list[bytes]) -> None:
    sound = json.dumps(FIELDS).encode()
    *_, last = read(*lines, sound)
    assert isinstance(last, Entry)
    assert last.message == FIELDS["MESSAGE"]


@given(st.text(min_size=1), st.integers(0, 2**62), st.integers(0, 2**62))
def test_what_journalctl_writes_is_read_back(message: str, wall: int, monotonic: int) -> None:
    printable = message.isprintable()
    times = {"__REALTIME_TIMESTAMP": str(wall), "__MONOTONIC_TIMESTAMP": str(monotonic)}
    text: object = message if printable else list(message.encode(errors="replace"))
    entry = one(**times, MESSAGE=text)
    assert (entry.time, entry.monotonic) == (wall * 1000, monotonic * 1000)
    assert entry.message == message.encode(errors="replace").decode()


def test_a_pretty_journal_that_is_cut_off_is_told() -> None:
    text = json.dumps(FIELDS, indent="\t").encode().split(b"\n")
    (bad,) = read(*text[:-3])
    assert isinstance(bad, Unread)
    assert bad.line == 1


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_an_array_of_entries_is_read_as_jq_makes_one(indent: int | str | None) -> None:
    fields = [FIELDS | {"MESSAGE": [104, 105]}, FIELDS | {"MESSAGE": "there"}]
    found = read(*json.dumps(fields, indent=indent).encode().splitlines())
    assert [entry.message for entry in found if isinstance(entry, Entry)] == ["hi", "there"]
    assert len(found) == 2


def test_a_mark_of_the_byte_order_is_passed_over() -> None:
    assert read(b"\xef\xbb\xbf" + json.dumps(FIELDS).encode()) == [ENTRY]
