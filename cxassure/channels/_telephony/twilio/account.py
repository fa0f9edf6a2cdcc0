"""One Twilio account as we use it: asked from threads, within limits, its errors as ours."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from cxassure.channels._http.origins import on_loopback
from cxassure.channels._telephony.guard.ledger import Entry, Lent
from cxassure.channels._telephony.twilio.trouble import complained, refused, unreached
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    from twilio.rest import Client

_T = TypeVar("_T")

PATIENCE = 20.0
"""Seconds that one request may take."""
AGAIN = (1.0, 2.0, 4.0, 8.0)
"""Seconds after which is asked again where Twilio wants fewer requests (429) and says no time."""
UNDER_WAY = ("queued", "initiated", "ringing", "in-progress")
COMPLAINING = 1.0
"""Seconds after which is asked again for what Twilio has against a call that failed."""
_NOT_PLACED = "it was never placed"


class TwilioAccount:
    """Asks Twilio's REST API. `secret` names where the token came from, for messages."""

    def __init__(
        self, sid: str, token: str, secret: str, api: str = "", insights: str = ""
    ) -> None:
        self.sid, self._token, self._secret = sid, token, secret
        self._api, self._insights = api.rstrip("/"), insights.rstrip("/")
        self.host = urlsplit(self._api).netloc or "api.twilio.com"
        self._made: Client | None = None

    @property
    def client(self) -> Client:
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        if self._made is None:
            silent = logging.getLogger("cxassure.twilio")
            silent.disabled = True  # its lines would hold numbers and what is said
            http = TwilioHttpClient(timeout=PATIENCE, logger=silent)
            if self._api and on_loopback(self._api) and http.session is not None:
                http.session.trust_env = False  # no proxy stands in front of this machine
            self._made = Client(self.sid, self._token, http_client=http)
            self._made.api.base_url = self._api or self._made.api.base_url
            self._made.insights.base_url = self._insights or self._made.insights.base_url
        return self._made

    async def close(self) -> None:
        session: Any = getattr(self._made.http_client, "session", None) if self._made else None
        if session is not None:
            await asyncio.to_thread(session.close)

    async def ask(self, what: Callable[[Client], _T]) -> _T:
        """What `what` gives when Twilio has answered; raises `CannotLook`."""
        from twilio.base.exceptions import TwilioException, TwilioRestException

        for wait in (*AGAIN, None):
            try:
                return await asyncio.to_thread(what, self.client)
            except TwilioRestException as wrong:
                if wrong.status != 429 or wait is None:
                    raise refused(wrong.code, wrong.status, str(wrong.msg), self._secret) from None
                await asyncio.sleep(wait)
            except (OSError, TwilioException) as wrong:
                raise unreached(wrong, self.host) from None
        raise AssertionError("the last try returns or raises")

    async def place(self, **wish: Any) -> Any:
        """Places a call (Twilio, Calls resource: create). Whoever stops waiting for it leaves no
        call behind."""
        began = datetime.now(UTC) - timedelta(seconds=PATIENCE)
        placing = asyncio.ensure_future(self.ask(lambda client: client.calls.create(**wish)))
        try:
            return await asyncio.shield(placing)
        except asyncio.CancelledError:
            await asyncio.wait({placing}, timeout=PATIENCE)
            if placing.done() and not placing.cancelled() and not placing.exception():
                await asyncio.shield(self.end(placing.result().sid))
            raise
        except CannotLook:
            await self._end_stray(str(wish.get("to", "")), began)
            raise

    async def _end_stray(self, number: str, since: datetime) -> str:
        """Ends calls to a number that may have been placed without our knowing."""
        found = await self.ask(
            lambda client: [
                call
                for status in UNDER_WAY
                if status != "initiated"
                for call in client.calls.list(to=number, status=status, limit=20)
                if call.date_created is None or call.date_created >= since
            ]
        )
        for call in found:
            await self.end(call.sid)
        return f"ended ({len(found)})" if found else _NOT_PLACED

    async def end(self, sid: str) -> str:
        """Hangs up, and says how the call stands then."""
        call = await self.ask(lambda client: client.calls(sid).update(status="completed"))
        until = time.monotonic() + PATIENCE
        while call.status in UNDER_WAY and time.monotonic() < until:
            await asyncio.sleep(0.2)
            call = await self.ask(lambda client: client.calls(sid).fetch())
        return str(call.status)

    async def end_entry(self, entry: Entry) -> str:
        """Ends a call that is written down as up: `guard.gate.End`."""
        if not entry.sid:
            since = datetime.fromtimestamp(entry.at, UTC) - timedelta(seconds=5)
            return await self._end_stray(entry.address, since)
        call = await self.ask(lambda client: client.calls(entry.sid).fetch())
        if call.status not in UNDER_WAY:
            return f"it had ended ({call.status})"
        return f"ended by us ({await self.end(entry.sid)})"

    async def give_back(self, lent: Lent) -> None:
        """A number leads again to where it led before it was lent."""
        import json

        before = json.loads(lent.before)
        await self.ask(lambda client: client.incoming_phone_numbers(lent.sid).update(**before))

    async def media(self, recording: str) -> bytes | None:
        """A recording as WAV; None while Twilio still makes it."""
        root = self._api or "https://api.twilio.com"
        url = f"{root}/2010-04-01/Accounts/{self.sid}/Recordings/{recording}.wav"

        def fetch(client: Client) -> Any:
            session: Any = client.http_client.session
            return session.get(url, auth=(self.sid, self._token), timeout=PATIENCE)

        answer = await self.ask(fetch)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise refused(None, answer.status_code, answer.reason, self._secret)
        return bytes(answer.content)

    async def complaint(self, sid: str) -> tuple[int, str]:
        """Number and words of Twilio's first error about a call; (0, "") where it has none
        (Twilio, Call Notification resource)."""

        def errors(client: Client) -> Any:
            return client.calls(sid).notifications.list(log=0, limit=1)

        for wait in (COMPLAINING, 0.0):
            if found := await self.ask(errors):
                number = str(found[0].error_code)
                return int(number) if number.isdecimal() else 0, complained(found[0].message_text)
            await asyncio.sleep(wait)
        return 0, ""

    async def insight(self, sid: str) -> dict[str, Any] | None:
        """What Voice Insights tells of a call; None where the account has none (404, 403)."""

        def summary(client: Client) -> dict[str, Any]:
            found = client.insights.v1.calls(sid).summary().fetch()
            names = ("call_state", "processing_state", "duration", "metrics", "properties", "tags")
            return {name: getattr(found, name, None) for name in names}

        try:
            return await self.ask(summary)
        except CannotLook:
            return None
