"""How long things last on the telephone, in seconds: speech, keys, recordings that are played."""

from __future__ import annotations

import struct

WORDS_A_SECOND = 150 / 60
"""A telephone announcement's usual pace: 150 words a minute."""
KEY = 0.25
"""One key pressed: the tone and the gap behind it."""
SHORT_PAUSE, LONG_PAUSE = 0.5, 1.0
"""`w` and `W` among digits (Twilio, Calls resource, SendDigits)."""
UNKNOWN_RECORDING = 5.0
"""A recording whose length cannot be told (not WAV, or not to be fetched)."""
HOLD_MUSIC = 60.0
"""One piece of Twilio's own hold music."""
END_OF_SPEECH = 1.0
"""The silence after which `speechTimeout="auto"` takes a caller to have finished."""
BEEP = 1.0
"""The tone before a recording."""
NOTICEABLE = 1.0
"""Dead air that is shorter goes unnoticed and is not told."""


def spoken(text: str) -> float:
    """Seconds that saying `text` takes; long runs without blanks count 15 characters a word."""
    return max(len(text.split()), len(text) / 15) / WORDS_A_SECOND


def heard_of(text: str, seconds: float) -> str:
    """The words of `text` that have been said after `seconds`."""
    whole = spoken(text)
    words = text.split()
    return " ".join(words[: int(len(words) * seconds / whole)]) if whole else ""


def wav_seconds(data: bytes) -> float | None:
    """The playing time of a WAV file (RIFF; PCM, µ-law, A-law) read off its head, else None.

    Works on the beginning of a file: the data chunk says its own size.
    """
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    place, rate = 12, 0
    while place + 8 <= len(data):
        name, size = data[place : place + 4], struct.unpack_from("<I", data, place + 4)[0]
        if name == b"fmt " and place + 20 <= len(data):
            rate = struct.unpack_from("<I", data, place + 16)[0]
        elif name == b"data":
            return float(size / rate) if rate else None
        place += 8 + size + size % 2
    return None
