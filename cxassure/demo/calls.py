"""What the phone tree knows of a call, and how it checks who asks: Twilio's request signature."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

from cxassure.demo import hours
from cxassure.demo.cases import Case
from cxassure.demo.company import Company, company_of


@dataclass
class Call:
    """One call by its CallSid; `at` is when it is rehearsed for, None for a real clock."""

    sid: str
    at: datetime | None = None
    order: str = ""
    offered: str = ""
    case: str = ""
    reason: str = ""
    reached: bool = False
    surveyed: bool = False

    @property
    def open(self) -> bool:
        return hours.is_open(self.at)

    @property
    def holidays(self) -> bool:
        return hours.holidays(self.at)


@dataclass
class Asked:
    """One request of the carrier's: the posted parameters and the call they belong to."""

    request: Request
    company: Company
    form: dict[str, str]
    call: Call

    @property
    def caller(self) -> str:
        return self.form.get("From", "")

    def query(self, name: str, default: str) -> str:
        return self.request.query_params.get(name, default)

    def number(self, name: str) -> int:
        """A count carried in the address, 0 where it is missing or no number."""
        value = self.query(name, "0")
        return int(value) if value.isdecimal() else 0

    def known_case(self) -> Case | None:
        """What this caller has told on another channel."""
        if self.company.broken("ivr-forgets-chat"):
            return None
        return self.company.cases.of_caller(self.caller)


def signed(
    step: Callable[[Asked], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """A webhook that answers 403 unless `X-Twilio-Signature` fits (Twilio, Webhooks Security)."""

    @functools.wraps(step)
    async def webhook(request: Request) -> Response:
        company = company_of(request)
        body = (await request.body()).decode("utf-8", "replace")
        form = dict(parse_qsl(body, keep_blank_values=True))
        signature = request.headers.get("x-twilio-signature", "")
        if not RequestValidator(company.token).validate(str(request.url), form, signature):
            return PlainTextResponse("the signature does not fit", 403)
        params = form or dict(request.query_params)
        return await step(Asked(request, company, params, _call(company, request, params)))

    return webhook


def _call(company: Company, request: Request, form: dict[str, str]) -> Call:
    sid = form.get("CallSid", "")
    call = company.calls.get(sid) or Call(sid)
    company.calls[sid] = call
    call.at = hours.rehearsed(request, form.get("RehearsalTime", "")) or call.at
    return call


def answer(said: VoiceResponse) -> Response:
    return Response(str(said), media_type="text/xml")


def hang_up(said: VoiceResponse) -> Response:
    said.hangup()
    return answer(said)


def go_to(address: str) -> Response:
    said = VoiceResponse()
    said.redirect(address)
    return answer(said)
