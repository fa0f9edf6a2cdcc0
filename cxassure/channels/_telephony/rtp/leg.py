"""One call's media, running: its beat, what is said and heard on it, its keys, its evidence."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.errors import CannotLook

from . import quality
from .jitter import Played
from .keys import Keys
from .lag import Lag
from .negotiation import Address, Agreed, Terms
from .packet import is_rtcp, is_stun
from .pcap import Capture
from .receiver import Receiver
from .recording import Recording
from .reports import Reports
from .saying import Playing, Saying, Sounding
from .sdes import Seal, Unauthentic
from .sender import Sender
from .session import Session
from .sockets import Network, Sockets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxassure.channels._telephony.audio.sound import Samples, Sound

TOO_LATE = 0.5
"""Seconds of lag from which beats are left out instead of made up for; no far end's buffer would
hold more of what comes in a rush."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Frame:
    """A beat of what is heard; times are the event loop's.

    `at` is when it was due to be played, `arrived` when its last packet came (None where nothing
    came); `concealed`: some of it is made up.
    """

    samples: Samples
    rate: int
    at: float
    arrived: float | None
    concealed: bool


class Leg:
    """The media of one call, for SIP to negotiate and a session to speak and hear by.

    `offer`, `answer`, `accept` and `close` are the signalling's; once offer and answer have met,
    the beat runs on its own until `close`.
    """

    def __init__(
        self,
        sockets: Sockets,
        terms: Terms,
        among: Sequence[Network],
        *,
        name: str,
        advertised: str,
        port: int,
        report_every: float,
        listen_inband: bool,
        capture: Capture | None,
    ) -> None:
        self.name = name
        self.session = Session(terms, advertised, port, among)
        self.lag, self.skipped = Lag(), 0
        self.recording: Recording | None = None
        self.capture = capture
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._sockets, self._saying = sockets, Saying()
        self.keys = Keys(self._saying)
        self._receiver = Receiver(among, self.keys.event)
        self._sender = Sender(self._send)
        self._reports = Reports(
            self._sender, self._receiver.reception, self._report, name=name, interval=report_every
        )
        self._inband = listen_inband
        self._listeners: list[Callable[[Frame], None]] = []
        self._seal: Seal | None = None
        self._sealed: tuple[bytes, bytes] | None = None
        self._beat_at: float | None = None
        self._timer: asyncio.Handle | None = None

    # The signalling's side

    @property
    def agreed(self) -> Agreed | None:
        """What both ends have agreed on; None before that."""
        return self.session.agreed

    @property
    def held(self) -> bool:
        """Whether the far end has put us on hold."""
        return self.agreed is not None and self.agreed.held

    def offer(self, *, hold: bool = False) -> bytes:
        """A description of us (SDP), for a new call or a change; `hold`: we stop listening."""
        return self.session.offer(hold=hold)

    def answer(self, offer: bytes) -> bytes:
        """Our answer to the far end's offer; media begins.

        Raises:
            NotAcceptable: no codec, key or address in it is one for us.
        """
        told = self.session.answer(offer)
        self._agree()
        return told

    def accept(self, answer: bytes) -> None:
        """Takes the answer to our offer; media begins.

        Raises:
            NotAcceptable: it refuses the audio, or leads where media may not go.
        """
        self.session.accept(answer)
        self._agree()

    async def close(self) -> None:
        """Says good-bye (RTCP BYE), ends what is being said and frees the ports."""
        if self.ended.done():
            return
        if self._timer:
            self._timer.cancel()
            self._report(self._reports.stop())
        self._saying.clear()
        self._sockets.close()
        self.ended.set_result(None)

    def _agree(self) -> None:
        """Puts what was agreed into effect; keys that stay keep their state."""
        agreed = self.session.agreed
        if agreed is None or self.ended.done():
            return
        keys = (agreed.ours.key, agreed.theirs.key) if agreed.ours and agreed.theirs else None
        if keys != self._sealed:
            self._sealed = keys
            self._seal = Seal(agreed.ours, agreed.theirs) if agreed.ours and agreed.theirs else None
        self._sender.agree(agreed, self._seal)
        self._receiver.agree(agreed, self._seal)
        self._sender.remote = self._receiver.source or agreed.remote
        self.keys.agreed = agreed
        if self._timer is None:
            self._start(agreed)

    def _start(self, agreed: Agreed) -> None:
        self.recording = Recording(agreed.codec.rate)
        self._sockets.read(self._arrived, self._arrived)
        self._reports.start()
        self._beat_at = self._loop.time()
        self._timer = self._loop.call_soon(self._beat)

    # The line's side

    def _arrived(self, data: bytes, source: Address, at: float) -> None:
        if self.capture:
            self._captured(source, self._here, data, at)
        if is_rtcp(data):
            self._rtcp(data, source, at)
        elif not is_stun(data):
            self._receiver.datagram(data, source, at)
            if self._receiver.source:
                self._sender.remote = self._receiver.source

    def _rtcp(self, data: bytes, source: Address, at: float) -> None:
        if not self._receiver.knows(source[0]):
            return
        try:
            self._reports.arrived(self._seal.open_up(data, rtcp=True) if self._seal else data, at)
        except Unauthentic:
            self._receiver.refused["unauthentic report"] += 1

    @property
    def _here(self) -> Address:
        return self._sockets.address, self._sockets.port

    def _send(self, data: bytes, to: Address) -> bool:
        if self.capture:
            self._captured(self._here, to, data, self._loop.time())
        return self._sockets.send(data, to)

    def _report(self, data: bytes) -> None:
        """Sends an RTCP packet where the far end wants it: beside its RTP, as far as known."""
        agreed, remote = self.agreed, self._sender.remote
        if agreed is None or remote is None:
            return
        to = agreed.remote_rtcp
        if agreed.mux:
            to = remote
        elif to is None or self._receiver.source not in (None, agreed.remote):
            to = (remote[0], remote[1] + 1)
        sealed = self._seal.close_up(data, rtcp=True) if self._seal else data
        self._sockets.send(sealed, to, rtcp=not agreed.mux)

    def _captured(self, source: Address, to: Address, data: bytes, at: float) -> None:
        assert self.capture is not None
        self.capture.add(time.time() - self._loop.time() + at, source, to, data)

    # The beat

    def _beat(self) -> None:
        agreed, now = self.agreed, self._loop.time()
        assert agreed is not None and self._beat_at is not None
        length = agreed.packet_ms / 1000
        self.lag.add(now - self._beat_at)
        said = self._sender.beat(self._saying.now(), now)
        heard = self._receiver.beat(len(said), now)
        self.keys.beat(now)
        self._heard(heard, said, self._beat_at, agreed.codec.rate)
        self._beat_at += length
        while now - self._beat_at > TOO_LATE:
            self._beat_at += length
            self.skipped += 1
            self._sender.skip()
        self._timer = self._loop.call_at(self._beat_at, self._beat)

    def _heard(self, played: Played | None, said: Samples, due: float, rate: int) -> None:
        """Hands a beat to keys, recording and listeners; before the first packet there is none.

        It is told by when it was `due`: what we are late for must not look like a pause."""
        import numpy as np

        samples = np.zeros(len(said), np.int16) if played is None else played.samples
        assert self.recording is not None
        kept = self.recording.rate
        self.recording.beat(_at_rate(samples, rate, kept), _at_rate(said, rate, kept), due)
        if played is None:
            return
        if self._inband:
            self.keys.sound(samples, rate, due)
        frame = Frame(samples, rate, due, played.arrived, played.concealed)
        for listener in list(self._listeners):
            self._tell(listener, frame)

    def _tell(self, listener: Callable[[Frame], None], frame: Frame) -> None:
        try:
            listener(frame)
        except Exception:
            log.exception("a listener to a leg failed and is left out")
            self._listeners.remove(listener)

    # The session's side

    def listen(self, listener: Callable[[Frame], None]) -> Callable[[], None]:
        """Calls `listener` for each beat heard, from now on; what comes back ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def play(self, sound: Sound) -> Playing:
        """Says a sound, after what is being said already.

        Raises:
            CannotLook: media is not agreed on yet.
        """
        if self.agreed is None or self.ended.done():
            raise CannotLook("there is no media to speak into", "answer or dial first")
        rate = self.agreed.codec.rate
        playing = Sounding(sound.at(rate).samples, rate)
        self._saying.add(playing)
        return playing

    def silence(self) -> None:
        """Stops all sounds at once; keys are pressed to their end."""
        self._saying.clear(keys=False)

    def quality(self) -> quality.Quality:
        """The figures as of now.

        Raises:
            CannotLook: media was never agreed on.
        """
        agreed = self.agreed
        if agreed is None:
            raise CannotLook("a call without media has no quality", "was it answered?")
        return quality.judge(
            quality.heard(self._receiver, agreed.codec.name),
            quality.told(self._reports, agreed.codec.clock),
            round_trip=self._reports.round_trip,
            buffered=self._receiver.buffer.mean_delay,
            packet=agreed.packet_ms / 1000,
            lag=self.lag,
            skipped=self.skipped,
            unsent=self._sockets.unsent,
        )


def _at_rate(samples: Samples, rate: int, wanted: int) -> Samples:
    """A beat at another rate, for a recording whose codec was changed on the way."""
    from cxassure.channels._telephony.audio.sound import Sound

    return samples if rate == wanted else Sound(samples, rate).at(wanted).samples
