from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from night import options
from night.options import Options

ROOT = Path("/checkout")


def parse(*arguments: str) -> Options:
    return options.parse(arguments, ROOT)


def test_without_a_word_everything_is_run() -> None:
    chosen = parse()
    assert chosen.runs
    assert (chosen.cells, chosen.words, chosen.retry, chosen.keep_going) == ((), (), 0, True)
    assert chosen.limit == timedelta(hours=4)
    assert chosen.history == ROOT / "evidence/nightly/history.sqlite"


def test_what_stands_after_two_dashes_is_pytest_s() -> None:
    chosen = parse("tcg-*", "--retry", "2", "--", "-k", "vlans", "--", "-x")
    assert (chosen.cells, chosen.retry, chosen.words) == (("tcg-*",), 2, ("-k", "vlans", "--", "-x"))


@pytest.mark.parametrize(
    "words,runs",
    [
        (("--page", "p"), False),
        (("--merge", "a", "b"), False),
        (("--list",), False),
        (("*", "--page", "p"), True),
    ],
)
def test_a_page_or_a_merge_alone_runs_nothing(words: tuple[str, ...], *, runs: bool) -> None:
    assert parse(*words).runs is runs


@pytest.mark.parametrize(
    "words,told",
    [
        (("--budget", "soon"), "'soon' is no duration, expected a number and ms, s, min or h"),
        (("--limit", "0 s"), "is no duration"),
        (("--retry", "-1"), "is no number from 0 to 10"),
        (("--retry", "x"), "'x' is no number from 0 to 10"),
        (("--bugdet", "1 h"), "unrecognized arguments"),
        (("--keep-going", "--stop"), "not allowed with"),
    ],
)
def test_what_can_t_be_understood_ends_with_the_usage(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(*words)
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert told in shown
    assert "usage: ci/nightly" in shown
