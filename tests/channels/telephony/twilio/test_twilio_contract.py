"""Against a mock made of Twilio's OpenAPI document: every request valid, every answer read."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from cxassure.channels._telephony.guard.ledger import Ledger
from cxassure.channels._telephony.twilio import account as account_module
from cxassure.channels._telephony.twilio.account import TwilioAccount
from cxassure.channels._telephony.twilio.documents import keeping, pressing, saying
from cxassure.channels._telephony.twilio.lending import Lending
from cxassure.channels._telephony.twilio.trouble import refused
from cxassure.errors import CannotLook
from cxassure.report.codes import explain

SID = "AC" + "a" * 32
CALL = "CA" + "b" * 32
TAPE = "RE" + "c" * 32


class Mock:
    """Answers each operation with the document's own example; what is invalid, with 400."""

    def __init__(self, contract: Any) -> None:
        self.known, self.asked, self.wrong = contract.operations(), [], []  # type: ignore[var-annotated]
        self.refuse: list[tuple[int, dict[str, Any]]] = []
        mock = self

        class Page(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                status, told = mock.answer(contract, self.command, parts.path, parts.query, body)
                data = b"" if told is None else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_DELETE = _answer

            def log_message(self, *told: Any) -> None:
                """Nothing is printed."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def answer(
        self, contract: Any, method: str, path: str, query: str, body: str
    ) -> tuple[int, Any]:
        if self.refuse:
            return self.refuse.pop(0)
        found = contract.find(method, path, self.known)
        if found is None:
            return 404, {"code": 20404, "message": "no such page", "status": 404}
        one, named = found
        wrong = one.wrong_request(named, query, body)
        self.asked.append(one.name)
        self.wrong += [f"{one.name}: {what}" for what in wrong]
        if wrong:
            return 400, {"code": 20001, "message": "; ".join(wrong), "status": 400}
        status, example = next(iter(one.told["examples"].items()))
        if isinstance(example, dict) and "incoming_phone_numbers" in example:
            for number in example["incoming_phone_numbers"]:
                number |= {"voice_application_sid": None, "trunk_sid": None}
        return int(status), example


@pytest.fixture
async def mock(contract):
    made = Mock(contract)
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


@pytest.fixture
async def account(mock):
    made = TwilioAccount(SID, "a-token", "secret.twilio_token", mock.url, mock.url)
    yield made
    await made.close()


async def test_every_operation_that_is_used_is_valid_by_the_document(mock, account, tmp_path):
    client = account.client
    await account.ask(lambda c: c.api.accounts(SID).fetch())
    placed = await account.place(
        to="+12025550199", from_="+12025550101", twiml=keeping(), timeout=30, time_limit=600
    )
    assert placed.sid.startswith("CA")
    for document in (pressing("1w2#"), saying("Good <evening>", "en-US", "Polly.Joanna")):
        await account.ask(lambda c, document=document: c.calls(CALL).update(twiml=document))
    await account.ask(lambda c: c.calls(CALL).update(status="completed"))
    await account.ask(lambda c: c.calls(CALL).fetch())
    await account.ask(lambda c: c.calls.list(to="+12025550199", status="in-progress", limit=20))
    await account.ask(
        lambda c: c.calls(CALL).recordings.create(
            recording_track="inbound", recording_channels="mono", trim="do-not-trim"
        )
    )
    await account.ask(lambda c: c.calls(CALL).recordings(TAPE).update(status="stopped"))
    number, words = await account.complaint(CALL)
    assert number == 15003 and "HTTP 404" in words
    await account.ask(lambda c: c.recordings(TAPE).fetch())
    await account.ask(lambda c: c.recordings(TAPE).delete())
    lending = Lending(account, Ledger(tmp_path / "calls.db"), "+12025550177")
    await lending.borrow("https://tunnel.example/cxassure/voice/x")
    await lending.give_back()
    assert mock.wrong == []
    assert set(mock.asked) == {one.name for one in mock.known}
    assert client.account_sid == SID


async def test_the_check_can_fail(mock, account):
    with pytest.raises(CannotLook, match="20001"):
        await account.ask(lambda c: c.calls.create(to="12", from_="+12025550101", twiml="<x/>"))
    with pytest.raises(CannotLook, match="20001"):
        await account.ask(lambda c: c.calls(CALL).update(status="gone"))
    assert any("To «12»" in one for one in mock.wrong) and any("gone" in one for one in mock.wrong)


async def test_too_many_requests_are_asked_again_later(mock, account, monkeypatch):
    monkeypatch.setattr(account_module, "AGAIN", (0.01, 0.01))
    mock.refuse = [(429, {"code": 20429, "message": "Too Many Requests", "status": 429})] * 2
    assert (await account.ask(lambda c: c.calls(CALL).fetch())).sid
    mock.refuse = [(429, {"code": 20429, "message": "Too Many Requests", "status": 429})] * 3
    with pytest.raises(CannotLook) as told:
        await account.ask(lambda c: c.calls(CALL).fetch())
    assert "Too Many Requests (20429)" in told.value.what and "at_once" in told.value.hint


async def test_twilios_own_words_and_number_are_told(mock, account):
    message = "The number +12025550199 is unverified. Trial accounts cannot call it."
    mock.refuse = [(400, {"code": 21219, "message": message, "status": 400})]
    with pytest.raises(CannotLook) as told:
        await account.ask(lambda c: c.calls.create(to="+1", from_="+1", twiml=keeping()))
    assert f"{message} (21219)" in told.value.what and "verified numbers only" in told.value.hint


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (503, None, "Twilio is in trouble (HTTP 503)"),
        (403, 20005, "(20005)"),
        (401, 20003, "does not let us in"),
        (400, 21217, "(21217)"),
        (400, 21212, "(21212)"),
    ],
)
async def test_what_twilio_refuses_is_our_own_error_that_says_what_to_do(
    mock, account, status, code, words
):
    told = {"message": "No", "status": status, **({"code": code} if code else {})}
    mock.refuse = [(status, told)]
    with pytest.raises(CannotLook) as wrong:
        await account.ask(lambda c: c.calls(CALL).fetch())
    assert words in wrong.value.what and wrong.value.hint


async def test_voice_insights_that_an_account_has_not_got_are_left_out(account):
    assert await account.insight(CALL) is None


@pytest.mark.parametrize("code", [20003, 21210, 21211, 21215, 21219, 13224, 13227, 20429])
def test_numbers_that_twilio_tells_are_explained(code):
    assert refused(code, 400, "no", "secret.x").hint
    assert explain(str(code), "ivr") is not None
