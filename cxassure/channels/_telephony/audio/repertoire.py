"""Known recordings: which of them are heard in a sound, where, and how much of it they explain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio import warping
from cxassure.channels._telephony.audio.fingerprint import HOP, bands, cosines
from cxassure.channels._telephony.audio.recogniser import Otherwise, Said, Word
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voice import spoken
from cxassure.channels._telephony.audio.wav import read_wav
from cxassure.channels._telephony.rtp import g711
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frames = NDArray[np.float64]

SCRIPT = "script.txt"
"""Beside recordings: their words as they are written, a line each; after a bar, remarks."""
KNOWN = 0.13
"""Distance up to which a stretch is the recording: itself through a codec has less than 0.05."""
WINDOWS = ((12, 0.25), (8, 0.34))
"""Frames of a recording (a syllable, a sound of it), and the mean distance of as many up to which
they are the recording's own: itself through a codec has less than 0.19 and 0.22, with a packet
lost here and there less than these. Another word has more; «thirty» for «thirteen» need not."""
EDGE = 5
"""Frames at both ends of a recording that are not judged: a breath more or less was cut away."""
QUIET = 30.0
"""dB below the loudest frame of a recording under which a frame is a pause."""
STEP = 0.05
"""What going slower or faster than the recording costs, a frame."""
LOOK = 4
"""Frames of a recording after which it is seen again whether it can still be what is heard."""
SHARED = 4
"""Frames by which two recordings that follow each other may overlap."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A recording: the words in it as they are written, and how it sounds (shape `(n, 13)`)."""

    text: str
    frames: Frames
    loud: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Place:
    known: Known
    first: int
    last: int
    distance: float
    otherwise: Otherwise | None = None


@dataclass(frozen=True, slots=True)
class _Sound:
    """What is heard, from its first loud frame to its last; `first` is that frame's place."""

    frames: Frames
    loud: NDArray[np.bool_]
    first: int


class Repertoire:
    """A recogniser that knows the company's recordings and nothing else; no language is needed.

    `folders` hold WAV or μ-law (`.ulaw`, 8,000 a second) files that are named after their words
    (`to-hear-it-again-press-1.wav`); `package:path` is a folder in an installed package. What is
    put into a folder later is known from then on. Of recordings in `folders` each syllable must be
    heard; those in `loosely` may have met something on the way (another voice in a conference).
    """

    def __init__(self, folders: Sequence[str] = (), loosely: Sequence[str] = ()) -> None:
        self._folders = [folder_of(one) for one in folders]
        self._loosely = [folder_of(one) for one in loosely]

    def hear(self, sound: Sound, expected: Sequence[str] = (), language: str = "en") -> Said:
        """See `Recogniser`. The confidence is the share of what is voiced that is known; each
        word's is how well its recording was kept."""
        voiced = spoken(sound)
        strict, loose = (_all(folders) for folders in (self._folders, self._loosely))
        known = [*strict, *loose]
        if not voiced or not known:
            return Said("", 0.0)
        heard, mean = _Sound(*_heard(sound)), _mean(tuple(known))
        found = [p for one in loose for p in _found(one, heard, mean)]
        found += [_judged(p, heard, mean) for one in strict for p in _found(one, heard, mean)]
        places = _chosen(found)
        words = tuple(
            Word(p.known.text, p.first * HOP, p.last * HOP, round(1 - p.distance, 3))
            for p in places
            if not p.otherwise
        )
        text = " ".join(word.text for word in words)
        nearly = tuple(p.otherwise for p in places if p.otherwise)
        return Said(text, _share(words, voiced), words, otherwise=nearly)


def _all(folders: Sequence[Path]) -> list[Known]:
    return [one for folder in folders for one in _read(folder, _stamp(folder))]


def folder_of(written: str) -> Path:
    """A folder as it is written in settings. Raises `CannotLook` where there is none."""
    package, colon, rest = written.partition(":")
    path = Path(written)
    if colon and re.fullmatch(r"[A-Za-z_][\w.]*", package):
        found = find_spec(package)
        if found is None or not found.submodule_search_locations:
            raise CannotLook(f"there is no package «{package}» here", "write golden: a/folder")
        path = Path(next(iter(found.submodule_search_locations))) / rest
    if not path.is_dir():
        raise CannotLook(f"there is no folder {written} of recordings", "name one that exists")
    return path


def slug(text: str) -> str:
    """How a recording of these words is called: `To hear it again, press 1.`"""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", "")))


def _stamp(folder: Path) -> int:
    return folder.stat().st_mtime_ns


@lru_cache(maxsize=64)
def _read(folder: Path, stamp: int) -> tuple[Known, ...]:
    """Every recording in `folder`, read once for each state of it."""
    read = [_known(text, path, path.stat().st_mtime_ns) for text, path in recordings(folder)]
    return tuple(one for one in read if len(one.frames))


def recordings(folder: Path) -> list[tuple[str, Path]]:
    """The words and the file of each recording in a folder."""
    script = folder / SCRIPT
    lines = script.read_text("utf-8").splitlines() if script.is_file() else []
    texts = [line.partition("|")[0].strip() for line in lines if not line.startswith("#")]
    written = {slug(text): text for text in texts}
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix in (".wav", ".ulaw"):
            text = written.get(path.stem, path.stem.replace("-", " "))
            found.append((text, path))
    return found


@lru_cache(maxsize=4096)
def _known(text: str, path: Path, stamp: int) -> Known:
    frames, loud, _ = _heard(recording(path))
    return Known(text, frames, loud)


def _heard(sound: Sound) -> tuple[Frames, NDArray[np.bool_], int]:
    """Cepstra, and which frames are loud, silence before and after cut away; the first's place."""
    import numpy as np

    powers = bands(sound.at(8000))
    level = powers.max(axis=1)
    loud = level > level.max(initial=-99) - QUIET / 10 * np.log(10)
    inside = np.flatnonzero(loud)
    first, last = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)
    return powers[first:last] @ cosines(), loud[first:last], first


def recording(path: Path) -> Sound:
    """The sound in a file of a folder of recordings."""
    import numpy as np

    if path.suffix == ".wav":
        return read_wav(path)
    return Sound(g711.decode(g711.MU, path.read_bytes()).astype(np.int16), 8000)


@lru_cache(maxsize=16)
def _mean(known: tuple[Known, ...]) -> Frames:
    """The mean of all recordings: what they share (a voice, a studio) tells none from another."""
    import numpy as np

    mean: Frames = np.concatenate([one.frames[one.loud] for one in known]).mean(axis=0)
    return mean


def _found(known: Known, sound: _Sound, mean: Frames) -> Iterator[_Place]:
    """Where a recording may be in what is heard: each best place, none over another."""
    import numpy as np

    costs = _costs(known, sound, mean)
    ends, firsts = _laid(costs, KNOWN)
    while len(ends) and ends.min() <= KNOWN:
        last = int(ends.argmin())
        first = int(firsts[last])
        yield _Place(known, sound.first + first, sound.first + last + 1, float(ends[last]))
        ends[max(first - SHARED, 0) : last + len(known.frames)] = np.inf


def _costs(known: Known, sound: _Sound, mean: Frames) -> Frames:
    return warping.costs(known.frames - mean, known.loud, sound.frames - mean, sound.loud)


def _judged(place: _Place, sound: _Sound, mean: Frames) -> _Place:
    """The place, with where it is another sound than the recording, syllable by syllable."""
    import numpy as np

    first, last = place.first - sound.first, place.last - sound.first
    costs = _costs(place.known, sound, mean)[:, first:last]
    local = warping.local(costs, STEP, slack=1)
    strange, loud = np.zeros(len(local), bool), place.known.loud.copy()
    loud[:EDGE] = loud[-EDGE:] = False
    for window, most in WINDOWS:
        for at in np.flatnonzero(windowed(local, loud, window) > most):
            strange[at : at + window] = True
    if not strange.any():
        return place
    since, until = np.flatnonzero(strange)[[0, -1]] * HOP
    return replace(place, otherwise=Otherwise(place.known.text, float(since), float(until) + HOP))


def windowed(local: Frames, loud: NDArray[np.bool_], window: int) -> Frames:
    """The mean of the `window` frames that begin at each; pauses are as they should be."""
    import numpy as np

    made: Frames = np.convolve(np.where(loud, local, 0.0), np.ones(window))[window - 1 :] / window
    return made


def _laid(costs: Frames, most: float) -> tuple[Frames, NDArray[np.int64]]:
    """For each frame that is heard: what the recording costs when it ends there, and where it
    then begins. It may begin and end anywhere; a row stays in its column, goes one or two.

    Nothing is given for a recording that cannot cost `most` or less wherever it is laid: what is
    to come costs at least the cheapest frame of each row.
    """
    import numpy as np

    width, allowed = costs.shape[1], most * len(costs)
    least = costs.min(axis=1)
    to_come = least.sum() - least.cumsum()
    total, since = costs[0].copy(), np.arange(width)
    pad, columns = np.full(2, np.inf), np.arange(width)
    ways, begun = np.empty((3, width)), np.empty((3, width), np.int64)
    for place, row in enumerate(costs):
        if place:
            before = np.concatenate([pad, total])
            first = np.concatenate([np.zeros(2, np.int64), since])
            ways[0], ways[1], ways[2] = before[1:-1], before[2:] + STEP, before[:-2] + STEP
            begun[0], begun[1], begun[2] = first[1:-1], first[2:], first[:-2]
            best = ways.argmin(axis=0)
            total = row + ways[best, columns]
            since = begun[best, columns]
        if place % LOOK == 0 and total.min() + to_come[place] > allowed:
            return np.zeros(0), since
    return total / len(costs), since


def _chosen(places: list[_Place]) -> list[_Place]:
    """The best first, none over another, in the order of time. Of two that are as long the nearer
    one is the better; a word within a sentence explains less than the sentence."""
    taken: list[_Place] = []
    for place in sorted(places, key=_explained, reverse=True):
        if all(place.first >= t.last - SHARED or place.last <= t.first + SHARED for t in taken):
            taken.append(place)
    return sorted(taken, key=lambda p: p.first)


def _explained(place: _Place) -> float:
    return (place.last - place.first) * (2 * KNOWN - place.distance)


def _share(words: Sequence[Word], voiced: Sequence[tuple[float, float]]) -> float:
    """How much of what is voiced lies in recordings."""
    whole = sum(end - start for start, end in voiced)
    inside = sum(
        max(min(end, w.end) - max(start, w.start), 0.0) for start, end in voiced for w in words
    )
    return round(min(inside / whole, 1.0), 3) if whole else 0.0
