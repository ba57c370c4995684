"""``python -m night``: see ``ci/nightly``."""

from __future__ import annotations

import sys

from night.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
