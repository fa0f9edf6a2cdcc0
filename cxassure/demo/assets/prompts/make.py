"""Records `script.txt`: the voice `slt` of flite, as 8 kHz μ-law without a header; and, in several
voices, the words that the company's telephone understands (`../words`).

Run where flite is installed (Debian: `apt-get install flite`): `python make.py [VOICE]`.
"""

from __future__ import annotations

import array
import math
import re
import subprocess
import sys
import tempfile
import wave
from operator import mul
from pathlib import Path

from cxassure.demo.telephone import g711
from cxassure.demo.telephone.prompts import slug

HERE = Path(__file__).parent
WORDS = HERE.parent / "words"
UNDERSTOOD = ("balance", "order", "returns", "opening hours", "representative", "agent", "person",
              "operator", "yes")  # fmt: skip
VOICES = ("slt", "rms", "awb")
PEAK, QUIET, EDGE, TAPS = 20_000, 300, 240, 63
"""Level of the loudest sample, what counts as silence, samples kept around speech, filter."""


def lines() -> list[tuple[str, str]]:
    """What is recorded, and how it is given to the voice."""
    told = [
        line for line in (HERE / "script.txt").read_text("utf-8").splitlines() if line[:1] != "#"
    ]
    pairs = (line.partition("|") for line in told)
    return [(text.strip(), (spoken or text).strip()) for text, _, spoken in pairs]


def spoken(text: str, voice: str) -> array.array[int]:
    """Samples at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getnchannels()) == (16_000, 1)
            return array.array("h", file.readframes(file.getnframes()))


def halved(samples: array.array[int]) -> list[float]:
    """At 8 kHz: what a telephone cannot carry is filtered out (windowed sinc, 3.5 kHz)."""
    middle, cut = TAPS // 2, 2 * 3_500 / 16_000
    taps = [
        cut
        * (math.sin(math.pi * cut * n) / (math.pi * cut * n) if n else 1.0)
        * (0.54 + 0.46 * math.cos(math.pi * n / middle))
        for n in range(-middle, middle + 1)
    ]
    padded = [0] * middle + list(samples) + [0] * middle
    return [sum(map(mul, taps, padded[n : n + TAPS])) for n in range(0, len(samples), 2)]


def trimmed(samples: list[float]) -> list[int]:
    """Without the silence around it, at the common level."""
    loud = max(abs(s) for s in samples)
    level = [round(s * PEAK / loud) for s in samples]
    heard = [n for n, s in enumerate(level) if abs(s) > QUIET]
    return level[max(0, heard[0] - EDGE) : heard[-1] + EDGE]


def record(path: Path, text: str, voice: str) -> None:
    said = array.array("h", trimmed(halved(spoken(text, voice))))
    path.write_bytes(g711.from_linear(said))
    print(f"{len(said) / 8000:5.1f} s  {re.sub('-', ' ', path.stem)}")


def main(voice: str = "slt") -> None:
    for old in (*HERE.glob("*.ulaw"), *WORDS.glob("*.ulaw")):
        old.unlink()
    for text, how in lines():
        record(HERE / f"{slug(text)}.ulaw", how, voice)
    for text in UNDERSTOOD:
        for one in VOICES:
            record(WORDS / f"{slug(text)}.{one}.ulaw", text, one)


if __name__ == "__main__":
    main(*sys.argv[1:])
