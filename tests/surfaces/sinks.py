"""Those who are told, on loopback: a web server and a mail server that keep what they are sent."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

KEY = "a-key-of-a-webhook-on-this-machine"


class Hook:
    """Keeps what it has answered with 200; while it is `shut`, whoever comes hangs."""

    def __init__(self, port: int = 0) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.pings = 0
        self.came, self.open = threading.Event(), threading.Event()
        self.open.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def words(self, path: str = "") -> list[str]:
        return [told["message"]["word"] for at, told in self.got if path in at]

    def kinds(self, path: str) -> list[str]:
        """What was wrong, of each message."""
        return [told["message"]["fault"]["kind"] for at, told in self.got if path in at]

    def ids(self) -> list[str]:
        return [told["message"]["id"] for _, told in self.got]

    def close(self) -> None:
        self.open.set()
        self.server.shutdown()
        self.server.server_close()

    def _handler(hook) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                hook.came.set()
                shut = not hook.open.is_set()
                hook.open.wait(30)
                if self.path == "/alive":
                    hook.pings += 1
                elif not shut:  # who came while it was shut has gone by now
                    hook.got.append((self.path, json.loads(body)))
                with contextlib.suppress(OSError):
                    self.send_response(503 if shut else 200)
                    self.send_header("content-length", "0")
                    self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                """Nobody wants to read it."""

        return Handler


class Mail:
    """Subjects of the letters that came by SMTP."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free())
        self.controller.start()
        self.port = self.controller.port

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.subjects.append(str(letter["subject"]))
        return "250 kept"

    def close(self) -> None:
        self.controller.stop()


def free() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
