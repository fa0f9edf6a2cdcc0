"""Bot and chat desk, over HTTP and WebSocket."""

from __future__ import annotations

import asyncio

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


def texts(answer):
    return [reply["text"] for reply in answer["replies"]]


async def test_the_bot_greets_and_answers_an_order_in_two_bubbles(site):
    hello = await site.ask("", event="open")
    assert texts(hello) == ["Hello, I am Birch, the Birch & Bay assistant. How can I help you?"]
    assert hello["quick_replies"][0] == "Where is my order?"
    answer = await site.ask("Where is my order 1047352?", hello["conversation"])
    assert texts(answer) == [
        "Thanks, I found order 1047352.",
        "It is on its way and should arrive by Friday.",
    ]
    assert all(reply["delay_ms"] > 0 for reply in answer["replies"])


async def test_the_bot_asks_once_for_the_number_and_remembers_it(site):
    first = await site.ask("Where is my order?")
    assert texts(first) == ["What is your order number?"]
    second = await site.ask("1047335", first["conversation"])
    assert "being prepared" in texts(second)[1]
    third = await site.ask("and when does it arrive?", first["conversation"])
    assert "being prepared" in texts(third)[1]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("When are you open?", "every day from 8 am to 10 pm"),
        ("Can I return a card?", "within 30 days"),
        ("Please cancel 1047352", "open its order page"),
        ("What is left on 61047352", "balance of $25.00"),
        ("order 7654321", "cannot find an order with the number 7654321"),
        ("<script>alert(1)</script>", "did not understand"),
    ],
)
async def test_the_bot_understands_what_customers_ask(site, line, part):
    assert part in " ".join(texts(await site.ask(line)))


async def test_two_lines_not_understood_lead_to_a_person(site):
    first = await site.ask("qwertz")
    second = await site.ask("asdfgh", first["conversation"])
    assert "speak to a person" in texts(second)[0]
    third = await site.ask("yes please", first["conversation"])
    assert third["handover"]["case"].startswith("C-")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"text": 1, "conversation": {}}'])
async def test_a_body_that_is_no_question_is_no_trouble(site, body):
    answer = await site.http.post(site.targets["help-bot"], content=body)
    assert answer.status_code in (200, 400)


async def test_a_chat_is_handed_over_with_everything_and_ends_with_a_survey(site):
    async with site.shopper() as shopper:
        number = await site.buy(shopper, email="asker@example.org")
    async with (
        site.socket("chat-desk", f"?for={number}") as agent,
        site.socket("help-bot-socket") as chat,
    ):
        await chat.until("end_of_turn")
        await chat.send(type="message", text=f"Where is my order {number}?")
        await chat.until("end_of_turn")
        await chat.send(type="quick_reply", text="Speak to a person")
        frames = await chat.until("handover")
        case = frames[-1]["case"]
        assert f"our billing team. Your case number is {case}." in str(frames)
        ring = await agent.next("ring")
        assert ring["context"] == {
            "order number": number,
            "case": case,
            "queue": "billing",
            "customer": "asker@example.org",
            "caller": "+1 555 0155",
            "reason": "order status",
        }
        assert {"from": "customer", "text": f"Where is my order {number}?"} in ring["transcript"]
        await agent.send(type="answer", contact=ring["contact"])
        assert "Kim from billing has joined" in (await chat.next("message"))["text"]
        await agent.send(type="say", contact=ring["contact"], text="Hello, Kim here")
        assert (await chat.next("agent_message"))["text"] == "Hello, Kim here"
        await chat.send(type="message", text="Hi Kim")
        assert (await agent.next("customer_message"))["text"] == "Hi Kim"
        await agent.send(type="hang_up", contact=ring["contact"])
        await chat.until("ended")
    assert (await site.letters("asker@example.org", 2))[1] == "How did we do?"
    assert (await site.api(f"/cases?order={number}"))["cases"][0]["id"] == case


async def test_an_agent_who_comes_late_is_rung_with_what_waits(site):
    told = await site.ask("agent please", customer={"email": "late@example.org"})
    async with site.socket("chat-desk", "?for=late@example.org") as agent:
        ring = await agent.next("ring")
        await agent.send(type="answer", contact=ring["contact"])
        await agent.send(type="say", contact=ring["contact"], text="Here I am")
        await agent.until("answered")
        polled = await site.ask("", told["conversation"], event="poll")
        assert polled["replies"][-1]["from"] == "Kim"


async def test_a_contact_rings_only_those_it_suits_and_the_first_answer_wins(own_site):
    async with (
        own_site.socket("chat-desk") as one,
        own_site.socket("chat-desk", "?name=Ann") as two,
        own_site.socket("chat-desk", "?for=somebody@else") as other,
    ):
        for agent in (one, two, other):
            await agent.until("ready")
        told = await own_site.ask("agent please")
        ring = await one.next("ring")
        await two.until("ring")
        await two.send(type="answer", contact=ring["contact"])
        assert (await one.next("ended"))["why"] == "answered elsewhere"
        await one.send(type="answer", contact=ring["contact"])
        assert (await one.next("ended"))["why"] == "answered elsewhere"
        polled = await own_site.ask("", told["conversation"], event="poll")
        assert texts(polled) == ["Ann from billing has joined the chat."]
        await other.send(type="answer", contact="none")
        assert [frame["type"] for frame in await other.until("error")] == ["error"]


async def test_chats_at_once_reach_their_own_agents(site):
    async def one(place: int) -> None:
        email = f"asker{place}@example.org"
        async with site.socket("chat-desk", f"?for={email}") as agent:
            await agent.until("ready")
            await site.ask("a person please", customer={"email": email})
            assert (await agent.next("ring"))["context"]["customer"] == email

    await asyncio.gather(*(one(place) for place in range(10)))


async def test_a_dropped_socket_is_taken_up_again(site):
    async with site.socket("help-bot-socket") as chat:
        key = (await chat.next("conversation"))["id"]
        await chat.until("end_of_turn")
    async with site.socket("help-bot-socket", f"?conversation={key}") as chat:
        assert "Birch" in (await chat.next("history"))["lines"][0]["text"]
        await chat.connection.send("no json")
        await chat.send(type="message", text="opening hours")
        frames = await chat.until("end_of_turn")
        kinds = [frame["type"] for frame in frames]
        assert kinds == ["typing", "message", "quick_replies", "end_of_turn"]


async def test_nobody_at_the_desk_is_told_to_the_customer(own_site):
    async with own_site.socket("help-bot-socket") as chat:
        await chat.until("end_of_turn")
        await chat.send(type="message", text="agent")
        await chat.until("end_of_turn")
        assert "Nobody is free" in (await chat.next("message"))["text"]
