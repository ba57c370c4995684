"""Units that a scenario multiplies by: ``10 * seconds``, ``512 * MiB``."""

from datetime import timedelta

milliseconds = timedelta(milliseconds=1)
seconds = timedelta(seconds=1)
minutes = timedelta(minutes=1)

KiB = 1 << 10
MiB = 1 << 20
GiB = 1 << 30


def format_duration(duration: timedelta) -> str:
    """Return a duration as a person reads it: ``850 ms``, ``12.3 s``, ``4 min 05 s``."""
    total = duration.total_seconds()
    if total < 1:
        return f"{total * 1000:.0f} ms"
    if total < 2 * 60:
        return f"{total:.1f} s"
    whole_minutes, rest = divmod(round(total), 60)
    return f"{whole_minutes} min {rest:02d} s"
