"""Live calls that are written down, for the command line: listed, and ended where nobody minds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cxassure.channels._telephony.guard.gate import ended, with_its_process
from cxassure.channels._telephony.guard.ledger import Entry, Ledger
from cxassure.channels._telephony.guard.numbers import masked
from cxassure.channels._telephony.twilio.account import TwilioAccount
from cxassure.errors import CxassureError
from cxassure.settings import Target
from cxassure.text import fill


class LiveCalls:
    """The ledger of a workspace, and its targets, whose references `reference` fills in."""

    def __init__(
        self,
        ledger: Path,
        targets: Mapping[str, Target],
        reference: Callable[[str], str | None],
    ) -> None:
        self.ledger = Ledger(ledger)
        self._targets, self._reference = targets, reference

    def up(self) -> list[dict[str, Any]]:
        """Calls that have not been seen to end: `minded` while their run goes on."""
        now = time.time()
        return [
            {
                "id": entry.id,
                "line": entry.line,
                "number": masked(entry.address),
                "sid": entry.sid,
                "run": entry.run,
                "since": entry.at,
                "reserved": entry.cost,
                "minded": not entry.orphaned(now),
            }
            for entry in self.ledger.up()
        ]

    def spent(self) -> float:
        """What calls of this day (UTC) cost, or may yet cost."""
        return self.ledger.spent() if self.ledger.path.exists() else 0.0

    async def end(self, *, all_of_them: bool = False) -> list[str]:
        """Ends calls that nobody minds (or all), and gives numbers back; a line for each, also for
        what could not be ended. Raises `CannotLook` where a key is not set."""
        now, notes = time.time(), []
        accounts: dict[str, TwilioAccount] = {}
        try:
            for entry in self.ledger.up():
                if all_of_them or entry.orphaned(now):
                    notes += await self._end(entry, accounts)
            notes += await self._give_back(accounts)
        finally:
            for account in accounts.values():
                await account.close()
        return notes

    async def _end(self, entry: Entry, accounts: dict[str, TwilioAccount]) -> list[str]:
        if entry.line != "twilio":
            return await ended(self.ledger, [entry], with_its_process)
        try:
            account = self._account(entry.account, accounts)
            if account is None:
                return [f"call {entry.id}: no target has the keys of account {entry.account}"]
            return await ended(self.ledger, [entry], account.end_entry)
        except CxassureError as wrong:
            return [f"call {entry.id} could not be ended: {wrong.what}"]

    async def _give_back(self, accounts: dict[str, TwilioAccount]) -> list[str]:
        notes = []
        for lent in self.ledger.lent():
            account = self._account(lent.account, accounts) if lent.orphaned else None
            if account:
                await account.give_back(lent)
                self.ledger.returned(lent.sid)
                notes.append(f"{masked(lent.number)} leads again to where it led before")
        return notes

    def _keys(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The keys of each target over twilio. Raises `CannotLook` where one is not set."""
        for target in self._targets.values():
            if target.over == "twilio":
                names = ("account_sid", "auth_token", "api")
                told = {name: str(target.options.get(name, "")) for name in names}
                yield target.name, {n: fill(text, self._reference) for n, text in told.items()}

    def _account(self, sid: str, made: dict[str, TwilioAccount]) -> TwilioAccount | None:
        for name, options in self._keys():
            if sid not in made and options.get("account_sid") == sid:
                secret, api = f"auth_token of target «{name}»", options.get("api", "")
                made[sid] = TwilioAccount(sid, options.get("auth_token", ""), secret, api)
        return made.get(sid)
