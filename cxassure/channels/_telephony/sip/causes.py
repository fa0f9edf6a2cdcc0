"""Why a call ended: SIP codes and Q.850 causes, each as a sentence and what to look at."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cxassure.channels._telephony.sip.headers import Headers, number
from cxassure.channels._telephony.sip.uri import read_params, split

PHRASES = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued",
    183: "Session Progress", 200: "OK", 202: "Accepted", 300: "Multiple Choices",
    301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
    380: "Alternative Service", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
    407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
    413: "Request Entity Too Large", 414: "Request-URI Too Long", 415: "Unsupported Media Type",
    416: "Unsupported URI Scheme", 420: "Bad Extension", 421: "Extension Required",
    422: "Session Interval Too Small", 423: "Interval Too Brief", 433: "Anonymity Disallowed",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
    483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event",
    491: "Request Pending", 493: "Undecipherable", 500: "Server Internal Error",
    501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
    600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
    606: "Not Acceptable", 607: "Unwanted", 608: "Rejected",
}  # fmt: skip

SIP = {
    301: ("the number has moved for good", "the address of the target"),
    302: ("the call was sent elsewhere", "where its Contact leads, and whether we may go there"),
    400: ("our message was not understood", "the ladder: the far end calls a request malformed"),
    401: ("the user name and password were not accepted", "the target's user and password"),
    402: ("the far end wants payment", "the account's balance"),
    403: ("the call was refused", "whether this caller may call: trunk, address and caller's id"),
    404: ("nobody has this number", "the number dialled, and its route in the exchange"),
    405: ("the far end does not know this method", "what it allows (its Allow header)"),
    406: ("the answer would not be acceptable to us", "the Accept headers in the ladder"),
    407: ("the proxy did not accept our user and password", "the target's user and password"),
    408: ("no answer came in time", "whether the far end is up and reachable (address, firewall)"),
    410: ("the number is out of service", "whether the number was given up"),
    413: ("our message was too large", "the headers and context that are sent"),
    415: ("the far end does not take this kind of body", "its Accept header"),
    416: ("the far end does not take this kind of address", "sip:, sips: or tel: in the target"),
    420: ("the far end lacks an extension that we required", "its Unsupported header"),
    421: ("the far end requires an extension", "its Require header"),
    422: ("the session interval is too short for the far end", "the session timer and Min-SE"),
    423: ("the registration is too short for the far end", "how long is registered for"),
    433: ("the far end takes no anonymous calls", "the caller's number that is shown"),
    480: ("nobody could be reached", "whether the phone or agent is registered and signed in"),
    481: (
        "the far end no longer knows this call",
        "whether it dropped the call before, the ladder",
    ),
    482: ("the call went in a circle", "the routes of the exchange and its proxies"),
    483: ("the call took too many hops", "the routes: something sends the call in a circle"),
    484: ("the number is incomplete", "the number dialled: digits or prefix missing"),
    485: ("the number is ambiguous", "the number dialled"),
    486: ("the line is busy", "how many calls the number takes at once"),
    487: ("the call was taken back before it was answered", "who gave up, and how long it rang"),
    488: ("no codec or media in common", "the codecs and encryption both ends offer"),
    489: ("the far end does not know this event", "the Event header in the ladder"),
    491: ("both ends changed the call at once", "nothing, if a second try went through"),
    493: ("the far end could not decrypt the message", "certificates"),
    500: ("the far end broke", "its log at this time"),
    501: ("the far end cannot do this", "what it allows (its Allow header)"),
    502: ("a gateway on the way broke", "the trunk between exchange and carrier"),
    503: ("the far end takes no calls at present", "its load and channels; Retry-After if given"),
    504: ("a server on the way was not answered", "the exchange's connection to what it asks"),
    505: ("the far end speaks another version", "whether this is a SIP server at all"),
    513: ("our message was too large", "the headers and context that are sent"),
    600: ("busy everywhere", "how many calls the number takes at once"),
    603: ("the call was declined", "who or what rejected it: a person, or the exchange's rules"),
    604: ("the number does not exist anywhere", "the number dialled"),
    606: ("nothing that we offer is acceptable", "codecs, encryption, bandwidth"),
    607: ("the called person does not want this call", "blocking lists, the caller's number"),
    608: ("a filter on the way rejected the call", "call screening, the caller's number"),
}

Q850 = {
    1: ("unallocated number", "the number dialled"),
    2: ("no route to the transit network", "the carrier's routes"),
    3: ("no route to the destination", "the number dialled and the trunk's routes"),
    16: ("normal hang-up", "nothing"),
    17: ("busy", "how many calls the number takes at once"),
    18: ("the phone did not respond", "whether the phone is on and registered"),
    19: ("it rang and nobody answered", "who should have answered, and for how long it rang"),
    20: ("the subscriber is absent", "whether the phone is registered"),
    21: ("the call was rejected", "who or what rejected it"),
    22: ("the number has changed", "the number dialled"),
    23: ("redirected to a new destination", "where it leads"),
    25: ("an exchange routed in a circle", "the routes of the exchange"),
    26: ("answered by another phone", "nothing: the call rang on several phones"),
    27: ("the destination is out of order", "whether the far end is up"),
    28: ("the number is incomplete or of a wrong form", "the number dialled"),
    29: ("the facility was rejected", "what the trunk permits"),
    31: ("ended, no reason given", "the exchange's log at this time"),
    34: ("no free line", "channels of the trunk"),
    38: ("the network is out of order", "the trunk"),
    41: ("a temporary failure of the network", "whether it happens again"),
    42: ("the exchange is congested", "its load"),
    43: ("access information was lost", "user-to-user information on the way"),
    44: ("the line asked for is not to be had", "channels of the trunk"),
    47: ("no resource to be had", "load, channels and media servers"),
    50: ("the facility is not subscribed", "the contract of the trunk"),
    52: ("outgoing calls are barred", "what the trunk permits"),
    54: ("incoming calls are barred", "what the number permits"),
    55: ("incoming calls are barred in this group", "what the number permits"),
    57: ("this kind of call is not authorised", "what the trunk permits"),
    58: ("this kind of call is not to be had at present", "codecs, the trunk"),
    63: ("the service is not to be had", "the trunk"),
    65: ("this kind of call is not implemented", "codecs, the trunk"),
    66: ("this kind of channel is not implemented", "codecs, the trunk"),
    69: ("the facility is not implemented", "what the exchange can do"),
    79: ("the service is not implemented", "what the exchange can do"),
    81: ("a reference to a call that is not known", "the ladder"),
    87: ("not a member of the closed group", "what the trunk permits"),
    88: ("the destination is incompatible", "codecs and encryption of both ends"),
    95: ("an invalid message", "the ladder"),
    96: ("a message lacked something mandatory", "the ladder"),
    97: ("a message of a kind that is not known", "the ladder"),
    99: ("a parameter that is not known", "the ladder"),
    102: ("a timer ran out", "whether the far end still answers"),
    103: ("a parameter was passed on without being known", "the ladder"),
    110: ("a message with an unknown parameter was dropped", "the ladder"),
    111: ("a protocol error", "the ladder"),
    127: ("interworking, no reason given", "the gateway's log at this time"),
}

IMPLIED = {
    400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22,
    413: 127, 414: 127, 415: 79, 416: 127, 420: 127, 421: 127, 423: 127, 480: 18, 481: 41,
    482: 25, 483: 25, 484: 28, 485: 1, 486: 17, 487: 16, 488: 65, 500: 41, 501: 79, 502: 38,
    503: 41, 504: 102, 505: 127, 513: 127, 600: 17, 603: 21, 604: 1, 606: 58, 607: 21, 608: 21,
}  # fmt: skip
"""The Q.850 cause that a SIP code stands for where none is told (RFC 3398 section 8.2.6.1)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A Reason header (RFC 3326): `cause` is Q.850's or a SIP code, by `protocol`; 0 is none."""

    protocol: str
    cause: int
    text: str = ""


def reasons(headers: Headers) -> list[Reason]:
    """Every reason given; what cannot be read is left out."""
    found = []
    for value in headers.all("Reason"):
        for part in split(value, ","):
            protocol, _, rest = part.partition(";")
            params = dict(read_params(rest))
            if protocol.strip():
                cause = number(params.get("cause"))
                found.append(Reason(protocol.strip().upper(), cause, params.get("text", "")))
    return found


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, for a person. `code` is SIP's (0 for a plain BYE), `q850` 0 where nothing tells it;
    `told` says that the far end named the Q.850 cause itself; `check` is where to look."""

    code: int
    q850: int
    words: str
    check: str
    told: bool = False


def cause(code: int, headers: Headers | None = None, phrase: str = "") -> Cause:
    """What a final code, or a BYE or CANCEL (`code` 0) with these headers, means."""
    given = reasons(headers) if headers else []
    named = next((r for r in given if r.protocol == "Q.850" and r.cause), None)
    said = next((r for r in given if r.protocol == "SIP" and r.cause), None)
    words, check = _sip(code or (said.cause if said else 0), phrase)
    if named is None:
        return Cause(code, IMPLIED.get(code, 0 if code else 16), words, check)
    meaning, look = Q850.get(named.cause, (f"Q.850 cause {named.cause}", "the far end's log"))
    text = f", «{clean(named.text)}»" if named.text else ""
    if code == 0 and not said:
        words, check = meaning, look
    elif IMPLIED.get(code) != named.cause:
        words, check = f"{words}: {meaning}", f"{check}; {look}" if look != "nothing" else check
    return Cause(code, named.cause, f"{words} (Q.850 {named.cause}{text})", check, True)


def _sip(code: int, phrase: str) -> tuple[str, str]:
    if not code:
        return "hung up", "nothing, unless it came too early"
    words, check = SIP.get(code) or SIP.get(code // 100 * 100, (f"answer {code}", "the ladder"))
    said = clean(phrase)
    own = f" «{said}»" if said and said.lower() != PHRASES.get(code, "").lower() else ""
    return f"{words} ({code}{own})", check


def clean(text: str) -> str:
    """What came from outside, fit for a sentence: printable and short."""
    return re.sub(r"[^\x20-\x7e\xa0-\uffff]+", " ", text).strip()[:120]
