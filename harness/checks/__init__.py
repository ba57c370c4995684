"""What held and what did not: pure functions from what was recorded to a verdict of three values."""
