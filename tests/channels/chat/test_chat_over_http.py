"""A chat over HTTP, against bots that are served on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from cxassure.channel import Unseen
from cxassure.channels.chat import ChatSession
from cxassure.errors import Broken, CannotLook


def bubble(text: str, delay: int = 0, **more: Any) -> dict[str, Any]:
    return {"text": text, "delay_ms": delay, **more}


SAYS: dict[str, Any] = {
    "": {"replies": [bubble("Hello. How can I help you?", 20)], "quick_replies": ["Where is it?"]},
    "where is it?": {"replies": [bubble("I found it.", 30), bubble("It is on its way.", 60)]},
    "twice": {"replies": [bubble("So it is."), bubble("So it is.")]},
    "script": {"replies": [bubble('Look <img src=x onerror="steal()">')]},
    "numbers": {"replies": [bubble("Second.", id=2), bubble("First.", id=1)]},
    "german": {
        "replies": [bubble("Ich habe Ihre Bestellung nicht gefunden und das ist nicht gut.")]
    },
    "nothing": {"replies": []},
    "what?": {"replies": [bubble("Sorry, I did not get that.")]},
    "person": {
        "replies": [bubble("I'm transferring you to our billing team.")],
        "handover": {"queue": "billing", "case": "C-4711", "took": "x", "who": "me", "text": "y"},
    },
}


class Bot:
    """Answers by the table above; an agent joins on the second poll after a hand-over."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.polls = 0

    async def answer(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        self.asked.append(asked)
        self.headers.append(dict(request.headers))
        text = asked["text"].casefold()
        if text == "" and "event" not in asked:
            return JSONResponse(self._polled())
        if text == "broken":
            return PlainTextResponse("out of memory", 500)
        if text == "not json":
            return PlainTextResponse("<html>")
        if text == "slow":
            await asyncio.sleep(0.1)
        return JSONResponse({"conversation": "c-1", **SAYS.get(text, SAYS["what?"])})

    def _polled(self) -> dict[str, Any]:
        self.polls += 1
        if self.polls == 1:
            return {"replies": []}
        if self.polls == 2:
            said = [
                bubble("Kim from billing has joined the chat."),
                bubble("Hi!", **{"from": "Kim"}),
            ]
            return {"replies": said}
        return {"replies": [], "ended": True}


@pytest.fixture
async def bot(serve: Any) -> Any:
    bot = Bot()
    routes = [
        Route("/bot", bot.answer, methods=["POST"]),
        Route(
            "/away",
            lambda request: RedirectResponse("http://127.0.0.2:1/bot", 307),
            methods=["POST"],
        ),
        Route("/shut", lambda request: PlainTextResponse("no", 401), methods=["POST"]),
    ]
    bot.url = await serve(Starlette(routes=routes))  # type: ignore[attr-defined]
    return bot


@pytest.fixture
async def asker(bot: Any, drive: Any) -> Any:
    asker = drive(ChatSession, bot.url + "/bot")
    await asker.session.open()
    return asker


async def test_the_greeting_has_been_read_when_the_chat_is_open(asker: Any) -> None:
    assert asker.lines()[:2] == [
        "customer opened: there",
        "company reply: Hello. How can I help you?",
    ]
    await asker.do("listen")
    assert (await asker.see("reply")).text == "Hello. How can I help you?"
    assert await asker.see("quick_replies") == ["Where is it?"]


async def test_a_reply_is_all_bubbles_and_nothing_of_the_greeting(asker: Any) -> None:
    await asker.do("say", "Where is it?")
    await asker.settle()
    assert await asker.see("replies") == ["I found it.", "It is on its way."]
    assert await asker.see("bubbles") == 2


async def test_bubbles_show_when_the_bot_wants_them_to(asker: Any) -> None:
    await asker.do("say", "Where is it?")
    assert (await asker.until("replies")) == ["I found it."]
    assert not asker.session.settled
    await asker.settle()
    first, whole = await asker.see("first_reply"), await asker.see("took")
    assert 0.03 <= first <= first + 0.06 <= whole


async def test_the_next_line_waits_until_the_reply_before_has_been_read(asker: Any) -> None:
    await asker.do("say", "Where is it?")
    await asker.until("reply")
    await asker.do("say", "twice")
    await asker.settle()
    assert await asker.see("replies") == ["So it is.", "So it is."]


async def test_the_conversation_and_the_customer_are_told_with_every_line(
    bot: Any, drive: Any
) -> None:
    asker = drive(ChatSession, bot.url + "/bot", token="t0ken", fields={"lang": "en"})
    await asker.session.open(customer={"email": "kim@example.com"})
    await asker.do("say", "what?")
    first, last = bot.asked[0], bot.asked[-1]
    assert (first["conversation"], first["event"]) == (None, "open")
    assert last == {
        "lang": "en",
        "conversation": "c-1",
        "customer": {"email": "kim@example.com"},
        "text": "what?",
    }
    assert bot.headers[-1]["authorization"] == "Bearer t0ken"
    assert bot.headers[-1]["x-synthetic-test"] == "run-1"


async def test_only_what_is_offered_can_be_picked(asker: Any) -> None:
    await asker.do("pick", "where  IS it?")
    await asker.settle()
    assert asker.session.seen[3].what == "picked" and asker.session.seen[3].text == "Where is it?"
    with pytest.raises(Broken) as broken:
        await asker.do("pick", "Opening hours")
    assert (broken.value.expected, broken.value.seen) == ("Opening hours", "no quick replies")


async def test_a_silent_bot_has_no_reply(asker: Any) -> None:
    await asker.do("say", "nothing")
    assert await asker.until("reply", limit=0.1) is None
    assert await asker.see("bubbles") == 0


async def test_flaws_of_a_reply_are_seen(asker: Any) -> None:
    await asker.do("say", "twice")
    await asker.settle()
    assert await asker.see("doubled") and not await asker.see("markup")
    await asker.do("say", "script")
    await asker.settle()
    assert await asker.see("markup") and not await asker.see("doubled")
    assert "onerror" in asker.findings[0]
    await asker.do("say", "numbers")
    await asker.settle()
    assert await asker.see("in_order") is False
    await asker.do("say", "german")
    await asker.settle()
    assert await asker.see("language") == "de"


async def test_bubbles_without_numbers_cannot_be_out_of_order(asker: Any) -> None:
    await asker.do("say", "twice")
    await asker.settle()
    with pytest.raises(Unseen):
        await asker.see("in_order")


async def test_the_same_fallback_again_is_counted_as_a_repeat(asker: Any) -> None:
    for _ in range(3):
        await asker.do("say", "blub")
        await asker.settle()
    assert await asker.see("repeats") == 3
    assert await asker.see("dead_end") is True


async def test_a_handover_is_polled_until_a_person_has_come_and_gone(bot: Any, drive: Any) -> None:
    asker = drive(ChatSession, bot.url + "/bot", poll="10ms")
    await asker.session.open()
    await asker.do("say", "person")
    assert (await asker.until("handover"))["case"] == "C-4711"
    assert (await asker.see("handover"))["took"] == "x", "whatever a bot calls its fields"
    await asker.do("listen")
    assert await asker.until("agent") == "Kim"
    assert await asker.see("joined") is True
    assert await asker.until("closed", lambda closed: closed) is True
    joined = [line for line in asker.lines() if line.startswith("agent")]
    assert joined == ["agent joined: Kim", "agent said: Hi!"]
    with pytest.raises(Broken, match="has been closed"):
        await asker.do("say", "still there?")


async def test_an_answer_that_is_no_answer_breaks_the_step(asker: Any) -> None:
    with pytest.raises(Broken) as broken:
        await asker.do("say", "broken")
    assert broken.value.code == "500"
    with pytest.raises(Broken, match="no JSON"):
        await asker.do("say", "not json")
    with pytest.raises(Broken, match="not answered within"):
        await asker.do("say", "slow", within=0.05)


async def test_what_was_exchanged_is_kept_without_what_lets_us_in(bot: Any, drive: Any) -> None:
    asker = drive(ChatSession, bot.url + "/bot", token="t0ken")
    await asker.session.open()
    await asker.session.witness("the reply never came")
    kept = asker.kept["chat-exchange.json"]
    assert b"Hello" in kept and b"t0ken" not in kept
    assert json.loads(kept)[0]["request"]["headers"]["authorization"] == "•••"


async def test_a_redirect_to_where_we_may_not_go_is_not_followed(bot: Any, drive: Any) -> None:
    with pytest.raises(CannotLook, match=r"127\.0\.0\.2:1 is not a listed target"):
        await drive(ChatSession, bot.url + "/away").session.open()


async def test_being_kept_out_is_ours_and_being_refused_is_theirs(bot: Any, drive: Any) -> None:
    with pytest.raises(CannotLook, match="401"):
        await drive(ChatSession, bot.url + "/shut").session.open()
    with pytest.raises(Broken, match="refuses the connection"):
        await drive(ChatSession, "http://127.0.0.1:1/bot").session.open()
    with pytest.raises(Broken, match="no secure connection"):
        await drive(ChatSession, bot.url.replace("http:", "https:")).session.open()
    with pytest.raises(CannotLook, match="no address"):
        await drive(ChatSession, "client:desk").session.open()


async def test_a_misspelt_option_is_told_with_a_guess(bot: Any, drive: Any) -> None:
    with pytest.raises(CannotLook) as wrong:
        await drive(ChatSession, bot.url, replys_path="a.b").session.open()
    assert "replys_path" in wrong.value.what and "replies_path" in wrong.value.hint


async def test_a_chat_without_tls_is_broken_where_it_is_required(bot: Any, drive: Any) -> None:
    with pytest.raises(Broken) as broken:
        await drive(ChatSession, bot.url + "/bot", tls="required").session.open()
    assert broken.value.expected == "wss:// or https://"


async def test_another_shape_of_answers_is_a_matter_of_options(drive: Any, serve: Any) -> None:
    async def answer(request: Request) -> Response:
        asked = await request.json()
        said = {"kind": "text", "body": {"plain": f"You said {asked['message']}"}}
        more = {"sessionId": "s", "suggestions": [{"title": "Yes"}, {"title": "No"}]}
        return JSONResponse({"data": {"messages": [said, {"kind": "image"}]}, **more})

    url = await serve(Starlette(routes=[Route("/", answer, methods=["POST"])]))
    asker = drive(
        ChatSession,
        url,
        greets="false",
        text_key="message",
        conversation_key="sessionId",
        replies_path="data.messages",
        reply_text="body.plain",
        quick_replies_path="suggestions",
        quick_reply_text="title",
    )
    await asker.session.open()
    await asker.do("say", "hello")
    await asker.settle()
    assert await asker.see("replies") == ["You said hello"]
    assert await asker.see("quick_replies") == ["Yes", "No"]


async def test_waiting_longer_than_the_step_may_take_is_the_authors_slip(asker: Any) -> None:
    with pytest.raises(CannotLook) as wrong:
        await asker.do("wait", "5s", within=1.0)
    assert "within: 6s" in wrong.value.hint
    began = asker.session.clock.now()
    await asker.do("wait", "60ms")
    assert asker.session.clock.now() - began >= 0.06


async def test_after_leaving_nothing_can_be_said(asker: Any) -> None:
    await asker.do("leave")
    assert asker.lines()[-1] == "customer hung up: "
    with pytest.raises(Broken, match="has been closed"):
        await asker.do("say", "hello?")
