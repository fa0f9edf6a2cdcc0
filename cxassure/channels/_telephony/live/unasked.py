"""Trouble on a call, told without being asked: noted in the timeline, found, and judged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal

from cxassure.channel import Seen, Session, Trouble, Unseen
from cxassure.channels._telephony.live.options import SipOptions, length
from cxassure.text import span

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Sound
    from cxassure.channels._telephony.audio.trouble import Finding, Listener
    from cxassure.channels._telephony.live.talk import Talk
    from cxassure.channels._telephony.rtp.leg import Leg

JUDGED: dict[str, tuple[Literal["failed", "degraded"], str]] = {
    "clipping": ("degraded", "sound that is not cut flat"),
    "choppy": ("failed", "speech without holes"),
    "fax": ("failed", "a voice"),
}
"""What a finding in the sound comes to, and what was expected instead."""
TAIL = 1.0
"""Seconds in which our own voice may come back."""
AUDIBLE, APART = 30.0, 0.03
"""An echo is heard by people up to so many dB of loss, from so many seconds of delay on."""
LONGEST = 10.0
"""Seconds of what we say that an echo is looked for of."""
LOST, POOR, PACKETS = 0.1, 0.03, 250
"""The shares of packets lost from which speech is broken up, or not clean; of so many at least."""
NEAR_MUSIC = 3.0
"""Seconds behind music in which a tone is its end."""
HOLDS_FIRST = 1.5
"""Seconds of silence that may be within a machine's greeting."""


def _alone() -> Talk | None:
    return None


class Unasked:
    """What one party's call suffers from. `other` gives the party of ours at the other end, `prove`
    whether both hear each other; `began` is when the call was answered, on the session's clock."""

    def __init__(self, session: Session, options: SipOptions) -> None:
        self.session = session
        self._judged = options.trouble == "judged"
        self._ringing = length(options.ringing)
        self.began = 0.0
        self.keyed = False
        self.other: Callable[[], Talk | None] = _alone
        self.prove: Callable[[], Awaitable[str | None]] | None = None
        self._told: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def call(self, began: float) -> None:
        """A new call was answered: what was told of another is told again."""
        self.began, self.keyed = began, False
        self._told.clear()

    def tell(
        self,
        kind: str,
        words: str,
        at: tuple[float, float],
        verdict: Literal["failed", "degraded", ""],
        expected: str = "",
        facets: Sequence[str] = (),
    ) -> None:
        """Notes a trouble where it was; judges the first of its kind in a call."""
        data = {"kind": kind, **({"verdict": verdict} if verdict else {})}
        self.session.record(Seen("line", "trouble", f"{kind}: {words}", *at, data))
        after = at[0] - self.began
        what = f"{kind}: {words}" + (f", {span(after)} into the call" if after > 0 else "")
        if verdict and self._judged and kind not in self._told:
            self.session.trouble(Trouble(what, verdict, expected, frozenset(facets)))
        else:
            self.session.opening.finding(what)
        self._told.add(kind)

    # What is heard

    @property
    def faxed(self) -> bool:
        """Whether the call's tones are a fax's, and neither music nor ringing."""
        return "fax" in self._told

    def heard(self, findings: Sequence[Finding], listener: Listener, music_until: float) -> None:
        """Findings in the sound, as they become certain."""
        for one in findings:
            if one.kind == "beep":
                if one.start - music_until > NEAR_MUSIC:
                    self._beep(one, listener)
            elif not (one.kind == "fax" and self.faxed):
                verdict, expected = JUDGED[one.kind]
                words = one.words.removeprefix("clipped: ")
                self.tell(one.kind, words, (one.start, one.end), verdict, expected)

    def _beep(self, beep: Finding, listener: Listener) -> None:
        """Behind a beep we are taken down; one behind the first words of a call, with no key
        pressed, is a machine's that stands in for the company."""
        at = (beep.start, beep.end)
        self.session.record(Seen("company", "recording", beep.words, *at, {"hertz": beep.figure}))
        first = listener.first_words(HOLDS_FIRST)
        if not self.keyed and self.other() is None and first and beep.start - first[1] <= 2:
            words = f"a greeting of {span(first[1] - first[0])} and a beep"
            expected = "the company, not a machine that takes messages"
            self.tell("answering machine", words, at, "failed", expected, ["recording"])

    def silence(self, since: float, at: float, unanswered: bool) -> None:
        """Dead air: where the caller has just done something and nothing comes of it, or has just
        been connected, that is a failure; a party of ours at the other end need not speak."""
        words, other = f"nothing was heard for {at - since:.1f} s", self.other()
        expected = "something to hear"
        if other is None and unanswered:
            self.tell("dead air", words, (since, at), "failed", expected, ["silence"])
        elif other is None or other.holds:
            words += " instead of hold music" if other else ""
            facets = ["silence", "music"]
            self.tell("dead air", words, (since, at), "degraded", expected, facets)

    def rang(self, began: float, took: float) -> None:
        if took > self._ringing:
            words = f"the company picked up after {span(took)}"
            expected = f"an answer within {span(self._ringing)}"
            at = (began, began + took)
            self.tell("long ringing", words, at, "degraded", expected, ["signal"])

    def figures(self, leg: Leg) -> None:
        """Packets that never came, unless this machine was too busy to say so."""
        if leg.agreed is None or "packet loss" in self._told:
            return
        quality = leg.quality()
        lost = quality.heard.lost / max(quality.heard.expected, 1)
        if quality.heard.expected < PACKETS or lost < POOR or quality.in_doubt:
            return
        now = self.session.clock.now()
        words = f"{lost:.0%} of the packets never came (MOS {quality.mos:.1f})"
        verdict: Literal["failed", "degraded"] = "failed" if lost >= LOST else "degraded"
        expected, facets = "speech without holes", ["mos", "quality"]
        self.tell("packet loss", words, (now, now), verdict, expected, facets)

    # What we say

    def spoke(self, talk: Talk, began: float) -> None:
        """We have said something since `began` seconds of the recording: does it come back, does
        it arrive?"""
        task = asyncio.create_task(self._follow_up(talk, talk.leg, began))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow_up(self, talk: Talk, leg: Leg | None, began: float) -> None:
        recording = leg.recording if leg else None
        if leg is None or recording is None or recording.began is None:
            return
        ended, start = recording.seconds, recording.began + began
        await asyncio.wait({leg.ended}, timeout=TAIL)
        until = min(ended, began + LONGEST)
        sent, came = recording.said.cut(began, until), recording.heard.cut(began, until + TAIL)
        await self._echo(sent, came, start)
        await self._one_way(talk, start, ended - began)

    async def _echo(self, sent: Sound, came: Sound, start: float) -> None:
        from cxassure.channels._telephony.audio.echo import echo

        found = await asyncio.to_thread(echo, sent, came)
        if found and found.loss <= AUDIBLE and found.delay >= APART:
            lower = f"{max(found.loss, 0):.0f} dB lower"
            words = f"our own voice comes back after {span(found.delay)}, {lower}"
            at = (start, start + sent.seconds)
            self.tell("echo", words, at, "degraded", "no echo of one's own voice")

    async def _one_way(self, talk: Talk, start: float, lasted: float) -> None:
        """Where nothing was heard at our other end while we spoke, markers prove why; a journey
        that looks for itself has its own proof."""
        if self.prove is None or self.session.opening.judges & {"audio", "transfer"}:
            return
        other = self.other()
        if (
            not talk.up
            or talk.holds
            or other is None
            or other.holds
            or _heard(other, start, lasted)
        ):
            return
        try:
            proof = await self.prove() or ""
        except Unseen:
            return
        if proof.startswith("one way: "):
            words, at = proof.removeprefix("one way: "), (start, start + lasted)
            self.tell("one-way audio", words, at, "failed", "both hear each other")

    async def finish(self) -> None:
        """Waits until all is looked at; the call is over, or nearly."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _heard(other: Talk, start: float, lasted: float) -> bool:
    """Whether anything was heard there from `start` on; so, too, where that cannot be known."""
    from cxassure.channels._telephony.audio.trouble import SILENT

    recording = other.leg.recording if other.leg else None
    if recording is None or recording.began is None or start < recording.began:
        return True
    since = start - recording.began
    return bool(recording.heard.cut(since, since + lasted + TAIL).level > SILENT)
