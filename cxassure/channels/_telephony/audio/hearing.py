"""Recognition beside a live call: in a process of its own, within a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any

from cxassure.channels._telephony.audio.judging import Judgement, judge
from cxassure.channels._telephony.audio.recogniser import Recogniser, Said, Word, recogniser
from cxassure.channels._telephony.audio.repertoire import Repertoire
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.unlike import Unlike, unlike
from cxassure.channels._telephony.audio.voice import spoken
from cxassure.errors import CannotLook, CxassureError, UsageError

PATIENCE = 30.0
"""Seconds that a recogniser may take for one prompt, its loading not counted."""
STARTING = 60.0
"""Seconds that it may take to load its model."""
NICE, LIGHT = 10, "golden"
"""A recogniser may be late, packets may not: it gives way to the calls that are going on. What
knows recordings takes little and must not be late: a caller acts on what was heard."""
SPEEDS = (1.0, 0.92)
"""A prompt that does not suit is heard again a little slower: what an engine
mishears at one pace it often hears at another, and a wrong prompt it hears rightly at all."""

_engine: Recogniser | None = None
"""In the process of its own: loaded once."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a prompt, and the judgement on it where something was expected."""

    said: Said
    judgement: Judgement | None = None


class Hearing:
    """One recogniser for all calls of this process; `name` and `options` as in `recogniser`.

    A process and not a thread: recognition would hold up the packets of every call that is going
    on, which leave every 20 ms. Use it as an async context, or call `close`.
    """

    def __init__(
        self,
        name: str = "whisper",
        options: Mapping[str, Any] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._name, self._options, self._patience = name, dict(options or {}), patience
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Hearing:
        await self.start()
        return self

    async def __aexit__(self, *trouble: object) -> None:
        self.close()

    async def start(self) -> None:
        """Loads the model, so that the first prompt need not wait. Raises what `recogniser` does,
        `CannotLook` when it takes longer than `STARTING` seconds."""
        async with self._turn:
            await self._begin()

    async def speaks(self, language: str) -> None:
        """Starts it as `start` does. Raises `CannotLook` where it says that it does not know the
        language; one that has no `check` may only say so of a prompt."""
        async with self._turn:
            await self._begin()
            await self._asked(partial(_speaks, language), self._patience)

    async def hear(
        self, sound: Sound, expected: Sequence[str] = (), language: str = "en", *, part: bool = True
    ) -> Heard:
        """What is said in `sound`, judged against the `expected` texts.

        Raises `CannotLook` when the recogniser fails or takes longer than its patience; it is
        then started anew for the next prompt.
        """
        async with self._turn:
            await self._begin()
            ask = partial(_listen, sound, tuple(expected), language, part)
            heard: Heard = await self._asked(ask, self._patience)
            return heard

    async def recall(
        self, sound: Sound, folders: Sequence[str], loosely: Sequence[str] = ()
    ) -> Heard:
        """Which of the recordings in `folders` are heard in `sound`, word for word, or `loosely`;
        raises as `hear` does."""
        async with self._turn:
            await self._begin()
            heard: Heard = await self._asked(
                partial(_recalled, sound, tuple(folders), tuple(loosely)), self._patience
            )
            return heard

    async def unlike(
        self,
        sound: Sound,
        folders: Sequence[str],
        expected: Sequence[str],
        explained: Sequence[Word] = (),
        language: str = "en",
    ) -> Unlike | None:
        """See `unlike.unlike`; raises as `hear` does."""
        async with self._turn:
            await self._begin()
            ask = partial(_unlike, sound, folders, expected, explained, language)
            found: Unlike | None = await self._asked(ask, self._patience)
            return found

    def close(self) -> None:
        """Ends the process, whatever it does."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)

    async def _begin(self) -> None:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=_end_with_parent
            )
            try:
                await self._asked(partial(_load, self._name, self._options), STARTING)
            except CxassureError:
                self.close()
                raise

    async def _asked(self, ask: partial[Any], patience: float) -> Any:
        assert self._pool is not None
        try:
            async with asyncio.timeout(patience):
                found = await asyncio.get_running_loop().run_in_executor(self._pool, ask)
        except TimeoutError:
            self.close()
            raise CannotLook(
                f"the recogniser «{self._name}» took longer than {patience:g} s",
                "is the machine too busy? A smaller model, or a shorter prompt, takes less",
            ) from None
        except BrokenProcessPool:
            self.close()
            raise CannotLook(
                f"the recogniser «{self._name}» ended itself", "is memory short?"
            ) from None
        except asyncio.CancelledError:
            self.close()
            raise
        if isinstance(found, _Trouble):
            raise found.error()
        return found


@dataclass(frozen=True, slots=True)
class _Trouble:
    """One of our exceptions on its way between processes."""

    kind: str
    what: str
    hint: str

    def error(self) -> CxassureError:
        return (UsageError if self.kind == "UsageError" else CannotLook)(self.what, self.hint)


def _end_with_parent() -> None:
    """A process that was killed cannot end its recogniser: that minds it by itself."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_outlive, args=(parent.sentinel,), daemon=True).start()


def _outlive(parent: int) -> None:
    wait([parent])
    os._exit(1)


def _load(name: str, options: dict[str, Any]) -> _Trouble | None:
    global _engine
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # many small products: threads only spin
    if name == LIGHT:
        _hurry()
    else:
        os.nice(NICE)
    try:
        _engine = recogniser(name, options)
    except CxassureError as wrong:
        return _Trouble(type(wrong).__name__, wrong.what, wrong.hint)
    return None


def _hurry() -> None:
    """Before all ordinary work and behind the packets (sched(7)), where that is allowed."""
    with contextlib.suppress(AttributeError, OSError):
        policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(1))


def _speaks(language: str) -> _Trouble | None:
    try:
        getattr(_engine, "check", lambda one: None)(language)
    except CxassureError as wrong:
        return _Trouble(type(wrong).__name__, wrong.what, wrong.hint)
    return None


def _listen(sound: Sound, expected: tuple[str, ...], language: str, part: bool) -> Heard | _Trouble:
    assert _engine is not None
    try:
        return listen(_engine, sound, expected, language, part=part)
    except CxassureError as wrong:
        return _Trouble(type(wrong).__name__, wrong.what, wrong.hint)
    except Exception as wrong:
        return _Trouble("CannotLook", f"the recogniser failed: {wrong}", "")


def _recalled(sound: Sound, folders: tuple[str, ...], loosely: tuple[str, ...]) -> Heard | _Trouble:
    try:
        return Heard(Repertoire(folders, loosely).hear(sound))
    except CxassureError as wrong:
        return _Trouble(type(wrong).__name__, wrong.what, wrong.hint)


def _unlike(*asked: Any) -> Unlike | _Trouble | None:
    try:
        return unlike(*asked)
    except CxassureError as wrong:
        return _Trouble(type(wrong).__name__, wrong.what, wrong.hint)


def listen(
    engine: Recogniser,
    sound: Sound,
    expected: Sequence[str] = (),
    language: str = "en",
    *,
    part: bool = True,
    speeds: Sequence[float] = SPEEDS,
) -> Heard:
    """Hears a prompt in this process; again at other speeds while it does not suit. What was heard
    first is told, unless a later hearing suits."""
    first: Heard | None = None
    if not spoken(sound):  # engines invent words where nobody speaks, and clouds charge for it
        return _heard(Said("", 0.0), expected, language, part)
    for speed in speeds:
        paced = sound if speed == 1 else Sound(sound.samples, round(sound.rate * speed))
        said = engine.hear(paced if speed == 1 else paced.at(sound.rate), expected, language)
        found = _heard(said, expected, language, part)
        first = first or found
        if found.judgement is None or found.judgement.suits:
            return found
        if not said.text:
            break
    assert first is not None
    return first


def _heard(said: Said, expected: Sequence[str], language: str, part: bool) -> Heard:
    return Heard(said, judge(expected, said, language, part=part) if expected else None)
