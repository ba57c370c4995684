"""What goes wrong on purpose: faults as values, each with proof that it bit, and schedules of them."""
