"""The program under test: a board that keeps notices by key. The first board leads, and the others copy from it.

Run as ``python3 server.py FOLDER``. A notice is pinned when most boards have it. Nothing survives a restart.
"""

from __future__ import annotations

import json
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from threading import Lock
from urllib.request import Request, urlopen

COPY_WITHIN = 1.0


class Board(ThreadingTCPServer):
    """One board: its notices, and how it reaches the others."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "board.json").read_text())
        super().__init__(("", config["port"]), Handler)
        self.name, self.boards = config["name"], config["boards"]
        self.leader = next(iter(self.boards))
        self.trust = ssl.create_default_context(cafile=folder / "ca.crt")
        self.notices: dict[str, str] = {}
        self.revision = 0
        self.lock = Lock()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "board.crt", folder / "board.key")
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def pin(self, path: str, text: str) -> bool:
        """Keep a notice where most boards take a copy, and say whether they did."""
        others = [url for name, url in self.boards.items() if name != self.name]
        with self.lock, ThreadPoolExecutor() as pool:
            copies = sum(pool.map(lambda url: self.copied(f"{url}/copies{path}", text), others))
            if 2 * (copies + 1) <= len(self.boards):
                return False
            self.notices[path] = text
            self.revision += 1
            return True

    def copied(self, url: str, text: str) -> bool:
        """Give another board a copy."""
        copy = Request(url, json.dumps({"text": text}).encode(), method="PUT")
        try:
            with urlopen(copy, timeout=COPY_WITHIN, context=self.trust):
                return True
        except OSError:
            return False


class Handler(BaseHTTPRequestHandler):
    """``GET /health``, ``GET /boards``; ``GET`` and ``PUT /notices/KEY``, at the leader only."""

    server: Board
    timeout = 10

    def do_GET(self) -> None:
        """Answer a question."""
        board = self.server
        if self.path == "/health":
            self.reply(200, healthy=True)
        elif self.path == "/boards":
            self.reply(200, boards=list(board.boards), leader=board.leader)
        elif board.name != board.leader:
            self.reply(421, error=f"{board.leader} leads")
        elif self.path in board.notices:
            self.reply(200, text=board.notices[self.path])
        else:
            self.reply(404, error="no such notice")

    def do_PUT(self) -> None:
        """Take a notice, or a copy of one."""
        board, body = self.server, self.rfile.read(int(self.headers["Content-Length"]))
        text = json.loads(body)["text"]
        if self.path.startswith("/copies"):
            board.notices[self.path.removeprefix("/copies")] = text
            self.reply(200)
        elif board.name != board.leader:
            self.reply(421, error=f"{board.leader} leads")
        elif board.pin(self.path, text):
            self.reply(200, revision=board.revision)
        else:
            self.reply(503, error="too few boards took it")

    def reply(self, status: int, **fields: object) -> None:
        """Send a status and a JSON object."""
        body = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Board(Path(sys.argv[1])).serve_forever()
