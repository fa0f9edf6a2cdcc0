"""A PostgreSQL of our own for tests: made, started, stopped and started again on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

FAST = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB")
MISSING = "there is no PostgreSQL; try: apt-get install postgresql"


def program(name: str) -> str:
    """The path of one of its programs, the newest there is; empty where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_release)
    return str(found[-1]) if found else shutil.which(name) or ""


def _release(path: Path) -> int:
    return int(path.parts[-3]) if path.parts[-3].isdecimal() else 0


class Postgres:
    """A server in a folder of its own, run by an unprivileged user, on loopback.

    `fast` writes nothing through to the disk, which a test does not need.
    """

    def __init__(self, *, fast: bool = True) -> None:
        self._settings = FAST if fast else ()
        self.folder = Path(tempfile.mkdtemp(prefix="cxassure-pg-"))
        self._user = {"user": "nobody"} if os.getuid() == 0 else {}
        if self._user:
            entry = pwd.getpwnam("nobody")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        self._do("initdb", "-A", "trust", "-U", "cx", "-E", "UTF8", "--locale=C", "--no-sync")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.started = False
        self.start()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} " + " ".join(
            f"-c {one}" for one in self._settings
        )
        log = str(self.folder / "log")
        self._do("pg_ctl", "-w", "-t", "60", "-l", log, "-o", options, "start")
        self.started = True

    def stop(self) -> None:
        """Stops it as if it had crashed; who is connected is cut off."""
        if self.started:
            self._do("pg_ctl", "-w", "-t", "60", "-m", "immediate", "stop")
            self.started = False

    def database(self, name: str) -> str:
        """Makes an empty database; gives its URL."""
        url = f"postgresql://cx@127.0.0.1:{self.port}/{name}"
        command = [program("psql"), url.replace(name, "postgres"), "-qc", f"CREATE DATABASE {name}"]
        subprocess.run(command, check=True, capture_output=True)
        return url

    def remove(self) -> None:
        """Stops it and leaves nothing behind."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _do(self, name: str, *arguments: str) -> None:
        command = [program(name), "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            **self._user,
        )
        assert done.returncode == 0, done.stderr


def server() -> Postgres:
    """A server. Without the program the test is skipped, which under CI is a failure."""
    if not (program("initdb") and program("pg_ctl") and program("psql")):
        pytest.skip(MISSING)
    return Postgres()
