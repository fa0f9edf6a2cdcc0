"""Where legs come from: what this machine's media may be, and a socket pair for each call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cxassure.errors import UsageError

from .codecs import KNOWN, Codec, packet_time
from .leg import Leg
from .negotiation import Secured, Terms
from .pcap import Capture
from .sockets import Sockets, networks
from .stun import mapped


@dataclass(frozen=True, slots=True)
class MediaPort:
    """The media settings of a target.

    Attributes:
        address: the address of ours that media is received on.
        allowed: addresses and networks that media may go to and come from.
        codecs: names in order of preference: PCMU, PCMA, G722, opus.
        srtp: `never`, `may` (keys beside a plain offer), `must`.
        packet_ms: length of a packet, 10 to 40.
        mux: RTCP on RTP's own port where the far end can (RFC 5761).
        events: key events (RFC 4733) are offered and taken.
        ports: the range that ports are taken from; None lets the system choose.
        advertise: the address told to the far end, where a translator stands between.
        stun: a server (RFC 8489) that is asked for that address and port.
        report_every: seconds between RTCP reports.
        listen_inband: tones are looked for in what is heard.
    """

    address: str = "127.0.0.1"
    allowed: Sequence[str] = ("localhost",)
    codecs: Sequence[str] = ("PCMU", "PCMA")
    srtp: Secured = "never"
    packet_ms: int = 20
    mux: bool = True
    events: bool = True
    ports: range | None = None
    advertise: str = ""
    stun: tuple[str, int] | None = None
    report_every: float = 5.0
    listen_inband: bool = True

    def terms(self) -> Terms:
        """What legs of ours would agree to.

        Raises:
            UsageError: a codec that we do not speak.
        """
        codecs = tuple(_codec(name) for name in self.codecs)
        if not codecs:
            raise UsageError("no codec to speak", "codecs: [PCMU, PCMA, G722, opus]")
        packet_ms = packet_time(codecs[0], self.packet_ms)
        return Terms(codecs, packet_ms, self.srtp, self.mux, self.events)

    async def leg(self, name: str = "leg", *, capture: Capture | None = None) -> Leg:
        """A new leg on its own pair of ports.

        Raises:
            CannotLook: no ports are free, the address is not ours, the STUN server is silent.
            UsageError: a setting is wrong.
        """
        terms, among = self.terms(), networks(self.allowed)
        sockets = Sockets(self.address, self.ports)
        address, port = self.advertise or self.address, sockets.port
        try:
            if self.stun:
                address, port = await mapped(sockets.rtp, self.stun)
        except BaseException:
            sockets.close()
            raise
        return Leg(
            sockets,
            terms,
            among,
            name=name,
            advertised=address,
            port=port,
            report_every=self.report_every,
            listen_inband=self.listen_inband,
            capture=capture,
        )


def _codec(name: str) -> Codec:
    if name.lower() not in KNOWN:
        known = ", ".join(codec.name for codec in KNOWN.values())
        raise UsageError(f"there is no codec «{name}» here", f"known: {known}")
    return KNOWN[name.lower()]
