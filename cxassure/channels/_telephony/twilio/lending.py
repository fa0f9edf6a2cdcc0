"""A number of the account leads to us for a while, and then again to where it led before."""

from __future__ import annotations

import json
from typing import Any

from cxassure.channels._telephony.guard.ledger import Ledger, Lent
from cxassure.channels._telephony.guard.numbers import masked
from cxassure.channels._telephony.twilio.account import TwilioAccount
from cxassure.errors import CannotLook

LED = {"voice_application_sid": "an application", "trunk_sid": "a trunk"}
"""What goes before a number's own address (Twilio, IncomingPhoneNumbers resource)."""


class Lending:
    """One number. What it was set to is written down before it is changed, so that the next start
    gives it back where this run could not."""

    def __init__(self, account: TwilioAccount, ledger: Ledger, number: str) -> None:
        self.account, self.ledger, self.number = account, ledger, number
        self.sid = ""

    async def borrow(self, url: str) -> None:
        """Leads the number to `url`. Raises `CannotLook` for a number of somebody else, or one
        that another run has at the moment."""
        found = await self.account.ask(
            lambda client: client.incoming_phone_numbers.list(phone_number=self.number, limit=1)
        )
        if not found:
            raise CannotLook(
                f"{masked(self.number)} is no number of this Twilio account",
                "give the agent's target a number that the account owns",
            )
        self._free(str(found[0].sid))
        for name, what in LED.items():
            if getattr(found[0], name, None):
                raise CannotLook(
                    f"{masked(self.number)} is led by {what} at Twilio",
                    "give the agent's target a number that is led by an address, or by nothing",
                )
        before = {
            "voice_url": str(found[0].voice_url or ""),
            "voice_method": str(found[0].voice_method or "POST"),
        }
        self.ledger.lend(str(found[0].sid), self.account.sid, self.number, json.dumps(before))
        self.sid = str(found[0].sid)
        await self._set(voice_url=url, voice_method="POST")

    def _free(self, sid: str) -> None:
        for lent in self.ledger.lent():
            if lent.sid == sid and not lent.orphaned:
                raise CannotLook(
                    f"{masked(self.number)} is another run's at the moment",
                    "run journeys that share a number one after another: --workers 1",
                )

    async def _set(self, **settings: Any) -> None:
        await self.account.ask(
            lambda client: client.incoming_phone_numbers(self.sid).update(**settings)
        )

    async def give_back(self) -> None:
        """Nothing where it was given back already."""
        mine: list[Lent] = [one for one in self.ledger.lent() if one.sid == self.sid]
        if self.sid and mine:
            await self.account.give_back(mine[0])
            self.ledger.returned(self.sid)
        self.sid = ""
