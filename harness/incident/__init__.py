"""From the field: what an incident has left, what went wrong by it, and the scenario that shows it again."""
