"""The TwiML that is carried out on our own leg of a call (Twilio, TwiML for Voice)."""

from __future__ import annotations

LONGEST_PAUSE = 3_600


def keeping(seconds: float = LONGEST_PAUSE) -> str:
    """The line is kept, and nothing is said."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    response.pause(length=max(round(seconds), 1))
    return str(response)


def pressing(keys: str) -> str:
    """Keys as tones; `w` waits half a second, `W` a second."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    response.play("", digits=keys.replace("W", "ww"))
    response.pause(length=LONGEST_PAUSE)
    return str(response)


def saying(text: str, language: str, voice: str = "") -> str:
    """Words, read aloud by Twilio; what is in them is text and never markup."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    about = {"language": language} if language else {}
    response.say(text, **about, **({"voice": voice} if voice else {}))
    response.pause(length=LONGEST_PAUSE)
    return str(response)


def streaming(url: str) -> str:
    """The call's sound goes to `url` and back, until either side closes."""
    from twilio.twiml.voice_response import Connect, VoiceResponse

    response = VoiceResponse()
    connect = Connect()
    connect.stream(url=url)
    response.append(connect)
    return str(response)


def ringing_on(url: str, seconds: int = 1) -> str:
    """A call that comes in goes on ringing: a pause in front of all else does not pick up."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    response.pause(length=seconds)
    response.redirect(url, method="POST")
    return str(response)


def refusing() -> str:
    """A call that comes in is refused as busy."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    response.reject(reason="busy")
    return str(response)
