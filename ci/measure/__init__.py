"""The measurements behind ``ci/bench``: each prints JSON lines, with the peer measured in the same run."""
