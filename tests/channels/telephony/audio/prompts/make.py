"""Makes the recordings beside it: flite's voices as 8 kHz μ-law WAV files.

`python tests/channels/telephony/audio/prompts/make.py`, where flite is installed.
"""

from __future__ import annotations

import struct
from pathlib import Path

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voices import read_aloud
from cxassure.channels._telephony.rtp import g711

TEXTS = {
    "welcome": ("slt", "Welcome to Acme support."),
    "welcome_rms": ("rms", "Welcome to Acme support."),
    "menu": ("slt", "For orders, press 1. For returns, press 2."),
    "menu_swapped": ("slt", "For orders, press 2. For returns, press 1."),
    "order": ("rms", "Your order number is 1 0 4 8."),
    "order_other": ("rms", "Your order number is 1 0 4 9."),
    "closed": ("rms", "We are closed. Please call back tomorrow."),
    "busy": ("slt", "All our agents are busy. Please hold the line."),
    "greeting": (
        "awb",
        "Hello, you have reached the desk of Kim Lee and I cannot take your call right now so "
        "please leave a message after the tone.",
    ),
    "person": ("rms", "Hello, this is Kim."),
}
"""(voice, text) by the name of the file."""


def ulaw_wav(sound: Sound) -> bytes:
    """RIFF WAVE with format tag 7 (RFC 2361)."""
    body = g711.encode(g711.MU, sound.samples)
    form = struct.pack("<HHIIHHH", 7, 1, sound.rate, sound.rate, 1, 8, 0)
    fact = struct.pack("<I", len(body))
    chunks = b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for kind, data in ((b"fmt ", form), (b"fact", fact), (b"data", body))
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


if __name__ == "__main__":
    for name, (voice, text) in TEXTS.items():
        made = ulaw_wav(read_aloud(text, f"flite:{voice}").at(8000))
        (Path(__file__).parent / f"{name}.wav").write_bytes(made)
