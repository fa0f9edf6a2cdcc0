"""What a target may say of calls over SIP, and the way to it: hosts, addresses, media."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from cxassure.channel import Opening
from cxassure.channels._http.options import read_options
from cxassure.channels._telephony.sip.uri import Uri
from cxassure.errors import CannotLook, Misread, UsageError
from cxassure.text import clip, seconds, span

if TYPE_CHECKING:
    from cxassure.channels._telephony.rtp.port import MediaPort

VOICE = ("numpy", "webrtcvad")
"""What the extra `voice` brings and no call can do without."""
LENGTHS = {"key": (0.04, 5), "gap": (0.0, 5), "silence": (0.2, 60), "dead_air": (1.0, 600)}
"""The shortest and the longest, in seconds, that a length of time may be here."""


class SipOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a target that is called, or rings, over SIP.

    Signalling: `user` and `password` (digest), `registrar` (an agent registers there; `none`:
    it only listens, at `listen`), `expires`, `proxy`, `from` (the number shown), `headers` of the
    first request, `for_header` that carries an agent's `for`. Transport stands in the address
    (`;transport=tcp`); `verify: false` takes any certificate.

    Media: `codecs`, `srtp` (never, may, must), `packet` in ms, `ports` (`10000-20000`), `address`
    of ours, `advertise` (what the far end is told), `stun` (`host:port`).

    Keys: `dtmf` (rfc4733, info, inband), `key` and `gap` in seconds.

    Hearing: `silence` ends a prompt, `golden` is a folder of the company's recordings
    (`package:path` or a path), `recogniser` and its `recogniser_options`, `language`. Trouble that
    nobody asked about: `dead_air` and `ringing` from how many seconds on, `trouble: told` leaves
    it without a verdict.
    Speaking: `voice` (`slt`, `flite:rms`, `espeak:de`), `noise` behind it (`street`, `music`,
    `hiss`; `{street: 15dB}` says by how much the speech is louder). Evidence: `pcap: true`.
    """

    user: str = ""
    password: str = ""
    registrar: str = ""
    listen: int = 0
    expires: int = 300
    proxy: str = ""
    from_: str = msgspec.field(default="", name="from")
    headers: dict[str, str] = {}
    for_header: str = "X-For"
    verify: bool = True
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    srtp: Literal["never", "may", "must"] = "never"
    packet: int = 20
    ports: str = ""
    address: str = ""
    advertise: str = ""
    stun: str = ""
    dtmf: Literal["rfc4733", "info", "inband"] = "rfc4733"
    key: str = "100ms"
    gap: str = "100ms"
    silence: str = "2.5s"
    dead_air: str = "5s"
    ringing: str = "20s"
    trouble: Literal["judged", "told"] = "judged"
    golden: str = ""
    recogniser: str = "whisper"
    recogniser_options: dict[str, Any] = {}
    language: str = "en"
    voice: str = ""
    noise: str | dict[str, str] = ""
    pcap: bool = False


def options_of(opening: Opening) -> SipOptions:
    """The target's options. Raises `CannotLook` for wrong ones, and where the extra is missing."""
    from importlib.util import find_spec

    missing = next((name for name in VOICE if find_spec(name) is None), "")
    if missing:
        raise CannotLook(f"calls over SIP need {missing}", "pip install 'cxassure[voice]'")
    options = read_options(opening, SipOptions)
    for name, (least, most) in LENGTHS.items():
        _between(opening, name, getattr(options, name), least, most)
    return options


def _between(opening: Opening, name: str, written: str, least: float, most: float) -> None:
    try:
        fits = least <= length(written) <= most
    except Misread:
        fits = False
    if not fits:
        raise CannotLook(
            f"an option of target «{opening.target.name}» is wrong: {name}: {clip(written, 40)}",
            f"a length from {span(least)} to {span(most)}, such as 500ms or 2.5s",
        )


def length(written: str) -> float:
    """Seconds as they are written in an option."""
    return seconds(written)


class Way:
    """Where a target is: its URI, the addresses of it that may be talked to, and ours."""

    def __init__(self, uri: Uri, hosts: list[str], ours: str) -> None:
        self.uri, self.hosts, self.ours = uri, hosts, ours

    @property
    def transport(self) -> str:
        return "tls" if self.uri.scheme == "sips" else self.uri.transport or "udp"


async def way_to(opening: Opening, options: SipOptions) -> Way:
    """Raises `CannotLook` for an address that is none, or a name that nobody knows."""
    written = opening.target.address
    try:
        uri = Uri.read(written)
    except ValueError as wrong:
        raise _no_address(opening, str(wrong)) from None
    if uri.scheme not in ("sip", "sips") or not uri.host:
        raise _no_address(opening, "it has no host")
    near = Uri.read(options.proxy) if options.proxy else uri
    hosts = [uri.host, near.host, *opening.target.also]
    addresses = [one for host in dict.fromkeys(hosts) for one in await _resolved(host)]
    ours = options.address or _ours(addresses[0], near.port or 5060)
    return Way(uri, list(dict.fromkeys([*hosts, *addresses])), ours)


def _no_address(opening: Opening, why: str) -> CannotLook:
    return CannotLook(
        f"«{opening.target.address}» is no address to call over SIP: {why}",
        "write sip:NUMBER@HOST:PORT;transport=udp",
    )


async def _resolved(host: str) -> list[str]:
    if _is_network(host):
        return [host.strip("[]")]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError as wrong:
        raise CannotLook(f"nobody knows the host {host}: {wrong}", "is its name right?") from None
    return [str(one[4][0]) for one in found]


def _is_network(host: str) -> bool:
    try:
        ipaddress.ip_network(host.strip("[]"), strict=False)
    except ValueError:
        return False
    return True


def _ours(address: str, port: int) -> str:
    """The address by which this machine goes there; nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address.partition("/")[0], port))
        except OSError as wrong:
            raise CannotLook(
                f"there is no way to {address}: {wrong.strerror}", "is the network up?"
            ) from None
        return str(probe.getsockname()[0])


def media_of(options: SipOptions, way: Way) -> MediaPort:
    """The media settings. Raises `UsageError` for ports or a codec that make no sense."""
    from cxassure.channels._telephony.rtp.port import MediaPort

    return MediaPort(
        address=way.ours,
        allowed=[host for host in way.hosts if _is_network(host)],
        codecs=options.codecs,
        srtp=options.srtp,
        packet_ms=options.packet,
        ports=_ports(options.ports),
        advertise=options.advertise,
        stun=_place(options.stun),
    )


def _ports(written: str) -> range | None:
    first, _, last = written.partition("-")
    if not written:
        return None
    if not (_is_port(first) and _is_port(last) and int(first) < int(last)):
        raise UsageError(f"«{clip(written, 40)}» is no range of ports", "10000-20000")
    return range(int(first), int(last) + 1)


def _place(written: str) -> tuple[str, int] | None:
    host, _, port = written.rpartition(":")
    if not written:
        return None
    if not host or not _is_port(port):
        what = f"«{clip(written, 80)}» is no place of a STUN server"
        raise UsageError(what, "stun.example.com:3478")
    return host, int(port)


def _is_port(text: str) -> bool:
    return text.isdecimal() and len(text) < 6 and int(text) < 65_536
