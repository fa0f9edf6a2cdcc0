"""The telephone network of these tests: numbers, the legs between them, and what is heard there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from cxassure.channel import Seen
from cxassure.channels._telephony.audio.repertoire import Repertoire
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.speaking import say
from cxassure.channels._telephony.carrier.api.numbers import Number
from cxassure.channels._telephony.carrier.api.server import Api
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.ear import Ear
from cxassure.channels._telephony.carrier.exchange import Exchange
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.lengths import spoken
from cxassure.channels._telephony.carrier.media import encoded
from cxassure.channels._telephony.carrier.ring import Ring
from cxassure.channels._telephony.carrier.voice import Offline
from cxassure.channels._telephony.carrier.webhook import Account
from cxassure.channels._telephony.rtp.tones import Ear as Tones

SID, TOKEN = "AC" + "7" * 32, "the-token-of-the-account"
COMPANY, OURS, DESK = "+12025550199", "+12025550101", "+12025550177"
RATE = 8_000
KEYS = "keys "


class Ears(Offline):
    """The network's voice: keys in the sound are keys, prompts are known, the rest is heard as
    ever."""

    def __init__(self, prompts: Path) -> None:
        self.prompts, self._known = prompts, Repertoire([str(prompts)])

    async def hear(self, sound: Sound, language: str) -> str | None:
        found = Tones(sound.rate).feed(sound.samples)
        if found:
            return KEYS + "".join(key for key, _, _ in found)
        known = await asyncio.to_thread(self._known.hear, sound)
        return known.text or await super().hear(sound, language)


class Incoming:
    """What comes in on a leg of ours: read aloud where it is wanted as sound."""

    def __init__(self, leg: Call) -> None:
        self.leg = leg
        self.said: list[tuple[float, str]] = []
        leg.carries = self.between

    def hears(self, text: str, track: str = "outbound") -> None:
        """Somebody begins to say something to our leg."""
        if track != "outbound":
            return
        self.said.append((self.leg.clock.now(), text))
        self.leg.clock.start(self._stream(text, self.leg.clock.now()))

    async def _stream(self, text: str, began: float) -> None:
        """To a stream that opens late goes what is left of it."""
        clock = self.leg.clock
        if await clock.until(lambda: self.leg.ended is not None or self.streams, 5):
            taker: Any = self.leg.taker
            if self.streams:
                sound = say(text, rate=RATE)
                taker.media.say(encoded(sound.cut(min(clock.now() - began, sound.seconds))))

    @property
    def streams(self) -> bool:
        return hasattr(self.leg.taker, "media")

    def key(self, key: str) -> None:
        """Keys pressed by our side are not heard by it, and end what is being said."""
        taker: Any = self.leg.taker
        if self.streams:
            for waiting in taker.media.speaking.values():
                waiting.clear()

    def tone(self, key: str) -> None:
        taker: Any = self.leg.taker
        if self.streams:
            taker.key(key)

    def between(self, began: float, ended: float) -> Sound:
        import numpy as np

        whole = np.zeros(max(round((ended - began) * RATE), 1), np.int16)
        for place, (at, text) in enumerate(self.said):
            until = self.said[place + 1][0] if place + 1 < len(self.said) else ended
            sound = say(text, rate=RATE).cut(0, max(min(until, ended) - at, 0))
            start = round((at - began) * RATE)
            samples = sound.samples[max(-start, 0) :]
            start = max(start, 0)
            samples = samples[: max(len(whole) - start, 0)]
            whole[start : start + len(samples)] = samples
        return Sound(whole, RATE)


class Patch:
    """Two legs joined: `near` carries out our documents, `far` is the company's end."""

    def __init__(self, network: Network, near: Call, far: Call) -> None:
        self.network, self.near, self.far = network, near, far
        self.incoming = Incoming(near)

    def from_near(self, seen: Seen) -> None:
        """What our document says or plays goes to the company."""
        if seen.what == "tones" or seen.text.startswith(KEYS):
            for key in seen.text.removeprefix(KEYS):
                if key not in "wW":
                    self.far.key(key)
        elif seen.what == "prompt":
            self.far.speak(seen.text, spoken(seen.text))

    def from_far(self, seen: Seen) -> None:
        """What others say in the company's rooms; its own prompts come by the tap."""
        if seen.what == "speech":
            self.incoming.hears(seen.text)
        elif seen.what == "tone":
            self.incoming.tone(seen.text)

    async def until_over(self) -> None:
        near, far = self.near, self.far
        await near.clock.until(lambda: near.ended is not None or far.ended is not None)
        far.end("customer", "hung up by the caller")
        near.end("company", "hung up at the other end")


class CompanyNumber:
    """A number that leads to a company's webhook."""

    def __init__(self, network: Network, account: Account) -> None:
        self.network, self.account, self.address = network, account, account.number
        self.calls: list[Call] = []

    def rung(self, ring: Ring) -> None:
        self.network.exchange.clock.start(self._through(ring))

    async def _through(self, ring: Ring) -> None:
        exchange, near = self.network.exchange, ring.leg
        heard: list[Seen] = []
        far = exchange.place(self.account, near.caller, Ear(exchange.clock, heard.append))
        patch = Patch(self.network, near, far)
        far.ear.record = patch.from_far
        far.taps.append(patch.incoming)  # type: ignore[arg-type]
        self.calls.append(far)
        await exchange.clock.until(lambda: far.answered is not None or far.ended is not None)
        if far.answered is None:
            ring.decline()
            return
        if ring.state != "ringing":
            far.end("customer", "gave up")
            return
        ring.answer(Ear(exchange.clock, patch.from_near))
        await patch.until_over()


class Unreached:
    """A number to which there is no way: the call fails, for a reason that Twilio may tell."""

    def __init__(self, code: int, address: str = COMPANY) -> None:
        self.code, self.address = code, address

    def rung(self, ring: Ring) -> None:
        if self.code:
            ring.leg.fault = Fault(self.code, "no way")
        ring.stop("there is no way to it", "failed")


class OurNumber:
    """A number of the account: rings wherever it is configured to."""

    def __init__(self, network: Network, number: Number) -> None:
        self.network, self.number, self.address = network, number, number.number

    def rung(self, ring: Ring) -> None:
        if self.number.settings.get("voice_url"):
            self.network.exchange.clock.start(self._through(ring))

    async def _through(self, ring: Ring) -> None:
        exchange, far = self.network.exchange, ring.leg
        url = self.number.settings["voice_url"]
        account = replace(self.network.account, url=url, number=self.address)
        near = exchange.place(account, far.caller, Ear(exchange.clock, lambda seen: None))
        patch = Patch(self.network, near, far)
        near.ear.record = patch.from_near
        await exchange.clock.until(
            lambda: near.answered is not None or near.ended is not None or ring.state != "ringing"
        )
        if ring.state == "ringing" and near.answered is not None:
            far.taps.append(patch.incoming)  # type: ignore[arg-type]
            ring.answer(Ear(exchange.clock, patch.from_far))
            await patch.until_over()
        elif ring.state == "ringing":
            ring.decline()
        near.end("customer", "the caller gave up")


class Network:
    """The exchange, its API and its clock, which goes as real time does."""

    def __init__(self, exchange: Exchange, api: Api, findings: list[str], ears: Ears) -> None:
        self.exchange, self.api, self.findings = exchange, api, findings
        self.asked: list[str] = []
        """Operations of Twilio's document that were asked, and what of them is against it."""
        self.wrong: list[str] = []
        self.account = Account("twilio", "", account_sid=SID, auth_token=TOKEN)
        self.address = api.address
        exchange.voice = ears
        exchange.api, exchange.api_address = api, api.address
        api.enrol(exchange, self.account)

    def company(self, url: str, number: str = COMPANY, token: str = "") -> CompanyNumber:
        account = Account("company", url, number=number, account_sid="AC" + "c" * 32)
        desk = CompanyNumber(self, replace(account, auth_token=token))
        self.exchange.desks.append(desk)
        return desk

    def unreached(self, code: int) -> None:
        self.exchange.desks.append(Unreached(code))

    def number(self, number: str = DESK, url: str = "https://before.example/voice") -> Number:
        made = Number(self.exchange.new_sid("PN"), number, {"voice_url": url})
        self.exchange.numbers[made.sid] = made
        self.exchange.desks.append(OurNumber(self, made))
        return made

    async def drive(self) -> None:
        clock = self.exchange.clock
        with clock.bound():
            while True:
                await clock.advance(clock.now() + 1)

    @property
    def up(self) -> list[Call]:
        return [call for call in self.exchange.everyone() if call.ended is None]
