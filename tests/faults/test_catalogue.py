from __future__ import annotations

import re
from dataclasses import is_dataclass
from pathlib import Path

import pytest

from harness.faults.catalogue import CATALOGUE, FAULTS
from harness.faults.fault import Fault
from harness.faults.words import describe, fault_of, usage

PAGE = Path(__file__).parents[2] / "docs/faults.md"
ROW = re.compile(r"^\| `(?P<usage>(?P<word>[a-z-]+)[^`]*)` (?P<rest>.*)$", re.MULTILINE)
WRITTEN = (
    "pull node01",
    "cut a--b way=up",
    "impair a--b delay=50ms loss=1%",
    "isolate a",
    "split a b,c",
    "deafen node01 b",
    "bridge a b c",
    "ring a,b,c",
    "drop node01 tcp port=2380",
    "flap a--b every=200ms",
    "swizzle a--b,a--c every=2s seed=7",
    "wan-degraded a--b replication=synchronous",
    "wan-loss a",
    "site-loss b",
    "power-cut node01",
    "reset node01",
    "pause a",
    "kill node01 chainfire",
    "pause-process node01,node02 chainfire",
    "restart node01 iam",
    "stop node01 flaredb",
    "disk-stall node01",
    "disk-slow node01 requests=5",
    "disk-full node01",
    "disk-read-only node01",
    "clock-jump node01 3600s way=back",
    "clock-drift node01 ppm=1000",
    "cpu-pressure node01 processes=2",
    "memory-pressure node01 share=50%",
    "boot-server-down",
    "rogue-dhcp 10.0.100.210 pool=5",
    "leases-exhausted",
    "tftp-stalled",
    "http-stalled",
    "image-corrupted vmlinuz",
    "add-member node04",
    "remove-member node04",
)


def test_every_fault_has_a_word_of_its_own() -> None:
    assert len(CATALOGUE) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_a_value_that_says_what_it_does(fault: type[Fault]) -> None:
    assert is_dataclass(fault)
    assert fault.__doc__


@pytest.mark.parametrize("words", WRITTEN)
def test_a_fault_is_written_as_it_is_read(words: str) -> None:
    assert describe(fault_of(words.split())) == words


def test_every_fault_is_written_here() -> None:
    assert {words.split()[0] for words in WRITTEN} == set(CATALOGUE)


def test_the_page_has_each_fault_with_its_words_and_what_it_needs() -> None:
    rows = {row["word"]: row for row in ROW.finditer(PAGE.read_text())}
    assert rows.keys() == CATALOGUE.keys()
    for word, fault in CATALOGUE.items():
        assert re.sub(r"=[^]]*]", "=…]", rows[word]["usage"]) == usage(fault)
        assert all(f"`{power.__name__}`" in rows[word]["rest"] for power in fault.needs)
