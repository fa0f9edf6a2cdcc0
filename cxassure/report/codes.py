"""Numbers from outside, explained: Twilio's error numbers, HTTP, SIP and WebSocket codes.

One that says it is a cause of Q.850 (ITU-T; `Q.850;cause=17`, as in a Reason header, RFC 3326) is
that. Others are read by length and channel: five digits are Twilio's, four a WebSocket close code
(RFC 6455, 7.4), three on a telephone line a SIP status (RFC 3261, 21), three elsewhere HTTP
(RFC 9110, 15).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CAUSE = re.compile(r"q\.?850\D*(\d{1,3})\b", re.IGNORECASE)


class Meaning(NamedTuple):
    """What a number says, and what to look at next."""

    what: str
    check: str


_TWILIO = {
    "11100": ("the webhook's address is no valid URL", "the address configured for the number"),
    "11200": (
        "the company's voice webhook answered with an HTTP error or not at all",
        "the webhook's log at this moment",
    ),
    "11205": (
        "the carrier could not connect with the company's voice webhook, or waited 15 s in vain",
        "what the webhook waits for (a look-up, a database) and whether its host is reachable",
    ),
    "11206": ("the webhook broke the HTTP protocol", "proxies and headers before the webhook"),
    "11210": ("the webhook's host name does not resolve", "the DNS entry of the webhook"),
    "11215": ("the webhook redirected too many times", "redirect rules before the webhook"),
    "11220": ("no TLS connection with the webhook", "certificate, chain and TLS versions"),
    "11237": ("the webhook's certificate is not trusted", "certificate, chain and expiry"),
    "11750": ("the webhook's answer is larger than 64 KB", "what it sends for this request"),
    "12100": (
        "the webhook answered with a document that is no well-formed XML",
        "for an unescaped & or <, an unclosed element, an error page in place of TwiML",
    ),
    "11770": ("the webhook answered with nothing", "what it sends for this request"),
    "12102": (
        "the webhook answered with XML that is no TwiML",
        "whether the root element is <Response>, and that no other page answers here",
    ),
    "12200": ("the TwiML holds a verb or attribute that there is none of", "names and nesting"),
    "12300": (
        "the webhook's content type is none that can be played",
        "its Content-Type: text/xml",
    ),
    "12400": ("the carrier failed inside", "the carrier's status page, then run again"),
    "13214": ("the caller id of the onward call is not allowed", "callerId of the Dial"),
    "13223": ("the number dialled onwards is no valid number", "number in the Dial"),
    "13243": ("what is dialled onwards cannot be dialled", "number, client or SIP address"),
    "13224": ("the number dialled onwards is no valid number", "number in the Dial"),
    "13227": ("calls to that country are not permitted", "geographic permissions"),
    "20003": ("the account's credentials were refused", "account id and token on our side"),
    "20404": ("the account knows no such resource", "numbers and ids on our side"),
    "20429": ("too many requests to the carrier", "how many runs go at once"),
    "21210": ("our caller id is not verified", "the number that calls are placed from"),
    "21215": ("calls to that country are not permitted", "geographic permissions of the account"),
    "21216": ("the account may not call that number", "the account's permissions"),
    "21219": ("a trial account calls verified numbers only", "verified numbers of the account"),
    "32009": ("the SIP user that was dialled is not registered", "the telephone's registration"),
    "32011": ("the carrier could not talk to the SIP exchange", "the trunk and its exchange"),
    "21211": ("the number called is no valid number", "the target's `number`"),
}

_HTTP = {
    "400": ("the request was refused as malformed", "what the page or client sends"),
    "401": ("signing in is asked for", "credentials and session of the synthetic customer"),
    "403": ("access is refused", "firewall, bot protection, permissions"),
    "404": ("the address leads nowhere", "routes and links, what was deployed last"),
    "408": ("the server gave up waiting for the request", "proxies and their time limits"),
    "409": ("the state conflicts with the request", "stock, duplicate orders, concurrent changes"),
    "410": ("the page has been taken away", "links that still lead there"),
    "413": ("what was sent is too large", "upload limits"),
    "415": ("the content type is refused", "what the client declares it sends"),
    "422": ("the values sent are refused", "validation rules and what they say"),
    "429": ("too many requests", "rate limits, and how many runs go at once"),
    "500": ("the server failed inside", "the application's log at this moment"),
    "501": ("the server does not know how", "what was deployed last"),
    "502": ("a proxy got no sensible answer from the server behind it", "whether it is up"),
    "503": ("the service is not available", "capacity, maintenance, health checks"),
    "504": ("a proxy waited in vain for the server behind it", "what that server waits for"),
    "520": ("the proxy got an answer it cannot read", "the origin server's log"),
    "521": ("the origin server refuses the proxy", "whether the origin lets the proxy in"),
    "522": ("the proxy cannot reach the origin server", "network and firewall before the origin"),
    "523": ("the origin server cannot be found", "DNS and routes to the origin"),
    "524": ("the origin server answers too late", "slow look-ups behind this page"),
    "525": ("no TLS between proxy and origin", "the origin's certificate"),
    "526": ("the origin's certificate is not valid", "the origin's certificate"),
}

_SIP = {
    "301": ("the number has moved for good", "the target's address"),
    "302": ("the call was sent elsewhere", "forwarding rules, and where they lead"),
    "400": ("the line did not understand our message", "the SIP ladder: what it calls malformed"),
    "402": ("the line wants payment", "the account's balance"),
    "405": ("the line does not know this method", "what it allows"),
    "406": ("the answer would not be acceptable", "codecs and headers in the ladder"),
    "413": ("the message was too large", "headers and context that are sent along"),
    "416": ("the line does not take this kind of address", "sip:, sips: or tel: in the target"),
    "420": ("the line lacks an extension that was required", "Require and Supported in the ladder"),
    "421": ("the line requires an extension", "Require in the ladder"),
    "422": ("the session interval is too short", "session timers at both ends"),
    "423": ("the registration is too short", "how long is registered for"),
    "433": ("the line takes no anonymous calls", "the caller's number that is shown"),
    "482": ("the call went in a circle", "routes of switch and proxies"),
    "485": ("the number is ambiguous", "number and dial plan"),
    "491": ("both ends changed the call at once", "whether a second try goes through"),
    "493": ("the message could not be decrypted", "certificates at both ends"),
    "501": ("the line cannot do this", "what it allows"),
    "505": ("the line speaks another version", "whether a SIP server answers there at all"),
    "513": ("the message was too large", "headers and context that are sent along"),
    "606": ("nothing that was offered is acceptable", "codecs, encryption, bandwidth"),
    "607": ("the person called does not want this call", "block lists, our caller id"),
    "608": ("a filter on the way rejected the call", "call screening, our caller id"),
    "401": ("the line asks for credentials", "the trunk's user and password"),
    "403": ("the line refuses the call", "permissions, caller id, allowed addresses"),
    "404": ("there is no such number", "number and routing"),
    "407": ("a proxy asks for credentials", "the trunk's user and password"),
    "408": ("nobody answered the invitation", "network and firewall to the endpoint"),
    "410": ("the number is no longer in service", "number and routing"),
    "415": ("the media types do not suit", "codecs"),
    "480": ("nobody is there to take the call", "whether agents are signed in, phones registered"),
    "481": ("the call is not known (any more)", "who ended it, and restarts of the switch"),
    "483": ("the call went in circles", "forwarding rules"),
    "484": ("the number is incomplete", "number format and dial plan"),
    "486": ("the line is busy", "channels of the trunk, agents' capacity, overflow rule"),
    "487": ("the call was cancelled before it was answered", "who gave up, and ring time-outs"),
    "488": ("the offer was not acceptable", "codecs, encryption, addresses in the SDP"),
    "500": ("the switch failed inside", "the switch's log at this moment"),
    "502": ("a gateway got no sensible answer", "the trunk behind the gateway"),
    "503": ("the switch or trunk is not available", "capacity, registration, maintenance"),
    "504": ("a gateway waited in vain", "what stands behind the gateway"),
    "600": ("busy everywhere", "capacity and overflow rule"),
    "603": ("the call was declined", "who declined it, and why"),
    "604": ("the number does not exist anywhere", "number and routing"),
}

_WEBSOCKET = {
    "1001": ("the server went away", "restarts and deployments at this moment"),
    "1002": ("a frame broke the protocol", "proxies between customer and server"),
    "1003": ("the server does not take this kind of data", "text or binary, JSON or not"),
    "1006": ("the connection broke without a goodbye", "proxies, idle limits, crashes"),
    "1008": ("the server's policy forbids it", "origin, token, rate limits"),
    "1009": ("a message was too large", "message limits"),
    "1011": ("the server failed inside", "the server's log at this moment"),
    "1012": ("the server is restarting", "restarts and deployments at this moment"),
    "1013": ("the server is overloaded", "capacity"),
}

_Q850 = {
    "1": ("no such number", "the number dialled"),
    "2": ("no route to the transit network", "the carrier's routes"),
    "3": ("no route to the destination", "the number dialled and the trunk's routes"),
    "17": ("busy", "how many calls the number takes at once, and the overflow rule"),
    "18": ("the phone did not respond", "whether it is on and registered"),
    "19": ("it rang and nobody answered", "who should have answered, and how long it rang"),
    "20": ("the subscriber is absent", "whether the phone is registered"),
    "21": ("the call was rejected", "who or what rejected it"),
    "22": ("the number has changed", "the number dialled"),
    "25": ("the call went in a circle", "the exchange's routes"),
    "27": ("the destination is out of order", "whether the far end is up"),
    "28": ("the number is incomplete", "number format and dial plan"),
    "29": ("the facility was rejected", "what the trunk permits"),
    "31": ("ended without a reason", "the switch's log at this moment"),
    "34": ("no line is free", "channels of the trunk"),
    "38": ("the network is out of order", "the trunk"),
    "41": ("the network failed for a moment", "whether it happens again"),
    "42": ("the exchange is congested", "its load"),
    "44": ("the line asked for is not to be had", "channels of the trunk"),
    "47": ("there are no resources", "load, channels and media servers"),
    "50": ("the facility is not subscribed", "the trunk's contract"),
    "52": ("outgoing calls are barred", "what the trunk permits"),
    "54": ("incoming calls are barred", "what the number permits"),
    "57": ("this kind of call is not permitted", "what the trunk permits"),
    "58": ("this kind of call is not to be had at present", "codecs and trunk"),
    "65": ("this kind of call is not known", "codecs and trunk"),
    "79": ("the service is not known", "what the exchange can do"),
    "88": ("the ends are incompatible", "codecs and encryption of both"),
    "102": ("a timer ran out", "whether the far end still answers"),
    "111": ("a protocol error", "the SIP ladder"),
    "127": ("a gateway gave no reason", "the gateway's log at this moment"),
}

_KEY = {
    "401": ("our key is missing, wrong or expired", "`token`, `basic` or `headers` of the target"),
    "403": ("our key may not do this", "the rights of our key, firewall, bot protection"),
}
"""HTTP as a back office answers it, which is asked with a key of ours."""

_CLASSES = {
    "HTTP": {
        "3": ("the address leads elsewhere", "redirects, and whether the new address is meant"),
        "4": ("the request was refused", "what is sent, and what the answer says of it"),
        "5": ("the server failed", "the application's log at this moment"),
    },
    "SIP": {
        "3": ("the call was sent elsewhere", "forwarding rules, and where they lead"),
        "4": ("the line refuses this call", "the SIP ladder: which message it answers so"),
        "5": ("the switch failed", "the switch's log at this moment"),
        "6": ("nobody anywhere takes the call", "number, routing, who is there to take it"),
    },
    "WebSocket": {
        "1": ("the connection was closed", "proxies, and the server's log at this moment"),
        "3": ("a library at the server closed the connection", "the server's log at this moment"),
        "4": ("the application closed the connection", "what it means by this number of its own"),
    },
    "Twilio": {
        "11": ("the carrier had trouble with the company's webhook", "the webhook's log"),
        "12": ("the webhook's TwiML is not as it should be", "what it sends for this request"),
        "13": ("a verb of the TwiML cannot be carried out", "the verb's attributes and nouns"),
        "14": ("a queue or message of the TwiML cannot be carried out", "the verb's attributes"),
        "15": ("the call could not be placed as asked", "numbers and settings on our side"),
        "16": ("a conference could not be carried out", "its name and settings"),
        "20": ("the carrier's API refused the request", "what is asked of it, and with which key"),
        "21": ("the carrier's API refused the number or call", "numbers and permissions"),
        "31": ("the carrier lost a media connection", "the socket that the sound goes to"),
        "32": ("the carrier had trouble with SIP", "the SIP address and who answers there"),
        "64": ("the carrier lost a voice agent's socket", "the socket's log at this moment"),
    },
}
"""What a number says by its class alone, where it has no sentence of its own."""

_WORDS = {
    "tls": Meaning("no secure connection could be made", "certificate, chain, expiry, host name"),
}


def explain(code: str, channel: str = "") -> Meaning | None:
    """What `code` means on `channel`, by its class where no more is known; `None` for none."""
    if code.casefold() in _WORDS:
        return _WORDS[code.casefold()]
    if found := _CAUSE.search(code):
        known = _Q850.get(found[1])
        return Meaning(f"Q.850 cause {found[1]}: {known[0]}", known[1]) if known else None
    digits = "".join(sign for sign in code if sign in "0123456789")
    tables = {5: ("Twilio", _TWILIO), 4: ("WebSocket", _WEBSOCKET), 3: ("HTTP", _HTTP)}
    name, table = tables.get(len(digits), ("", {}))
    if len(digits) == 3 and channel in ("ivr", "agent") and "http" not in code.casefold():
        name, table = "SIP", _SIP
    if name == "HTTP" and channel == "api":
        table = {**table, **_KEY}
    kinds = _CLASSES.get(name, {})
    known = table.get(digits) or kinds.get(digits[:1]) or kinds.get(digits[:2])
    return Meaning(f"{name} {digits}: {known[0]}", known[1]) if known else None
