from __future__ import annotations

import json

from harness.provisioning.requests import Request, parse_requests


def test_requests_are_read_up_to_the_last_whole_line() -> None:
    entry = {
        "time": 1.5, "client": "10.0.0.1", "method": "GET", "path": "/x", "status": 200, "bytes": 3, "seconds": 0.1,
        "complete": "OK",
    }  # fmt: skip
    line = json.dumps(entry) + "\n"
    broken = json.dumps({**entry, "complete": ""}) + "\n"
    assert parse_requests(line + broken + line[:20]) == [
        Request(1.5, "10.0.0.1", "GET", "/x", 200, 3, 0.1, complete=True),
        Request(1.5, "10.0.0.1", "GET", "/x", 200, 3, 0.1, complete=False),
    ]
    assert parse_requests("") == []
