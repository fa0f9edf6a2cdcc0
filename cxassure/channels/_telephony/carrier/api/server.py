"""The listener on loopback: who asks, which run is meant, and what is answered."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from cxassure.channel import Opening
from cxassure.channels._telephony.carrier.api.routes import route
from cxassure.channels._telephony.carrier.api.wire import ROOT, Asked, Handler, Refusal, Reply
from cxassure.channels._telephony.carrier.webhook import Account
from cxassure.channels._telephony.listener import Listener

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from cxassure.channels._telephony.carrier.exchange import Exchange


class Api:
    """One listener for all runs of a process; `lines` are the runs that take part now."""

    def __init__(self, port: int) -> None:
        way_out = "stop what listens there, or set `api` to another port, or to `any`"
        self._listener = Listener(port, "for the telephone interface", way_out)
        self.address = self._listener.address
        self.lines: list[tuple[Exchange, Account]] = []

    @classmethod
    async def of(cls, opening: Opening, port: int) -> Api:
        """The listener at `port` (0: any that is free); raises `CannotLook` when it is taken."""

        async def make() -> Api:
            api = cls(port)
            await api.start()
            return api

        api: Api = await opening.campaign.once(f"telephone interface {port}", make)
        return api

    async def start(self) -> None:
        from starlette.routing import Route

        methods = ["GET", "POST", "DELETE"]
        await self._listener.start([Route("/{path:path}", self._page, methods=methods)])

    def enrol(self, exchange: Exchange, account: Account) -> None:
        """From now on requests with the account's keys may mean this run."""
        if not any(line is exchange and known == account for line, known in self.lines):
            self.lines.append((exchange, account))

    def dismiss(self, exchange: Exchange) -> None:
        self.lines = [line for line in self.lines if line[0] is not exchange]

    async def close(self) -> None:
        await self._listener.close()

    async def _page(self, request: Request) -> Response:
        from starlette.responses import Response

        body = await request.body()
        try:
            reply = self._answered(request, body)
        except Refusal as refusal:
            reply = Reply(refusal.body(), refusal.status)
        return Response(reply.payload(), reply.status, media_type=reply.kind)

    def _answered(self, request: Request, body: bytes) -> Reply:
        """Carries one request out, while the clock of its run stands still."""
        path = unquote(request.url.path)
        sid, handlers, named = _split(path)
        open_to_all = request.method == "GET" and not request.url.path.endswith(".json")
        lines = [line for line in self.lines if line[1].account_sid == sid]
        if not open_to_all:
            lines = [line for line in lines if _allowed(request, line[1])]
        if not lines:
            raise Refusal(20003)
        exchange, account = _meant(lines, named)
        if request.method not in handlers:
            exchange.finding(f"{request.method} {path} is not to be had in a rehearsal")
            raise Refusal(20004) if handlers else Refusal(20404, path)
        form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        query = dict(request.query_params)
        asked = Asked(exchange, account, request.method, path, named, form, query)
        return _carried_out(asked, handlers[request.method])


def _carried_out(asked: Asked, handler: Handler) -> Reply:
    clock = asked.exchange.clock
    with clock.held():
        try:
            reply = handler(asked)
        except Refusal as refusal:
            _note(asked, refusal.status)
            raise
        finally:
            clock.contact()
        _note(asked, reply.status)
    return reply


def _note(asked: Asked, status: int) -> None:
    """A request about a call stands in that call's transcript."""
    for name in ("call", "member"):
        call = asked.exchange.find(asked.named.get(name, ""))
        if call and asked.method != "GET":
            told = {key: " ".join(values) for key, values in asked.form.items()}
            words = f"{asked.method} {asked.path} → {status}"
            call.ear.note("company", "api", words, params=told, status=status)


def _split(path: str) -> tuple[str, Mapping[str, Handler], Mapping[str, str]]:
    """The account in a path, what it means below that, and the parts that it names."""
    if not path.startswith(f"{ROOT}/"):
        raise Refusal(20404, path)
    sid, slash, rest = path.removeprefix(f"{ROOT}/").partition("/")
    below = f"/{rest}" if slash else ".json" if sid.endswith(".json") else ""
    return sid.removesuffix(".json"), *route(below)


def _allowed(request: Request, account: Account) -> bool:
    """HTTP basic authentication with account sid and auth token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        told = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return False
    expected = f"{account.account_sid}:{account.auth_token}".encode()
    return scheme.lower() == "basic" and hmac.compare_digest(told, expected)


def _meant(
    lines: list[tuple[Exchange, Account]], named: Mapping[str, Any]
) -> tuple[Exchange, Account]:
    """The run that knows what the path names, else the only one there is."""
    for exchange, account in lines:
        if any(exchange.knows(str(sid)) for sid in named.values()):
            return exchange, account
    if len({id(exchange) for exchange, _ in lines}) > 1:
        raise Refusal(20001)
    return lines[-1]
