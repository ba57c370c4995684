from __future__ import annotations

import threading
from pathlib import Path

import pytest

from harness.sandbox.exclusion import alone


def nobody() -> None:
    pytest.fail("nobody else holds it")


def test_who_comes_second_is_told_and_waits_until_the_first_is_done(tmp_path: Path) -> None:
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        with alone(tmp_path / "lock", waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with alone(tmp_path / "lock", nobody):
        thread.start()
        assert waits.wait(60)
        order.append("first")
    thread.join(60)
    assert order == ["first", "second"]


def test_who_does_not_want_to_wait_says_so_by_an_error(tmp_path: Path) -> None:
    def refuse() -> None:
        raise LookupError

    with alone(tmp_path / "lock", nobody), pytest.raises(LookupError), alone(tmp_path / "lock", refuse):
        pytest.fail("another holds it")
    with alone(tmp_path / "lock", nobody):
        pass
