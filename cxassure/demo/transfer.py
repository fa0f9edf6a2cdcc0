"""The phone tree's way to a person: queue, desk, voicemail and what is said afterwards."""

from __future__ import annotations

import io
import math
import struct
import wave
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.twiml.voice_response import VoiceResponse

from cxassure.demo.calls import Asked, answer, hang_up, signed

MUSIC = "/voice/hold-music.wav"
MUSIC_SECONDS = 4
MISSED = ("no-answer", "busy", "failed", "canceled")


@signed
async def person(asked: Asked) -> Response:
    """Queue the caller for the billing team."""
    company, call = asked.company, asked.call
    call.reason = asked.query("reason", "asked for a person")
    said = VoiceResponse()
    said.say("Please hold. I am connecting you to our billing team.")
    if company.broken("call-drops-at-transfer"):
        return hang_up(said)
    if company.broken("voicemail-picks-up"):
        return _voicemail("You have reached the voicemail of the billing team.")
    first = 20 if company.broken("queue-beyond-promise") else 2
    queue = f"/voice/queue?position={first}"
    said.enqueue("billing", wait_url=queue, action="/voice/connect", method="POST")
    return answer(said)


@signed
async def queue(asked: Asked) -> Response:
    """The wait: a place in the queue, music, the next place; at 0 the caller leaves the queue."""
    company, position = asked.company, asked.number("position")
    if company.broken("transfer-never-made"):
        position = max(position, 1)
    said = VoiceResponse()
    if position <= 0:
        said.leave()
        return answer(said)
    place = 4 - position if company.broken("queue-position-rises") else position
    said.say(f"You are number {min(place, 9)} in the queue.")
    if company.broken("hold-music-absent"):
        said.pause(length=20)
    else:
        said.play(str(asked.request.url.replace(path=MUSIC, query="")))
    if company.broken("queue-beyond-promise"):
        said.pause(length=10)
    said.redirect(f"/voice/queue?position={position - 1}")
    return answer(said)


@signed
async def connect(asked: Asked) -> Response:
    """Ring the desk and give it everything the caller has told."""
    company, call = asked.company, asked.call
    context = _context(asked)
    company.desk.pop(context)
    said = VoiceResponse()
    lost = company.broken("callers-number-lost")
    dial = said.dial(
        action="/voice/after-dial",
        method="POST",
        timeout=20,
        answer_on_bridge=True,
        caller_id="anonymous" if lost else asked.caller or None,
    )
    call.reached = True
    client = dial.client()
    client.identity(_desk(asked))
    for name, value in context.items():
        client.parameter(name=name, value=value)
    return answer(said)


def _desk(asked: Asked) -> str:
    if asked.company.broken("transfer-wrong-department"):
        return "returns-desk"
    if asked.company.broken("desk-never-answers"):
        return "billing-desk-2"
    return "billing-desk"


def _context(asked: Asked) -> dict[str, str]:
    company, call = asked.company, asked.call
    case = company.cases.find(call.case) or asked.known_case()
    number = call.order or (case.order if case else "")
    order, caller = company.book.find(number), asked.caller
    if company.broken("context-of-another-caller"):
        order = company.book.other_than(number)
        number, caller = order.number, order.mobile
    context = {
        "order number": number,
        "case": case.id if case else "",
        "caller": "" if company.broken("callers-number-lost") else caller,
        "queue": "returns" if company.broken("transfer-wrong-department") else "billing",
        "reason": call.reason,
        "address": company.address_on_screen(order),
    }
    if company.broken("transfer-without-context"):
        context["order number"] = context["case"] = context["address"] = ""
    return {name: value for name, value in context.items() if value}


@signed
async def after_dial(asked: Asked) -> Response:
    """The `action` of the dial: say goodbye, or that nobody came (`DialCallStatus`)."""
    said = VoiceResponse()
    if asked.form.get("DialCallStatus") not in MISSED:
        _survey(asked)
        said.say("Thank you for calling. Goodbye.")
        return hang_up(said)
    asked.call.reached = False
    if asked.company.broken("desk-never-answers"):
        said.pause(length=30)
        return hang_up(said)
    return _voicemail("We are sorry, nobody is free at the moment.")


def _voicemail(told: str) -> Response:
    said = VoiceResponse()
    said.say(f"{told} Please leave a message after the tone and we will call you back.")
    said.record(action="/voice/voicemail", method="POST", max_length=60, play_beep=True, timeout=5)
    said.redirect("/voice/voicemail")
    return answer(said)


@signed
async def voicemail(asked: Asked) -> Response:
    said = VoiceResponse()
    said.say("Thank you. We will call you back within one hour. Goodbye.")
    return hang_up(said)


@signed
async def status(asked: Asked) -> Response:
    """Status callbacks of the call; its end closes the case."""
    if asked.form.get("CallStatus") == "completed" and asked.call.reached:
        _survey(asked)
    return Response(status_code=204)


def _survey(asked: Asked) -> None:
    """Once a call: the customer who talked to an agent is asked how it was."""
    company, call = asked.company, asked.call
    if call.surveyed:
        return
    call.surveyed = True
    case = company.cases.find(call.case) or company.cases.of_caller(asked.caller)
    number = call.order or (case.order if case else "")
    order = company.book.find(number)
    if case:
        case.open = False
    company.contact_ended(order.email if order else "", number)


async def hold_music(request: Request) -> Response:
    return Response(music(), media_type="audio/wav")


@cache
def music() -> bytes:
    """Four seconds of a slow arpeggio: 8 kHz, 16 bit, mono, as telephone lines have it."""
    rate, notes = 8000, (262, 330, 392, 523)
    samples = []
    for tick in range(rate * MUSIC_SECONDS):
        note, place = notes[tick // rate], (tick % rate) / rate
        fade = min(1.0, 20 * place, 4 * (1 - place))
        samples.append(int(9000 * fade * math.sin(2 * math.pi * note * place)))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()


_STEPS = {
    "person": person,
    "queue": queue,
    "connect": connect,
    "after-dial": after_dial,
    "voicemail": voicemail,
    "status": status,
}
ROUTES = [
    *(Route(f"/voice/{name}", step, methods=["GET", "POST"]) for name, step in _STEPS.items()),
    Route(MUSIC, hold_music),
]
