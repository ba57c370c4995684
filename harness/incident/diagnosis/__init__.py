"""From findings to a diagnosis: each cause told once, in words and as a schedule. Pure."""
