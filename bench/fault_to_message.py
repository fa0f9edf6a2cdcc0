"""From a fault switched on until the message is there, by mail and by webhook; and until it ends.

A real company, a real scheduler every 10 s, 2 of 3 looks to confirm, real receivers on loopback.
The fault comes at a random moment: two companies run, one of them broken, behind one door.
`--rounds N` (10); `--quick` is two.
"""

from __future__ import annotations

import argparse
import contextlib
import email
import email.policy
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller

from cxassure.company import started

CXASSURE = str(Path(sys.executable).with_name("cxassure"))
ROOT = Path(__file__).parent.parent
JOURNEY = "order-status-by-chat"
FAULT = "bot-wrong-status"
EVERY = 10.0
LONGEST = 180.0
KEY = "a-key-of-a-webhook-on-this-machine"
SETTINGS = """\
environments:
  live:
    rehearsal: true
    targets:
      back-office: {{address: "{office}"}}
      help-bot: {{address: "{bot}", over: http}}
alerts:
  to:
    hook: {{send: webhook, url: "http://127.0.0.1:{hook}/", key: "${{env.HOOK_KEY}}"}}
    post: {{send: apprise, url: "mailto://127.0.0.1:{mail}?from=cx@here.test&to=team@here.test"}}
  owners: {{bot-team: [hook, post]}}
  confirm: 2 of 3
  good: 2
  calm: 10s
  reopen: 1s
"""


class Door:
    """A port on loopback that leads to `behind`, whatever that is when somebody comes."""

    def __init__(self, behind: int) -> None:
        self.behind = behind
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self) -> None:
        while True:
            here, _ = self.listening.accept()
            there = socket.create_connection(("127.0.0.1", self.behind))
            for pair in ((here, there), (there, here)):
                threading.Thread(target=_carry, args=pair, daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Received:
    """When each message came, by sink and word."""

    def __init__(self) -> None:
        self.times: dict[tuple[str, str], float] = {}
        self.count = 0
        self._changed = threading.Condition()

    def note(self, sink: str, word: str) -> None:
        with self._changed:
            self.times[sink, word] = time.monotonic()
            self.count += 1
            self._changed.notify_all()

    def wait(self, word: str) -> dict[str, float]:
        """When both sinks had heard `word`."""
        wanted = [("webhook", word), ("mail", word)]
        with self._changed:
            if not self._changed.wait_for(lambda: all(w in self.times for w in wanted), LONGEST):
                raise SystemExit(f"nobody heard «{word}» within {LONGEST:g} s")
            return {sink: self.times.pop((sink, word)) for sink, _ in wanted}


@contextlib.contextmanager
def sinks(received: Received) -> Iterator[tuple[int, int]]:
    """The ports of a webhook and of a mail server."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.note("webhook", json.loads(body)["message"]["word"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    class Box:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
            over = "resolved" in str(letter["subject"])
            received.note("mail", "resolved" if over else "opened")
            return "250 kept"

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    post = Controller(Box(), hostname="127.0.0.1", port=port)
    post.start()
    yield web.server_port, port
    post.stop()
    web.shutdown()


def settle(folder: Path, door: int, targets: dict[str, str], hook: int, mail: int) -> None:
    """A workspace with the one journey, looked at every 10 s, through the door."""
    (folder / "journeys").mkdir()
    journey = (ROOT / "journeys/chat" / f"{JOURNEY}.yaml").read_text("utf-8")
    (folder / "journeys" / f"{JOURNEY}.yaml").write_text(f"{journey}every: {EVERY:g}s\n")
    ways = {name: _through(targets[name], door) for name in ("back-office", "help-bot")}
    told = SETTINGS.format(office=ways["back-office"], bot=ways["help-bot"], hook=hook, mail=mail)
    (folder / "cxassure.yaml").write_text(told)
    subprocess.run([CXASSURE, "compile"], cwd=folder, check=True, capture_output=True)


def _through(address: str, door: int) -> str:
    return urlsplit(address)._replace(netloc=f"127.0.0.1:{door}").geturl()


def measured(rounds: int, folder: Path) -> dict[str, list[float]]:
    """Seconds of each round until heard: by sink, of the beginning and of the end."""
    received, found = Received(), dict[str, list[float]]()
    chance = random.Random(2026)
    with started() as well, started([FAULT]) as broken, sinks(received) as (hook, mail):
        ports = [urlsplit(one.targets["help-bot"]).port or 0 for one in (well, broken)]
        door = Door(ports[0])
        settle(folder, door.port, well.targets, hook, mail)
        command = [CXASSURE, "schedule", "--jitter", "1ms"]
        talk = (folder / "talk").open("w")
        environ = {**os.environ, "HOOK_KEY": KEY}
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=talk, stderr=talk)
        try:
            time.sleep(EVERY)
            for number in range(1, rounds + 1):
                time.sleep(EVERY * chance.random())
                for word, port in (("opened", ports[1]), ("resolved", ports[0])):
                    door.behind, began = port, time.monotonic()
                    for sink, at in received.wait(word).items():
                        found.setdefault(f"{sink}_{word}", []).append(at - began)
                print(
                    number, {name: round(all_[-1], 2) for name, all_ in found.items()}, flush=True
                )
        finally:
            process.terminate()
            process.wait(60)
            talk.close()
        found["messages"] = [received.count]
    return found


def told(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)

    def part(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

    return {"p50_s": part(0.5), "p95_s": part(0.95), "max_s": part(1.0)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    rounds = 2 if asked.quick else asked.rounds
    folder = Path(tempfile.mkdtemp())
    try:
        found = measured(rounds, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    messages = int(found.pop("messages")[0])
    figures = {name: told(times) for name, times in found.items()}
    extra = {"rounds": rounds, "every_s": EVERY, "messages": messages, "wanted": 4 * rounds}
    print(json.dumps({"bench": "fault-to-message", "figures": {**extra, **figures}}))


if __name__ == "__main__":
    main()
