"""`<Stream>`: the call's sound goes to a socket of the company's, and back (Twilio, TwiML Voice).

While a stream is open, the clock of the run is bound to real time: sound cannot be hurried.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.attributes import method
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.media import MediaStream, Utterance, encoded
from cxassure.channels._telephony.carrier.socket import plug
from cxassure.channels._telephony.carrier.voice import tone
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker

_TRACKS = {"inbound_track": ("inbound",), "outbound_track": ("outbound",)}


class Line:
    """A call's end of a stream: the caller's words go out as sound, the company's come back."""

    takes = frozenset(("keys", "speech"))

    def __init__(self, walker: Walker, noun: Node) -> None:
        self.walker, self.noun, self.call = walker, noun, walker.call
        self.sid = walker.exchange.new_sid("MZ")
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, tracks: tuple[str, ...]) -> None:
        """Raises `Fault` 31920 where the socket does not open, `CannotLook` without numpy."""
        tone(0)
        socket = await plug(self.walker, joined(self.walker.url, self.noun.get("url")), 31920)
        named = [node for node in self.noun.nodes if node.name == "Parameter"]
        start = {
            "streamSid": self.sid,
            "accountSid": self.call.account.account_sid,
            "callSid": self.call.sid,
            "tracks": list(tracks),
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {node.get("name"): node.get("value") for node in named},
        }
        self.media = MediaStream(socket, start, self._heard, self._complain)
        self.run(self.media.run())
        await self._tell("stream-started")

    def run(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """Trouble of ours ends the call, told by whoever acts next."""
        self._tasks.discard(task)
        wrong = None if task.cancelled() else task.exception()
        if wrong and not self.call.ended:
            self.call.trouble = wrong if isinstance(wrong, Exception) else RuntimeError(str(wrong))
            self.call.end("line", "given up: we could not go on")

    def key(self, key: str) -> None:
        self.run(self.media.key(key))

    def speak(self, text: str, ends: float) -> None:
        self.run(self.say(text, "inbound"))

    async def say(self, text: str, track: str) -> None:
        """Words as sound on one track."""
        sound = await self.walker.exchange.voice.speak(text, "en-US")
        self.media.say(encoded(sound), track)

    def _heard(self, said: Utterance) -> None:
        self.run(self._recognised(said))

    async def _recognised(self, said: Utterance) -> None:
        """An utterance of the company's becomes a prompt, with the times at which it was heard."""
        call = self.call
        call.clock.catch_up()
        shift = call.clock.now() - time.perf_counter()
        words = await self.walker.exchange.voice.hear(said.sound, "en-US")
        about = {"cut": True} if said.cleared else {}
        seconds = said.ended - said.began
        what, text = ("prompt", words) if words is not None else ("sound", f"{seconds:.1f} s")
        call.ear.heard(what, text, said.began + shift, said.ended + shift, **about)
        call.clock.stir()

    def _complain(self, what: str) -> None:
        self.walker.warn(Fault(31951, what))

    async def _tell(self, event: str) -> None:
        url = self.noun.get("statusCallback")
        if url:
            told = {
                "StreamSid": self.sid,
                "StreamEvent": event,
                "StreamName": self.noun.get("name"),
            }
            verb = method(self.walker, self.noun, "statusCallbackMethod", 12200)
            await self.walker.report(url, verb, {**told, "Timestamp": self.walker.exchange.date()})

    async def close(self) -> None:
        """Says `stop` and closes the socket."""
        for task in list(self._tasks):
            task.cancel()
        await self.media.stop()
        await self.media.socket.close()
        await self._tell("stream-stopped")


async def converse(walker: Walker, noun: Node) -> None:
    """`<Connect><Stream>`: both directions, until the company closes the socket, or the call ends.

    Raises `Fault` 31920 where the socket does not open.
    """
    call = walker.call
    line = Line(walker, noun)
    if noun.get("track", "inbound_track") != "inbound_track":
        raise CannotLook("<Connect><Stream> has one track, inbound_track", "leave `track` out")
    await line.open(("inbound",))
    call.taker, call.waits = line, True
    call.ear.begin()
    try:
        with call.clock.bound():
            await call.until(lambda: line.media.socket.closed)
    finally:
        call.taker, call.waits = None, False
        await line.close()
        call.ear.end()


async def copy(walker: Walker, noun: Node) -> None:
    """`<Start><Stream>`: a copy of what either side says; the call goes on beside it."""
    wanted = noun.get("track", "inbound_track")
    line = Line(walker, noun)
    try:
        await line.open(_TRACKS.get(wanted, ("inbound", "outbound")))
    except Fault as fault:
        walker.warn(fault)
        return
    tap = Tap(line, noun.get("name"))
    walker.call.taps.append(tap)
    walker.call.clock.start(tap.last())


async def stop_copy(walker: Walker, name: str) -> None:
    """`<Stop><Stream name="…"/>`; without a name, all of them."""
    for tap in [tap for tap in walker.call.taps if name in ("", tap.name)]:
        walker.call.taps.remove(tap)
        tap.done = True
    walker.call.clock.stir()


class Tap:
    """Hears a call beside what goes on in it."""

    def __init__(self, line: Line, name: str) -> None:
        self.line, self.name, self.done = line, name, False

    async def last(self) -> None:
        """Until the call has ended, the tap is stopped or the company closes the socket."""
        call, socket = self.line.call, self.line.media.socket
        try:
            with call.clock.bound():
                await call.clock.until(lambda: self.done or socket.closed or call.ended is not None)
        finally:
            await self.line.close()

    def hears(self, text: str, track: str) -> None:
        self.line.run(self.line.say(text, track))

    def key(self, key: str) -> None:
        self.line.key(key)
