"""Recognition by any server with OpenAI's transcription interface, one's own or a cloud's."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any

from cxassure.channels._telephony.audio.recogniser import Said, Word
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.errors import CannotLook, UsageError

LONGEST_ANSWER = 1_000_000
"""Bytes of an answer that are read."""
RICH = {"response_format": "verbose_json", "timestamp_granularities[]": "word"}
"""With the seconds of each word."""


class Endpoint:
    """`POST {url}/audio/transcriptions` (OpenAI's reference, section Audio): faster-whisper-server,
    whisper.cpp, vLLM and clouds answer it. Servers that refuse `verbose_json` are asked for `json`,
    which is text without times.

    `url` ends with the version (`https://api.example/v1`), `key` is sent as a bearer token,
    `patience` is in seconds. The expected texts are not sent: a server would be led by them.
    """

    def __init__(
        self, url: str = "", model: str = "whisper-1", key: str = "", patience: float = 20.0
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise UsageError("the recogniser «endpoint» needs the option url", "http(s)://…/v1")
        self._url, self._model, self._patience = url.rstrip("/"), model, float(patience)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def hear(self, sound: Sound, expected: Sequence[str], language: str) -> Said:
        """See `Recogniser`. Raises `CannotLook` when the server does not answer as it should."""
        form = {"model": self._model, "language": language.partition("-")[0]}
        answer = self._asked(sound, form | RICH)
        if answer.status_code in (400, 422):
            answer = self._asked(sound, form | {"response_format": "json"})
        if answer.status_code != 200:
            raise CannotLook(
                f"the recogniser at {self._url} answers HTTP {answer.status_code}",
                "look at its url, key and model",
            )
        return _said(answer.content[:LONGEST_ANSWER], self._url)

    def _asked(self, sound: Sound, form: dict[str, str]) -> Any:
        import httpx

        try:
            return httpx.post(
                f"{self._url}/audio/transcriptions",
                data=form,
                files={"file": ("prompt.wav", sound.wav(), "audio/wav")},
                headers=self._headers,
                timeout=self._patience,
                trust_env=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as wrong:
            raise CannotLook(
                f"the recogniser at {self._url} does not answer: {type(wrong).__name__}",
                "is its url right, and is it up?",
            ) from None


def _said(body: bytes, url: str) -> Said:
    import json

    try:
        told: dict[str, Any] = json.loads(body)
        segments = told.get("segments") or ()
        words = tuple(_word(one, "word") for one in told.get("words") or ())
        words = words or tuple(_word(one, "text") for one in segments)
        sure = [exp(float(one.get("avg_logprob") or 0.0)) for one in segments] or [1.0]
        text = str(told["text"]).strip()
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise CannotLook(
            f"the recogniser at {url} answers something else than a transcript",
            "it must answer as OpenAI's /audio/transcriptions does",
        ) from None
    return Said(text, min(sum(sure) / len(sure), 1.0) if text else 0.0, words)


def _word(one: dict[str, Any], key: str) -> Word:
    """A word, or a whole segment where a server gives no words; how sure it is it does not say."""
    return Word(str(one[key]).strip(), float(one["start"]), float(one["end"]), 1.0)
