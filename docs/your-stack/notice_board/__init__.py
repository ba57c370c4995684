"""A notice board, to be rehearsed by the harness."""
