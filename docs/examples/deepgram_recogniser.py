"""A recogniser in one file: a cloud that takes a recording and gives its words.

The request and the answer are those of Deepgram's pre-recorded audio (`POST /v1/listen`). Installed
beside cxassure under this entry point it is used like ours, `recogniser: deepgram`:

    [project.entry-points."cxassure.recognisers"]
    deepgram = "deepgram_recogniser:Deepgram"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cxassure.channels._telephony.audio.recogniser import Said, Word
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.errors import CannotLook, UsageError


class Deepgram:
    """Options: `key`, `model`, `url` and `patience` in seconds."""

    def __init__(
        self,
        key: str = "",
        model: str = "nova-3",
        url: str = "https://api.deepgram.com",
        patience: float = 20.0,
    ) -> None:
        if not key:
            raise UsageError("the recogniser «deepgram» needs a key", "key: ${secret.deepgram}")
        self._key, self._model, self._url, self._patience = key, model, url, float(patience)

    def hear(self, sound: Sound, expected: Sequence[str], language: str) -> Said:
        """What is said; the expected texts are not sent, for the cloud would be led by them."""
        import httpx

        try:
            answer = httpx.post(
                f"{self._url}/v1/listen",
                params={"model": self._model, "language": language, "smart_format": "false"},
                content=sound.wav(),
                headers={"Authorization": f"Token {self._key}", "Content-Type": "audio/wav"},
                timeout=self._patience,
            )
            answer.raise_for_status()
            best = answer.json()["results"]["channels"][0]["alternatives"][0]
            return Said(
                best["transcript"],
                float(best["confidence"]),
                tuple(_word(one) for one in best.get("words", ())),
            )
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as wrong:
            raise CannotLook(
                f"Deepgram gives no transcript: {type(wrong).__name__}",
                "look at its key, model and language, and at its status page",
            ) from None


def _word(one: dict[str, Any]) -> Word:
    return Word(one["word"], float(one["start"]), float(one["end"]), float(one["confidence"]))
