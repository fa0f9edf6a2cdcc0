"""The first steps into an account: let in, and what an earlier run left behind put right."""

from __future__ import annotations

from cxassure.channel import Opening
from cxassure.channels._telephony.guard.gate import Guard
from cxassure.channels._telephony.guard.numbers import masked
from cxassure.channels._telephony.twilio.account import TwilioAccount
from cxassure.channels._telephony.twilio.options import TwilioOptions, secret_of


async def enter(opening: Opening, options: TwilioOptions, guard: Guard) -> TwilioAccount:
    """The account of a target, shared by the runs of this command. Raises `CannotLook` where
    Twilio does not let us in: then nothing has been dialled."""

    async def make() -> TwilioAccount:
        account = TwilioAccount(
            options.account_sid,
            options.auth_token,
            secret_of(opening),
            options.api,
            options.insights,
        )
        await account.ask(lambda client: client.api.accounts(account.sid).fetch())
        await guard.sweep(account.end_entry)
        await _give_back(opening, guard, account)
        return account

    name = f"twilio account {options.account_sid} at {options.api}"
    found: TwilioAccount = await opening.campaign.once(name, make)
    return found


async def _give_back(opening: Opening, guard: Guard, account: TwilioAccount) -> None:
    """Numbers that an earlier run borrowed and could not give back."""
    for lent in guard.ledger.lent():
        if lent.account == account.sid and lent.orphaned:
            await account.give_back(lent)
            guard.ledger.returned(lent.sid)
            number = masked(lent.number)
            opening.finding(f"{number} leads again to where it led before an earlier run")
