"""Live calls, written down before they are placed: a file that survives whatever ends us."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxassure.channels._telephony.guard.deciding import Permit, Refusal, Standing
from cxassure.errors import CannotLook

PATIENCE = 20.0
"""Seconds that one process waits for another to have written."""
OVERDUE = 120.0
"""Seconds behind its limit from which on a call is nobody's, whoever had it."""
DAY = 86_400.0
_TABLES = """
create table if not exists calls (
  id integer primary key, at real not null, run text not null, line text not null,
  address text not null, account text not null, sid text not null default '',
  state text not null default 'up', seconds real not null, per_minute real not null,
  cost real not null, host text not null, pid integer not null, born text not null,
  ended real, why text not null default ''
);
create index if not exists calls_up on calls (state);
create table if not exists numbers (
  sid text primary key, at real not null, account text not null, number text not null,
  before text not null, host text not null, pid integer not null, born text not null
);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A call as it is written down: `at` and `ended` Unix time, `cost` reserved while it is up."""

    id: int
    at: float
    run: str
    line: str
    address: str
    account: str
    sid: str
    state: str
    seconds: float
    per_minute: float
    cost: float
    host: str
    pid: int
    born: str
    ended: float | None
    why: str

    def orphaned(self, now: float) -> bool:
        """Whether nobody minds it any more."""
        return now > self.at + self.seconds + OVERDUE or _gone(self.host, self.pid, self.born)


@dataclass(frozen=True, slots=True)
class Lent:
    """A number of ours that leads to a run at the moment, and what it was set to `before`."""

    sid: str
    at: float
    account: str
    number: str
    before: str
    host: str
    pid: int
    born: str

    @property
    def orphaned(self) -> bool:
        return _gone(self.host, self.pid, self.born)


class Ledger:
    """One SQLite file for all processes of a workspace on this machine.

    Raises `CannotLook` where it cannot be written: then no call may be placed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def reserve(
        self,
        run: str,
        line: str,
        account: str,
        quiet: str,
        decide: Callable[[Standing], Permit | Refusal],
    ) -> tuple[int, Permit] | Refusal:
        """Asks `decide` and writes the call down, while no other process can."""
        now = time.time()
        with self._writing() as base:
            decided = decide(self._standing(base, run, now, quiet))
            if isinstance(decided, Refusal):
                return decided
            told = (now, run, line, decided.address, account, decided.seconds)
            row = base.execute(
                "insert into calls (at, run, line, address, account, seconds, per_minute, cost,"
                " host, pid, born) values (?,?,?,?,?,?,?,?,?,?,?)",
                (*told, decided.per_minute, decided.reserved, *_me()),
            )
            assert row.lastrowid is not None
            return row.lastrowid, decided

    def placed(self, entry: int, sid: str) -> None:
        with self._writing() as base:
            base.execute("update calls set sid = ? where id = ?", (sid, entry))

    def ended(self, entry: int, cost: float, why: str) -> None:
        """The call is over; what it cost takes the place of what was reserved."""
        with self._writing() as base:
            base.execute(
                "update calls set state = 'ended', cost = ?, ended = ?, why = ?"
                " where id = ? and state = 'up'",
                (cost, time.time(), why[:200], entry),
            )

    def up(self) -> list[Entry]:
        """Calls that have not been seen to end, the oldest first."""
        if not self.path.exists():
            return []
        with self._writing() as base:
            rows = base.execute("select * from calls where state = 'up' order by id").fetchall()
        return [Entry(*row) for row in rows]

    def spent(self, run: str = "") -> float:
        """What calls of `run`, else of this day (UTC), cost or may yet cost."""
        with self._writing() as base:
            now = self._standing(base, run, time.time(), "")
        return now.run if run else now.day

    def lend(self, sid: str, account: str, number: str, before: str) -> None:
        """A number is about to lead to us. What it was before is kept, the first time."""
        with self._writing() as base:
            base.execute(
                "insert into numbers values (?,?,?,?,?,?,?,?) on conflict (sid) do update set"
                " at = excluded.at, host = excluded.host, pid = excluded.pid, born = excluded.born",
                (sid, time.time(), account, number, before, *_me()),
            )

    def lent(self) -> list[Lent]:
        if not self.path.exists():
            return []
        with self._writing() as base:
            return [Lent(*row) for row in base.execute("select * from numbers order by at")]

    def returned(self, sid: str) -> None:
        with self._writing() as base:
            base.execute("delete from numbers where sid = ?", (sid,))

    @staticmethod
    def _standing(base: sqlite3.Connection, run: str, now: float, quiet: str) -> Standing:
        up = base.execute("select count(*) from calls where state = 'up'").fetchone()[0]
        of_run = "select coalesce(sum(cost), 0) from calls where run = ?"
        of_day = "select coalesce(sum(cost), 0) from calls where at >= ? or state = 'up'"
        midnight = now - now % DAY
        return Standing(
            up,
            float(base.execute(of_run, (run,)).fetchone()[0]),
            float(base.execute(of_day, (midnight,)).fetchone()[0]),
            quiet,
        )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            base = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                base.executescript(f"pragma synchronous = full; {_TABLES}")
                base.execute("begin immediate")
                try:
                    yield base
                except BaseException:
                    base.execute("rollback")
                    raise
                base.execute("commit")
            finally:
                base.close()
        except (OSError, sqlite3.Error) as wrong:
            raise CannotLook(
                f"live calls cannot be written down in {self.path}: {wrong}",
                "no call is placed before it is written down: make room, or mend the file",
            ) from None


def _me() -> tuple[str, int, str]:
    return socket.gethostname(), os.getpid(), _born(os.getpid())


def _born(pid: int) -> str:
    """When the process began, where the system says so: numbers of processes are used again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _gone(host: str, pid: int, born: str) -> bool:
    """Whether that process of this machine has ended; of another machine nothing is known."""
    if host != socket.gethostname():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return bool(born) and _born(pid) != born


def described(entry: Entry) -> dict[str, Any]:
    """A call for the command line: where it stands, without who owns it."""
    told = ("line", "address", "sid", "run", "at", "seconds", "cost")
    return {name: getattr(entry, name) for name in told}
