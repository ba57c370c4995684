from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.images.sources import Distribution, Source, as_file, parse_deb822, parse_list, serving

GOLDEN = Path(__file__).parent / "golden"
BOOKWORM = Distribution("debian", "bookworm")
NOBLE = Distribution("ubuntu", "noble")


@pytest.mark.parametrize(
    "name,distribution", [("debian.list", BOOKWORM), ("debian.sources", BOOKWORM), ("ubuntu.sources", NOBLE)]
)
def test_only_the_distributions_own_archives_are_taken(name: str, distribution: Distribution) -> None:
    text = (GOLDEN / name).read_text(encoding="utf-8")
    sources = parse_deb822(text) if name.endswith(".sources") else parse_list(text)
    expected = (GOLDEN / f"{name}.expected").read_text(encoding="utf-8")
    assert as_file(serving(sources, distribution)) == expected


def test_another_releases_archives_serve_nothing() -> None:
    sources = parse_list((GOLDEN / "debian.list").read_text(encoding="utf-8"))
    assert serving(sources, Distribution("debian", "trixie")) == []
    assert serving(sources, Distribution("ubuntu", "bookworm")) != []  # unsigned ones are told apart by their origin


def test_a_line_with_options() -> None:
    line = "deb [ arch=amd64,arm64 signed-by=/k.gpg trusted=yes lang=en ] http://a.example/x stable main extra"
    assert parse_list(line) == [
        Source(
            ("http://a.example/x",),
            ("stable",),
            ("main", "extra"),
            {"Architectures": "amd64 arm64", "Signed-By": "/k.gpg", "Trusted": "yes"},
        )
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "URIs: x\n", "Types: deb\nURIs: x\n", " : \n", "x"])
def test_what_is_no_source_is_passed_over(text: str) -> None:
    assert parse_deb822(text) == []
    assert parse_list(text) == []


words = st.text(st.characters(categories=["L", "N"], max_codepoint=0x7F), min_size=1, max_size=8)
several = st.lists(words, min_size=1, max_size=3).map(tuple)
source = st.builds(Source, several, several, several, st.dictionaries(st.sampled_from(["Signed-By", "Trusted"]), words))


@given(st.lists(source, max_size=4))
def test_what_is_written_is_read_again(sources: list[Source]) -> None:
    assert parse_deb822(as_file(sources)) == sources


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    serving(parse_deb822(text) + parse_list(text), BOOKWORM)
