"""An ear on one leg: what is heard becomes observations of prompts, speech, music and silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from cxassure.channel import Seen, Session
from cxassure.channels._telephony.audio.ear import MARGIN
from cxassure.channels._telephony.live.options import SipOptions, length
from cxassure.channels._telephony.live.turn import ours
from cxassure.channels._telephony.live.unasked import Unasked
from cxassure.channels._telephony.live.understanding import Sentence, Understanding, Understood
from cxassure.errors import CannotLook
from cxassure.events import Who

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.ear import Ear, Prompt
    from cxassure.channels._telephony.audio.sound import Samples
    from cxassure.channels._telephony.audio.trouble import Listener
    from cxassure.channels._telephony.rtp.leg import Frame, Leg

NOTICEABLE = 1.5
"""Seconds of dead air that are noted."""
LOOK_BACK, LOOK_EVERY = 2.4, 0.4
"""Seconds of sound by which music is told from speech, and how often it is tried."""
STILL = 0.25
"""Seconds before now up to which music must be heard to have begun, rather than to have faded."""
HEAD = 1.7
"""Seconds of a prompt that may hide in the last sound which, as a whole, was music."""
SHORT = 0.3
"""Seconds by which a prompt that was cut short ends before the key that did it is counted."""
BREATH = 0.26
"""Seconds of silence between two of the company's recordings: each is told as soon as it was
said, while unknown speech is kept together until the prompt is over."""

AT_ONCE = 2.0
"""Seconds after an act of the caller in which what was being said may end: a silence from there on
is the answer to that act."""


class Listening:
    """Feeds a session with what one leg hears, in order; `news` is called with each observation.

    `quiet_since` is when the line went quiet, None while there is sound. `pending` is whether
    something is being said or made out. `trouble` is what kept us from hearing. Until
    `deaf_until` nothing is listened to: markers are on the line.
    """

    def __init__(
        self,
        session: Session,
        options: SipOptions,
        understanding: Understanding,
        news: Callable[[], None],
        minds_silence: bool = True,
        unasked: Unasked | None = None,
    ) -> None:
        self._session, self._options, self._news = session, options, news
        self._understanding, self._minds_silence = understanding, minds_silence
        self.unasked = unasked or Unasked(session, options)
        self._silence = length(options.silence)
        self._held: list[Prompt] = []
        self._during: list[Prompt] = []
        self.last_voice: float | None = None
        self.trouble: CannotLook | None = None
        self.cut_at: float | None = None
        self.spoke = 0.0
        self.acted_at: float | None = None
        self.quiet_since: float | None = None
        self.music_since: float | None = None
        self.voiced: list[float] = []
        self.deaf_until = self.connected = 0.0
        self.leg: Leg | None = None
        self.ear: Ear | None = None
        self.listener: Listener | None = None
        self._recent: list[Samples] = []
        self._looked = self._music_until = self._listened = 0.0
        self._dead_told: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._stop: Callable[[], None] | None = None
        self._letting_go = False

    # Its life

    def follow(self, leg: Leg) -> None:
        """Listens to a leg from now on, and to no other."""
        self.stop()
        self.ear, self.listener, self.leg = None, None, leg
        self._stop = leg.listen(self._frame)
        self.quiet_since = self.connected = self._session.clock.now()

    def stop(self) -> None:
        """Ends listening; what was being said is cut and made out."""
        if self._stop:
            self._stop()
            self._stop = None
            self.look()
        if self.ear:
            for prompt in self.ear.end():
                self._prompt(prompt)
        self._let_go()
        self.last_voice = None
        self._end_of_quiet(self._session.clock.now())
        self._end_of_music(self._session.clock.now())

    async def finish(self) -> None:
        """Waits until all that was heard is made out."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        """Ends at once."""
        if self._stop:
            self._stop()
            self._stop = None
            self.look()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def speaking(self) -> bool:
        """Whether something is being said, or was, less than the silence ago that ends prompts."""
        if self.last_voice is None or self.music_since is not None:
            return False
        return self._session.clock.now() - self.last_voice < self._silence

    @property
    def pending(self) -> bool:
        undecided = self.listener is not None and self.listener.undecided
        return self.speaking or bool(self._tasks) or bool(self._held) or undecided

    def acted(self, lasting: float = 0.0) -> None:
        """The party speaks for so long, or presses: a prompt is cut short, silence begins anew to
        be the company's."""
        now = self._session.clock.now()
        if self.speaking and self.ear:
            self.cut_at, self.spoke = now, lasting
            for prompt in self.ear.until(now):
                self._prompt(prompt)
        if self.quiet_since is not None:
            self.quiet_since = now
        self.acted_at = now

    @property
    def behind(self) -> bool:
        """Whether something that was heard is still being made out."""
        return bool(self._tasks)

    # What is heard

    def _frame(self, frame: Frame) -> None:
        from cxassure.channels._telephony.audio.ear import Ear
        from cxassure.channels._telephony.audio.trouble import Listener

        if self.ear is None or self.ear.rate != frame.rate:
            breath = BREATH if self._options.golden else self._silence
            self.ear = Ear(frame.rate, min(breath, self._silence))
            dead = length(self._options.dead_air)
            self.listener = Listener(frame.rate, dead_air=dead)
        if frame.at < self.deaf_until:  # a marker of ours is no voice, and no end of a silence
            return
        assert self.listener is not None
        before = len(self.listener.voiced)
        self.listener.feed(frame.samples, frame.at, made_up=frame.concealed)
        loud = len(self.listener.voiced) > before
        if loud and self.music_since is None:
            self.last_voice = frame.at + len(frame.samples) / frame.rate
        self._sound(frame, loud)
        for prompt in self.ear.feed(frame.samples, frame.at):
            if self.music_since is None:
                self._prompt(prompt)
            else:
                self._during.append(prompt)
        self._music(frame)
        if frame.at - self._listened >= LOOK_EVERY:
            self._listened = frame.at
            self.look()
        if not self.speaking:
            self._let_go()

    def _sound(self, frame: Frame, loud: bool) -> None:
        """Dead air: a stretch in which nothing sounds."""
        from cxassure.channels._telephony.audio.sound import Sound
        from cxassure.channels._telephony.audio.trouble import SILENT

        if loud or Sound(frame.samples, frame.rate).level > SILENT:
            self._end_of_quiet(frame.at)
        elif self.quiet_since is None:
            self.quiet_since = frame.at

    def _end_of_quiet(self, at: float) -> None:
        since, self.quiet_since = self.quiet_since, None
        if since is None or at - since < NOTICEABLE:
            return
        if self.behind:  # whose turn it was is known once what was said before is made out
            self._beside(partial(self._quiet, since, at))
        elif not self.ours_to_speak:
            self._record("line", "silence", "", since, at)
            self._dead(since, at)

    async def _quiet(self, since: float, at: float) -> None:
        if not ours(self._session.seen, self.acted_at, since):
            self._record("line", "silence", "", since, at)
            self._dead(since, at)

    def look(self) -> None:
        """What was found in the sound by now, and whether dead air is going on."""
        if self.listener:
            self.unasked.heard(self.listener.news(), self.listener, self._music_until)
        if self.leg:
            self.unasked.figures(self.leg)
        if self.dead_air and self.quiet_since is not None:
            self._dead(self.quiet_since, self._session.clock.now())

    def _dead(self, since: float, at: float) -> None:
        """Tells a silence that is too long, once."""
        limit = length(self._options.dead_air)
        if not self._minds_silence or at - since < limit or self._dead_told == since:
            return
        self._dead_told = since
        began = self.connected if self.acted_at is None else max(self.acted_at, self.connected)
        self.unasked.silence(since, at, unanswered=since - began < AT_ONCE and not self.pending)

    @property
    def dead_air(self) -> float:
        """Seconds of silence that has not ended yet and is not ours to end."""
        if self.quiet_since is None or self.ours_to_speak or self.pending:
            return 0.0
        return self._session.clock.now() - self.quiet_since

    @property
    def ours_to_speak(self) -> bool:
        """Whether the company waits for this party."""
        return ours(self._session.seen, self.acted_at)

    # Music

    def _music(self, frame: Frame) -> None:
        """Every now and then looks whether the last seconds are music; a prompt ends with it."""
        from cxassure.channels._telephony.audio.sound import Sound
        from cxassure.channels._telephony.audio.tones import is_music, tonal

        self._recent.append(frame.samples)
        size = sum(map(len, self._recent))
        while size - len(self._recent[0]) >= LOOK_BACK * frame.rate:
            size -= len(self._recent.pop(0))
        if (
            self.unasked.faxed
            or frame.at - self._looked < LOOK_EVERY
            or size < LOOK_BACK * frame.rate * 0.95
        ):
            return
        self._looked = frame.at
        import numpy as np

        sound = Sound(np.concatenate(self._recent), frame.rate)
        began = frame.at + len(frame.samples) / frame.rate - sound.seconds
        if is_music(sound):
            self._music_until = frame.at
            runs = tonal(sound) if self.music_since is None else []
            if runs and runs[-1][1] > sound.seconds - STILL:
                self._begin_music(began + runs[-1][0])
        elif self.music_since is not None:
            self._end_of_music(self._music_until)

    def _begin_music(self, since: float) -> None:
        assert self.ear is not None
        for prompt in self.ear.until(since):
            self._prompt(prompt)
        self.music_since = since

    def _end_of_music(self, at: float) -> None:
        """The last sound that was music as a whole may have held the beginning of a prompt."""
        since, self.music_since = self.music_since, None
        if since is None:
            return
        during, self._during = self._during, []
        self._record("company", "music", "", since, max(at, since))
        for prompt in during:
            if behind := _behind(prompt, max(at - HEAD, since)):
                self._prompt(behind)
        if self.ear:
            self.ear.since(max(at - HEAD, since))

    # Prompts

    def _prompt(self, prompt: Prompt) -> None:
        """Makes a prompt out beside the call, one after the other."""
        self._beside(partial(self._known, prompt))

    def _beside(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.create_task(self._in_turn(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_turn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async with self._turn:
            try:
                await work()
            except CannotLook as ours:
                self.trouble = ours
                self._news()

    async def _known(self, prompt: Prompt) -> None:
        """Tells what recordings explain, a pause within one or not; keeps the rest until the
        prompt is over. Tones are no prompts, what was cut short needs no words."""
        if self.unasked.faxed:
            self._record("company", "fax", "", prompt.start, prompt.end)
            return
        for parts in ([*self._held, prompt], [prompt]) if self._held else ([prompt],):
            whole = _joined(parts)
            after_music = whole.start - HEAD < self._music_until
            if said := await self._understanding.recalled(whole.sound, after_music):
                self._held = [] if len(parts) > 1 else self._held
                await self._unknown()
                self._tell(whole, said)
                return
        cut, begins = self.cut_at, prompt.start - SHORT
        if cut is not None and begins < cut and -SHORT < prompt.end - cut < SHORT + self.spoke:
            self._tell(prompt, Understood((), 0.0, "cut short"))
        elif voice := self._without_tones(prompt):
            self._held.append(voice)

    def _without_tones(self, prompt: Prompt) -> Prompt | None:
        """The prompt behind the music or ringing that it begins with; None where that is all."""
        from cxassure.channels._telephony.audio.tones import kind, tonal

        runs = tonal(prompt.sound)
        start = prompt.start
        if runs and runs[0][0] < 2 * MARGIN:
            start = max(start, prompt.offset + runs[0][1] - MARGIN)
            what = kind(prompt.sound.cut(*runs[0])) or "music"
            self._record("company", what, "", prompt.start, start)
        return _behind(prompt, start)

    def _let_go(self) -> None:
        """The prompt is over: what was kept of it is made out."""
        if self._held and not self._letting_go:
            self._letting_go = True
            self._beside(self._unknown)

    async def _unknown(self) -> None:
        held, self._held, self._letting_go = self._held, [], False
        if held:
            prompt = _joined(held)
            self._tell(prompt, await self._understanding.recognised(prompt.sound))

    def _tell(self, prompt: Prompt, said: Understood) -> None:
        speaker: Who | None = said.data.get("speaker")
        whole = {} if prompt.whole else {"whole": False}
        data = {"confidence": said.confidence, "by": said.by, **said.data, **whole}
        what, who = ("speech", speaker) if speaker else ("prompt", "company")
        for one in said.sentences or (Sentence("", 0.0, prompt.end - prompt.offset),):
            at, ends = prompt.offset + one.start, min(prompt.offset + one.end, prompt.end)
            cut = self.cut_at is not None and at <= self.cut_at < ends + SHORT
            self._record(
                who, what, one.text, at, max(at, ends), **data, **({"cut": True} if cut else {})
            )

    def _record(self, who: Who, what: str, text: str, at: float, ends: float, **data: Any) -> None:
        self._session.record(Seen(who, what, text, at, ends, data))
        self._news()


def _behind(prompt: Prompt, at: float) -> Prompt | None:
    """The part of a prompt from `at` on; None where there is hardly any."""
    from cxassure.channels._telephony.audio.ear import Prompt

    start = max(prompt.start, at)
    if prompt.end - start < SHORT:
        return None
    sound = prompt.sound.cut(max(start - MARGIN - prompt.offset, 0.0))
    return Prompt(sound, start, prompt.end, max(start - MARGIN, prompt.offset), prompt.whole)


def _joined(parts: list[Prompt]) -> Prompt:
    """Parts of one prompt with the pauses between them."""
    import numpy as np

    from cxassure.channels._telephony.audio.ear import Prompt
    from cxassure.channels._telephony.audio.sound import Sound

    first, last = parts[0], parts[-1]
    rate = first.sound.rate
    whole = np.zeros(round((last.offset + last.sound.seconds - first.offset) * rate), np.int16)
    for part in parts:
        at = round((part.offset - first.offset) * rate)
        samples = part.sound.at(rate).samples[: len(whole) - at]
        whole[at : at + len(samples)] = samples
    complete = all(part.whole for part in parts)
    return Prompt(Sound(whole, rate), first.start, last.end, first.offset, complete)
