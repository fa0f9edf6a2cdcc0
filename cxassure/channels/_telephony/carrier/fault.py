"""What a carrier complains of, in Twilio's numbers and words (Twilio, Error Dictionary)."""

from __future__ import annotations

from cxassure.errors import Broken

WORDS = {
    11100: "Invalid URL format",
    11200: "HTTP retrieval failure",
    11205: "HTTP connection failure",
    11206: "HTTP protocol violation",
    11210: "HTTP bad host name",
    11215: "HTTP too many redirects",
    11220: "SSL/TLS handshake error",
    11237: "Certificate invalid",
    11750: "TwiML response body too large",
    11770: "Empty response body",
    12100: "Document parse failure",
    12102: "The root element must be Response",
    12200: "Schema validation warning",
    12300: "Invalid Content-Type",
    13201: "Dial: Cannot Dial out from a Dial Call Segment",
    13210: "Dial: Invalid method value",
    13212: "Dial: Invalid timeout value",
    13215: "Dial: Invalid nested element",
    13216: "Dial: Invalid timeLimit value",
    13223: "Dial: Invalid phone number format",
    13224: "Dial: Twilio does not support calling this number or the number is invalid",
    13237: "Dial->Conference: Invalid conference name",
    13238: "Dial->Conference: Invalid verb for waitUrl TwiML",
    13243: "Dial->SIP: Invalid SIP URI",
    13310: "Gather: Invalid finishOnKey value",
    13312: "Gather: Invalid method value",
    13313: "Gather: Invalid timeout value",
    13314: "Gather: Invalid numDigits value",
    13320: "Gather: Invalid nested verb",
    13410: "Play: Invalid loop value",
    13420: "Play: Invalid Content-Type",
    13510: "Say: Invalid loop value",
    13520: "Say: Invalid text",
    13610: "Record: Invalid method value",
    13611: "Record: Invalid timeout value",
    13612: "Record: Invalid maxLength value",
    13710: "Redirect: Invalid method value",
    13910: "Pause: Invalid length value",
    14101: "Sms: Invalid To attribute",
    14103: "Sms: Invalid body",
    14201: "Enqueue: Invalid method value",
    14204: "Enqueue: Queue name too short",
    14205: "Enqueue: Queue name too long",
    31920: "Stream: WebSocket handshake error",
    31921: "Stream: WebSocket close error",
    31951: "Stream: Protocol: Invalid message",
    32009: "SIP: The user you tried to dial is not registered with the corresponding SIP Domain",
    32011: "SIP: Error communicating with your SIP communications infrastructure",
    64102: "ConversationRelay: Unable to connect to WebSocket URL",
    64105: "ConversationRelay: WebSocket ended",
    64107: "ConversationRelay: Invalid message",
}

APOLOGY = "We are sorry, an application error has occurred. Goodbye."
"""What Twilio tells a caller whose call it has to break off."""


class Fault(Exception):
    """A complaint: `code` is Twilio's number, `words` Twilio's title, `detail` what was seen."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(f"{code} {WORDS[code]}: {detail}")
        self.code = code
        self.words = WORDS[code]
        self.detail = detail
        self.unreached = False

    def broken(self) -> Broken:
        """The complaint as what the customer met with."""
        return Broken(
            f"the call broke off: {self.code} {self.words}",
            expected="TwiML that can be carried out",
            seen=self.detail,
            hint=f"see https://www.twilio.com/docs/api/errors/{self.code}",
            code=str(self.code),
        )
