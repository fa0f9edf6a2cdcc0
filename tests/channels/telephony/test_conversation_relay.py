"""`<ConversationRelay>`: the caller and a company's program talk in text over a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from cxassure.errors import Broken, CannotLook

Talk = Callable[["Program", ServerConnection, dict[str, Any]], Awaitable[None]]


class Program:
    """A company's program: answers each message as the test has it, keeps all that came."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.answers: Talk | None = None
        self.url = ""

    async def __call__(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.headers = {name.lower(): value for name, value in socket.request.headers.items()}
        async for frame in socket:
            message = json.loads(frame)
            self.came.append(message)
            if self.answers:
                await self.answers(self, socket, message)

    def kinds(self) -> list[str]:
        return [message["type"] for message in self.came]


async def say(socket: ServerConnection, *tokens: str, **told: Any) -> None:
    """One answer, token by token; the last one says that it is the last."""
    for place, token in enumerate(tokens, 1):
        last = place == len(tokens)
        await socket.send(json.dumps({"type": "text", "token": token, "last": last, **told}))


@pytest.fixture
async def program() -> AsyncIterator[Program]:
    program = Program()
    async with serve(program, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        program.url = f"ws://127.0.0.1:{port}/relay"
        yield program


def relay(program: Program, attributes: str = "", inside: str = "", action: str = "after") -> str:
    noun = f'<ConversationRelay url="{program.url}" {attributes}>{inside}</ConversationRelay>'
    return f'<Connect action="{action}">{noun}</Connect>'


async def calls(table: Any, company: Any, program: Program, twiml: str, **options: Any) -> Any:
    company.says("/voice", twiml)
    company.says("/after", lambda p: f"<Say>{p['SessionStatus']}: {p.get('HandoffData')}</Say>")
    return await table.caller(company.url(), also=(program.url,), **options)


async def test_words_are_answered_and_the_end_hands_over(table, company, program, act, hears):
    async def answers(program: Program, socket: ServerConnection, message: dict[str, Any]) -> None:
        if message["type"] == "prompt" and "agent" in message["voicePrompt"]:
            await say(socket, "One ", "moment.")
            await socket.send(json.dumps({"type": "end", "handoffData": '{"reason":"agent"}'}))
        elif message["type"] == "prompt":
            await say(socket, "Your parcel ", "is on ", "its way.")

    program.answers = answers
    named = '<Parameter name="order" value="4711"/>'
    twiml = relay(program, 'welcomeGreeting="Hello, how can I help?" language="en-GB"', named)
    caller = await calls(table, company, program, twiml, party=None)
    await act(caller, "dial")
    await hears(caller, "how can i help")
    await act(caller, "say", "Where is my parcel?")
    await hears(caller, "on its way")
    await act(caller, "say", "An agent, please.")
    await hears(caller, 'ended: {"reason":"agent"}')
    setup, first, second = program.came
    assert setup["type"] == "setup" and setup["customParameters"] == {"order": "4711"}
    assert setup["callSid"] == caller.call()["sid"] and setup["callStatus"] == "IN-PROGRESS"
    assert first == {
        "type": "prompt",
        "voicePrompt": "Where is my parcel?",
        "lang": "en-GB",
        "last": True,
    }
    assert second["voicePrompt"] == "An agent, please."
    assert company.params("/after")[0]["SessionId"] == setup["sessionId"]


async def test_a_caller_who_interrupts_is_told_of_with_what_was_heard(
    table, company, program, act, hears
):
    async def answers(program: Program, socket: ServerConnection, message: dict[str, Any]) -> None:
        if message["type"] == "prompt":
            await say(socket, "Understood.")

    program.answers = answers
    long = "one two three four five six seven eight nine ten"
    caller = await calls(table, company, program, relay(program, f'welcomeGreeting="{long}"'))
    await act(caller, "dial")
    await act(caller, "wait", 2.1)
    await act(caller, "say", "Stop.")
    await hears(caller, "understood")
    caller.window = 0
    assert caller.interrupted()
    assert program.kinds() == ["setup", "interrupt", "prompt"]
    assert program.came[1]["utteranceUntilInterrupt"] == "one two three four five"
    assert program.came[1]["durationUntilInterruptMs"] == pytest.approx(2100, abs=60)


async def test_what_may_not_be_interrupted_is_heard_to_its_end(table, company, program, act, hears):
    async def answers(program: Program, socket: ServerConnection, message: dict[str, Any]) -> None:
        if message["type"] == "prompt":
            await say(socket, "Understood.")

    program.answers = answers
    wish = 'welcomeGreeting="one two three four five six" welcomeGreetingInterruptible="none"'
    caller = await calls(table, company, program, relay(program, wish))
    await act(caller, "dial")
    await act(caller, "say", "Lost words.", at_once=True)
    await act(caller, "say", "Heard words.")
    await hears(caller, "understood")
    assert program.kinds() == ["setup", "prompt"]
    assert program.came[1]["voicePrompt"] == "Heard words."


async def test_keys_are_told_where_they_are_wanted(table, company, program, act, hears):
    async def answers(program: Program, socket: ServerConnection, message: dict[str, Any]) -> None:
        if message["type"] == "dtmf":
            await say(socket, f"You pressed {message['digit']}.")

    program.answers = answers
    caller = await calls(table, company, program, relay(program, 'dtmfDetection="true"'))
    await act(caller, "dial")
    await act(caller, "press", "7")
    await hears(caller, "you pressed 7")


async def test_a_program_that_speaks_first_is_heard(table, company, program, act, hears):
    async def answers(program: Program, socket: ServerConnection, message: dict[str, Any]) -> None:
        if message["type"] == "setup":
            await say(socket, "Good morning.")

    program.answers = answers
    caller = await calls(table, company, program, relay(program))
    await act(caller, "dial")
    await hears(caller, "good morning")


async def test_language_digits_and_nonsense(table, company, program, act, hears):
    async def answers(program: Program, socket: ServerConnection, message: dict[str, Any]) -> None:
        if message["type"] != "prompt":
            return
        change = {"type": "language", "ttsLanguage": "de-DE", "transcriptionLanguage": "de-DE"}
        await socket.send(json.dumps(change))
        await socket.send(json.dumps({"type": "sendDigits", "digits": "12"}))
        await socket.send(json.dumps({"type": "wink"}))
        await socket.send("no JSON")
        await say(socket, "Gut.")

    program.answers = answers
    caller = await calls(table, company, program, relay(program, 'welcomeGreeting="Hi."'))
    await act(caller, "dial")
    await act(caller, "say", "German, please.")
    await hears(caller, "gut.")
    await act(caller, "say", "Danke.")
    await hears(caller, "gut.")
    prompts = [one for one in program.came if one["type"] == "prompt"]
    assert [one["lang"] for one in prompts] == ["en-US", "de-DE"]
    assert program.kinds().count("error") == 4
    assert any(seen.what == "tones" and seen.text == "12" for seen in caller.seen)
    assert any("64107" in finding for finding in table.findings)


async def test_a_program_that_hangs_up_on_the_caller_is_told_with_its_number(
    table, company, program, act, hears
):
    async def answers(program: Program, socket: ServerConnection, message: dict[str, Any]) -> None:
        if message["type"] == "prompt":
            await socket.close()

    program.answers = answers
    caller = await calls(table, company, program, relay(program, 'welcomeGreeting="Hi."'))
    await act(caller, "dial")
    await act(caller, "say", "Hello?")
    await hears(caller, "failed")
    assert company.params("/after")[0]["ErrorCode"] == "64105"


async def test_a_socket_that_does_not_open_breaks_the_call_or_goes_to_the_action(
    table, company, program, act, hears
):
    dead = Program()
    dead.url = "ws://127.0.0.1:9/relay"
    caller = await calls(table, company, dead, relay(dead))
    await act(caller, "dial")
    await hears(caller, "failed")
    assert company.params("/after")[0]["ErrorCode"] == "64102"
    company.says("/voice", f'<Connect><ConversationRelay url="{dead.url}"/></Connect>')
    with pytest.raises(Broken) as told:
        await act(caller, "dial")
        await act(caller, "wait", 5.0)
    assert told.value.code == "64102"


async def test_a_caller_who_hangs_up_ends_the_session(table, company, program, act):
    caller = await calls(table, company, program, relay(program, 'welcomeGreeting="Hi."'))
    await act(caller, "dial")
    await act(caller, "wait", 3.0)
    await act(caller, "hang_up")
    assert company.params("/after")[0]["SessionStatus"] == "completed"


async def test_the_socket_is_opened_with_a_signature_and_only_where_it_is_listed(
    table, company, program, act
):
    from twilio.request_validator import RequestValidator

    twiml = relay(program, 'welcomeGreeting="Hi."')
    caller = await calls(table, company, program, twiml, auth_token="key")
    await act(caller, "dial")
    signature = program.headers["x-twilio-signature"]
    assert RequestValidator("key").compute_signature(program.url, {}) == signature
    stranger = await table.caller(company.url("/other"))
    company.says("/other", '<Connect><ConversationRelay url="ws://127.0.0.1:9/"/></Connect>')
    table.targets.clear()
    with pytest.raises(CannotLook, match="not a listed target"):
        other = await table.caller(company.url("/other"))
        await act(other, "dial")
        await act(other, "wait", 1.0)
    assert not stranger.call()


async def test_the_same_talk_takes_the_same_time_twice(table, company, program, act, hears):
    async def answers(program: Program, socket: ServerConnection, message: dict[str, Any]) -> None:
        if message["type"] == "prompt":
            await say(socket, "Your parcel is on its way.")

    program.answers = answers
    took = []
    for _ in range(2):
        caller = await calls(table, company, program, relay(program, 'welcomeGreeting="Hello."'))
        await act(caller, "dial")
        await hears(caller, "hello")
        await act(caller, "say", "Where is my parcel?")
        took.append(await hears(caller, "on its way"))
        await act(caller, "hang_up")
    assert took[0] == pytest.approx(took[1], abs=1.0)
