"""The description side of a leg: its offers and answers over the life of a call (RFC 3264)."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from . import negotiation, sdes, sdp
from .negotiation import Agreed, Hold, NotAcceptable, Terms
from .sdp import Description, Stream
from .sockets import Network, allowed


class Session:
    """What was said and agreed so far. `agreed` is None until offer and answer have met.

    `hold` is the style in which we hold: `sendonly` (music may go on), `inactive`, or `0.0.0.0`
    as RFC 2543 had it. `address` is what the far end is told to send to.
    """

    def __init__(self, terms: Terms, address: str, port: int, among: Sequence[Network]) -> None:
        self.terms, self.address, self.port = terms, address, port
        self.hold: Hold = "sendonly"
        self.holding = False
        self.agreed: Agreed | None = None
        self._among = among
        suites = sdes.SUITES if terms.secured != "never" else ()
        self._keys = [sdes.fresh(tag, suite) for tag, suite in enumerate(suites, 1)]
        self._ours = Description(int.from_bytes(os.urandom(6), "big"), 0, address)
        self._offered: Stream | None = None
        self._place = 0

    def offer(self, *, hold: bool = False) -> bytes:
        """A first offer, or a new one within the call; `hold` asks the far end to be quiet."""
        self.holding = hold
        style = self.hold if hold else None
        stream = negotiation.offered(
            self.terms, self.address, self.port, self._keys, hold=style, before=self.agreed
        )
        self._offered = stream
        return self._tell(stream, self._ours.streams)

    def answer(self, offer: bytes) -> bytes:
        """Our answer to an offer.

        Raises:
            NotAcceptable: nothing in it is for us, or it leads where media may not go.
        """
        theirs = sdp.read(offer)
        try:
            place, _ = negotiation.audio_of(theirs, self.terms)
        except NotAcceptable:
            if not self._switched_off(theirs):
                raise
            return self._tell(None, theirs.streams)
        style: Hold | None = self.hold if self.holding else None
        kept = self.agreed.ours if self.agreed else None
        stream, agreed = negotiation.answered(
            self.terms, theirs, place, self.address, self.port, hold=style, kept=kept
        )
        self.agreed, self._place = self._within(agreed), place
        return self._tell(stream, theirs.streams)

    def accept(self, answer: bytes) -> None:
        """Takes the answer to our offer; a later one (after early media, a fork) replaces it.

        Raises:
            NotAcceptable: the audio is refused, or nothing was offered, or it leads astray.
        """
        if self._offered is None:
            raise NotAcceptable("an answer came to no offer", "the far end answered out of turn")
        theirs = sdp.read(answer)
        self.agreed = self._within(
            negotiation.accepted(self.terms, self._offered, self._keys, theirs)
        )

    def _switched_off(self, theirs: Description) -> bool:
        """Whether an agreed stream is offered with port 0: it then rests, and no call ends."""
        audio = [stream for stream in theirs.streams if stream.kind == "audio"]
        if self.agreed is None or not audio or any(stream.port for stream in audio):
            return False
        self.agreed = replace(self.agreed, sends=False, hears=False, held=True)
        return True

    def _tell(self, stream: Stream | None, around: Sequence[Stream]) -> bytes:
        """Our description with the stream at its place and all others refused; its version grows
        when it has changed (RFC 3264 section 8)."""
        streams = [negotiation.refused(other) for other in around]
        if stream:
            streams[self._place : self._place + 1] = [stream]
        if streams != self._ours.streams:
            self._ours = replace(self._ours, streams=streams, version=self._ours.version + 1)
        return self._ours.pack()

    def _within(self, agreed: Agreed) -> Agreed:
        """What was agreed, with addresses only where media may go.

        A name instead of an address is not looked up: the far end's is learned from what comes.
        """
        if agreed.remote and not _is_address(agreed.remote[0]):
            return replace(agreed, remote=None, remote_rtcp=None)
        if agreed.remote and not allowed(agreed.remote[0], self._among):
            hint = "add it to the hosts of the target, if it is yours"
            raise NotAcceptable(f"media would go to {agreed.remote[0]}, which is not allowed", hint)
        if agreed.remote_rtcp and not allowed(agreed.remote_rtcp[0], self._among):
            return replace(agreed, remote_rtcp=None)
        return agreed


def _is_address(text: str) -> bool:
    check: Callable[[str], object] = ipaddress.ip_address
    try:
        check(text)
    except ValueError:
        return False
    return True
