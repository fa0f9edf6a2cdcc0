"""The engines that read a text aloud offline: flite's program, espeak's library."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.wav import read_wav
from cxassure.errors import CannotLook

LONGEST = 5_000
"""Characters of a text that are read aloud."""
PATIENCE = 60.0
_HINT = "`apt-get install flite`, or `pip install espeakng-loader`, or give WAV files"
_SPEAKING = threading.Lock()
"""espeak keeps one state for the whole process."""


def engines() -> list[str]:
    """Those that can speak here, the best first."""
    return [name for name, (there, *_) in _ENGINES.items() if there()]


def read_aloud(text: str, voice: str = "") -> Sound:
    """`text` in a voice: `slt`, `flite:rms`, `espeak:en-us`; without one, the first engine's own.

    Blocks for some tens of milliseconds a sentence. Raises `CannotLook` where no engine is
    installed, or the one asked for does not know the voice.
    """
    engine, name = _engine(voice)
    _, speak, _ = _ENGINES[engine]
    return speak(text[:LONGEST].replace("\0", " "), name)


def known(voice: str) -> None:
    """Raises what `read_aloud` would of this voice, and says nothing."""
    engine, name = _engine(voice)
    _ENGINES[engine][2](name)


def _engine(voice: str) -> tuple[str, str]:
    """The engine of a voice, which is there, and the voice's own name."""
    engine, _, name = voice.rpartition(":")
    engine = engine or (engines() or [""])[0]
    if engine not in _ENGINES:
        what = f"«{engine}» is no engine that speaks" if engine else "nothing here can speak"
        raise CannotLook(what, f"known: {', '.join(_ENGINES)}" if engine else _HINT)
    if not _ENGINES[engine][0]():
        raise CannotLook(f"{engine} is not installed", _HINT)
    return engine, name


@cache
def _flite_voices() -> frozenset[str]:
    told = subprocess.run(["flite", "-lv"], capture_output=True, text=True, timeout=PATIENCE)
    return frozenset(told.stdout.partition(":")[2].split())


def _flite_knows(voice: str) -> None:
    if voice and voice not in _flite_voices():
        raise CannotLook(
            f"flite has no voice «{voice}»", f"it has: {', '.join(sorted(_flite_voices()))}"
        )


def _flite(text: str, voice: str) -> Sound:
    name = voice or "slt"
    _flite_knows(name)
    with tempfile.TemporaryDirectory(prefix="cxassure-") as folder:
        made = Path(folder) / "said.wav"
        command = ["flite", "-voice", name, "-t", text or " ", "-o", str(made)]
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
        if done.returncode or not made.exists():
            raise CannotLook("flite could not read the text aloud", "try it by hand: flite -t")
        return read_wav(made)


def _espeak_there() -> bool:
    from importlib.util import find_spec

    return find_spec("espeakng_loader") is not None


@cache
def _espeak_library() -> tuple[Any, int]:
    """The library, told once where its data is, and its samples a second."""
    import ctypes

    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    synchronous = 2
    rate = library.espeak_Initialize(synchronous, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate <= 0:
        raise CannotLook("espeak does not start", "reinstall espeakng-loader")
    return library, rate


def _espeak_knows(voice: str) -> None:
    with _SPEAKING:
        _espeak_takes(_espeak_library()[0], voice)


def _espeak_takes(library: Any, voice: str) -> None:
    if library.espeak_SetVoiceByName((voice or "en-us").encode()):
        raise CannotLook(f"espeak has no voice «{voice}»", "say a language: en-us, en, de")


def _espeak(text: str, voice: str) -> Sound:
    import ctypes

    import numpy as np

    parts: list[bytes] = []

    def take(samples: Any, count: int, events: Any) -> int:
        if samples and count:
            parts.append(ctypes.string_at(samples, count * 2))
        return 0

    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    with _SPEAKING:
        library, rate = _espeak_library()
        heard = kind(take)
        library.espeak_SetSynthCallback(heard)
        _espeak_takes(library, voice)
        utf8, data = 1, text.encode() + b"\0"
        library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, 0, 0, utf8, None, None)
        library.espeak_Synchronize()
    return Sound(np.frombuffer(b"".join(parts), np.int16), rate)


_Engine = tuple[Callable[[], bool], Callable[[str, str], Sound], Callable[[str], None]]
"""Whether it is there, what speaks, and what raises for a voice that it does not know."""
_ENGINES: dict[str, _Engine] = {
    "flite": (lambda: shutil.which("flite") is not None, _flite, _flite_knows),
    "espeak": (_espeak_there, _espeak, _espeak_knows),
}
