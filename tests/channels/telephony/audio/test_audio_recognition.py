"""Recognition: the engines, the process of its own, what is asked and what is answered."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import pytest_asyncio

from cxassure.channels._telephony.audio.hearing import Hearing, listen
from cxassure.channels._telephony.audio.noise import noise
from cxassure.channels._telephony.audio.recogniser import Said, recogniser, recognisers
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.whisper import windows
from cxassure.errors import CannotLook, UsageError

Prompt, Join = Callable[[str], Sound], Callable[..., Sound]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hearing() -> AsyncIterator[Hearing]:
    """Whisper, loaded once."""
    async with Hearing(patience=120) as one:
        yield one


whisper = pytest.mark.asyncio(loop_scope="module")


@whisper
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("welcome", "Welcome to * support"),
        ("menu", "For returns, press two"),
        ("order", "Your order number is 1048"),
        ("closed", "We are closed."),
    ],
)
async def test_the_expected_prompt_is_known(
    hearing: Hearing, name: str, expected: str, prompt: Prompt
) -> None:
    heard = await hearing.hear(prompt(name), [expected])
    assert heard.judgement is not None and heard.judgement.suits
    assert heard.judgement.confidence > 0.7


@whisper
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("menu_swapped", "For orders, press 1. For returns, press 2."),
        ("order_other", "Your order number is 1 0 4 8."),
        ("closed", "We are open."),
    ],
)
async def test_another_prompt_is_told_however_near_it_is(
    hearing: Hearing, name: str, expected: str, prompt: Prompt
) -> None:
    heard = await hearing.hear(prompt(name), [expected])
    assert heard.judgement is not None and not heard.judgement.suits
    assert "heard as" in heard.judgement.words


@whisper
async def test_words_come_with_their_seconds(
    hearing: Hearing, prompt: Prompt, joined: Join
) -> None:
    said = (await hearing.hear(joined(2.0, prompt("closed"), 0.5))).said
    times = [(word.start, word.end) for word in said.words]
    assert times == sorted(times) and 1.7 < times[0][0] < 3
    assert "closed" in said.text.lower()


@whisper
@pytest.mark.parametrize("kind", ["silence", "hiss", "street"])
async def test_where_nobody_speaks_nothing_is_heard(hearing: Hearing, kind: str) -> None:
    sound = Sound(np.zeros(24000, np.int16), 8000) if kind == "silence" else noise(kind, 3)
    quiet = Sound((sound.samples / 32).astype(np.int16), 8000)
    heard = await hearing.hear(quiet, ["Welcome"])
    assert heard.said.text == ""
    assert heard.judgement is not None and not heard.judgement.suits


@whisper
async def test_a_language_the_model_does_not_know_is_told(hearing: Hearing, prompt: Prompt) -> None:
    with pytest.raises(CannotLook, match="language «xx»"):
        await hearing.hear(prompt("welcome"), language="xx")
    assert (await hearing.hear(prompt("welcome"))).said.text


def test_long_sounds_are_heard_in_windows(prompt: Prompt, joined: Join) -> None:
    found = windows(joined(*[part for _ in range(9) for part in (prompt("greeting"), 1.0)]))
    assert len(found) >= 2 and all(end - start < 30 for start, end in found)


async def test_a_recogniser_that_takes_too_long_is_ended(prompt: Prompt) -> None:
    async with Hearing(patience=0.01) as slow:
        with pytest.raises(CannotLook, match="took longer than"):
            await slow.hear(prompt("greeting"))


async def test_the_loop_goes_on_while_a_prompt_is_heard(prompt: Prompt) -> None:
    async with Hearing("menu") as grammar:
        heard = asyncio.create_task(grammar.hear(prompt("menu"), ["for orders press 1"]))
        turns = 0
        while not heard.done():
            await asyncio.sleep(0.001)
            turns += 1
        assert turns > 3 and heard.result().said.text


async def test_a_recogniser_that_dies_is_told_and_started_anew(prompt: Prompt) -> None:
    async with Hearing("menu") as grammar:
        assert grammar._pool is not None
        (process,) = grammar._pool._processes.values()
        process.kill()
        with pytest.raises(CannotLook, match="ended itself"):
            await grammar.hear(prompt("menu"), ["press 1"])
        assert (await grammar.hear(prompt("menu"), ["for orders press 1"])).said.text


async def test_what_is_wrong_with_an_engine_comes_through_the_process() -> None:
    with pytest.raises(UsageError, match="unknown recogniser «wisper»"):
        await Hearing("wisper").start()
    with pytest.raises(CannotLook, match="holds no model"):
        await Hearing("whisper", {"model": "/nowhere"}).start()
    with pytest.raises(UsageError, match="does not take these options"):
        await Hearing("whisper", {"speed": 1}).start()


def test_the_built_in_recognisers_are_listed() -> None:
    assert {"whisper", "menu", "endpoint"} <= set(recognisers())


def test_a_grammar_reads_the_digits_of_a_known_prompt(prompt: Prompt) -> None:
    grammar = recogniser("menu")
    said = grammar.hear(prompt("menu"), ["for orders press 7 for returns press 7"], "en")
    assert said.text == "for orders press one for returns press two"
    swapped = grammar.hear(prompt("menu_swapped"), ["for orders press 7 for returns press 7"], "en")
    assert swapped.text == "for orders press two for returns press one"
    assert [word.text for word in said.words][:2] == ["for", "orders"]


def test_a_grammar_refuses_what_it_cannot_read(prompt: Prompt) -> None:
    grammar = recogniser("menu")
    with pytest.raises(CannotLook, match="does not know «zqxw»"):
        grammar.hear(prompt("menu"), ["zqxw press 1"], "en")
    with pytest.raises(CannotLook, match="digit by digit"):
        grammar.hear(prompt("menu"), ["your balance is 120 dollars"], "en")
    with pytest.raises(CannotLook, match="in English"):
        grammar.hear(prompt("menu"), ["press 1"], "de")
    assert grammar.hear(Sound(np.zeros(8000, np.int16), 8000), ["press 1"], "en").text == ""


class Mishearing:
    """An engine that hears rightly at the second pace only, as engines do."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def hear(self, sound: Sound, expected: Sequence[str], language: str) -> Said:
        self.asked.append(sound.seconds)
        return Said("press one" if len(self.asked) == 2 else "bless none", 0.5)


def test_what_does_not_suit_is_heard_again_at_another_pace(prompt: Prompt) -> None:
    engine, sound = Mishearing(), prompt("menu")
    heard = listen(engine, sound, ["press 1"])
    assert heard.judgement is not None and heard.judgement.suits
    assert engine.asked == [sound.seconds, pytest.approx(sound.seconds / 0.92, abs=0.01)]
    assert listen(Mishearing(), sound, ["press 3"]).said.text == "bless none"


def test_where_nobody_speaks_no_engine_is_asked() -> None:
    engine = Mishearing()
    heard = listen(engine, Sound(np.zeros(24000, np.int16), 8000), ["press 1"])
    assert heard.judgement is not None and heard.judgement.words == "nothing was said"
    assert engine.asked == []


@contextmanager
def server(answer: Callable[[bytes], tuple[int, bytes]]) -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(f"{self.path} {self.headers.get('Authorization')}")
            status, told = answer(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/v1", seen
        running.shutdown()
        thread.join()


def test_an_endpoint_gets_the_sound_and_gives_text_and_words(prompt: Prompt) -> None:
    sound = prompt("welcome")
    told = {"text": " Welcome.", "words": [{"word": "Welcome", "start": 0.1, "end": 0.6}]}

    def answer(body: bytes) -> tuple[int, bytes]:
        whole = sound.wav() in body and b"verbose_json" in body and b"tiny" in body
        return (200, json.dumps(told).encode()) if whole else (400, b"")

    with server(answer) as (url, seen):
        said = recogniser("endpoint", {"url": url, "key": "k3y", "model": "tiny"}).hear(
            sound, [], "en-GB"
        )
    assert (said.text, said.words[0].end) == ("Welcome.", 0.6)
    assert seen == ["/v1/audio/transcriptions Bearer k3y"]


def test_an_endpoint_without_words_gives_the_seconds_of_its_segments(prompt: Prompt) -> None:
    segment = {"text": " We are closed.", "start": 0.2, "end": 1.4, "avg_logprob": -0.693}
    told = json.dumps({"text": "We are closed.", "segments": [segment]}).encode()
    with server(lambda _: (200, told)) as (url, _):
        said = recogniser("endpoint", {"url": url}).hear(prompt("closed"), [], "en")
    assert [(word.text, word.end) for word in said.words] == [("We are closed.", 1.4)]
    assert said.confidence == pytest.approx(0.5, abs=0.01)


def test_an_endpoint_that_gives_no_times_is_asked_for_text_alone(prompt: Prompt) -> None:
    def answer(body: bytes) -> tuple[int, bytes]:
        return (400, b"{}") if b"verbose_json" in body else (200, b'{"text": "We are closed."}')

    with server(answer) as (url, seen):
        said = recogniser("endpoint", {"url": url}).hear(prompt("closed"), [], "en")
    assert (said.text, said.words, len(seen)) == ("We are closed.", (), 2)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, b"{}", "HTTP 401"),
        (200, b"<html>", "something else"),
        (200, b"[1]", "something else"),
        (200, b'{"text": "x", "words": [{"word": "x"}]}', "something else"),
    ],
)
def test_an_endpoint_that_answers_wrongly_is_told(
    status: int, body: bytes, told: str, prompt: Prompt
) -> None:
    with server(lambda _: (status, body)) as (url, _):
        engine = recogniser("endpoint", {"url": url, "key": "k3y"})
        with pytest.raises(CannotLook, match=told) as wrong:
            engine.hear(prompt("welcome"), [], "en")
    assert "k3y" not in str(wrong.value)


def test_an_endpoint_that_is_not_there_is_told(prompt: Prompt) -> None:
    with pytest.raises(UsageError, match="needs the option url"):
        recogniser("endpoint")
    began = time.monotonic()
    with pytest.raises(CannotLook, match="does not answer"):
        recogniser("endpoint", {"url": "http://127.0.0.1:9/v1"}).hear(prompt("welcome"), [], "en")
    assert time.monotonic() - began < 20
