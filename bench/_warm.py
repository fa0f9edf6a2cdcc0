"""A company's program that makes a warm transfer through the carrier's REST API, or breaks it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.twiml.voice_response import Dial, VoiceResponse

ROOM, OURS = "case 7", "+12025550100"
DROPS_AFTER = 20


class Program:
    """Asks for an order number, keeps the caller in a conference, calls the agent, tells about the
    call and joins both. `broken` is one of `never`, `elsewhere`, `forgetful`, `deaf`, `dropping`.
    """

    def __init__(self, broken: str, account: str, token: str, api: str) -> None:
        self.broken = broken
        self.client = Client(account, token, http_client=TwilioHttpClient(pool_connections=False))
        self.client.api.base_url = api

    def voice(self, told: dict[str, str]) -> VoiceResponse:
        said = VoiceResponse()
        ask = said.gather(num_digits=7, action=f"{self.base}/order", timeout=10)
        ask.say("Please enter your seven digit order number.")
        return said

    def order(self, told: dict[str, str]) -> VoiceResponse:
        """The caller waits in the conference; its beginning is told to `waits`."""
        said = VoiceResponse()
        said.say("Please hold. I am connecting you to our billing team.")
        dial = said.dial()
        dial.conference(
            ROOM, wait_url=f"{self.base}/music", end_conference_on_exit=True,
            start_conference_on_enter=False, muted=self.broken == "deaf",
            status_callback=f"{self.base}/joined?order={told.get('Digits', '')}",
            status_callback_event="join",
        )  # fmt: skip
        return said

    def music(self, told: dict[str, str]) -> VoiceResponse:
        said = VoiceResponse()
        said.pause(length=10)
        return said

    def joined(self, told: dict[str, str]) -> VoiceResponse:
        """The caller is there: the agent is called."""
        if told.get("SequenceNumber") == "1" and self.broken != "never":
            order = "" if self.broken == "forgetful" else told.get("order", "")
            desk = "returns-desk" if self.broken == "elsewhere" else "billing-desk"
            self.client.calls.create(
                to=f"client:{desk}", from_=OURS, url=f"{self.base}/brief?order={order}"
            )
        return VoiceResponse()

    def brief(self, told: dict[str, str]) -> VoiceResponse:
        """The agent is told about the call, then joined with the caller."""
        said, order = VoiceResponse(), told.get("order", "")
        about = f" It is about order {' '.join(order)}." if order else ""
        said.say(f"A call for billing.{about}")
        dial = Dial(time_limit=DROPS_AFTER if self.broken == "dropping" else 3600)
        dial.conference(ROOM, end_conference_on_exit=True)
        said.append(dial)
        return said

    base = ""


@contextmanager
def serving(program: Program) -> Iterator[str]:
    """The address of the program's webhook for calls."""
    pages = (program.voice, program.order, program.music, program.joined, program.brief)

    def page(request: Request, told: dict[str, str]) -> Response:
        said = next(p for p in pages if p.__name__ == request.path_params["page"])(told)
        return Response(str(said), media_type="text/xml")

    async def asked(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        form = dict(parse_qsl((await request.body()).decode()))
        return await run_in_threadpool(page, request, {**request.query_params, **form})

    app = Starlette(routes=[Route("/{page}", asked, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    program.base = f"http://127.0.0.1:{port}"
    try:
        yield f"{program.base}/voice"
    finally:
        server.should_exit = True
        thread.join()
