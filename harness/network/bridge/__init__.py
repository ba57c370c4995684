"""The parts of the ``bridge`` kind of network: what it tells the kernel, and how."""
