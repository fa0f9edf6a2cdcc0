"""A folder with journeys, an office on loopback that answers them, and the real command line."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("cxassure")
LONGEST = 60.0
NOT_OURS = "cacheprovider asyncio hypothesispytest anyio faker schemathesis"
ALONE = [f"-pno:{name}" for name in NOT_OURS.split()]
"""What keeps other plug-ins out of a pytest that tries ours."""

SETTINGS = """\
within: 5s
look_on: 0s
environments:
  here:
    rehearsal: true
    targets: {{office: {{address: "{address}"}}}}
    secrets: {{key: {{env: CXASSURE_SECRET_KEY}}}}
  there:
    rehearsal: true
    targets: {{office: {{address: "http://127.0.0.1:9"}}}}
"""
OFFICE = "parties: {office: {channel: api, target: office}}\n"
JOURNEYS = {
    "fine": f"journey: fine\ntags: [smoke]\nowner: kim\n{OFFICE}steps:\n"
    "  - office: {get: /ok}\n    expect: {status: 200}\n",
    "late": f"journey: late\nowner: kim\n{OFFICE}steps:\n"
    "  - office: {post: /slow}\n    expect: {status: 200}\n    aim: 1ms\n",
    "codes": f"journey: codes\ntags: [nightly]\nrows:\n  - {{id: good, code: 200}}\n"
    f"  - {{id: bad, code: 409}}\n{OFFICE}steps:\n"
    '  - office: {post: "/status/${row.code}"}\n    expect: {status: 200}\n',
    "keyless": f"journey: keyless\n{OFFICE}steps:\n"
    '  - office: {get: {path: /ok, headers: {X-Key: "${secret.key}"}}}\n',
    "moody": f"journey: moody\n{OFFICE}steps:\n"
    "  - office: {post: /sometimes}\n    expect: {status: 200}\n",
    "waiting": f"journey: waiting\n{OFFICE}steps:\n"
    "  - office: {get: /gate}\n    expect: {status: 200}\n    within: 50s\n"
    "always:\n  - office: {post: /tidied}\n    expect: {status: 200}\n",
}


class Office:
    """Answers on loopback, counts who came, and keeps callers of `/gate` waiting."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.arrived, self.open = threading.Event(), threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.open.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str) -> int:
        self.asked.append(path)
        if path == "/gate":
            self.arrived.set()
            self.open.wait(LONGEST)
        if path == "/slow":
            time.sleep(0.02)
        if path == "/sometimes":
            return 409 if self.asked.count(path) % 2 else 200
        return int(path.removeprefix("/status/")) if path.startswith("/status/") else 200

    def _handler(office) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = b'{"ok": true}'
                self.send_response(office.answer(self.path))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(BrokenPipeError):  # who was interrupted waits no more
                    self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                """Nobody wants to read it."""

        return Handler


@dataclass(frozen=True)
class Done:
    """How a command ended: exit code, what it printed where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def both(self) -> str:
        return self.out + self.err


@dataclass
class Counter:
    """The folder `root`, and the commands that are typed in it."""

    root: Path
    office: Office | None = None
    environ: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def settle(self, *journeys: str) -> Counter:
        """Makes it a workspace with these journeys of ours, or all."""
        assert self.office
        self.write("cxassure.yaml", SETTINGS.format(address=self.office.address))
        for name in journeys or JOURNEYS:
            self.write(f"journeys/{name}.yaml", JOURNEYS[name])
        return self

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def start(
        self,
        *words: str,
        limits: Callable[[], None] | None = None,
        out: Any = subprocess.PIPE,
        **environ: str,
    ) -> Any:
        """A command of ours in a session of its own, as a terminal would start it."""
        process = subprocess.Popen(
            [COMMAND, *words],
            cwd=self.root,
            env=self._environ(environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=limits,
        )
        self.started.append(process)
        return process

    def run(self, *words: str, limits: Any = None, **environ: str) -> Done:
        """Runs a command of ours to its end; a traceback anywhere fails the test."""
        return self.end(self.start(*words, limits=limits, **environ))

    def ask(self, *words: str) -> Done:
        """What `run` does, in this process: for commands that drive nothing, by the dozen."""
        from cxassure.surfaces.cli import main

        out, err = io.StringIO(), io.StringIO()
        with chdir(self.root), redirect_stdout(out), redirect_stderr(err):
            try:
                main(list(words))
            except SystemExit as left:
                return Done(int(left.code or 0), out.getvalue(), err.getvalue())
        raise AssertionError("a command always leaves with a code")

    def end(self, process: subprocess.Popen[str]) -> Done:
        out, err = process.communicate(timeout=LONGEST)
        done = Done(process.returncode, out, err)
        assert "Traceback" not in done.both, done.both
        return done

    def arrived(self, process: subprocess.Popen[str]) -> None:
        """Waits until a command keeps the office's gate; one that never does is told in words."""
        assert self.office
        deadline = time.monotonic() + LONGEST
        while not self.office.arrived.wait(0.05):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise AssertionError(f"nobody came to the gate: {self.end(process).both}")

    def pytest(self, *words: str, **environ: str) -> Done:
        """Runs pytest in the folder, with our plug-in as it is installed."""
        process = subprocess.run(
            [sys.executable, "-m", "pytest", *ALONE, *words],
            cwd=self.root,
            env=self._environ(environ),
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        return Done(process.returncode, process.stdout, process.stderr)

    def _environ(self, more: dict[str, str]) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CXASSURE_", "PYTEST_"))}
        return {**kept, "PYTHONDEVMODE": "", **self.environ, **more}

    def runs(self, reports: str = "reports") -> list[Path]:
        """The campaigns' folders, oldest first."""
        return sorted((self.root / reports / "runs").iterdir())

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()


def interrupt(process: subprocess.Popen[str]) -> None:
    """Ctrl-C as a terminal says it: to the command and to all that it started."""
    os.killpg(process.pid, signal.SIGINT)


def left_of(process: subprocess.Popen[str]) -> Sequence[str]:
    """What still runs in the session of a command that has ended, a zombie aside."""
    told = subprocess.run(
        ["ps", "-e", "-o", "sid=,stat=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in told.stdout.splitlines()]
    return [row[2] for row in rows if row[0] == str(process.pid) and not row[1].startswith("Z")]


def until(holds: Callable[[], Any], seconds: float = 20.0) -> None:
    """Waits until `holds`; fails when it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)
