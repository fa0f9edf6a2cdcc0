"""Offer and answer: what both ends of a call agree to send and take (RFC 3264, RFC 4568)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

from cxassure.errors import CxassureError

from . import sdes
from .codecs import KNOWN, PCMA, PCMU, Codec, packet_time
from .sdes import Crypto
from .sdp import Description, Stream, number

Secured: TypeAlias = Literal["never", "may", "must"]
Hold: TypeAlias = Literal["sendonly", "inactive", "0.0.0.0"]
Address: TypeAlias = tuple[str, int]

_Of = TypeVar("_Of")
PROTOCOLS = ("RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF")
NOWHERE = ("0.0.0.0", "::")
COMFORT_NOISE = 13
EVENTS = {8000: 101, 16000: 102, 48000: 103}
"""The payload types that we offer for key events, by clock."""


class NotAcceptable(CxassureError):
    """Offer and answer have nothing in common, or lead where we may not go (SIP 488)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What we would agree to: codecs in order of preference, length of packet in ms, security."""

    codecs: Sequence[Codec] = (PCMU, PCMA)
    packet_ms: int = 20
    secured: Secured = "never"
    mux: bool = True
    events: bool = True


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed on. `remote` is None where the far end named no address that can be used:
    it is then learned from what comes. Payload types are `number` to send, `takes` to receive.
    `held`: the far end does not want to hear us for now."""

    codec: Codec
    number: int
    takes: Mapping[int, Codec]
    remote: Address | None
    remote_rtcp: Address | None
    mux: bool
    sends: bool
    hears: bool
    packet_ms: int
    held: bool = False
    event_number: int | None = None
    event_clock: int = 8000
    takes_events: Mapping[int, int] = field(default_factory=dict)
    ours: Crypto | None = None
    theirs: Crypto | None = None


def offered(
    terms: Terms,
    address: str,
    port: int,
    cryptos: Sequence[Crypto],
    *,
    hold: Hold | None = None,
    before: Agreed | None = None,
) -> Stream:
    """The audio stream that we offer; payload types that were agreed on `before` stay the same
    (RFC 3264 section 8.3.2)."""
    codecs = {codec.number: codec for codec in terms.codecs}
    events = _our_events(terms)
    if before:
        codecs = _renumbered(codecs, before.number, before.codec)
        if before.event_number is not None:
            events = _renumbered(events, before.event_number, before.event_clock)
            codecs = {n: codec for n, codec in codecs.items() if n not in events}
    protocol = "RTP/SAVP" if terms.secured == "must" else "RTP/AVP"
    stream = Stream("audio", port, protocol, [str(n) for n in (*codecs, *events)])
    for payload_type, codec in codecs.items():
        stream.attributes += _described(payload_type, codec)
    for payload_type, clock in events.items():
        stream.attributes += _events(payload_type, clock)
    stream.attributes += [("crypto", crypto.line) for crypto in cryptos]
    _finish(stream, terms, port, address, hold)
    return stream


def _our_events(terms: Terms) -> dict[int, int]:
    """The clock of each payload type that we offer for key events: one for each codec's clock."""
    clocks = {codec.clock for codec in terms.codecs} if terms.events else set()
    return {pt: clock for clock, pt in EVENTS.items() if clock in clocks}


def _renumbered(table: Mapping[int, _Of], payload_type: int, of: _Of) -> dict[int, _Of]:
    """The table with `of` at this payload type and nowhere else, its order kept."""
    kept = {payload_type if value == of else n: value for n, value in table.items()}
    return {n: of if n == payload_type else value for n, value in kept.items()}


def _finish(stream: Stream, terms: Terms, port: int, address: str, hold: Hold | None) -> None:
    """What stands at the end of a stream of ours: packet length, direction, where RTCP goes."""
    stream.attributes.append(("ptime", str(terms.packet_ms)))
    stream.attributes.append(("rtcp", str(port if terms.mux else port + 1)))
    if terms.mux:
        stream.attributes.append(("rtcp-mux", ""))
    if hold == "0.0.0.0":
        stream.address = NOWHERE[":" in address]
    stream.attributes.append((hold if hold in ("sendonly", "inactive") else "sendrecv", ""))


def _described(payload_type: int, codec: Codec) -> Iterator[tuple[str, str]]:
    yield "rtpmap", f"{payload_type} {codec.mapping}"
    if codec.fmtp:
        yield "fmtp", f"{payload_type} {codec.fmtp}"


def _events(payload_type: int, clock: int) -> list[tuple[str, str]]:
    """Key events 0 to 15: ten digits, star, hash, A to D (RFC 4733 section 2.5.1.1)."""
    mapping = f"{payload_type} telephone-event/{clock}"
    return [("rtpmap", mapping), ("fmtp", f"{payload_type} 0-15")]


def refused(stream: Stream) -> Stream:
    """The answer that wants nothing of a stream (RFC 3264 section 6)."""
    return Stream(stream.kind, 0, stream.protocol, list(stream.formats))


def audio_of(description: Description, terms: Terms) -> tuple[int, Stream]:
    """The first audio stream that we can speak, and its place among the m-lines.

    Raises:
        NotAcceptable: there is none; the text says what was offered instead.
    """
    streams = [(i, s) for i, s in enumerate(description.streams) if s.kind == "audio"]
    if not streams:
        kinds = ", ".join(stream.kind for stream in description.streams) or "nothing"
        raise NotAcceptable(f"no audio was offered, but {kinds}", "check the far end's SDP")
    if not any(stream.port for _, stream in streams):
        raise NotAcceptable("the audio stream has port 0: it was refused or switched off")
    wrong = [why for _, s in streams if s.port and (why := _unspeakable(s, terms))]
    found = next(((i, s) for i, s in streams if s.port and not _unspeakable(s, terms)), None)
    if found is None:
        raise NotAcceptable(*wrong[0])
    return found


def _unspeakable(stream: Stream, terms: Terms) -> tuple[str, str] | None:
    """Why a stream is none for us and what could be done, None where it is."""
    if stream.protocol not in PROTOCOLS:
        way = "DTLS-SRTP is not spoken here: offer RTP/AVP, or RTP/SAVP with a=crypto"
        return f"the stream's protocol is {stream.protocol or 'missing'}", way
    if not codecs_of(stream, terms):
        ours = ", ".join(codec.name for codec in terms.codecs)
        theirs = ", ".join(stream.formats) or "none"
        return f"no codec in common: formats {theirs} came, we speak {ours}", "add one of them"
    cryptos = [crypto for value in stream.all("crypto") if (crypto := sdes.read(value))]
    if (must_seal(stream) or terms.secured == "must") and not cryptos:
        return "secured media without a key that we can use", f"known: {', '.join(sdes.SUITES)}"
    if must_seal(stream) and terms.secured == "never":
        return "the far end wants secured media", "allow it in the target: srtp: may"
    return None


def must_seal(stream: Stream) -> bool:
    return "SAVP" in stream.protocol


def codecs_of(stream: Stream, terms: Terms) -> dict[int, Codec]:
    """The stream's payload types that we speak, in the stream's order."""
    named = {codec.name: codec for codec in terms.codecs}
    maps = _maps(stream)
    found: dict[int, Codec] = {}
    for payload_type in (int(f) for f in stream.formats if number(f, 128) < 128):
        name, clock = maps.get(payload_type, STATIC.get(payload_type, ("", 0)))
        codec = named.get(getattr(KNOWN.get(name), "name", ""))
        if codec and clock == codec.clock:
            found[payload_type] = codec
    return found


STATIC = {c.number: (c.name.lower(), c.clock) for c in KNOWN.values() if c.number < 96}


def _maps(stream: Stream) -> dict[int, tuple[str, int]]:
    """(name, clock) by payload type, from `a=rtpmap`."""
    found = {}
    for value in stream.all("rtpmap"):
        payload_type, _, mapping = value.partition(" ")
        name, _, rest = mapping.strip().partition("/")
        found[number(payload_type, 128)] = (name.lower(), number(rest.partition("/")[0]))
    return found


def events_of(stream: Stream) -> dict[int, int]:
    """The clock of each payload type that stands for key events."""
    offered_types = {number(f, 128) for f in stream.formats}
    return {
        payload_type: clock or 8000
        for payload_type, (name, clock) in _maps(stream).items()
        if name == "telephone-event" and payload_type in offered_types
    }


def direction_of(description: Description, stream: Stream) -> tuple[bool, bool]:
    """(it sends, it hears): the far end's wish, in either style of hold."""
    words = ("sendrecv", "sendonly", "recvonly", "inactive")
    flags = [key for key, _ in (*stream.attributes, *description.attributes) if key in words]
    word = flags[0] if flags else "sendrecv"
    nowhere = (stream.address or description.address) in NOWHERE
    return word in ("sendrecv", "sendonly"), word in ("sendrecv", "recvonly") and not nowhere


def answered(
    terms: Terms,
    offer: Description,
    at: int,
    address: str,
    port: int,
    *,
    hold: Hold | None = None,
    kept: Crypto | None = None,
) -> tuple[Stream, Agreed]:
    """Our answer to the stream at place `at` of an offer, and what is thereby agreed.

    `kept` is our key of before: it stays in use as long as the suite does, so that packets on
    their way stay readable.
    """
    theirs = offer.streams[at]
    codecs, events = codecs_of(theirs, terms), events_of(theirs) if terms.events else {}
    payload_type, codec = next(iter(codecs.items()))
    key = _chosen(theirs, terms)
    ours = _own(key, kept) if key else None
    event = _event(events, codec)
    mux = terms.mux and theirs.first("rtcp-mux") is not None
    formats = [payload_type] + [event] * (event is not None)
    stream = Stream("audio", port, theirs.protocol, [str(n) for n in formats])
    stream.attributes += _described(payload_type, codec)
    if event is not None:
        stream.attributes += _events(event, events[event])
    if ours:
        stream.attributes.append(("crypto", ours.line))
    agreed = agree(terms, offer, theirs, ours=ours, theirs=key, mux=mux, hold=hold)
    told = Terms(terms.codecs, agreed.packet_ms, terms.secured, mux)
    _finish(stream, told, port, address, hold)
    sends, hears = agreed.sends, agreed.hears
    word = {(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}
    stream.attributes[-1] = (word.get((sends, hears), "inactive"), "")
    return stream, agreed


def _own(theirs: Crypto, kept: Crypto | None) -> Crypto:
    if kept and kept.suite == theirs.suite:
        return Crypto(theirs.tag, kept.suite, kept.key)
    return sdes.fresh(theirs.tag, theirs.suite)


def _chosen(stream: Stream, terms: Terms) -> Crypto | None:
    """The first of the far end's keys that we can use, where we want one at all."""
    if terms.secured == "never":
        return None
    return next((c for value in stream.all("crypto") if (c := sdes.read(value))), None)


def _event(events: Mapping[int, int], codec: Codec) -> int | None:
    """The payload type for key events that goes with the codec's clock, else any."""
    fitting = [number for number, clock in events.items() if clock == codec.clock]
    return next(iter(fitting or events), None)


def agree(
    terms: Terms,
    description: Description,
    stream: Stream,
    *,
    ours: Crypto | None,
    theirs: Crypto | None,
    mux: bool,
    hold: Hold | None = None,
) -> Agreed:
    """What follows from the far end's stream for both directions."""
    codecs, events = codecs_of(stream, terms), events_of(stream) if terms.events else {}
    payload_type, codec = next(iter(codecs.items()))
    they_send, they_hear = direction_of(description, stream)
    address = stream.address or description.address
    remote = None if address in (*NOWHERE, "") else (address, stream.port)
    event = _event(events, codec)
    longest = number(stream.first("maxptime"), 40) or 40
    wished = min(number(stream.first("ptime"), terms.packet_ms) or terms.packet_ms, longest)
    return Agreed(
        codec=codec,
        number=payload_type,
        takes=codecs | {c.number: c for c in terms.codecs if c.number not in events},
        remote=remote,
        remote_rtcp=_rtcp(stream, remote, mux),
        mux=mux,
        sends=they_hear and hold != "inactive",
        hears=they_send and hold is None,
        packet_ms=packet_time(codec, wished),
        held=not they_hear and hold != "inactive",
        event_number=event,
        event_clock=events.get(event, 8000) if event is not None else 8000,
        takes_events=events | {pt: clock for clock, pt in EVENTS.items() if pt not in codecs},
        ours=ours,
        theirs=theirs,
    )


def _rtcp(stream: Stream, remote: Address | None, mux: bool) -> Address | None:
    """Where RTCP goes: the same port, the one named by `a=rtcp` (RFC 3605), or the next."""
    if remote is None or mux:
        return remote
    words = (stream.first("rtcp") or "").split()
    port = number(words[0]) if words else 0
    return (words[3] if len(words) > 3 else remote[0], port or remote[1] + 1)


def accepted(terms: Terms, ours: Stream, keys: Sequence[Crypto], answer: Description) -> Agreed:
    """What an answer to our offer agrees to.

    Raises:
        NotAcceptable: it refuses the audio, or answers with what was not offered.
    """
    _, stream = audio_of(answer, terms)
    read = (sdes.read(value) for value in stream.all("crypto"))
    theirs = next((crypto for crypto in read if crypto and keys), None)
    own = next((key for key in keys if theirs and key.tag == theirs.tag), None)
    if theirs and (own is None or own.suite != theirs.suite):
        raise NotAcceptable(f"the answer's key has tag {theirs.tag}, which we did not offer so")
    if must_seal(ours) and theirs is None:
        raise NotAcceptable("secured media was offered, and answered without a key")
    mux = terms.mux and stream.first("rtcp-mux") is not None
    hold = _hold(ours)
    return agree(terms, answer, stream, ours=own, theirs=theirs, mux=mux, hold=hold)


def _hold(ours: Stream) -> Hold | None:
    if ours.address in NOWHERE:
        return "0.0.0.0"
    words: tuple[Hold, Hold] = ("sendonly", "inactive")
    return next((word for word in words if ours.first(word) is not None), None)
