"""What decides whether the operations on one key, a register, are linearizable."""
