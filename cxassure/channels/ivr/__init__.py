"""The phone tree as its caller has it: dial, listen, press, speak, hang up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cxassure.channel import Heard, Opening, Seconds, Seen, Unseen, facet, verb
from cxassure.channels._telephony.carrier.keys import Keys
from cxassure.channels._telephony.carrier.told import CallFields
from cxassure.channels._telephony.live.facets import Sounding
from cxassure.channels.ivr.line import Line
from cxassure.channels.ivr.spoken import positions, read_out
from cxassure.errors import CannotLook


class IvrSession(Sounding):
    """A customer on the telephone. What the company says is heard, what is pressed is counted.

    Over `twiml` the call costs nothing and time is virtual: webhooks are asked as Twilio asks them.
    Over `sip` it is a real call, with sound, in real time.
    """

    patience: ClassVar[float] = 30.0
    lines: ClassVar[tuple[str, ...]] = ("twiml", "sip", "media_stream", "twilio", "cassette")
    announces: ClassVar[str] = "prompt"

    def __init__(self, opening: Opening, connector: type | None = None) -> None:
        super().__init__(opening, connector)
        self.line: Line = (connector or _rehearsal())(self)
        self._acted = self._done = 0.0

    async def open(self, *, from_: str = "", headers: dict[str, str] | None = None) -> None:
        """Gets a telephone ready. `from` is the caller's number; `headers` go to webhooks."""
        await self.line.open(from_, headers or {})
        self.clock = self.line.clock

    @verb()
    async def dial(
        self, number: str = "", from_: str = "", data: dict[str, str] | None = None
    ) -> None:
        """Calls the target, until it picks up. `data` is sent along (`SipHeader_X-…`).

        Example: `caller: dial`
        """
        self._acted = self.clock.now()
        await self.line.dial(number, from_, data or {}, self._longest)
        self._done = self.clock.now()

    @verb()
    async def press(self, digits: Keys, at_once: bool = False) -> None:
        """Presses keys as soon as the company asks for some; `w` waits half a second.

        A prompt that is still playing is cut short. With `at_once` nothing is waited for: keys
        that nobody asks for are lost, as on a real line.

        Example: `caller: {press: "2"}`
        """
        self._acted = self.clock.now()
        await self.line.press(digits, at_once, self._longest)
        self._done = self.clock.now()

    @verb()
    async def say(self, text: str, at_once: bool = False) -> None:
        """Says something as soon as somebody listens: the phone tree, an agent, a voicemail.

        Example: `caller: {say: representative}`
        """
        self._acted = self.clock.now()
        await self.line.say(text, at_once, self._longest)
        self._done = self.clock.now()

    @verb(passive=True)
    async def listen(self) -> None:
        """Listens on from where the last thing expected was heard.

        Example: `caller: listen`
        """

    @verb(passive=True)
    async def wait(self, length: Seconds) -> None:
        """Does nothing for a while, and hears what comes.

        Example: `caller: {wait: 6s}`
        """
        until = self.clock.now() + length
        while self.clock.now() < until:
            await self.line.attend(until)

    @verb()
    async def hang_up(self) -> None:
        """Ends the call, if it has not ended.

        Example: `caller: hang_up`
        """
        await self.line.hang_up()

    @facet()
    def prompt(self) -> Heard | None:
        """What is said to the caller, by the phone tree or by a person.

        A prompt counts when it was heard to its end, or as far as it was heard. Marks, capitals
        and the way in which numbers are written do not count; `*` stands for any words.

        Example: `prompt: {contains: welcome}`
        """
        items = tuple(s for s in self._window("prompt", "speech") if not self._cut_before(s))
        if not items and self._window("sound"):
            raise CannotLook(
                "the company made sound that nobody here can make out",
                "pip install 'cxassure[voice]'",
            )
        return Heard(items, self.spelling) if items else None

    @facet()
    def read_back(self) -> str | None:
        """The prompts with numbers that are read digit by digit put together.

        Example: `read_back: {contains: "${order}"}`
        """
        heard = self.prompt()
        return read_out(heard.text) if heard else None

    @facet()
    def message(self) -> Heard | None:
        """Text messages that the company sends during the call.

        Example: `message: {contains: your receipt}`
        """
        return self.heard("message")

    @facet()
    def silence(self) -> Seconds | None:
        """The longest stretch of dead air: nothing to hear, and not the caller's turn.

        Example: `silence: {at_most: 3s}`
        """
        if self.line.call is None:
            return None
        lasted = [s.ends - s.at for s in self._window("silence")]
        return Seconds(max([self.line.quiet_for, *lasted]))

    @facet()
    def took(self) -> Seconds | None:
        """From what the caller did to the first sound of the company.

        Example: `took: {at_most: 2s}`
        """
        sounds = (s for s in self._window("prompt", "music", "speech") if s.at >= self._acted)
        first = next(sounds, None)
        return Seconds(max(first.at - self._done, 0.0)) if first else None

    @facet()
    def music(self) -> bool | None:
        """Whether hold music is heard.

        Example: `music: true`
        """
        return bool(self._window("music")) if self.line.call else None

    @facet()
    def queue(self) -> list[str] | None:
        """The places in the queue that were announced, in order.

        Example: `queue: ["2", "1"]`
        """
        found = [place for s in self._window("prompt") for place in positions(s.text)]
        return found or None

    @facet()
    def position(self) -> int | None:
        """The place in the queue that was announced last.

        Example: `position: {at_most: 3}`
        """
        places = self.queue()
        return int(places[-1]) if places else None

    @facet()
    def interrupted(self) -> bool | None:
        """Whether the caller cut a prompt short by pressing or speaking (barge-in).

        Example: `interrupted: true`
        """
        return any("cut" in s.data for s in self._window("prompt")) if self.line.call else None

    @facet()
    def barge_in(self) -> Seconds | None:
        """How long a prompt went on once the caller pressed a key or spoke over it.

        Example: `barge_in: {at_most: 1s}`
        """
        stopped = self._live().stopped_after
        return None if stopped is None else Seconds(stopped)

    @facet()
    def recording(self) -> bool | None:
        """Whether the company takes down what the caller says, as voicemail does. On a real line
        that is known by the beep.

        Example: `recording: false`
        """
        if self.line.call is None or self._window("recording"):
            return True if self.line.call else None
        known = getattr(self.line, "recorded", None)
        if known is None:
            raise Unseen("over this line nobody can say whether the caller is taken down")
        taken: bool | None = known(self.seen[self.window :])
        return taken

    @facet()
    def ended(self) -> bool | None:
        """Whether the call is over.

        Example: `ended: true`
        """
        call = self.line.call
        return "ended_by" in call if call else None

    @facet(fields=CallFields)
    def call(self) -> Mapping[str, Any] | None:
        """The call itself: its status, who ended it and how, the carrier's error number.

        Example: `call: {ended_by: company}`
        """
        return self.line.call

    async def attend(self, until: float) -> None:
        await self.line.attend(until)

    @property
    def settled(self) -> bool:
        return self.line.settled

    async def witness(self, why: str) -> None:
        await self.line.witness()

    async def close(self) -> None:
        await self.line.close()

    @property
    def _longest(self) -> float:
        return self.limit + self.look_on

    def _window(self, *what: str) -> list[Seen]:
        return [s for s in self.seen[self.window :] if s.what in what]

    def _cut_before(self, seen: Seen) -> bool:
        """A prompt that the caller has just cut short is no answer to what the caller did."""
        return "cut" in seen.data and seen.at < self._acted


def _rehearsal() -> type:
    from cxassure.channels.ivr.twiml import TwimlLine

    return TwimlLine
