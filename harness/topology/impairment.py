"""What a link does to the frames in one direction, as a value that is applied whole and read back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

CHANCES = ("loss", "duplicate", "reorder", "corrupt")


@dataclass(frozen=True)
class Impairment:
    """The conditions of one direction of a link. A field that is None leaves the link alone; 0 means 0.

    `delay` and `jitter` are durations of 0 or more (each frame takes `delay`, plus or minus up to `jitter`, evenly
    spread, and none overtakes another), the chances are 0 to 1 (`reorder`: to overtake those that are being delayed),
    `rate` is in bits of frames, from header to payload, per second, above 0. Raises `ValueError` for anything else.
    """

    delay: timedelta | None = None
    jitter: timedelta | None = None
    loss: float | None = None
    duplicate: float | None = None
    reorder: float | None = None
    corrupt: float | None = None
    rate: int | None = None

    def __post_init__(self) -> None:
        for name in ("delay", "jitter"):
            value = getattr(self, name)
            if value is not None and value < timedelta(0):
                raise ValueError(f"{name} {value} is negative, expected a duration of 0 or more")
        for name in CHANCES:
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"{name} {value} is no chance, expected 0 to 1")
        if self.rate is not None and self.rate <= 0:
            raise ValueError(f"rate {self.rate} is no rate, expected bits per second above 0; to stop a link, cut it")

    def is_nothing(self) -> bool:
        """Return whether a frame passes as if there were no impairment."""
        return not any(getattr(self, field.name) for field in fields(self))

    def over(self, base: Impairment) -> Impairment:
        """Return this impairment with `base` where it says nothing itself."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        return Impairment(**{name: getattr(base, name) if own is None else own for name, own in chosen.items()})
