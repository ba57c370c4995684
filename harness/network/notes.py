"""What was done to links and to hearing, as notes in the capture. Pure."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from harness.capture.notes import LOST, Note
from harness.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.network.hearing import Match
    from harness.network.impairment import Impairment


def cut(link: str, directions: Sequence[str], *, carrier: bool) -> Note:
    """Return the note of a link that is cut in some directions, or in none: restored, then."""
    if not directions:
        return Note("restore", (link,))
    return Note("cut", (link,), ", ".join(directions) + ("" if carrier else ", and its carrier"))


def impair(link: str, value: Impairment, directions: Sequence[str]) -> Note:
    """Return the note of a link that is impaired from now on."""
    return Note("impair", (link,), f"{', '.join(directions)}: {_words(value)}")


def deafen(rule: object, who: Mapping[str, Iterable[str]], only: Match | None) -> Note:
    """Return the note of a rule that keeps some links from hearing others."""
    pairs = (f"{one} does not hear{_match(only)} from {', '.join(sorted(others))}" for one, others in who.items())
    return Note("deafen", tuple(who), f"rule {rule}: {'; '.join(pairs)}")


def hear(rule: object, who: Iterable[str], dropped: int) -> Note:
    """Return the note of a rule that was healed, with how many frames it dropped."""
    return Note("hear", tuple(who), f"rule {rule} is healed, which dropped {dropped} frames")


def lost(frames: int, since: int) -> Note:
    """Return the note of frames that passed since some time, and could not be captured."""
    return Note(LOST, (), f"{frames} frames passed that this capture does not have", since)


def _match(only: Match | None) -> str:
    """Return what part of the traffic a rule is about, in words."""
    if only is None:
        return ""
    sources = f"of {', '.join(map(str, sorted(only.sources)))}" if only.sources else ""
    return "".join(f" {word}" for word in (only.protocol, only.port, sources) if word)


def _words(value: Impairment) -> str:
    said = {field.name: getattr(value, field.name) for field in fields(value)}
    return ", ".join(f"{name} {_word(name, one)}" for name, one in said.items() if one is not None) or "nothing"


def _word(name: str, value: Any) -> str:  # noqa: ANN401 - any of an impairment's
    if isinstance(value, timedelta):
        return format_duration(value)
    return f"{value} bit/s" if name == "rate" else f"{100 * value:g} %"
